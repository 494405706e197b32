"""How far the panel agreed over a round's statements, on the page of its results; and the sentence above them."""

import re
from collections.abc import Sequence

import pytest
from django.urls import reverse

from surveys.consensus import NAMED_RULES, rule_to_json
from surveys.feedback.models import RoundResult
from surveys.studies.models import Protocol, Study
from tests import factories
from tests.facilitator.reading import heading, plain, queries_for

pytestmark = pytest.mark.django_db

AGREED, MIXED, LOW = [8] * 9 + [7], [7] * 7 + [3, 3, 9], [2] * 9 + [1]


def held(table: Sequence[Sequence[int | str]], rule: str = "full-consensus") -> Study:
    study = factories.make_study(panelists=len(table[0]), statements=len(table))
    Protocol.objects.filter(study=study).update(rule=rule_to_json(NAMED_RULES[rule]))
    factories.hold_round(Study.objects.get(pk=study.pk), table)
    return Study.objects.get(pk=study.pk)


def page(study: Study) -> str:
    client = factories.signed_in(factories.facilitator_of(study))
    return client.get(reverse("facilitator:round", args=[study.slug, 1])).content.decode()


def agreement(study: Study) -> str:
    found = re.search(r"<summary>Agreement of the panel</summary>(.*?)</details>", page(study), re.DOTALL)
    assert found
    return plain(found[1])


def test_a_round_says_how_far_the_panel_agreed_over_its_statements() -> None:
    words = agreement(held([[*row, 6, row[0]] for row in (AGREED, MIXED, LOW, MIXED, AGREED)]))
    kept = RoundResult.objects.get().agreement
    assert kept is not None
    assert words.startswith(
        f"Of the 12 panelists who rated every statement: Kendall's W, corrected for ties {kept['kendalls_w']:.2f} "
    )
    assert f"two-way, consistency, of the mean {kept['icc_consistency_average']:.2f} Of all ratings" in words
    assert f"Krippendorff's alpha, ordinal {kept['krippendorff_alpha']['ordinal']:.2f}" in words
    assert f"Gwet's AC1 {kept['gwet_ac1']:.2f}" in words
    assert words.endswith("They are no part of the rule, and no threshold makes them good or poor.")


def test_where_they_could_tell_how_one_rated_what_hangs_on_whole_rows_is_left_out() -> None:
    words = agreement(held([[*row, 6, row[0], "abstain" if row is AGREED else 5] for row in (AGREED, *[MIXED] * 4)]))
    assert words.startswith(
        "Kendall's W and the intraclass correlations are not shown. They take 5 statements or more, and 12 "
        "panelists or more who rated all of them; those others who rated a statement must be nobody, or at least 5;"
    )
    assert "Gwet's AC1" in words
    assert "corrected for ties" not in words


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([AGREED], "Agreement over statements takes two of them or more."),
        ([AGREED, [8] * 6 + ["abstain"] * 4], "Not shown: the counts or the spread of a statement"),
    ],
    ids=["one", "hidden"],
)
def test_agreement_that_is_not_shown_says_why(table: Sequence[Sequence[int | str]], expected: str) -> None:
    words = agreement(held(table))
    assert words.startswith(expected)
    assert "Gwet" not in words


def test_what_no_spread_leaves_undefined_is_said_to_be_so() -> None:
    assert "Krippendorff's alpha, nominal not defined" in agreement(held([[8] * 10, [8] * 10]))


def test_less_agreement_than_chance_has_a_minus() -> None:
    found = re.search(r"alpha, nominal (\S+)", agreement(held([[3] * 5 + [8] * 5, [8] * 5 + [3] * 5])))
    assert found
    assert found[1] == "−0.06"


def test_a_round_of_an_option_survey_has_no_such_fold() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, [{}] * 10)
    assert "Agreement of the panel" not in page(study)


def test_the_answer_on_top_names_any_rule_readably() -> None:
    study = held([AGREED, MIXED, LOW], "cos-70-15")
    assert heading(page(study)) == "Rating round 1 is closed. 1 of 3 statements has consensus by COS 70/15."


@pytest.mark.parametrize("rule", ["rand-ucla", "full-consensus"])
def test_results_take_as_many_queries_for_two_statements_as_for_seven(rule: str) -> None:
    taken = set()
    for statements in (2, 7):
        study = held([AGREED] * statements, rule)
        client = factories.signed_in(factories.facilitator_of(study))
        taken.add(queries_for(client, reverse("facilitator:round", args=[study.slug, 1])))
    assert len(taken) == 1
