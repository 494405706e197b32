"""The lineage of a questionnaire as its staff see it: each step in words, and the flow of items through the rounds."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.accounts.models import User
from surveys.facilitator.changing import causes_for
from surveys.facilitator.readings import round_label
from surveys.feedback.models import Comment
from surveys.feedback.queries import results_of_rounds
from surveys.pages.flow import Band, Event, Flow, Item, draw, lanes_to_draw
from surveys.pages.lineage_words import Change, changes_of, compares_words, step_words
from surveys.pages.round_words import round_phrase
from surveys.rounds.models import Round
from surveys.rounds.queries import rounds_of
from surveys.studies.models import Study
from surveys.vignettes.models import LineageStep, Statement
from surveys.vignettes.queries import lineage_of

Kind, Step = LineageStep.Kind, LineageStep.Step


@dataclass(frozen=True)
class ToldStep:
    """One step for the page: `cause` is the comment behind it, where the reader may see it."""

    number: int
    kind: str
    kind_label: str
    label: str
    sentence: str
    wording: str
    changes: tuple[Change, ...]
    compares: str
    reason: str
    cause: Comment | None
    at: dt.datetime
    is_origin: bool


@dataclass(frozen=True)
class KindLink:
    """A filter by kind: `value` stands in the address, "" for all."""

    value: str
    words: str
    is_here: bool


def told_steps(study: Study, user: User) -> list[ToldStep]:
    """Every step in order, for this member of the study's staff."""
    causes = {comment.pk: comment for comment in causes_for(study, user)}
    origin, unrated = _origin(study), _unrated_until(study)
    return [_told(step, causes, origin, unrated) for step in lineage_of(study)]


def told_of_statement(study: Study, statement: Statement) -> list[ToldStep]:
    """The steps that reworded a rated statement or its vignette, or made it of others: for the page of its results."""
    items = {str(statement.pk), str(statement.vignette_id)}
    steps = lineage_of(study).filter(step__in=(Step.REWORD, Step.MERGE, Step.SPLIT))
    return [_told(step, {}, 0, 0) for step in steps if items & {item["id"] for item in step.after}]


def _told(step: LineageStep, causes: Mapping[uuid.UUID, Comment], origin: int, unrated: int | None) -> ToldStep:
    return ToldStep(
        number=step.number,
        kind=step.kind,
        kind_label=step.get_kind_display(),
        label=step.get_step_display(),
        sentence=step_words(step),
        wording=" · ".join(item["wording"] for item in (step.after or step.before)),
        changes=changes_of(step),
        compares="" if unrated is None or step.number <= unrated else compares_words(step),
        reason=step.reason,
        cause=causes.get(step.cause_id) if step.cause_id else None,
        at=step.at,
        is_origin=step.number <= origin,
    )


def _origin(study: Study) -> int:
    """The number of the last step that says what the questionnaire began with."""
    opened = Round.objects.filter(study=study, opened_at__isnull=False).order_by("after_step")
    return opened.values_list("after_step", flat=True).first() or 0


def _unrated_until(study: Study) -> int | None:
    """The number of the last step before the first rating round opened; None where none has."""
    rated = Round.objects.filter(study=study, opened_at__isnull=False, kind=Round.Kind.RATING)
    return rated.order_by("after_step").values_list("after_step", flat=True).first()


def kinds_of(steps: Sequence[ToldStep], wanted: str) -> list[KindLink]:
    """The filters by kind, each with its number of steps."""
    names = {Kind.OPTION: _("Options"), Kind.VIGNETTE: _("Vignettes"), Kind.STATEMENT: _("Statements")}
    links = [KindLink("", _("All (%(n)d)") % {"n": len(steps)}, wanted == "")]
    for kind, name in names.items():
        number = sum(step.kind == kind for step in steps)
        links.append(KindLink(kind, f"{name} ({number})", wanted == kind))
    return links


