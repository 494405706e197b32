"""One's own answers as they were counted, and the receipt by which they are found among all."""

import json

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from surveys.feedback.queries import receipts_of
from surveys.panelist.access import panelists_page, seat_of
from surveys.panelist.consent import must_belong
from surveys.panelist.counted import answers_counted, receipt_file, receipt_of
from surveys.panelist.course import course_of
from surveys.sheets.queries import own_sheet


@require_safe
@panelists_page
def counted(request: HttpRequest, number: int) -> HttpResponse:
    """The own sheet of a released round beside the list of all its receipts; 404 for any other round."""
    seat = seat_of(request)
    course = course_of(seat.study)
    must_belong(seat, course)
    round = next((one for one in course.released if one.number == number), None)
    if round is None:
        raise Http404
    sheet, published = own_sheet(seat.holder, round.pk), receipts_of(round)
    receipt = receipt_of(round, sheet)
    context = {
        "study": seat.study,
        "round": round,
        "mark": seat.mark,
        "is_counted": sheet.is_submitted,
        "vignettes": answers_counted(round, sheet) if sheet.is_submitted else [],
        "receipt": receipt,
        "published": published,
        "is_published": receipt in published,
    }
    return render(request, "panelist/counted.html", context)


@require_POST
@panelists_page
def receipt(request: HttpRequest, number: int) -> HttpResponse:
    """The receipt of the own submitted sheet, with what proves it, to save; 404 where there is none.

    Only a button asks for it: the file proves to whoever holds it how its panelist answered.
    """
    seat = seat_of(request)
    seat.must_be(str(request.POST.get("holder", "")))
    course = course_of(seat.study)
    must_belong(seat, course)
    round = next((one for one in course.rounds if one.number == number), None)
    sheet = own_sheet(seat.holder, round.pk) if round else None
    if round is None or sheet is None or not receipt_of(round, sheet):
        raise Http404
    text = json.dumps(receipt_file(round, sheet), indent=2, ensure_ascii=False)
    name = f"receipt-round-{round.number}.json"
    return HttpResponse(
        f"{text}\n",
        content_type="application/json",
        headers={
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name),
            "Cache-Control": "no-store",
        },
    )
