"""What a report of a fault may hold: the way through the program, and nothing that anybody sent."""

from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class NothingPersonalFilter(SafeExceptionReporterFilter):
    """Leaves forms, cookies, headers and the values of variables out of every report, unless DEBUG is on.

    Django's own filter leaves out what a view marked as sensitive, and what a forgotten mark names stays in.
    """

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        """Nothing of the form."""
        return {} if self.is_active(request) else super().get_post_parameters(request)

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        """No session, of panelists or staff."""
        return {} if self.is_active(request) else super().get_safe_cookies(request)

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        """Neither address nor browser."""
        return {} if self.is_active(request) else super().get_safe_request_meta(request)

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> Any:
        """No variable of any step on the way."""
        return [] if self.is_active(request) else super().get_traceback_frame_variables(request, tb_frame)
