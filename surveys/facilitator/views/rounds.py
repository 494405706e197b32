"""TODO"""

from django.http import HttpRequest, HttpResponse


def rounds(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def draft_round(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def round(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return HttpResponse(status=501)


def open_round(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return HttpResponse(status=501)


def close_round(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return HttpResponse(status=501)


def extend_round(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return HttpResponse(status=501)


def cancel_round(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return HttpResponse(status=501)


def remind(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    return HttpResponse(status=501)
