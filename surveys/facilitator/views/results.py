"""TODO"""

from django.http import HttpRequest, HttpResponse


def release(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return HttpResponse(status=501)


def moderate_comment(request: HttpRequest, slug: str, number: int, comment_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def statement(request: HttpRequest, slug: str, statement_id: str) -> HttpResponse:
    return HttpResponse(status=501)
