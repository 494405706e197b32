"""The agenda that the last released results propose. The panel reads its titles, so it says no more than they do."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.consensus.agenda import AgendaSlot, Discussed, plan_agenda, polarisation
from surveys.feedback.queries import StatementResult, latest_results
from surveys.meetings.services.meetings import AgendaEntry
from surveys.rounds.models import AskedVignette, Round
from surveys.rounds.queries import released_rounds
from surveys.studies.models import Study
from surveys.vignettes.queries import composed_text, vignette_numbers

LONGEST_TITLE = 300

Numbers = Mapping[uuid.UUID, int]
"""The vignettes' numbers as all pages print them."""


@dataclass(frozen=True)
class ProposedItem:
    """An item of the proposed agenda, and why it stands where it does; for facilitators."""

    entry: AgendaEntry
    why: str


def proposed_agenda(study: Study, minutes: int) -> list[ProposedItem]:
    """What the results that the panel may see propose to talk about in so many minutes; nothing before the first.

    After rating rounds an item for each statement without consensus, after an option survey one for each vignette.
    """
    last = released_rounds(study).last()
    if last is None:
        return []
    numbers = vignette_numbers(study)
    return _of_statements(study, minutes, numbers) if last.is_rating else _of_vignettes(last, minutes, numbers)


def _of_vignettes(round: Round, minutes: int, numbers: Numbers) -> list[ProposedItem]:
    """An item for each vignette that the round asked and that is still asked, of like length."""
    vignettes = AskedVignette.objects.filter(round=round, vignette__is_dropped=False)
    asked = {str(each.pk): each for each in vignettes.order_by("vignette__position", "number")}
    slots = plan_agenda([Discussed(key, short=None) for key in asked], minutes)
    return [_vignette_item([asked[key] for key in slot.keys], slot.minutes, numbers) for slot in slots]


def _vignette_item(vignettes: Sequence[AskedVignette], minutes: int, numbers: Numbers) -> ProposedItem:
    title = "; ".join(_vignette_words(each, numbers) for each in vignettes)
    alone = vignettes[0].vignette_id if len(vignettes) == 1 else None
    return ProposedItem(AgendaEntry(_cut(title), minutes, vignette_id=alone), "")


def _of_statements(study: Study, minutes: int, numbers: Numbers) -> list[ProposedItem]:
    results = {str(result.asked.statement_id): result for result in latest_results(study, released_only=True)}
    slots = plan_agenda([_discussed(key, result) for key, result in results.items()], minutes)
    return [_statement_item(slot, [results[key] for key in slot.keys], numbers) for slot in slots]


def _discussed(key: str, result: StatementResult) -> Discussed:
    """What may be shown of a statement, and nothing else: what the thresholds hide does not move it either."""
    shown = result.shown
    short = 0 if result.is_settled else shown.short or None
    return Discussed(key, short, polarisation(shown.counts) if shown.counts else None)


def _statement_item(slot: AgendaSlot, results: Sequence[StatementResult], numbers: Numbers) -> ProposedItem:
    places = ", ".join(dict.fromkeys(_vignette_words(result.asked.vignette, numbers) for result in results))
    if slot.is_resolved:
        why = _("They reached consensus: %(vignettes)s.") % {"vignettes": places}
        return ProposedItem(AgendaEntry(_("The other statements, briefly"), slot.minutes, note=_cut(why)), why)
    if len(results) > 1:
        title = _("Further statements: %(vignettes)s") % {"vignettes": places}
        return ProposedItem(AgendaEntry(_cut(title), slot.minutes), _("There is no time for each of them alone."))
    (result,) = results
    wording = composed_text(result.asked.recommendations, "") or result.asked.text
    title = f"{_vignette_words(result.asked.vignette, numbers)}: {wording}"
    entry = AgendaEntry(
        _cut(title),
        slot.minutes,
        statement_id=result.asked.statement_id,
        vignette_id=result.asked.vignette.vignette_id,
    )
    return ProposedItem(entry, _why(result))


def _vignette_words(vignette: AskedVignette, numbers: Numbers) -> str:
    """`Vignette 3 (Aged 70)`."""
    return _("Vignette %(number)d (%(title)s)") % {"number": numbers[vignette.vignette_id], "title": vignette.title}


def _why(result: StatementResult) -> str:
    shown = result.shown
    if shown.short is None or shown.counts is None:
        return _("What may be shown of it does not say how near it is.")
    below, above = sum(shown.counts[:4]), sum(shown.counts[5:])
    short = ngettext("%(n)d rating short of consensus", "%(n)d ratings short of consensus", shown.short)
    words = {"short": short % {"n": shown.short}, "below": below, "above": above}
    return _("%(short)s; %(below)d rated below 5, %(above)d above.") % words


def _cut(title: str) -> str:
    return Truncator(title).chars(LONGEST_TITLE)
