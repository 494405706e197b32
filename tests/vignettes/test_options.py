"""Naming, moving and deleting options."""

import pytest

from surveys.studies.queries import database_now
from surveys.vignettes.models import Option, Vignette
from surveys.vignettes.queries import categories_of
from surveys.vignettes.services import writing
from surveys.vignettes.services.steps import AlreadyAsked, QuestionnaireError
from tests.factories import agree, facilitator_of, make_option, make_study, open_round

pytestmark = pytest.mark.django_db


def names(category: str) -> list[str]:
    return list(Option.objects.filter(category=category).order_by("position").values_list("name", flat=True))


def test_an_option_has_a_name_a_category_and_perhaps_an_explanation() -> None:
    option = make_option(make_study(panelists=0, statements=0), " TMS ", "Add", "transcranial magnetic stimulation")
    assert (option.name, option.category, option.explanation) == ("TMS", "Add", "transcranial magnetic stimulation")


def test_two_options_of_a_study_cannot_have_one_name() -> None:
    study = make_study(panelists=0, statements=0)
    make_option(study, "TMS")
    with pytest.raises(QuestionnaireError, match="already an option with this name"):
        make_option(study, "TMS", "Switch")
    assert Option.objects.filter(study=study).count() == 1


def test_another_study_may_have_an_option_of_the_same_name() -> None:
    make_option(make_study(panelists=0, statements=0), "TMS")
    make_option(make_study(panelists=0, statements=0), "TMS")
    assert names("Add") == ["TMS", "TMS"]


def test_options_move_within_their_category() -> None:
    study = make_study(panelists=0, statements=0)
    make_option(study, "SGA", "Add")
    make_option(study, "SRI", "Switch")
    lithium = make_option(study, "Lithium", "Add")
    actor = facilitator_of(study)
    writing.move_option(option=lithium, actor=actor, step=writing.UP, now=database_now())
    assert (names("Add"), names("Switch")) == (["Lithium", "SGA"], ["SRI"])
    writing.move_option(option=lithium, actor=actor, step=writing.UP, now=database_now())
    assert names("Add") == ["Lithium", "SGA"]


def test_categories_are_listed_once_in_the_order_of_their_first_option() -> None:
    study = make_study(panelists=0, statements=0)
    for name, category in (("SRI", "Switch"), ("SGA", "Add"), ("TCA", "Switch")):
        make_option(study, name, category)
    assert categories_of(study) == ["Switch", "Add"]


def test_renaming_an_option_leaves_the_wording_of_statements() -> None:
    study = make_study(panelists=0, statements=1)
    option = make_option(study, "TMS")
    vignette = Vignette.objects.get(study=study)
    actor = facilitator_of(study)
    statement = writing.compose_statement(vignette=vignette, actor=actor, options=[option], now=database_now())
    writing.update_option(option=option, actor=actor, name="rTMS", category="Add", now=database_now())
    statement.refresh_from_db()
    assert statement.text.startswith("TMS would be")
    assert [named.option.name for named in statement.named_options.all()] == ["rTMS"]


def test_an_option_that_no_statement_names_is_deleted() -> None:
    study = make_study(panelists=0, statements=0)
    writing.delete_option(option=make_option(study), actor=facilitator_of(study), now=database_now())
    assert Option.objects.count() == 0


def test_an_option_that_a_statement_names_stays() -> None:
    study = make_study(panelists=0, statements=1)
    option, actor = make_option(study), facilitator_of(study)
    vignette = Vignette.objects.get(study=study)
    writing.compose_statement(vignette=vignette, actor=actor, options=[option], now=database_now())
    with pytest.raises(QuestionnaireError, match="Delete that statement first"):
        writing.delete_option(option=option, actor=actor, now=database_now())


def test_an_option_that_a_round_asked_about_stays() -> None:
    study = make_study(panelists=6, statements=1)
    option, actor = make_option(study), facilitator_of(study)
    vignette = Vignette.objects.get(study=study)
    writing.compose_statement(vignette=vignette, actor=actor, options=[option], now=database_now())
    agree(open_round(study))
    with pytest.raises(AlreadyAsked, match="Drop it instead, with a reason"):
        writing.delete_option(option=option, actor=actor, now=database_now())


def test_a_study_has_a_limit_of_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_OPTIONS", 1)
    study = make_study(panelists=0, statements=0)
    make_option(study)
    with pytest.raises(QuestionnaireError, match="at most 1 options"):
        make_option(study)


def test_an_option_that_was_dropped_meanwhile_is_not_moved() -> None:
    option = make_option(make_study(statements=0))
    stale = Option.objects.get(pk=option.pk)
    Option.objects.filter(pk=option.pk).update(is_dropped=True)
    actor = facilitator_of(option.study)
    with pytest.raises(QuestionnaireError, match="is dropped"):
        writing.move_option(option=stale, actor=actor, step=writing.UP, now=database_now())
