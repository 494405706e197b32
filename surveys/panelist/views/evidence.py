"""The evidence that was shared with the panel. Reading it leaves no trace."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from surveys.meetings.queries import presentations_by, shared_evidence, shared_files_of
from surveys.pages.attachments import attachment
from surveys.panelist.access import panelists_page, seat_of
from surveys.panelist.consent import must_belong
from surveys.panelist.course import course_of


@require_safe
@panelists_page
def evidence(request: HttpRequest) -> HttpResponse:
    """All that is shared, by category on one page, and what oneself presents."""
    seat = seat_of(request)
    must_belong(seat, course_of(seat.study))
    context = {
        "study": seat.study,
        "panelist": seat.panelist,
        "groups": shared_evidence(seat.study),
        "own": list(presentations_by(seat.panelist)),
    }
    return render(request, "panelist/evidence.html", context)


@require_safe
@panelists_page
def evidence_file(request: HttpRequest, file_id: uuid.UUID) -> HttpResponse:
    """A shared file of one's own study, to save; 404 for any other."""
    seat = seat_of(request)
    must_belong(seat, course_of(seat.study))
    return attachment(get_object_or_404(shared_files_of(seat.study), pk=file_id))
