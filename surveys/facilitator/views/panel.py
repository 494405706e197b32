"""TODO"""

from django.http import HttpRequest, HttpResponse


def panel(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def add_panelist(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def import_panel(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def edit_panelist(request: HttpRequest, slug: str, panelist_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def remove_panelist(request: HttpRequest, slug: str, panelist_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def revoke_links(request: HttpRequest, slug: str, panelist_id: str) -> HttpResponse:
    return HttpResponse(status=501)


def send_link(request: HttpRequest, slug: str, panelist_id: str) -> HttpResponse:
    return HttpResponse(status=501)
