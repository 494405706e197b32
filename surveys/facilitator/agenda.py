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
from surveys.vignettes.queries import composed_text, statements_of, vignette_numbers

LONGEST_TITLE = 300


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
    return _of_vignettes(last, minutes) if last.kind == Round.Kind.OPTION_SURVEY else _of_statements(study, minutes)


def _of_vignettes(round: Round, minutes: int) -> list[ProposedItem]:
    """An item for each vignette that the round asked, of like length."""
    asked = {str(each.pk): each for each in AskedVignette.objects.filter(round=round).order_by("number")}
    slots = plan_agenda([Discussed(key, short=None) for key in asked], minutes)
    return [_vignette_item([asked[key] for key in slot.keys], slot.minutes) for slot in slots]


def _vignette_item(vignettes: Sequence[AskedVignette], minutes: int) -> ProposedItem:
    title = "; ".join(_named(each.number, each.title) for each in vignettes)
    alone = vignettes[0].vignette_id if len(vignettes) == 1 else None
    return ProposedItem(AgendaEntry(_cut(title), minutes, vignette_id=alone), "")


def _of_statements(study: Study, minutes: int) -> list[ProposedItem]:
    present = set(statements_of(study).values_list("pk", flat=True))
    results = {
        str(result.asked.statement_id): result
        for result in latest_results(study, released_only=True)
        if result.asked.statement_id in present
    }
    numbers = vignette_numbers(study)
    slots = plan_agenda([_discussed(key, result) for key, result in results.items()], minutes)
    return [_statement_item(slot, [results[key] for key in slot.keys], numbers) for slot in slots]


def _discussed(key: str, result: StatementResult) -> Discussed:
    """What may be shown of a statement, and nothing else: what the thresholds hide does not move it either."""
    shown = result.shown
    short = 0 if result.is_settled else shown.short or None
    return Discussed(key, short, polarisation(shown.counts) if shown.counts else None)


def _statement_item(
    slot: AgendaSlot, results: Sequence[StatementResult], numbers: Mapping[uuid.UUID, int]
) -> ProposedItem:
    places = ", ".join(dict.fromkeys(_vignette_words(result, numbers) for result in results))
    if slot.is_resolved:
        why = _("They reached consensus: %(vignettes)s.") % {"vignettes": places}
        return ProposedItem(AgendaEntry(_("The other statements, briefly"), slot.minutes, note=_cut(why)), why)
    if len(results) > 1:
        title = _("Further statements: %(vignettes)s") % {"vignettes": places}
        return ProposedItem(AgendaEntry(_cut(title), slot.minutes), _("There is no time for each of them alone."))
    (result,) = results
    wording = composed_text(result.asked.recommendations, "") or result.asked.text
    title = f"{_vignette_words(result, numbers)}: {wording}"
    entry = AgendaEntry(
        _cut(title),
        slot.minutes,
        statement_id=result.asked.statement_id,
        vignette_id=result.asked.vignette.vignette_id,
    )
    return ProposedItem(entry, _why(result))


def _vignette_words(result: StatementResult, numbers: Mapping[uuid.UUID, int]) -> str:
    vignette = result.asked.vignette
    return _named(numbers.get(vignette.vignette_id, vignette.number), vignette.title)


def _named(number: int, title: str) -> str:
    """`Vignette 3 (Aged 70)`."""
    return _("Vignette %(number)d (%(title)s)") % {"number": number, "title": title}


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
