"""TODO"""

from django.http import HttpRequest, HttpResponse


def staff(request: HttpRequest, slug: str) -> HttpResponse:
    return HttpResponse(status=501)


def remove_staff(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    return HttpResponse(status=501)
