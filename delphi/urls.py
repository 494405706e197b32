"""Every address, by audience."""

from django.urls import URLPattern, URLResolver, path

from surveys.pages import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
