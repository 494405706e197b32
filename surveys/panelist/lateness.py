"""What somebody is told whose change came when the round took no more."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.pages.moments import moment_words, zone_words
from surveys.rounds.models import Round


@dataclass(frozen=True)
class Lateness:
    """The heading and the sentences below it: true of this round, and of what became of this panelist's sheet."""

    heading: str
    sentences: tuple[str, ...]


def lateness_of(round: Round, *, is_submitted: bool) -> Lateness:
    """What to tell whoever saved into this round too late; `is_submitted` is about their own sheet in it."""
    if round.status == Round.Status.CANCELLED:
        heading = _("%(round)s was cancelled") % {"round": round}
        return Lateness(heading, (_("It has no result, and nothing that was answered in it counts."),))
    sentences = [_("Your last change came later and does not count.")]
    if is_submitted:
        sentences.append(_("Everything saved before that counts."))
    else:
        sentences.append(_("Your sheet was not submitted, and only submitted sheets count."))
    if round.status == Round.Status.OPEN:
        sentences.append(_("If the facilitator extends the round, you can go on where you stopped."))
    return Lateness(closed_words(round), tuple(sentences))


def closed_words(round: Round) -> str:
    """`Rating round 3 closed on Friday, October 4, 17:00 (Chicago time)`: the deadline, or the close before it."""
    moment = closed_moment(round)
    if moment is None:
        return _("%(round)s is closed") % {"round": round}
    zone = round.study.time_zone
    shown = {"round": round, "moment": moment_words(moment, zone), "zone": zone_words(zone)}
    return _("%(round)s closed on %(moment)s (%(zone)s)") % shown


def closed_moment(round: Round) -> dt.datetime | None:
    """When the round ceased to take answers, as its pages had said; the minute of grace is not counted."""
    moments = [moment for moment in (round.closes_at, round.closed_at) if moment]
    return min(moments) if moments else None
