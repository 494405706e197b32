"""What may be shown of a statement's result, by how many rated it; the same in pages and exports.

Of a statement: from k answers how many, and the clauses of the locked rule (so, with the paper's rule, the mean), the
median, and the share of 7 to 9 to the nearest tenth. From 7: the counts, least and greatest, the quartiles. From 8: the
standard deviation, and the other statistics where the counts are shown. Of a vignette in an option survey: from k
answers the shares, to the nearest tenth below 7, and median ranks; from 7 the counts; from 8 mean ranks and Kendall's
W. Thresholds hide statistics, never the rule. Of a group of the panel nothing unless at least k rated in it, outside
it, and among all who are in no shown group.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from surveys.consensus import (
    Outcome,
    Rule,
    Tally,
    Verdict,
    agreement_of_rankings,
    judge,
    mean_rank,
    median_rank,
    share,
    short_of,
    summarize,
)

COUNTS_FROM = 7
SPREAD_FROM = 8
HIGH_BAND = (7, 9)

_FROM_COUNTS = ("minimum", "maximum", "q1", "q3", "iqr")
# With mean, SD and quartiles beside them they tell the counts, and so they are shown with these alone.
_WITH_COUNTS = ("ipr", "ipras", "disagreement_index", "cv", "mad_median", "tastle_wierman")
_EVERYTHING = (
    "n", "abstained", "missing", "counts", "mean", "median", *_FROM_COUNTS, "sd", *_WITH_COUNTS, "consensus", "outcome",
    "reasons",
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A statement's result as everybody may see it; what may not be shown is None and named in `suppressed`.

    `n` is how many rated. `share_high` is the share of 7 to 9, a fraction of `n`; rounded to tenths below seven.
    """

    least_answers: int
    suppressed: tuple[str, ...] = field(default=())
    n: int | None = None
    abstained: int | None = None
    missing: int | None = None
    verdict: Verdict | None = None
    mean: Fraction | None = None
    median: Fraction | None = None
    share_high: Fraction | None = None
    counts: tuple[int, ...] | None = None
    minimum: int | None = None
    maximum: int | None = None
    q1: Fraction | None = None
    q3: Fraction | None = None
    iqr: Fraction | None = None
    sd: float | None = None
    ipr: Fraction | None = None
    ipras: Fraction | None = None
    disagreement_index: Fraction | None = None
    cv: float | None = None
    mad_median: Fraction | None = None
    tastle_wierman: float | None = None
    short: int | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether so few answered that nothing is shown."""
        return self.n is None

    @property
    def consensus(self) -> bool | None:
        """True, False, or None where it cannot be judged or may not be shown."""
        return self.verdict.consensus if self.verdict else None

    @property
    def outcome(self) -> Outcome | None:
        """What the rule says; None where nothing may be shown."""
        return self.verdict.outcome if self.verdict else None


def shown(tally: Tally, rule: Rule, *, least_answers: int, hides_counts: bool = False) -> Shown:
    """Apply the thresholds to a statement's tally. `hides_counts` is the attrition rule: no histogram, all else stays.

    `rule` is the one by which the round was judged, every threshold a number.
    """
    if tally.n < least_answers:
        return Shown(least_answers, suppressed=_EVERYTHING)
    summary = summarize(tally.counts, quantile_type=rule.quantile)
    with_counts = tally.n >= COUNTS_FROM
    with_spread = tally.n >= SPREAD_FROM
    named = {
        "counts": with_counts and not hides_counts,
        "sd": with_spread,
        "mean": with_spread or any(clause.statistic == "mean" for clause in rule.clauses),
        **dict.fromkeys(_FROM_COUNTS, with_counts),
        **dict.fromkeys(_WITH_COUNTS, with_spread and not hides_counts),
    }
    figures = {name: getattr(summary, name) for name, is_shown in named.items() if is_shown and name != "counts"}
    exact_share = share(tally.counts, *HIGH_BAND)
    return Shown(
        least_answers=least_answers,
        suppressed=tuple(key for key in _EVERYTHING if not named.get(key, True)),
        n=tally.n,
        abstained=tally.abstained,
        missing=tally.missing,
        verdict=judge(tally, rule),
        median=summary.median,
        share_high=exact_share if with_counts else _to_tenths(exact_share),
        counts=tally.counts if named["counts"] else None,
        short=short_of(tally.counts, rule) if named["counts"] else None,
        **figures,
    )


def _to_tenths(value: Fraction | None) -> Fraction | None:
    """The nearest tenth, halves up."""
    return None if value is None else Fraction(int(value * 10 + Fraction(1, 2)), 10)


@dataclass(frozen=True)
class ShownGroup:
    """A statement's result within one group of the panel; what may not be shown is None and named in `suppressed`."""

    group: str
    n: int
    abstained: int
    missing: int
    median: Fraction | None
    share_high: Fraction | None
    mean: Fraction | None
    counts: tuple[int, ...] | None
    suppressed: tuple[str, ...]


