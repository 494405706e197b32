"""Writing, moving and deleting vignettes."""

import pytest

from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Statement, Vignette
from surveys.vignettes.services import writing
from surveys.vignettes.services.steps import AlreadyAsked, QuestionnaireError, Why
from tests.factories import (
    close_and_freeze,
    draft,
    facilitator_of,
    fill_all,
    make_statement,
    make_study,
    make_vignette,
    open_round,
)

pytestmark = pytest.mark.django_db


def last_entry(study: Study) -> AuditEntry:
    entry = AuditEntry.objects.filter(study=study).order_by("number").last()
    assert entry is not None
    return entry


def titles(study: Study) -> list[str]:
    return list(Vignette.objects.filter(study=study).order_by("position").values_list("title", flat=True))


def test_the_first_vignette_is_the_base_case_and_the_others_vary_it() -> None:
    study = make_study(panelists=0, statements=0)
    base, variation = make_vignette(study, "Base"), make_vignette(study, "Aged 70", "70 years old, not 30")
    assert (base.is_base, base.aspect, base.position) == (True, "", 1)
    assert (variation.is_base, variation.aspect, variation.position) == (False, "70 years old, not 30", 2)


def test_a_variation_must_say_what_is_changed() -> None:
    study = make_study(panelists=0, statements=1)
    with pytest.raises(QuestionnaireError, match="changed from the base case"):
        writing.add_vignette(
            study=study, actor=facilitator_of(study), title="Aged 70", aspect=" ", text="Text", now=database_now()
        )


def test_a_vignette_needs_title_and_text() -> None:
    study = make_study(panelists=0, statements=0)
    with pytest.raises(QuestionnaireError):
        writing.add_vignette(study=study, actor=facilitator_of(study), title="", text=" \n ", now=database_now())
    assert titles(study) == []


def test_rewording_is_recorded_with_what_stood_before_and_after() -> None:
    study = make_study(panelists=0, statements=0)
    vignette = make_vignette(study, "Base", text="Old")
    actor = facilitator_of(study)
    writing.update_vignette(vignette=vignette, actor=actor, title="Base", text="New", now=database_now())
    entry = last_entry(study)
    assert entry.action == "vignette reworded"
    assert (entry.detail["before"]["text"], entry.detail["after"]["text"]) == ("Old", "New")


def test_saving_a_vignette_unchanged_records_nothing() -> None:
    study = make_study(panelists=0, statements=0)
    vignette = make_vignette(study, "Base", text="Old")
    entries = AuditEntry.objects.filter(study=study).count()
    actor = facilitator_of(study)
    writing.update_vignette(vignette=vignette, actor=actor, title="Base", text="Old", now=database_now())
    assert AuditEntry.objects.filter(study=study).count() == entries


def test_invisible_characters_are_taken_out_and_paragraphs_stay() -> None:
    study = make_study(panelists=0, statements=0)
    vignette = make_vignette(study, "Ba\x00se\x1b\tcase", text="One.\r\n\r\nTwo\x08.")
    assert (vignette.title, vignette.text) == ("Base case", "One.\n\nTwo.")


def test_variations_move_up_and_down_and_the_base_case_stays_first() -> None:
    study = make_study(panelists=0, statements=0)
    base, second, third = (make_vignette(study, title) for title in ("Base", "Second", "Third"))
    actor = facilitator_of(study)

    def move(vignette: Vignette, step: int) -> list[str]:
        writing.move_vignette(vignette=vignette, actor=actor, step=step, now=database_now())
        return titles(study)

    assert move(third, writing.UP) == ["Base", "Third", "Second"]
    assert move(third, writing.UP) == ["Base", "Third", "Second"]
    assert move(base, writing.DOWN) == ["Base", "Third", "Second"]
    assert move(third, writing.DOWN) == ["Base", "Second", "Third"]
    assert move(second, writing.DOWN) == ["Base", "Third", "Second"]


def test_deleting_a_vignette_deletes_its_statements_and_the_log_keeps_them() -> None:
    study = make_study(panelists=0, statements=1)
    vignette = make_vignette(study, "Aged 70")
    make_statement(vignette, "Lithium is right.")
    writing.delete_vignette(vignette=vignette, actor=facilitator_of(study), now=database_now())
    assert titles(study) == ["Vignette 1"]
    assert not Statement.objects.filter(text="Lithium is right.").exists()
    assert last_entry(study).detail["statements"] == ["Lithium is right."]


def test_the_base_case_cannot_be_deleted_before_its_variations() -> None:
    study = make_study(panelists=0, statements=2)
    base = Vignette.objects.get(study=study, is_base=True)
    with pytest.raises(QuestionnaireError, match="Variations are read against the base case"):
        writing.delete_vignette(vignette=base, actor=facilitator_of(study), now=database_now())
    assert len(titles(study)) == 2


def test_a_vignette_that_a_round_asked_stays_and_can_be_reworded_without_changing_what_was_asked() -> None:
    study = make_study(panelists=6, statements=2)
    round = open_round(study)
    fill_all(round, [[8] * 6] * 2)
    closed = close_and_freeze(round)
    vignette = Vignette.objects.get(study=study, is_base=False)
    actor = facilitator_of(study)
    with pytest.raises(AlreadyAsked, match="Drop it instead, with a reason"):
        writing.delete_vignette(vignette=vignette, actor=actor, now=database_now())
    texts = {"title": "Older", "aspect": "older", "text": "Another text"}
    writing.update_vignette(vignette=vignette, actor=actor, why=Why("Rarer."), now=database_now(), **texts)
    asked = closed.asked_vignettes.get(vignette=vignette)
    assert (asked.title, asked.text) == ("Vignette 2", "A woman of 32 whose depression did not go away.")


def test_a_vignette_of_a_draft_may_still_be_deleted() -> None:
    study = make_study(panelists=6, statements=2)
    vignette = Vignette.objects.get(study=study, is_base=False)
    draft(study, left_out=list(vignette.statements.all()))
    writing.delete_vignette(vignette=vignette, actor=facilitator_of(study), now=database_now())
    assert titles(study) == ["Vignette 1"]


def test_a_study_has_a_limit_of_vignettes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_VIGNETTES", 2)
    study = make_study(panelists=0, statements=2)
    with pytest.raises(QuestionnaireError, match="at most 2 vignettes"):
        make_vignette(study)


def test_nothing_changes_in_a_finished_study() -> None:
    study = make_study(panelists=0, statements=1)
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    with pytest.raises(QuestionnaireError, match="finished"):
        make_vignette(study)
