"""The scale explained, and a statement to practise on. Nothing on these pages is stored."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from surveys.panelist.access import panelists_page, seat_of


@require_safe
@panelists_page
def practice(request: HttpRequest) -> HttpResponse:
    """A statement that is in no round, whose rating goes nowhere."""
    return render(request, "panelist/practice.html", {"study": seat_of(request).study})


@require_safe
@panelists_page
def scale(request: HttpRequest) -> HttpResponse:
    """What the points from 1 to 9 mean."""
    return render(request, "panelist/scale.html", {"study": seat_of(request).study})
