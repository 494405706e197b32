from django.urls import URLPattern, URLResolver

app_name = "panelist"

urlpatterns: list[URLPattern | URLResolver] = []
