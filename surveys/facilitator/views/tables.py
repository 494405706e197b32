"""TODO"""

from django.http import HttpRequest, HttpResponse


def tables(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def table_3(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def table_3_file(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    return HttpResponse(status=501)
