"""TODO"""

from django.http import HttpRequest, HttpResponse


def studies(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)


def create_study(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=501)
