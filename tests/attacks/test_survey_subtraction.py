"""Whoever subtracts one result about options from another must not get a single person's levels.

The other result may be the base case's of the same round, whose answers variations keep, or an earlier survey's.
"""

import pytest

from surveys.facilitator.survey_readings import withheld_words
from surveys.feedback.survey_results import VignetteResult, survey_results_of
from surveys.rounds.models import Round
from tests.factories import hold_survey, make_survey_study

pytestmark = pytest.mark.django_db

LIKELY = {"v1-likelihood-1": "likely", "v1-likelihood-2": "likely"}
ALONE = {"v1-likelihood-1": "will_not", "v1-likelihood-2": "definitely"}


def levels_of(result: VignetteResult) -> list[tuple[int, ...] | None]:
    return [option.levels for option in result.shown.options[:2]]


def held(*tables: list[dict[str, str]], vignettes: int = 1) -> list[list[VignetteResult]]:
    study = make_survey_study(options=3, vignettes=vignettes)
    return [survey_results_of(hold_survey(study, table)) for table in tables]


def test_who_alone_leaves_a_variation_out_cannot_be_subtracted_from_the_base_case() -> None:
    [[base, variation]] = held([LIKELY | {"v2-keep": "keep"}] * 9 + [ALONE], vignettes=2)
    assert levels_of(base) == [(0, 9, 0, 1), (1, 9, 0, 0)]
    assert levels_of(variation) == [None, None]
    assert "levels" not in base.shown.suppressed


def test_who_alone_answers_a_variation_cannot_be_subtracted_either() -> None:
    only = {"v2-likelihood-1": "will_not", "v2-likelihood-2": "definitely"}
    [[_base, variation]] = held([LIKELY | {"v2-keep": "keep"}] * 9 + [only], vignettes=2)
    assert levels_of(variation) == [None, None]


def test_two_who_leave_a_variation_out_hide_each_other() -> None:
    [[_base, variation]] = held([LIKELY | {"v2-keep": "keep"}] * 8 + [ALONE] * 2, vignettes=2)
    assert levels_of(variation) == [(0, 8, 0, 0), (0, 8, 0, 0)]


def test_that_all_but_one_kept_the_base_cases_answers_is_not_told() -> None:
    revised = LIKELY | {"v2-keep": "revise", "v2-likelihood-1": "will_not"}
    [[_base, variation]] = held([LIKELY | {"v2-keep": "keep"}] * 9 + [revised], vignettes=2)
    assert (variation.shown.n, variation.shown.kept) == (10, None)


def test_who_alone_gives_an_option_no_level_any_more_cannot_be_subtracted_from_the_last_survey() -> None:
    silent = {"v1-likelihood-2": "definitely"}
    [[_first], [second]] = held([LIKELY] * 9 + [ALONE], [LIKELY] * 9 + [silent])
    assert second.shown.n == 10
    assert levels_of(second) == [None, (1, 9, 0, 0)]


def test_a_survey_that_asked_for_no_levels_does_not_hide_who_left_since_they_were_asked_for() -> None:
    study = make_survey_study(options=3, vignettes=1)
    hold_survey(study, [LIKELY] * 9 + [ALONE])
    hold_survey(study, [{"v1-top": "1"}] * 9, [Round.Question.TOP])
    [third] = survey_results_of(hold_survey(study, [LIKELY] * 9))
    assert levels_of(third) == [None, None]


def test_how_many_ranked_or_named_a_top_choice_is_told_from_five_on() -> None:
    ranked = LIKELY | {"v1-ranking": "1,2,3", "v1-top": "1"}
    [[few], [enough]] = held([ranked] + [LIKELY] * 9, [ranked] * 5 + [LIKELY] * 5)
    assert (few.shown.ranked, few.shown.topped) == (None, None)
    assert (enough.shown.ranked, enough.shown.topped) == (5, 5)


def test_the_page_says_why_an_options_levels_are_hidden() -> None:
    [[_base, variation]] = held([LIKELY | {"v2-keep": "keep"}] * 9 + [ALONE], vignettes=2)
    words = withheld_words(variation.shown, variation.round.questions)
    assert "one person more or less gave one than before or for the base case" in words
