"""Whether somebody may answer: they still belong to the panel, and have agreed to the study's notice."""

from surveys.panelist.access import Seat
from surveys.panelist.course import Course
from surveys.rounds.models import Round
from surveys.rounds.services.saving import ConsentMissing, HasWithdrawn
from surveys.sheets.queries import OwnSheet, own_sheet


def sheet_in(seat: Seat, round: Round) -> OwnSheet:
    """The seat's own sheet of a round that is open or closing. Raises HasWithdrawn."""
    sheet = own_sheet(seat.holder, round.pk)
    if sheet.is_withdrawn:
        raise HasWithdrawn
    return sheet


def sheet_to_answer(seat: Seat, round: Round) -> OwnSheet:
    """The seat's own sheet of the open round. Raises HasWithdrawn, and ConsentMissing before they have agreed."""
    sheet = sheet_in(seat, round)
    if not has_agreed(seat, sheet):
        raise ConsentMissing
    return sheet


def has_agreed(seat: Seat, sheet: OwnSheet) -> bool:
    """Whether this panelist agreed to the study's notice, in a round that is frozen or in this sheet.

    A study that began before there was a notice has none, and asks nobody.
    """
    return seat.study.protocol.notice_digest in (seat.panelist.consent, sheet.content.consent)


def must_belong(seat: Seat, course: Course) -> None:
    """Raise HasWithdrawn for whoever withdrew in the round under way: until its end they have only that to read."""
    if course.under_way:
        sheet_in(seat, course.under_way)