def shown_group(group: str, tally: Tally, *, hides_counts: bool = False) -> ShownGroup:
    """Apply the thresholds to a group that `groups_to_show` lets through.

    Its mean is shown from 8 only, and not where its counts are hidden; what the locked rule finds within groups stands
    with the statement's verdict.
    """
    summary = summarize(tally.counts)
    n, exact_share = summary.n, share(tally.counts, *HIGH_BAND)
    with_counts = n >= COUNTS_FROM and not hides_counts
    with_mean = n >= SPREAD_FROM and not hides_counts
    return ShownGroup(
        group=group,
        n=n,
        abstained=tally.abstained,
        missing=tally.missing,
        median=summary.median,
        share_high=exact_share if n >= COUNTS_FROM else _to_tenths(exact_share),
        mean=summary.mean if with_mean else None,
        counts=tally.counts if with_counts else None,
        suppressed=tuple(name for name, is_shown in (("counts", with_counts), ("mean", with_mean)) if not is_shown),
    )


def groups_to_show(rated: Mapping[str, int], least_answers: int) -> list[str]:
    """Which groups of a statement may be shown, the largest first; `rated` says how many rated in each, "" being none.

    A group needs k, and all others together too. Those in groups that are not shown are what a subtraction leaves:
    they must be nobody or k, else the smallest shown group is kept back with them.
    """
    everybody = sum(rated.values())
    allowed = [name for name, n in rated.items() if name and min(n, everybody - n) >= least_answers]
    allowed.sort(key=lambda name: (-rated[name], name))
    while allowed and 0 < everybody - sum(rated[name] for name in allowed) < least_answers:
        allowed.pop()
    return allowed


@dataclass(frozen=True)
class GroupRaters:
    """How many of one group rated a statement now; and for each earlier asking then, and both then and now.

    `before` knows those alone who still belong to the panel.
    """

    now: int
    before: tuple[int, ...] = ()
    again: tuple[int, ...] = ()


@dataclass(frozen=True)
class GroupsBefore:
    """An asking: how many rated, and how many in each group that was shown; of an earlier one also those who left."""

    rated: int
    shown: Mapping[str, int]


def one_apart_from_groups(n: int, told: GroupsBefore, both: Mapping[str, int]) -> bool:
    """Whether `n` people differ by exactly one from all or some of those who rated in another asking.

    What could be told apart there: each shown group, and the rest. `both` says how many of the `n` are among those who
    rated there, by group.
    """
    parts = [size - 2 * both.get(name, 0) for name, size in told.shown.items()]
    others = sum(number for name, number in both.items() if name not in told.shown)
    parts.append(told.rated - sum(told.shown.values()) - 2 * others)
    apart = {n}
    for part in parts:
        apart |= {number + part for number in apart}
    return 1 in apart


def hides_group_counts(
    raters: Mapping[str, GroupRaters], shown_groups: Collection[str], earlier: Sequence[GroupsBefore]
) -> bool:
    """Whether the groups' counts must stay hidden: because one part's would be left of a subtraction.

    Within the round, where a part is too small for counts of its own. Between rounds, where the raters of what can
    be told apart now and what could be then may differ by exactly one person.
    """
    rest = sum(one.now for name, one in raters.items() if name not in shown_groups)
    parts = [rest, *(raters[name].now for name in shown_groups)]
    if any(0 < n < COUNTS_FROM for n in parts):
        return True
    return any(_one_apart(raters, set(shown_groups), place, before) for place, before in enumerate(earlier))


def _one_apart(raters: Mapping[str, GroupRaters], shown_groups: set[str], place: int, before: GroupsBefore) -> bool:
    again = {name: one.again[place] for name, one in raters.items()}
    if shown_groups == set(before.shown):
        apart = [raters[name].now + before.shown[name] - 2 * again[name] for name in shown_groups]
        # The rest is one part, whatever groups it is made of.
        now = sum(one.now for name, one in raters.items() if name not in shown_groups)
        both = sum(n for name, n in again.items() if name not in shown_groups)
        return 1 in (*apart, now + before.rated - sum(before.shown.values()) - 2 * both)
    # Other groups were shown then: parts differ by whole groups, and by whoever left the panel since, of any group.
    if before.rated != sum(one.before[place] for one in raters.values()):
        return True
    return any(
        1 in (one.now, one.before[place], one.now + one.before[place] - 2 * again[name]) for name, one in raters.items()
    )


