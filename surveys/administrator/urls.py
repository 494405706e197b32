from django.urls import URLPattern, URLResolver

app_name = "administrator"

urlpatterns: list[URLPattern | URLResolver] = []
