"""Every address, by audience."""

from django.urls import URLPattern, URLResolver, include, path

from surveys.pages import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("panel/", include("surveys.panelist.urls")),
    path("studies/", include("surveys.facilitator.urls")),
    path("administration/", include("surveys.administrator.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("", include("surveys.pages.urls")),
]
