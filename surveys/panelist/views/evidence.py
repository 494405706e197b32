"""The evidence that was shared with the panel. Reading it leaves no trace."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from surveys.meetings.queries import presentations_by, shared_evidence, shared_files_of
from surveys.pages.attachments import attachment
from surveys.panelist.access import panelists_page
from surveys.panelist.consent import must_belong
from surveys.panelist.course import seat_and_course


@require_safe
@panelists_page
def evidence(request: HttpRequest) -> HttpResponse:
    """All that is shared, by category on one page, and what oneself presents."""
    seat, course = seat_and_course(request)
    must_belong(seat, course)
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
    seat, course = seat_and_course(request)
    must_belong(seat, course)
    return attachment(get_object_or_404(shared_files_of(seat.study), pk=file_id))
