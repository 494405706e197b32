"""Reads of rounds: what is missing before one opens, who has submitted, what it asked."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from surveys.panels.queries import panel_of
from surveys.rounds.models import AskedOption, AskedStatement, AskedVignette, Round
from surveys.sheets import preferences
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.queries import sheet_states, submitted_count
from surveys.studies.models import Study
from surveys.vignettes.models import LineageStep, Option, Statement, Vignette
from surveys.vignettes.queries import still_compares

NAMES_FROM = 3


def rounds_of(study: Study) -> QuerySet[Round]:
    """The rounds of a study that were not cancelled, in order."""
    return Round.objects.filter(study=study).exclude(status=Round.Status.CANCELLED).order_by("number")


def unfinished_round(study: Study) -> Round | None:
    """The one round that is being prepared, open or closing; None where there is none."""
    return rounds_of(study).exclude(status=Round.Status.CLOSED).first()


def next_round_number(study: Study) -> int:
    """The number of the round that is drafted or open, or of the one that comes next."""
    last = closed_rounds(study).order_by("number").last()
    return last.number + 1 if last else 1


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
    """The statements that a draft would ask, in the order of their vignettes; an option survey asks none."""
    statements = Statement.objects.filter(
        vignette__study_id=round.study_id, is_dropped=False, vignette__is_dropped=False
    )
    return (
        (statements if round.is_rating else statements.none())
        .exclude(pk__in=round.left_out.values("pk"))
        .select_related("vignette")
        .prefetch_related("named_options__option")
        .order_by("vignette__position", "position", "pk")
    )


def vignettes_to_ask(round: Round) -> QuerySet[Vignette]:
    """The vignettes that a draft would show, in order: those of its statements, and those to survey."""
    shown = Q(pk__in=statements_to_ask(round).values("vignette")) | Q(pk__in=vignettes_to_survey(round).values("pk"))
    return Vignette.objects.filter(shown).order_by("position", "pk")


def vignettes_to_survey(round: Round) -> QuerySet[Vignette]:
    """The vignettes about whose options a draft would ask, in order; none where it asks nothing of options."""
    vignettes = Vignette.objects.filter(study_id=round.study_id, is_dropped=False)
    left_in = vignettes.exclude(pk__in=round.left_out_vignettes.values("pk")).order_by("position", "pk")
    return left_in if round.asks_options else left_in.none()


def options_to_ask(round: Round) -> QuerySet[Option]:
    """The options that a draft would ask about, by category as the questionnaire orders them."""
    options = Option.objects.filter(study_id=round.study_id, is_dropped=False).order_by("position", "pk")
    return options if round.asks_options else options.none()


@dataclass(frozen=True)
class Survey:
    """What an opened round asks about options, and of which vignettes; `questions` is empty where it asks nothing."""

    questions: tuple[str, ...]
    keeps_base: bool
    top_least: int
    top_most: int
    vignettes: tuple[AskedVignette, ...]
    options: tuple[AskedOption, ...]

    def base_of(self, vignette: AskedVignette) -> int:
        """The number of the vignette whose answers this one may keep; 0 where it may not."""
        if not self.keeps_base or vignette.is_base:
            return 0
        return next((other.number for other in self.vignettes if other.is_base), 0)

    def takes(self, name: str, value: str) -> bool:
        """Whether a sheet of this round may hold this value under this name."""
        field = preferences.field_named(name)
        vignette = next((one for one in self.vignettes if field and one.number == field.vignette), None)
        if field is None or vignette is None or field.option > len(self.options):
            return False
        if field.question == preferences.KEEP:
            is_asked = self.base_of(vignette) > 0
        else:
            is_asked = bool(self.questions) and field.question in (*self.questions, preferences.ABSTAIN)
        return is_asked and preferences.is_value(field, value) and self._has_options(field.question, value)

    def _has_options(self, question: str, value: str) -> bool:
        if question not in (preferences.RANKING, preferences.TOP, preferences.AGAINST):
            return True
        numbers = preferences.chosen(value)
        most = self.top_most if question == preferences.TOP else len(self.options)
        return len(numbers) <= most and all(number <= len(self.options) for number in numbers)


def survey_of(round: Round) -> Survey:
    """What an opened round asks about options, in the order of the questionnaire; two queries, none where nothing."""
    return Survey(
        tuple(round.questions),
        round.keeps_base,
        round.top_least,
        round.top_most,
        tuple(_surveyed(AskedVignette.objects.filter(round=round)).order_by("number")) if round.asks_options else (),
        tuple(AskedOption.objects.filter(round=round).order_by("number")) if round.asks_options else (),
    )


def _surveyed(asked: QuerySet[AskedVignette]) -> QuerySet[AskedVignette]:
    """Of vignettes in rounds that ask about options, those that were not left out of that."""
    plans = Round.left_out_vignettes.through.objects
    return asked.exclude(Exists(plans.filter(round=OuterRef("round"), vignette=OuterRef("vignette"))))


@dataclass(frozen=True)
class Attendance:
    """How many have submitted in an open round, of how many."""

    submitted: int
    invited: int

    @property
    def names_are_shown(self) -> bool:
        """Whether the names of the others are: not until three have submitted, so that nobody stands alone."""
        return self.submitted >= NAMES_FROM


def attendance(round: Round) -> Attendance:
    """How many have submitted; for facilitators. Two queries, and no panelist is read: the panel stands still.

    Raises KeyStoreError: without the study's key these sheets can be neither counted nor told apart.
    """
    study_keys(round.study_id)
    return Attendance(submitted_count(round.pk), panel_of(round.study).count())


def waiting_for(round: Round) -> list[uuid.UUID]:
    """Who has not submitted in an open round, by name; empty until three have. For its facilitators: no times, no
    drafts. Derived from the keyed pseudonyms with two queries. Raises KeyStoreError."""
    panel = list(panel_of(round.study).values_list("pk", flat=True))
    submitted = set(_pseudonyms_in(Sheet.objects.filter(round_id=round.pk, state=Sheet.State.SUBMITTED)))
    if len(submitted) < NAMES_FROM:
        return []
    own = study_keys(round.study_id).pseudonyms(round.pk, panel)
    return [panelist_id for panelist_id, pseudonym in zip(panel, own, strict=True) if pseudonym not in submitted]


def _pseudonyms_in(sheets: QuerySet[Sheet]) -> Iterable[bytes]:
    return map(bytes, sheets.values_list("pseudonym", flat=True))


def sheet_state(round: Round, panelist_id: uuid.UUID) -> Sheet.State | None:
    """The state of one panelist's sheet, None where there is none; nothing is decrypted. Raises KeyStoreError."""
    pseudonym = study_keys(round.study_id).pseudonym(round.pk, panelist_id)
    state = Sheet.objects.filter(round_id=round.pk, pseudonym=pseudonym).values_list("state", flat=True).first()
    return None if state is None else Sheet.State(state)


