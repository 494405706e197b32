"""One's own answers as they were counted, and the receipt by which they are found among all."""

import json

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from surveys.feedback.queries import receipt_list, receipts_of
from surveys.panelist.access import Seat, panelists_page
from surveys.panelist.consent import must_belong
from surveys.panelist.counted import answers_counted, receipt_file, receipt_of
from surveys.panelist.course import Course, seat_and_course
from surveys.rounds.models import Round
from surveys.sheets.queries import own_sheet

RECEIPTS_A_PAGE = 100


@require_safe
@panelists_page
def counted(request: HttpRequest, number: int) -> HttpResponse:
    """The own sheet of a released round beside the list of its receipts, page by page; 404 for any other round.

    Of a long list the page with the own receipt stands there first.
    """
    seat, course = seat_and_course(request)
    round = _released(seat, course, number)
    sheet = own_sheet(seat.holder, round.pk)
    receipt = receipt_of(round, sheet)
    published = receipt_list(round, receipt)
    asked = request.GET.get("page", "")
    page = Paginator(range(published.n), RECEIPTS_A_PAGE).get_page(asked or 1 + published.before // RECEIPTS_A_PAGE)
    context = {
        "study": seat.study,
        "round": round,
        "mark": seat.mark,
        "is_counted": sheet.is_submitted,
        "vignettes": answers_counted(round, sheet) if sheet.is_submitted else [],
        "receipt": receipt,
        "published": published,
        "page": page,
        "digests": published.part(page.start_index() - 1, page.end_index()) if published.n else [],
        "is_opened": bool(asked),
    }
    return render(request, "panelist/counted.html", context)


def _released(seat: Seat, course: Course, number: int) -> Round:
    """The released round with this number; 404 where there is none, or the panelist does not belong to it yet."""
    must_belong(seat, course)
    round = next((one for one in course.released if one.number == number), None)
    if round is None:
        raise Http404
    return round


@require_safe
@panelists_page
def receipts(request: HttpRequest, number: int) -> HttpResponse:
    """The whole list of receipts of a released round as a text, one a line, in which any saved receipt can be found."""
    seat, course = seat_and_course(request)
    round = _released(seat, course, number)
    return _saved("".join(f"{one}\n" for one in receipts_of(round)), "text/plain", f"receipts-round-{number}.txt")


@require_POST
@panelists_page
def receipt(request: HttpRequest, number: int) -> HttpResponse:
    """The receipt of the own submitted sheet, with what proves it, to save; 404 where there is none.

    Only a button asks for it: the file proves to whoever holds it how its panelist answered.
    """
    seat, course = seat_and_course(request)
    seat.must_be(str(request.POST.get("holder", "")))
    must_belong(seat, course)
    round = next((one for one in course.rounds if one.number == number), None)
    sheet = own_sheet(seat.holder, round.pk) if round else None
    if round is None or sheet is None or not receipt_of(round, sheet):
        raise Http404
    text = json.dumps(receipt_file(round, sheet), indent=2, ensure_ascii=False)
    return _saved(f"{text}\n", "application/json", f"receipt-round-{round.number}.json")


def _saved(text: str, content_type: str, name: str) -> HttpResponse:
    """A text as a file to save, of which no cache keeps a copy."""
    return HttpResponse(
        text,
        content_type=content_type,
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name),
            "Cache-Control": "no-store",
        },
    )
