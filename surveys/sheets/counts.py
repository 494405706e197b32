"""What a tally lets out: counts of statements, of groups and of vignettes, which add up over the slices of a panel."""

from dataclasses import dataclass, field

from surveys.consensus import CompleteRaters
from surveys.sheets.preferences import LEVELS, TEXTS

POINTS = 9


@dataclass
class GroupCounts:
    """Counts of one statement within one group; those without a group are one too.

    For each earlier asking of the question: `before` rated then, `again` rated then and now.
    """

    counts: list[int] = field(default_factory=lambda: [0] * POINTS)
    abstained: int = 0
    submitted: int = 0
    before: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)

    def add(self, other: "GroupCounts") -> None:
        """Take in the counts of another slice."""
        self.counts = _sums(self.counts, other.counts)
        self.abstained += other.abstained
        self.submitted += other.submitted
        self.before = _sums(self.before, other.before) if self.before else list(other.before)
        self.again = _sums(self.again, other.again) if self.again else list(other.again)


@dataclass
class StatementCounts:
    """Counts of one statement. `paired[e - 1][r - 1]` are those who rated e earlier and r now.

    `again` are, for each earlier asking of the question, those who rated then and now. `groups` is empty where
    nothing is counted by group.
    """

    counts: list[int] = field(default_factory=lambda: [0] * POINTS)
    abstained: int = 0
    paired: list[list[int]] = field(default_factory=lambda: [[0] * POINTS for _ in range(POINTS)])
    again: list[int] = field(default_factory=list)
    groups: dict[str, GroupCounts] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)

    def add(self, other: "StatementCounts") -> None:
        """Take in the counts of another slice."""
        self.counts = _sums(self.counts, other.counts)
        self.paired = [_sums(mine, theirs) for mine, theirs in zip(self.paired, other.paired, strict=True)]
        self.again = _sums(self.again, other.again) if self.again else list(other.again)
        self.abstained += other.abstained
        for group, counts in other.groups.items():
            self.groups.setdefault(group, GroupCounts()).add(counts)
        self.reasons += other.reasons


@dataclass
class SurveyCounts:
    """Counts of one vignette, over those who answered; lists have a place for each option by its number.

    `likelihood[o][l]` counts level l of `preferences.LEVELS`; `ranks[o][r]` those who gave option o rank r + 1, of
    the `ranked` whose ranking is complete; `top` and `against` those who named the option, of `topped` who named any
    and of `judged` who were asked and answered. For each earlier survey of the question, `again` answered then and now,
    and of `levels_again` the place o those who gave option o a level both times. `levels_apart[o]` gave it one either
    here or for the base case.
    """

    answered: int = 0
    abstained: int = 0
    kept: int = 0
    ranked: int = 0
    topped: int = 0
    likelihood: list[list[int]] = field(default_factory=list)
    ranks: list[list[int]] = field(default_factory=list)
    top: list[int] = field(default_factory=list)
    against: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    levels_again: list[list[int]] = field(default_factory=list)
    levels_apart: list[int] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in TEXTS})

    @classmethod
    def of(cls, options: int, askings: int = 0) -> "SurveyCounts":
        """Counts of nobody yet, for so many options and earlier surveys."""
        return cls(
            likelihood=[[0] * len(LEVELS) for _ in range(options)],
            ranks=[[0] * options for _ in range(options)],
            top=[0] * options,
            against=[0] * options,
            again=[0] * askings,
            levels_again=[[0] * options for _ in range(askings)],
            levels_apart=[0] * options,
        )

    def add(self, other: "SurveyCounts") -> None:
        """Take in the counts of another slice."""
        for name in ("answered", "abstained", "kept", "ranked", "topped"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("likelihood", "ranks", "levels_again"):
            pairs = zip(getattr(self, name), getattr(other, name), strict=True)
            setattr(self, name, [_sums(mine, theirs) for mine, theirs in pairs])
        for name in ("top", "against", "again", "levels_apart"):
            setattr(self, name, _sums(getattr(self, name), getattr(other, name)))
        for name, texts in other.texts.items():
            self.texts[name] += texts


def _sums(mine: list[int], theirs: list[int]) -> list[int]:
    return [a + b for a, b in zip(mine, theirs, strict=True)]


@dataclass
class SliceCounts:
    """The counts of some of a round's sheets, by statement number and by vignette number, and their receipts.

    `complete` are sums over those who rated every statement; None where there is none to rate.
    """

    submitted: int = 0
    receipts: list[str] = field(default_factory=list)
    statements: dict[int, StatementCounts] = field(default_factory=dict)
    vignettes: dict[int, SurveyCounts] = field(default_factory=dict)
    complete: CompleteRaters | None = None

    def add(self, other: "SliceCounts") -> None:
        """Take in another slice."""
        self.submitted += other.submitted
        self.receipts += other.receipts
        if other.complete is not None:
            self.complete = other.complete if self.complete is None else self.complete + other.complete
        for number, counts in other.statements.items():
            self.statements.setdefault(number, StatementCounts()).add(counts)
        for number, survey in other.vignettes.items():
            self.vignettes.setdefault(number, SurveyCounts.of(len(survey.top), len(survey.again))).add(survey)
