"""Where the yardstick's views are."""

from django.urls import path

from tests.bench.bare import views

urlpatterns = [
    path("healthz", views.health),
    path("sheet/<int:statements>/<int:key>/", views.sheet, name="sheet"),
    path("autosave/<int:statements>/<int:key>/", views.autosave, name="autosave"),
]
