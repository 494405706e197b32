"""TODO"""

from django.http import HttpRequest, HttpResponse


def study(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def finish(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def log(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)
