"""The evidence before the first vote, and the meetings between votes."""

from collections.abc import Sequence

from surveys.accounts.models import User
from surveys.meetings.services.evidence import assign, describe_presentation, share_evidence
from surveys.meetings.services.meetings import (
    AgendaEntry,
    Plan,
    Record,
    plan_meeting,
    record_decision,
    set_agenda,
    write_up,
)
from surveys.operations.demonstration.content import Content, MeetingContent
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.queries import lineage_of, options_of

MINUTES_TO_PRESENT = 10


def present_options(study: Study, panel: Sequence[Panelist], content: Content, actor: User) -> None:
    """Assign the options, describe their evidence and show it to the panel."""
    told = {option.name: option for option in content.options if option.presenter}
    by_surname = {person.surname: panelist for person, panelist in zip(content.panel, panel, strict=True)}
    for option in options_of(study):
        if option.name not in told:
            continue
        now, presented = database_now(), told[option.name]
        assign(option=option, actor=actor, panelist=by_surname[presented.presenter], now=now)
        describe_presentation(
            option=option, actor=actor, summary=presented.evidence, minutes=MINUTES_TO_PRESENT, now=now
        )
    share_evidence(study=study, actor=actor, now=database_now())


def hold_meeting(round: Round, told: MeetingContent, panelists: int, actor: User) -> None:
    """Write down a meeting that looked at this round's results, and link what it decided to what followed."""
    now, study = database_now(), round.study
    plan = Plan(held_at=now, minutes_planned=told.minutes, mode=told.mode, after_round_id=round.pk)
    meeting = plan_meeting(study=study, actor=actor, plan=plan, now=now)
    entries = [AgendaEntry(title, minutes) for title, minutes in told.agenda]
    set_agenda(meeting=meeting, actor=actor, entries=entries, now=now)
    what = Record(told.minutes, panelists_present=panelists, facilitators_present=1, notes=told.notes)
    write_up(meeting=meeting, actor=actor, what=what, now=now)
    since = lineage_of(study).filter(number__gt=round.after_step)
    for decision in told.decisions:
        kind, step = decision.caused or ("", "")
        steps = list(since.filter(kind=kind, step=step))
        record_decision(meeting=meeting, actor=actor, text=decision.text, steps=steps, now=now)