def submitters(round: Round, panelist_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Of a part of a panel, the ids of those who have submitted in the round; computed from keyed pseudonyms."""
    states = sheet_states(study_id=round.study_id, round_id=round.pk, panelist_ids=panelist_ids)
    return {panelist_id for panelist_id, state in states.items() if state == Sheet.State.SUBMITTED}


def asked_vignettes(round: Round) -> QuerySet[AskedVignette]:
    """What a round asks, in order, each vignette with its statements."""
    statements = Prefetch("statements", AskedStatement.objects.order_by("number"))
    return AskedVignette.objects.filter(round=round).order_by("number").prefetch_related(statements)


@dataclass(frozen=True)
class Forebear:
    """What a statement was when it was last asked: itself, or one that it was merged or split from.

    `compares` says whether the ratings of then still compare with those of now.
    """

    asked: AskedStatement
    compares: bool


def forebears(round: Round) -> dict[int, list[Forebear]]:
    """By statement number of an opened round, what was last asked of it in earlier closed rounds.

    The statement itself where it was asked before (also where it was set aside for a while), and else every parent
    that was. Empty lists are left out. Three queries.
    """
    steps = list(LineageStep.objects.filter(study_id=round.study_id, number__lte=round.after_step).order_by("number"))
    last = _last_askings(round)
    asked = AskedStatement.objects.filter(round=round).select_related("vignette").order_by("number")
    found = {
        statement.number: _forebears(statement.statement_id, statement.vignette.vignette_id, last, steps)
        for statement in asked
    }
    return {number: parents for number, parents in found.items() if parents}


def _last_askings(round: Round) -> dict[uuid.UUID, AskedStatement]:
    earlier = (
        AskedStatement.objects.filter(
            round__study_id=round.study_id, round__status=Round.Status.CLOSED, round__number__lt=round.number
        )
        .select_related("round", "vignette")
        .order_by("round__number")
    )
    return {asked.statement_id: asked for asked in earlier}


def _forebears(
    statement_id: uuid.UUID,
    vignette_id: uuid.UUID,
    last: Mapping[uuid.UUID, AskedStatement],
    steps: Sequence[LineageStep],
) -> list[Forebear]:
    asked = last.get(statement_id)
    if asked:
        return [Forebear(asked, still_compares({statement_id, vignette_id}, asked.round.after_step, steps))]
    made = next((step for step in steps if step.before and str(statement_id) in _ids(step.after)), None)
    if made is None or made.step not in (LineageStep.Step.MERGE, LineageStep.Step.SPLIT):
        return []
    found, unchanged = [], still_compares({statement_id, vignette_id}, made.number, steps)
    before = [step for step in steps if step.number < made.number]
    for parent in made.before:
        still = unchanged and str(made.compares_with) == parent["id"]
        parents = _forebears(uuid.UUID(parent["id"]), vignette_id, last, before)
        found += [Forebear(one.asked, one.compares and still) for one in parents]
    return found


def _ids(items: Sequence[Mapping[str, str]]) -> set[str]:
    return {item["id"] for item in items}


def askings_before(round: Round) -> dict[int, list[AskedStatement]]:
    """By statement number of an opened round, every earlier closed asking of it and of what it was made from, in order.

    Also where the ratings no longer compare: what one of them counted could be subtracted all the same. Empty lists
    are left out. Three queries.
    """
    steps = LineageStep.objects.filter(
        study_id=round.study_id,
        number__lte=round.after_step,
        step__in=[LineageStep.Step.MERGE, LineageStep.Step.SPLIT],
    )
    made = [(_ids(step.before), _ids(step.after)) for step in steps.order_by("-number")]
    earlier = AskedStatement.objects.filter(
        round__study_id=round.study_id, round__status=Round.Status.CLOSED, round__number__lt=round.number
    )
    asked: dict[str, list[AskedStatement]] = defaultdict(list)
    for one in earlier.select_related("round", "vignette").order_by("round__number", "number"):
        asked[str(one.statement_id)].append(one)
    found = {}
    for number, statement_id in AskedStatement.objects.filter(round=round).values_list("number", "statement_id"):
        askings = [one for ancestor in _ancestors(str(statement_id), made) for one in asked[ancestor]]
        found[number] = sorted(askings, key=lambda one: (one.round.number, one.number))
    return {number: askings for number, askings in found.items() if askings}


def _ancestors(statement_id: str, made: Iterable[tuple[set[str], set[str]]]) -> set[str]:
    """A statement with all that it was merged or split from; `made` has each step's before and after, latest first."""
    found = {statement_id}
    for before, after in made:
        if found & after:
            found |= before
    return found


def earlier_askings(round: Round) -> dict[int, AskedStatement]:
    """For each statement number of a round, the last earlier asking whose ratings compare with this one's.

    At most one: a merged statement compares with one parent, where its facilitator said so.
    """
    return {
        number: parent.asked for number, parents in forebears(round).items() for parent in parents if parent.compares
    }


def seen_before(round: Round) -> dict[int, AskedVignette]:
    """By the number of each vignette of a round, the vignette as the last closed round before it showed it."""
    numbers = dict(AskedVignette.objects.filter(round=round).values_list("vignette_id", "number"))
    earlier = AskedVignette.objects.filter(
        vignette_id__in=list(numbers), round__status=Round.Status.CLOSED, round__number__lt=round.number
    )
    return {numbers[seen.vignette_id]: seen for seen in earlier.select_related("round").order_by("round__number")}


def earlier_surveys(round: Round, question: str = "") -> dict[int, AskedVignette]:
    """By the number of each surveyed vignette, the last closed survey of it, or the last that asked `question`."""
    return {number: askings[-1] for number, askings in surveys_before(round, question).items()}


def surveys_before(round: Round, question: str = "") -> dict[int, list[AskedVignette]]:
    """By the number of each surveyed vignette, all closed surveys of it in order, or those that asked `question`."""
    numbers = dict(_surveyed(AskedVignette.objects.filter(round=round)).values_list("vignette_id", "number"))
    earlier = AskedVignette.objects.filter(
        vignette_id__in=list(numbers),
        round__study_id=round.study_id,
        round__status=Round.Status.CLOSED,
        round__number__lt=round.number,
    )
    found: dict[int, list[AskedVignette]] = defaultdict(list)
    for asked in _surveyed(earlier).select_related("round").order_by("round__number"):
        if question in asked.round.questions if question else asked.round.asks_options:
            found[numbers[asked.vignette_id]].append(asked)
    return dict(found)
