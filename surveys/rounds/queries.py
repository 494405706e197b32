"""Reads of rounds: what is missing before one opens, who has submitted, what it asked."""

import datetime as dt
import uuid
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.sheets.models import Sheet
from surveys.sheets.queries import sheet_states
from surveys.studies.models import Study
from surveys.vignettes.models import Statement, Vignette

NAMES_FROM = 3


@dataclass(frozen=True)
class CheckItem:
    """One line of the checklist beside the button that opens a round. `place` names the page that mends it."""

    text: str
    is_done: bool
    place: str


def rounds_of(study: Study) -> QuerySet[Round]:
    """The rounds of a study that were not cancelled, in order."""
    return Round.objects.filter(study=study).exclude(status=Round.Status.CANCELLED).order_by("number")


def asked_parts(study: Study) -> set[uuid.UUID]:
    """The vignettes and statements of the questionnaire that some round asked: these stay in it."""
    asked = AskedStatement.objects.filter(round__study=study)
    return {part for pair in asked.values_list("vignette__vignette_id", "statement_id") for part in pair}


def unfinished_round(study: Study) -> Round | None:
    """The one round that is being prepared, open or closing; None where there is none."""
    return rounds_of(study).exclude(status=Round.Status.CLOSED).first()


def closed_rounds(study: Study) -> QuerySet[Round]:
    """The rounds whose results are frozen, in order."""
    return rounds_of(study).filter(status=Round.Status.CLOSED)


def last_closed_round(study: Study) -> Round | None:
    """The latest round whose result is frozen."""
    return closed_rounds(study).last()


def released_rounds(study: Study) -> QuerySet[Round]:
    """The rounds whose results the panel may see, in order."""
    return closed_rounds(study).filter(released_at__isnull=False)


def statements_to_ask(round: Round) -> QuerySet[Statement]:
    """The statements that a draft would ask, in the order of their vignettes."""
    return (
        Statement.objects.filter(vignette__study_id=round.study_id)
        .exclude(pk__in=round.left_out.values("pk"))
        .select_related("vignette")
        .prefetch_related("named_options__option")
        .order_by("vignette__position", "position", "pk")
    )


def checklist(round: Round, now: dt.datetime) -> list[CheckItem]:
    """What a draft needs before it opens, missing and done alike; for its facilitators."""
    return [
        _closing_time_item(round, now),
        *_questionnaire_items(round),
        *_panel_items(round.study),
        *_release_items(round.study),
    ]


def blockers_to_opening(round: Round, now: dt.datetime) -> list[str]:
    """The sentences of the checklist that are not done."""
    return [item.text for item in checklist(round, now) if not item.is_done]


def _closing_time_item(round: Round, now: dt.datetime) -> CheckItem:
    if round.closes_at is None:
        return CheckItem(_("Choose a closing time"), False, "round")
    if round.closes_at <= max(now, round.opens_at or now):
        return CheckItem(_("The closing time has passed: choose a later one"), False, "round")
    return CheckItem(_("A closing time is chosen"), True, "round")


def _questionnaire_items(round: Round) -> list[CheckItem]:
    vignettes = list(Vignette.objects.filter(study_id=round.study_id))
    number = statements_to_ask(round).count()
    items = []
    if not any(vignette.is_base for vignette in vignettes):
        items.append(CheckItem(_("Write the base vignette"), False, "questionnaire"))
    with_statement = set(Statement.objects.filter(vignette__in=vignettes).values_list("vignette_id", flat=True))
    without = [vignette.title for vignette in vignettes if vignette.pk not in with_statement]
    if without:
        text = _("Write a statement for: %(titles)s") % {"titles": ", ".join(without)}
        items.append(CheckItem(text, False, "questionnaire"))
    if not number:
        items.append(CheckItem(_("There is no statement to ask"), False, "questionnaire"))
    else:
        text = ngettext("%(n)d statement to ask", "%(n)d statements to ask", number) % {"n": number}
        items.append(CheckItem(text, True, "questionnaire"))
    return items


def _panel_items(study: Study) -> list[CheckItem]:
    least = study.protocol.least_answers
    number = panel_of(study).count()
    items = []
    if number < least:
        text = _("The panel has %(n)d of the at least %(least)d panelists that a result needs")
        items.append(CheckItem(text % {"n": number, "least": least}, False, "panel"))
    else:
        text = ngettext("%(n)d panelist", "%(n)d panelists", number) % {"n": number}
        items.append(CheckItem(text, True, "panel"))
    refused = panel_of(study).filter(is_unreachable=True).count()
    if refused:
        text = ngettext(
            "%(n)d panelist cannot be reached by mail: mend the address or send the link again",
            "%(n)d panelists cannot be reached by mail: mend the addresses or send the links again",
            refused,
        )
        items.append(CheckItem(text % {"n": refused}, False, "panel"))
    return items


def _release_items(study: Study) -> list[CheckItem]:
    last = last_closed_round(study)
    if last is None:
        return []
    if last.is_released:
        return [CheckItem(_("The panel has the results of %(round)s") % {"round": last}, True, "results")]
    return [CheckItem(_("Release the results of %(round)s") % {"round": last}, False, "results")]


@dataclass(frozen=True)
class Attendance:
    """Who has submitted in an open round. Names stay empty until three have, so that nobody stands alone."""

    submitted: int
    invited: int
    waiting_for: tuple[Panelist, ...]
    names_are_shown: bool


def attendance(round: Round) -> Attendance:
    """How many have submitted, and the others in a fixed order; derived, for facilitators. No times, no drafts."""
    panel = list(panel_of(round.study))
    submitted = submitters(round, panel)
    shown = len(submitted) >= NAMES_FROM
    others = tuple(panelist for panelist in panel if panelist.pk not in submitted) if shown else ()
    return Attendance(len(submitted), len(panel), others, shown)


def submitters(round: Round, panel: list[Panelist]) -> set[uuid.UUID]:
    """The ids of these panelists who have submitted in the round; computed from keyed pseudonyms."""
    states = sheet_states(study_id=round.study_id, round_id=round.pk, panelist_ids=[panelist.pk for panelist in panel])
    return {panelist_id for panelist_id, state in states.items() if state == Sheet.State.SUBMITTED}


def asked_vignettes(round: Round) -> QuerySet[AskedVignette]:
    """What a round asks, in order, each vignette with its statements."""
    statements = Prefetch("statements", AskedStatement.objects.order_by("number"))
    return AskedVignette.objects.filter(round=round).order_by("number").prefetch_related(statements)


def earlier_askings(round: Round) -> dict[int, AskedStatement]:
    """For each statement number of a round, the last earlier closed round's asking of the same statement.

    A statement that was set aside for a while is compared with the round that last asked it.
    """
    numbers = dict(AskedStatement.objects.filter(round=round).values_list("statement_id", "number"))
    earlier = (
        AskedStatement.objects.filter(
            statement_id__in=list(numbers),
            round__study_id=round.study_id,
            round__status=Round.Status.CLOSED,
            round__number__lt=round.number,
        )
        .select_related("round")
        .order_by("round__number")
    )
    return {numbers[asked.statement_id]: asked for asked in earlier}
