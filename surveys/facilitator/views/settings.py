"""TODO"""

from django.http import HttpRequest, HttpResponse


def settings(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def protocol(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)