@dataclass
class _Course:
    """What became of one item, column by column, while the steps are replayed."""

    kind: str
    name: str
    spans: list[tuple[int, int | None]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    parents: tuple[str, ...] = ()

    @property
    def stands(self) -> bool:
        return bool(self.spans) and self.spans[-1][1] is None

    def begin(self, column: int) -> None:
        if not self.stands:
            self.spans.append((column, None))

    def end(self, column: int) -> None:
        if self.stands:
            self.spans[-1] = (self.spans[-1][0], column)


class _Replay:
    """Replays a study's steps through the columns of its rounds."""

    def __init__(self, study: Study, rounds: Sequence[Round]) -> None:
        self.items: dict[str, _Course] = {}
        self.stem = study.question_stem
        self.homes = {str(pk): str(home) for pk, home in _homes(study)}
        # The statements that went with their vignette, and come back with it.
        self.gone_along: set[str] = set()
        self.after = [_origin(study), *(round.after_step for round in rounds)]

    def column_of(self, step: LineageStep) -> int:
        """The column that a step leads into: that of the first round that asked what it made."""
        return next((place for place, number in enumerate(self.after) if step.number <= number), len(self.after))

    def take(self, step: LineageStep) -> None:
        column = self.column_of(step)
        told = _event_words(step) if column else step.reason
        begins = step.step in (Step.ADD, Step.RESTORE, Step.MERGE, Step.SPLIT)
        if step.step != Step.REWORD:
            for gone in step.before:
                self._end(gone["id"], step, column, told)
        for item in step.after:
            course = self.items.setdefault(item["id"], _Course(step.kind, ""))
            course.name = self._name(item)
            if begins:
                course.begin(column)
            if step.step in (Step.MERGE, Step.SPLIT):
                course.parents = tuple(parent["id"] for parent in step.before)
            course.events.append(Event(column, step.step, told))
        if step.kind == Kind.VIGNETTE and step.step == Step.RESTORE:
            self._move_statements(step.after[0]["id"], column, told, comes=True)

    def _end(self, key: str, step: LineageStep, column: int, told: str) -> None:
        course = self.items.get(key)
        if course is None:
            return
        course.end(column)
        self.gone_along.discard(key)
        course.events.append(Event(column, "drop" if step.step == Step.DROP else "", told))
        if step.kind == Kind.VIGNETTE:
            self._move_statements(key, column, told, comes=False)

    def _move_statements(self, vignette: str, column: int, told: str, *, comes: bool) -> None:
        """A vignette's statements go and come back with it, apart from those that were dropped themselves."""
        words = _("%(event)s (with its vignette)") % {"event": told}
        for key, course in self.items.items():
            if self.homes.get(key) != vignette:
                continue
            if comes and key in self.gone_along:
                self.gone_along.discard(key)
                course.begin(column)
                course.events.append(Event(column, "restore", words))
            elif not comes and course.stands:
                self.gone_along.add(key)
                course.end(column)
                course.events.append(Event(column, "drop", words))

    def _name(self, item: Mapping[str, str]) -> str:
        return item["wording"].removesuffix(self.stem).strip() or item["wording"]


def _homes(study: Study) -> Iterable[tuple[uuid.UUID, uuid.UUID]]:
    return Statement.objects.filter(vignette__study=study).values_list("pk", "vignette_id")


def _event_words(step: LineageStep) -> str:
    return _("%(sentence)s Why: %(reason)s") % {"sentence": step_words(step), "reason": step.reason}


def flow_of(study: Study) -> Flow | None:
    """The flow of the study's items through its rounds; None before the first one opened. For its facilitators."""
    steps = list(lineage_of(study))
    if not steps:
        return None
    rounds = list(rounds_of(study).exclude(status=Round.Status.DRAFT))
    replay = _Replay(study, rounds)
    for step in steps:
        replay.take(step)
    _mark_consensus(replay, study, rounds)
    columns = [_("Set-up"), *(round_label(round) for round in rounds)]
    if replay.column_of(steps[-1]) == len(columns):
        columns.append(_("Next"))
    items: dict[str, list[Item]] = defaultdict(list)
    for key, course in _in_order(replay.items):
        items[course.kind].append(Item(key, course.name, tuple(course.spans), tuple(course.events), course.parents))
    bands = [_band(kind, items[kind], len(columns)) for kind in (Kind.OPTION, Kind.VIGNETTE, Kind.STATEMENT)]
    return draw(columns, [band for band in bands if band.items])


def _mark_consensus(replay: _Replay, study: Study, rounds: Sequence[Round]) -> None:
    closed = {round.pk: place for place, round in enumerate(rounds, start=1) if round.status == Round.Status.CLOSED}
    by_round = results_of_rounds(study, [round for round in rounds if round.pk in closed])
    for round_id, results in by_round.items():
        for result in results:
            course = replay.items.get(str(result.asked.statement_id))
            if course and result.is_settled:
                words = _("Reached consensus in %(round)s.") % {"round": round_phrase(result.asked.round)}
                course.events.append(Event(closed[round_id], "consensus", words))


def _in_order(items: Mapping[str, _Course]) -> list[tuple[str, _Course]]:
    """In order of their appearance, but what was made of others right behind the last of them."""
    order: list[str] = []
    for key, course in items.items():
        places = [order.index(parent) for parent in course.parents if parent in order]
        order.insert(max(places) + 1 if places else len(order), key)
    return [(key, items[key]) for key in order]


def _band(kind: str, items: Sequence[Item], columns: int) -> Band:
    names = {Kind.OPTION: _("Options"), Kind.VIGNETTE: _("Vignettes"), Kind.STATEMENT: _("Statements")}
    counts = tuple(_count_words(kind, sum(_stands(item, column) for item in items)) for column in range(columns))
    drawn = lanes_to_draw(items)
    left = len(items) - len(drawn)
    more = ngettext("and %(n)d more", "and %(n)d more", left) % {"n": left} if left else ""
    ordered = tuple(replace(item, events=tuple(sorted(item.events, key=lambda e: e.column))) for item in drawn)
    return Band(names[Kind(kind)], ordered, counts, more)


def _stands(item: Item, column: int) -> bool:
    return any(begin <= column and (end is None or column < end) for begin, end in item.spans)


def _count_words(kind: str, n: int) -> str:
    if kind == Kind.OPTION:
        return ngettext("%(n)d option", "%(n)d options", n) % {"n": n}
    if kind == Kind.VIGNETTE:
        return ngettext("%(n)d vignette", "%(n)d vignettes", n) % {"n": n}
    return ngettext("%(n)d statement", "%(n)d statements", n) % {"n": n}
