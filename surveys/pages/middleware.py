"""What every response carries, pages, errors and static files alike."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


class HeadersMiddleware:
    """Adds the content security policy and its kin, and keeps pages out of every cache.

    Stands first in MIDDLEWARE, so that what an inner middleware answers (a static file, a redirect to
    https, an error) passes through it as well.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self.policy = "; ".join(f"{name} {value}" for name, value in settings.CONTENT_SECURITY_POLICY.items())

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # A file that is handed out brings a stricter one.
        response.setdefault("Content-Security-Policy", self.policy)
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Permissions-Policy"] = PERMISSIONS
        response["Referrer-Policy"] = "same-origin"
        response["X-Content-Type-Options"] = "nosniff"
        response["X-Frame-Options"] = "DENY"
        is_file = request.path.startswith(settings.STATIC_URL) and response.status_code in {200, 206, 304}
        if not is_file:
            response["Cache-Control"] = "no-store"
        return response
