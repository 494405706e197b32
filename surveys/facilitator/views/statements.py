"""TODO"""

from django.http import HttpRequest, HttpResponse


def compose_statement(request: HttpRequest, slug: str, vignette_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def write_statement(request: HttpRequest, slug: str, vignette_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def edit_statement(request: HttpRequest, slug: str, statement_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def delete_statement(request: HttpRequest, slug: str, statement_id: str) -> HttpResponse:
    return HttpResponse(status=501)
