"""What a panelist sees of released rounds: the group's results, with their own answers beside them."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from surveys.feedback.comments import ThemedComments, themed
from surveys.feedback.models import Comment
from surveys.feedback.queries import StatementResult, results_of
from surveys.rounds.asked import asked_in
from surveys.rounds.models import AskedStatement, Round
from surveys.rounds.queries import released_rounds
from surveys.sheets.boxes import Answer
from surveys.sheets.queries import SheetHolder, own_sheets
from surveys.studies.models import Protocol

KEPT = 32
"""The results of so many released rounds are kept in memory by each process."""


@dataclass(frozen=True)
class Earlier:
    """What a panelist sees of a released asking of a statement or of its parent, with their own answer in it.

    `themes` are its reasons under their themes.
    `compares` is False where the wording has changed so much since that the ratings do not compare.
    """

    round: Round
    result: StatementResult
    own: Answer
    themes: tuple[ThemedComments, ...]
    compares: bool = True

    @property
    def reasons(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(body for group in self.themes for body in group.bodies)


def earlier_feedback(holder: SheetHolder, round: Round) -> dict[int, tuple[Earlier, ...]]:
    """By statement number of `round`, the feedback on its last released asking, for that panelist alone.

    A statement that was merged or split has that of every parent instead.
    """
    before = asked_in(round).forebears
    rounds = {one.pk: one for one in released_rounds(round.study)} if before else {}
    for one in rounds.values():
        one.study = round.study
    released = {
        number: [parent for parent in parents if parent.asked.round_id in rounds] for number, parents in before.items()
    }
    askings = [parent.asked for parents in released.values() for parent in parents]
    found = _feedback(holder, rounds, askings)
    feedback = {
        number: tuple(
            replace(found[parent.asked.pk], compares=parent.compares) for parent in parents if parent.asked.pk in found
        )
        for number, parents in released.items()
    }
    return {number: parents for number, parents in feedback.items() if parents}


def released_feedback(holder: SheetHolder, round: Round) -> dict[int, Earlier]:
    """By statement number, the feedback on one released round itself; for that panelist alone."""
    if not round.is_released:
        return {}
    askings = [asked for vignette in asked_in(round).vignettes for asked in vignette.statements.all()]
    found = _feedback(holder, {round.pk: round}, askings)
    return {asked.number: found[asked.pk] for asked in askings if asked.pk in found}


def _feedback(
    holder: SheetHolder, rounds: Mapping[uuid.UUID, Round], askings: Sequence[AskedStatement]
) -> dict[uuid.UUID, Earlier]:
    """The feedback on each of these askings of one study, by its id; `rounds` has theirs, by id."""
    if not askings:
        return {}
    asked_rounds = {asked.round_id: rounds[asked.round_id] for asked in askings}
    results = {pk: result for round in asked_rounds.values() for pk, result in _for_the_panel(round).items()}
    sheets = own_sheets(holder, asked_rounds)
    reasons = _published(askings) if rounds[askings[0].round_id].study.protocol.shows_comments else {}
    themes = {
        asked_id: tuple(themed(comments))
        for asked_id, comments in reasons.items()
        if asked_id in results and not results[asked_id].shown.is_hidden
    }
    return {
        asked.pk: Earlier(
            asked_rounds[asked.round_id],
            results[asked.pk],
            sheets[asked.round_id].answer_to(asked.number) if sheets[asked.round_id].is_submitted else Answer(),
            themes.get(asked.pk, ()),
        )
        for asked in askings
        if asked.pk in results
    }


def _for_the_panel(round: Round) -> Mapping[uuid.UUID, StatementResult]:
    """The results of a released round by asked statement, as its study's protocol now shows them to the panel."""
    protocol = round.study.protocol
    return _read(round, protocol.digest, protocol.least_answers, protocol.groups == Protocol.Groups.PANEL)


@lru_cache(maxsize=KEPT)
def _read(round: Round, _protocol: str, _least: int, sees_groups: bool) -> Mapping[uuid.UUID, StatementResult]:
    """A released round's results never change, only how they are shown: so they go by the protocol too."""
    results = results_of(round)
    return {result.asked.pk: result if sees_groups else replace(result, groups=()) for result in results}


def _published(askings: Iterable[AskedStatement]) -> dict[uuid.UUID, list[Comment]]:
    """The published reasons by asked statement."""
    found: dict[uuid.UUID, list[Comment]] = defaultdict(list)
    published = Comment.objects.filter(asked__in=list(askings), state=Comment.State.PUBLISHED)
    for comment in published.select_related("theme"):
        if comment.asked_id:
            found[comment.asked_id].append(comment)
    return dict(found)
