"""Two writers of one questionnaire at once: one step after the other, and none twice."""

from collections.abc import Callable
from typing import Any

import pytest

from surveys.rounds.models import Round
from surveys.rounds.services.opening import open_round as open_drafted_round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Option
from surveys.vignettes.queries import lineage_of, options_of
from surveys.vignettes.services.lineage import OptionTexts, drop, merge_options
from surveys.vignettes.services.steps import QuestionnaireError, Why
from surveys.vignettes.services.writing import update_option
from tests.factories import draft, facilitator_of, hold_round, make_option, make_study
from tests.faults.storm import in_threads

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def study() -> Study:
    """A study that has begun, with options A, B and C."""
    study = make_study(panelists=5, statements=1)
    for name in "ABC":
        make_option(study, name)
    hold_round(study)
    return Study.objects.get(pk=study.pk)


def by(study: Study) -> dict[str, Any]:
    return {"actor": facilitator_of(study), "why": Why("The panel asked for it."), "now": database_now()}


def refusals_of(*deeds: Callable[[], object]) -> list[str]:
    """Do these at once; what was refused."""
    refused: list[str] = []

    def tried(deed: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            try:
                deed()
            except QuestionnaireError as fault:
                refused.append(str(fault))

        return run

    assert in_threads(*map(tried, deeds)) == []
    return refused


def chain_of(study: Study) -> list[tuple[str, list[str], list[str]]]:
    changes = lineage_of(study).exclude(reason__startswith="Part of the questionnaire")
    return [
        (step.step, [item["wording"] for item in step.before], [item["wording"] for item in step.after])
        for step in changes
    ]


def test_two_mergers_of_one_option_make_one_merged_option(study: Study) -> None:
    a, b, c = options_of(study)

    def merge(*options: Option) -> Callable[[], object]:
        name = "".join(option.name for option in options)
        return lambda: merge_options(options=options, into=OptionTexts(name, "Add"), **by(study))

    (refused,) = refusals_of(merge(a, b), merge(b, c))
    assert refused == "“B” is dropped. Restore it first."
    assert len(chain_of(study)) == 1
    assert {option.name for option in options_of(study)} in ({"AB", "C"}, {"A", "BC"})


def test_a_drop_and_a_rewording_of_one_option_leave_a_lineage_that_follows_one_from_the_other(study: Study) -> None:
    name = options_of(study)[0].name

    def reword() -> None:
        update_option(option=Option.objects.get(study=study, name=name), name="A1", category="Add", **by(study))

    option = options_of(study)[0]
    refusals_of(lambda: drop(item=option, **by(study)), reword)
    assert chain_of(study) in (
        [("drop", ["A"], [])],
        [("reword", ["A"], ["A1"]), ("drop", ["A1"], [])],
    )


def test_eight_steps_at_once_are_numbered_without_a_gap(study: Study) -> None:
    before = lineage_of(study).count()
    deeds = [
        lambda number=number: update_option(  # type: ignore[misc]
            option=options_of(study)[0], name=f"A{number}", category="Add", **by(study)
        )
        for number in range(8)
    ]
    assert refusals_of(*deeds) == []
    assert [step.number for step in lineage_of(study)] == list(range(1, before + 9))
    names = [(was[0], became[0]) for _step, was, became in chain_of(study)]
    assert [became for _was, became in names[:-1]] == [was for was, _became in names[1:]]


def test_a_round_that_opens_while_an_option_is_dropped_knows_which_steps_it_followed(study: Study) -> None:
    drafted = draft(study)
    option = options_of(study)[0]
    opens = lambda: open_drafted_round(round=drafted, actor=facilitator_of(study), now=database_now())  # noqa: E731
    assert refusals_of(opens, lambda: drop(item=option, **by(study))) == []
    step = lineage_of(study).get(step="drop")
    opened = Round.objects.get(pk=drafted.pk)
    assert opened.after_step in (step.number, step.number - 1)
