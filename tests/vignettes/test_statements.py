"""Composing, writing, rewording and deleting statements."""

import pytest

from surveys.rounds.models import AskedStatement
from surveys.studies.models import AuditEntry
from surveys.studies.queries import database_now
from surveys.vignettes.models import Option, Statement, Vignette
from surveys.vignettes.services import writing
from surveys.vignettes.services.steps import AlreadyAsked, QuestionnaireError, Why
from tests.factories import STEM, facilitator_of, hold_round, make_option, make_statement, make_study

pytestmark = pytest.mark.django_db


def compose(vignette: Vignette, options: list[Option], text: str = "") -> Statement:
    actor = facilitator_of(vignette.study)
    return writing.compose_statement(vignette=vignette, actor=actor, options=options, text=text, now=database_now())


def study_with_options(*names: str) -> tuple[Vignette, list[Option]]:
    study = make_study(panelists=0, statements=1)
    return Vignette.objects.get(study=study), [make_option(study, name) for name in names]


def named(statement: Statement) -> list[str]:
    return [link.option.name for link in statement.named_options.order_by("position")]


def test_a_composed_statement_names_its_options_in_the_order_given() -> None:
    vignette, (sga, tms, ect) = study_with_options("An SGA", "TMS", "ECT")
    statement = compose(vignette, [ect, sga, tms])
    assert statement.text == f"ECT, An SGA or TMS {STEM}"
    assert named(statement) == ["ECT", "An SGA", "TMS"]


def test_a_composed_statement_may_be_worded_otherwise_and_keeps_its_options() -> None:
    vignette, options = study_with_options("TMS")
    statement = compose(vignette, options, "I would begin with TMS.")
    assert (statement.text, named(statement)) == ("I would begin with TMS.", ["TMS"])


def test_a_statement_names_an_option_once() -> None:
    vignette, (tms,) = study_with_options("TMS")
    assert named(compose(vignette, [tms, tms], "Twice.")) == ["TMS"]


def test_a_composed_statement_needs_an_option_of_its_own_study() -> None:
    vignette, _options = study_with_options("TMS")
    _other, foreign = study_with_options("ECT")
    with pytest.raises(QuestionnaireError, match="at least one option"):
        compose(vignette, [])
    with pytest.raises(QuestionnaireError, match="options of this study"):
        compose(vignette, foreign)
    assert Statement.objects.filter(vignette=vignette).count() == 1


def test_a_wording_has_a_limit() -> None:
    vignette, options = study_with_options("TMS")
    with pytest.raises(QuestionnaireError, match="at most 600 characters"):
        compose(vignette, options, "x" * 601)
    with pytest.raises(QuestionnaireError):
        make_statement(vignette, " \x00 ")


def test_rewording_keeps_the_options_and_is_recorded() -> None:
    vignette, options = study_with_options("TMS")
    statement = compose(vignette, options)
    actor = facilitator_of(vignette.study)
    writing.update_statement(statement=statement, actor=actor, text="TMS first.", now=database_now())
    statement.refresh_from_db()
    entry = AuditEntry.objects.filter(study=vignette.study).order_by("number").last()
    assert entry is not None
    assert (statement.text, named(statement)) == ("TMS first.", ["TMS"])
    assert (entry.detail["before"]["wording"], entry.detail["after"]["wording"]) == (f"TMS {STEM}", "TMS first.")


def test_what_a_round_asked_never_changes() -> None:
    study = make_study(panelists=6, statements=1)
    round = hold_round(study)
    statement = Statement.objects.get(vignette__study=study)
    asked = statement.text
    actor = facilitator_of(study)
    with pytest.raises(QuestionnaireError, match="Say why"):
        writing.update_statement(statement=statement, actor=actor, text="Reworded.", now=database_now())
    why = Why("It was unclear.")
    writing.update_statement(statement=statement, actor=actor, text="Reworded.", why=why, now=database_now())
    assert AskedStatement.objects.get(round=round).text == asked
    with pytest.raises(AlreadyAsked, match="Drop it instead, with a reason"):
        writing.delete_statement(statement=statement, actor=actor, now=database_now())


def test_a_statement_of_a_study_that_has_not_begun_is_deleted() -> None:
    study = make_study(panelists=6, statements=2)
    first, second = Statement.objects.filter(vignette__study=study).order_by("vignette__position")
    writing.delete_statement(statement=second, actor=facilitator_of(study), now=database_now())
    assert list(Statement.objects.filter(vignette__study=study)) == [first]


def test_a_study_has_a_limit_of_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_STATEMENTS", 1)
    study = make_study(panelists=0, statements=1)
    with pytest.raises(QuestionnaireError, match="at most 1 statements"):
        make_statement(Vignette.objects.get(study=study))
