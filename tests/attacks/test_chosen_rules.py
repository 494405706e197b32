"""Whoever chooses the rule must not learn by its reasons what the display thresholds keep back."""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from fractions import Fraction
from itertools import combinations, combinations_with_replacement

import pytest

from surveys.consensus import NAMED_RULES, AllOf, Clause, Rule, Tally, count_between, count_ratings, rule_to_json
from surveys.feedback.models import GroupResult, Result, RoundResult
from surveys.feedback.queries import results_of
from surveys.feedback.thresholds import shown
from surveys.feedback.what_if import sensitivity
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from surveys.studies.services import MOST_BANDS, amend_protocol
from tests import factories
from tests.grouping import grouped_study

K = 5
Counts = tuple[int, ...]


def panels(n: int) -> Iterator[Counts]:
    return (count_ratings(ratings) for ratings in combinations_with_replacement(range(1, 10), n))


def told_exactly(seen: Mapping[Counts, Hashable]) -> float:
    """The share of all panels whose nine counts follow from what is seen of them."""
    alike = Counter(seen.values())
    return sum(number == 1 for number in alike.values()) / len(seen)


def seen_by_rule(rule: Rule, n: int) -> dict[Counts, Hashable]:
    """What everybody sees of each panel of n by this rule: figures, outcome and reasons."""
    found: dict[Counts, Hashable] = {}
    for counts in panels(n):
        one = shown(Tally(counts), rule, least_answers=K)
        assert one.verdict is not None
        figures = {name: value for name, value in vars(one).items() if name != "verdict"}
        found[counts] = (repr(figures), one.verdict.outcome, one.verdict.reasons)
    return found


# With the paper's rule, the mean and how many are not above neutral; unanimous panels are among these, and cannot be
# hidden. Of any other rule that is built in almost none.
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("full-consensus", 0.12),
        ("strong-consensus", 0.12),
        ("rand-ucla", 0.0),
        ("rand-ucla-strict", 0.0),
        ("rand-ucla-relaxed", 0.005),
        ("rand-ucla-ipras", 0.015),
        ("cos-70-15", 0.0),
        ("percent-agreement", 0.0),
        ("median-iqr", 0.015),
        ("grade-importance", 0.0),
    ],
)
def test_a_built_in_rule_tells_the_counts_of_few_panels_of_five(name: str, most: float) -> None:
    assert told_exactly(seen_by_rule(NAMED_RULES[name], K)) <= most


def test_so_many_bands_as_a_rule_may_name_tell_the_counts_of_few_panels() -> None:
    bands = [(low, high) for low in range(1, 10) for high in range(low, 9)]
    usual = {
        counts: (one.median, one.share_high)
        for counts in panels(K)
        for one in [shown(Tally(counts), NAMED_RULES["grade-importance"], least_answers=K)]
    }
    inside = {counts: {band: count_between(counts, *band) for band in bands} for counts in usual}
    worst = max(
        told_exactly({counts: (*usual[counts], *(inside[counts][band] for band in some)) for counts in usual})
        for some in combinations(bands, MOST_BANDS)
    )
    # Less than the paper's own rule tells.
    assert worst < told_exactly(seen_by_rule(NAMED_RULES["full-consensus"], K))


def test_what_a_rule_of_all_cuts_would_tell_is_why_it_is_refused() -> None:
    cuts = Rule("Cuts", AllOf(tuple(Clause("least", ">", Fraction(point)) for point in range(1, 9))))
    assert told_exactly(seen_by_rule(cuts, K)) == 1
    assert len(cuts.bands_told) > MOST_BANDS


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name in NAMED_RULES if name != "cos-70-15-every-group"])
def test_no_rule_says_anything_of_what_fewer_than_five_rated(name: str) -> None:
    study = factories.make_study(statements=2)
    Protocol.objects.filter(study=study).update(rule=rule_to_json(NAMED_RULES[name]))
    round = factories.hold_round(Study.objects.get(pk=study.pk), [[9] * 4 + ["abstain"] * 6, [8] * 10])
    hidden, _seen = results_of(round)
    assert (hidden.shown.verdict, hidden.shown.outcome, hidden.is_settled) == (None, None, False)
    assert Result.objects.get(asked=hidden.asked).consensus is None


def held(study: Study, ratings: list[int | str]) -> Round:
    round = factories.open_round(study)
    for panelist, rating in zip(panel_of(study), ratings, strict=True):
        if rating:
            factories.fill_sheet(panelist, round, [rating])
    return factories.close_and_freeze(round)


@pytest.mark.django_db
@pytest.mark.parametrize("low", range(5))
def test_no_verdict_by_group_tells_of_the_four_beside_a_group(low: int) -> None:
    """Were the group of eight told, the whole would tell the four: their share of low ratings, and so on."""
    study = grouped_study({"Nurses": 8, "Physicians": 5}, Protocol.Groups.PANEL)
    Protocol.objects.filter(study=study).update(rule=rule_to_json(NAMED_RULES["cos-70-15-every-group"]))
    round = held(Study.objects.get(pk=study.pk), [8] * 8 + [2] * low + [8] * (4 - low) + [""])
    verdict = results_of(round)[0].shown.verdict
    assert verdict is not None
    assert verdict.clauses == ()
    assert {reason.split(":")[0] for reason in verdict.reasons} == {
        "It cannot be said whether in every group at least 70% of all ratings are from 7 to 9",
        "It cannot be said whether in every group fewer than 15% of all ratings are from 1 to 3",
    }
    assert not GroupResult.objects.exists()


@pytest.mark.django_db
def test_what_is_frozen_of_a_rule_tells_nothing_of_those_that_too_few_rated() -> None:
    frozen = []
    for rating in (9, 1):
        study = factories.make_study(statements=2)
        Protocol.objects.filter(study=study).update(rule=rule_to_json(NAMED_RULES["apmo"]))
        round = factories.hold_round(Study.objects.get(pk=study.pk), [[rating] * 4 + ["abstain"] * 6, [8] * 10])
        frozen.append(RoundResult.objects.get(round=round).rule)
    assert frozen[0] == frozen[1]


@pytest.mark.django_db
def test_amendments_make_no_round_of_five_say_more_than_by_its_own_rule() -> None:
    study = factories.make_study(statements=1, panelists=K)
    round = factories.hold_round(study, [[6, 7, 8, 9, 9]])
    before = results_of(round)[0].shown
    for number, name in enumerate(("cos-70-15", "median-iqr", "rand-ucla-ipras"), start=2):
        amend_protocol(
            study=study,
            actor=factories.facilitator_of(study),
            rule=rule_to_json(NAMED_RULES[name]),
            stable_percent=15,
            most_rounds=None,
            reason="Curiosity.",
            from_round=number,
            now=database_now(),
        )
        again = results_of(Round.objects.select_related("study__protocol").get(pk=round.pk))
        assert again[0].shown == before
        assert all(set(row.verdicts.values()) == {None} for row in sensitivity(round, again))