@dataclass(frozen=True)
class ShownOption:
    """One option of a vignette as everybody may see it. `levels` are counts from "definitely" to "will not recommend".

    `likely` is the share of the two upper levels, of those who gave one; `top` that of whoever named a top choice;
    `against` of whoever answered the vignette. What was not asked or may not be shown is None.
    """

    number: int
    levels: tuple[int, ...] | None = None
    likely: Fraction | None = None
    mean_rank: Fraction | None = None
    median_rank: Fraction | None = None
    top: Fraction | None = None
    against: Fraction | None = None


@dataclass(frozen=True)
class ShownSurvey:
    """One vignette's answers about options as everybody may see them; `n` is how many answered it.

    `ranked` gave a complete ranking, `topped` named a top choice, `kept` kept their answers for the base case.
    `one_apart` are the options whose levels would tell one person's, were others subtracted from them.
    `options` has the option with number 1 first, and is empty where nothing is shown.
    """

    least_answers: int
    suppressed: tuple[str, ...] = field(default=())
    n: int | None = None
    abstained: int | None = None
    missing: int | None = None
    kept: int | None = None
    ranked: int | None = None
    topped: int | None = None
    kendalls_w: Fraction | None = None
    one_apart: tuple[int, ...] = ()
    options: tuple[ShownOption, ...] = ()

    @property
    def is_hidden(self) -> bool:
        """Whether so few answered that nothing is shown."""
        return self.n is None


_ASKED_BY = {"levels": "likelihood", "median_rank": "ranking", "mean_rank": "ranking", "top": "top"}
_SURVEY = ("n", "abstained", "missing", "kept", "ranked", "topped", "kendalls_w", "options")


def shown_survey(
    tally: Mapping[str, Any],
    questions: Sequence[str],
    *,
    missing: int,
    least_answers: int,
    hides_counts: bool = False,
) -> ShownSurvey:
    """Apply the thresholds to a vignette's tally; `hides_counts` is the attrition rule, which hides the levels."""
    n = tally["answered"]
    if n < least_answers:
        return ShownSurvey(least_answers, suppressed=_SURVEY)
    asked = {question: question in questions for question in ("likelihood", "ranking", "top", "against")}
    enough = {
        "levels": n >= COUNTS_FROM and not hides_counts,
        "median_rank": tally["ranked"] >= least_answers,
        "mean_rank": tally["ranked"] >= SPREAD_FROM,
        "top": tally["topped"] >= least_answers,
    }
    rankings_agree = asked["ranking"] and enough["mean_rank"]
    suppressed = [name for name, question in _ASKED_BY.items() if asked[question] and not enough[name]]
    return ShownSurvey(
        least_answers=least_answers,
        suppressed=(*suppressed, "kendalls_w") if asked["ranking"] and not rankings_agree else tuple(suppressed),
        n=n,
        abstained=tally["abstained"],
        missing=missing,
        kept=None if 0 < tally["kept"] < least_answers or n - tally["kept"] == 1 else tally["kept"],
        ranked=tally["ranked"] if asked["ranking"] and enough["median_rank"] else None,
        topped=tally["topped"] if asked["top"] and enough["top"] else None,
        kendalls_w=agreement_of_rankings(tally["ranks"]) if rankings_agree else None,
        one_apart=tuple(tally["one_apart"]),
        options=tuple(
            _shown_option(
                place, tally, {name: asked[_ASKED_BY[name]] and enough[name] for name in enough}, asked, least_answers
            )
            for place in range(len(tally["top"]))
        ),
    )


def _shown_option(
    place: int, tally: Mapping[str, Any], may_show: Mapping[str, bool], asked: Mapping[str, bool], least: int
) -> ShownOption:
    levels, ranks = tally["likelihood"][place], tally["ranks"][place]
    with_levels = may_show["levels"] and sum(levels) >= COUNTS_FROM and place + 1 not in tally["one_apart"]
    return ShownOption(
        number=place + 1,
        levels=tuple(levels) if with_levels else None,
        likely=_shown_share(sum(levels[:2]), sum(levels)) if asked["likelihood"] and sum(levels) >= least else None,
        mean_rank=mean_rank(ranks) if may_show["mean_rank"] else None,
        median_rank=median_rank(ranks) if may_show["median_rank"] else None,
        top=_shown_share(tally["top"][place], tally["topped"]) if may_show["top"] else None,
        against=_shown_share(tally["against"][place], tally["answered"]) if asked["against"] else None,
    )


def _shown_share(count: int, n: int) -> Fraction | None:
    exact = Fraction(count, n)
    return exact if n >= COUNTS_FROM else _to_tenths(exact)
