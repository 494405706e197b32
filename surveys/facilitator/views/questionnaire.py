"""TODO"""

from django.http import HttpRequest, HttpResponse


def questionnaire(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def add_vignette(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def edit_vignette(request: HttpRequest, slug: str, vignette_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def delete_vignette(request: HttpRequest, slug: str, vignette_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def move_vignette(request: HttpRequest, slug: str, vignette_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def add_option(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def edit_option(request: HttpRequest, slug: str, option_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def delete_option(request: HttpRequest, slug: str, option_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def move_option(request: HttpRequest, slug: str, option_id: str) -> HttpResponse:
    return HttpResponse(status=501)
