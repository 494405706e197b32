"""When a study may stop, and why. Stopping itself is always the facilitator's decision: this only advises."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar

from surveys.consensus.exact import parse_number, plain_number
from surveys.consensus.phrases import Phrase, joined, phrase, plural_phrase


class StopKind(StrEnum):
    """Why a study may stop."""

    CONSENSUS = "consensus"
    STABILITY = "stability"
    ROUNDS = "rounds"


@dataclass(frozen=True)
class StoppingRule:
    """When a study may stop, besides by consensus on every statement.

    Ratings moved little where at most `stable_share` of the panelists who rated in both rounds went from one band of
    the scale to another, a band being a third of nine points, and where at least `least_pairs` rated in both. None as
    the share leaves stability out, None as `most_rounds` sets no limit. Raises ValueError for a share that is not from
    0 to 1, and for a number below 1.
    """

    stable_share: Fraction | None = Fraction(15, 100)
    least_pairs: int = 5
    most_rounds: int | None = None

    def __post_init__(self) -> None:
        if self.stable_share is not None and not 0 <= self.stable_share <= 1:
            raise ValueError(f"The share that may move is from 0 to 1, not {plain_number(self.stable_share)}.")
        if self.least_pairs < 1:
            raise ValueError(f"The least number of pairs is 1 or more, not {self.least_pairs}.")
        if self.most_rounds is not None and self.most_rounds < 1:
            raise ValueError(f"The limit of rounds is 1 or more, not {self.most_rounds}.")


@dataclass(frozen=True)
class Standing:
    """Where one statement stands after its last round; None where it cannot be told.

    `moved_band` of the `paired` panelists, who rated it in the last two rounds, moved from one band to another.
    """

    consensus: bool | None
    paired: int | None
    moved_band: int | None


class StopReason(ABC):
    """One reason for which a study may stop: its kind, and its numbers."""

    kind: ClassVar[StopKind]

    @property
    @abstractmethod
    def phrase(self) -> Phrase:
        """The reason as a sentence that can be translated."""

    @property
    def sentence(self) -> str:
        """The reason in English."""
        return str(self.phrase)


@dataclass(frozen=True)
class ConsensusEverywhere(StopReason):
    """All `statements`, 1 or more, have consensus."""

    kind = StopKind.CONSENSUS
    statements: int

    @property
    def phrase(self) -> Phrase:
        """The reason as a sentence that can be translated."""
        return plural_phrase(
            "The only statement has consensus.",
            "All %(statements)s statements have consensus.",
            self.statements,
            statements=self.statements,
        )


@dataclass(frozen=True)
class StableWithoutConsensus(StopReason):
    """Of all `statements`, `lacking` have no consensus, and in each of these ratings moved little.

    `moved` of `paired` panelists went to another band in the statement where that share is greatest, and at most
    `stable_share` may.
    """

    kind = StopKind.STABILITY
    statements: int
    lacking: int
    moved: int
    paired: int
    stable_share: Fraction

    @property
    def phrase(self) -> Phrase:
        """The reason as a sentence that can be translated."""
        return phrase(
            "%(which)s ratings moved little since the last round: %(moved)s (%(share)s%% is the most).",
            which=self._which,
            moved=self._most_moved,
            share=plain_number(100 * self.stable_share),
        )

    @property
    def _which(self) -> Phrase:
        if self.statements == 1:
            return phrase("The only statement lacks consensus; in it")
        return plural_phrase(
            "%(lacking)s of %(statements)s statements lacks consensus; in it",
            "%(lacking)s of %(statements)s statements lack consensus; in each of them",
            self.lacking,
            lacking=self.lacking,
            statements=self.statements,
        )

    @property
    def _most_moved(self) -> Phrase:
        if not self.moved:
            return phrase("no panelist moved to another third of the scale")
        return plural_phrase(
            "%(moved)s of %(paired)s panelists moved to another third of the scale",
            "at most %(moved)s of %(paired)s panelists moved to another third of the scale",
            self.lacking,
            moved=self.moved,
            paired=self.paired,
        )


@dataclass(frozen=True)
class RoundsHeld(StopReason):
    """The limit of rounds is reached: `held` of `most`."""

    kind = StopKind.ROUNDS
    held: int
    most: int

    @property
    def phrase(self) -> Phrase:
        """The reason as a sentence that can be translated."""
        return plural_phrase(
            "%(held)s round was held; the limit is %(most)s.",
            "%(held)s rounds were held; the limit is %(most)s.",
            self.held,
            held=self.held,
            most=self.most,
        )


def judge_stopping(standings: Sequence[Standing], rounds_held: int, rule: StoppingRule) -> tuple[StopReason, ...]:
    """Return every reason to stop after `rounds_held` rounds; that there is none does not bid anyone go on.

    `standings` has one for each statement. A reason is consensus, where there are statements and all have it; stability
    without consensus, where in every statement that lacks it ratings moved little; and the limit of rounds. A test that
    finds no shift is never a reason. A statement that cannot be judged lacks consensus.
    """
    lacking = [standing for standing in standings if standing.consensus is not True]
    found: list[StopReason] = []
    if standings and not lacking:
        found.append(ConsensusEverywhere(len(standings)))
    moves = [_moves(standing, rule.least_pairs) for standing in lacking]
    told = [move for move in moves if move is not None]
    if rule.stable_share is not None and told and len(told) == len(moves):
        moved, paired = max(told, key=lambda move: Fraction(*move))
        if Fraction(moved, paired) <= rule.stable_share:
            found.append(StableWithoutConsensus(len(standings), len(lacking), moved, paired, rule.stable_share))
    if rule.most_rounds is not None and rounds_held >= rule.most_rounds:
        found.append(RoundsHeld(rounds_held, rule.most_rounds))
    return tuple(found)


def stopping_phrase(rule: StoppingRule) -> Phrase:
    """Return the rule as one sentence that can be translated; as a string it is English."""
    parts = [phrase("when every statement has consensus")]
    if rule.stable_share is not None:
        parts.append(
            phrase(
                "when ratings moved little since the last round in each statement that lacks it"
                " (at most %(share)s%% of %(pairs)s or more panelists moved to another third of the scale)",
                share=plain_number(100 * rule.stable_share),
                pairs=rule.least_pairs,
            )
        )
    if rule.most_rounds is not None:
        most = rule.most_rounds
        parts.append(plural_phrase("after %(most)s round", "after %(most)s rounds", most, most=most))
    when = joined(parts, "%(before)s or %(last)s")
    return phrase("The study may stop %(when)s; the facilitator decides.", when=when)


def stopping_to_json(rule: StoppingRule) -> dict[str, Any]:
    """Return the stopping rule as a JSON object; `stopping_from_json` reads it back, equal."""
    return {
        "stable_share": None if rule.stable_share is None else plain_number(rule.stable_share),
        "least_pairs": rule.least_pairs,
        "most_rounds": rule.most_rounds,
    }


def stopping_from_json(data: object) -> StoppingRule:
    """Return the stopping rule that a JSON object describes; raise ValueError, one sentence, if none.

    The object holds `stable_share` (text such as "0.15" or "15/100", or null), `least_pairs`, and `most_rounds` (or
    null); what it leaves out is as by default.
    """
    if not isinstance(data, dict):
        raise ValueError("A stopping rule is a JSON object.")
    default = stopping_to_json(StoppingRule())
    unknown = next((key for key in data if key not in default), None)
    if unknown is not None:
        raise ValueError(f"A stopping rule has no {unknown!r}.")
    given = default | data
    share, pairs, rounds = given["stable_share"], given["least_pairs"], given["most_rounds"]
    if share is not None and not isinstance(share, str):
        raise ValueError(f"The share that may move is text such as '0.15', not {share!r}.")
    if type(pairs) is not int:
        raise ValueError(f"The least number of pairs is a whole number, not {pairs!r}.")
    if rounds is not None and type(rounds) is not int:
        raise ValueError(f"The limit of rounds is a whole number, not {rounds!r}.")
    return StoppingRule(None if share is None else parse_number(share), pairs, rounds)


def _moves(standing: Standing, least: int) -> tuple[int, int] | None:
    """Return how many of how many moved to another band; None where that cannot be told, or of fewer than `least`."""
    if standing.moved_band is None or standing.paired is None or standing.paired < least:
        return None
    return standing.moved_band, standing.paired
