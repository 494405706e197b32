"""A draft study made of a workbook or of another study: all of it or nothing."""

from dataclasses import replace

import pytest

from surveys.panels.models import Panelist
from surveys.panels.services import NewPanelist, PanelError
from surveys.rounds.models import Round
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now, role_in
from surveys.studies.services import StudyError, update_protocol
from surveys.vignettes.models import Option, Statement, Vignette
from surveys.vignettes.services.writing import compose_statement
from surveys.workbooks.parsing import parsed
from surveys.workbooks.queries import content_of
from surveys.workbooks.reading import read_workbook
from surveys.workbooks.services import copy_study, start_from_workbook
from surveys.workbooks.writing import study_workbook
from tests import factories
from tests.workbooks.test_reading import CONTENT

pytestmark = pytest.mark.django_db


def actions(study: Study) -> list[str]:
    return list(AuditEntry.objects.filter(study=study).order_by("number").values_list("action", flat=True))


def written(study: Study) -> object:
    """Everything that a study asks, with the options that its statements name."""
    return content_of(study, with_panel=False)


def make_full_study() -> Study:
    """A study with composed and free statements, a panel and a round that is closed."""
    study = factories.make_study(statements=2, panelists=6)
    options = [factories.make_option(study, name) for name in ("TMS", "ECT; bilateral")]
    compose_statement(
        vignette=Vignette.objects.filter(study=study)[1],
        actor=factories.facilitator_of(study),
        options=options[::-1],
        now=database_now(),
    )
    return study


def test_a_workbook_becomes_a_draft_study_of_its_facilitator() -> None:
    facilitator = factories.make_facilitator()
    study = start_from_workbook(content=CONTENT, facilitator=facilitator, now=database_now())
    assert content_of(study, with_panel=True) == CONTENT
    assert (study.status, study.is_demonstration) == ("draft", False)
    assert role_in(study, facilitator) == "facilitator"
    assert actions(study)[0] == "study created"
    assert actions(study)[-1] == "started from a workbook"
    assert [vignette.is_base for vignette in Vignette.objects.filter(study=study)] == [True, False]


def test_with_somebody_who_cannot_be_on_the_panel_nothing_is_created() -> None:
    facilitator = factories.make_facilitator(email="anna@example.org")
    with pytest.raises(PanelError):
        start_from_workbook(content=CONTENT, facilitator=facilitator, now=database_now())
    assert [Study.objects.count(), Option.objects.count(), Panelist.objects.count()] == [0, 0, 0]


def test_a_study_that_was_written_out_reads_back_as_an_equal_one() -> None:
    study = make_full_study()
    content = read_workbook(parsed(study_workbook(content_of(study, with_panel=True), with_panel=True))).content
    assert content == content_of(study, with_panel=True)
    again = start_from_workbook(content=content, facilitator=factories.make_facilitator(), now=database_now())
    assert content_of(again, with_panel=True) == content


def test_what_was_dropped_is_not_written_out() -> None:
    study = make_full_study()
    variation = Vignette.objects.get(study=study, is_base=False)
    Option.objects.filter(study=study, name="TMS").update(is_dropped=True)
    Statement.objects.filter(vignette=variation, options=None).update(is_dropped=True)
    content = content_of(study, with_panel=False)
    assert [option.name for option in content.options] == ["ECT; bilateral"]
    assert [(one.vignette, one.options) for one in content.statements] == [(0, ()), (1, (0,))]
    Vignette.objects.filter(pk=variation.pk).update(is_dropped=True)
    content = content_of(study, with_panel=False)
    assert (len(content.vignettes), [one.vignette for one in content.statements]) == (1, [0])


@pytest.mark.parametrize("status", ["draft", "running", "finished"])
def test_a_copy_has_the_protocol_and_the_questionnaire_and_nothing_else(status: str) -> None:
    study = make_full_study()
    runner, now = factories.facilitator_of(study), database_now()
    rule = study.protocol.rule
    update_protocol(
        study=study,
        actor=runner,
        rule=rule,
        stable_percent=10,
        most_rounds=4,
        settled="set_aside",
        least_answers=6,
        shows_comments=False,
        groups="panel",
        releases_rows=True,
        notice="Ask Dr. Fern.",
        now=now,
    )
    if status != "draft":
        factories.hold_round(study, [[8] * 6] * 3)
    Study.objects.filter(pk=study.pk).update(status=status)
    copied = copy_study(study=study, title="Again", facilitator=runner, now=now)
    content = content_of(study, with_panel=False)
    assert written(copied) == replace(content, study=replace(content.study, title="Again"))
    protocol = copied.protocol
    protocol.refresh_from_db()
    assert (protocol.rule, protocol.settled, protocol.least_answers) == (rule, "set_aside", 6)
    assert (protocol.stable_percent, protocol.most_rounds) == (10, 4)
    assert (protocol.groups, protocol.releases_rows, protocol.notice) == ("panel", True, "Ask Dr. Fern.")
    assert (protocol.locked_notice, protocol.notice_digest) == ([], "")
    assert (protocol.shows_comments, protocol.is_locked, protocol.digest) == (False, False, "")
    assert (copied.status, role_in(copied, runner), copied.staff.count()) == ("draft", "facilitator", 1)
    assert [Round.objects.filter(study=copied).count(), Panelist.objects.filter(study=copied).count()] == [0, 0]
    assert actions(copied)[-1] == "started from a study"
    assert actions(study)[-1] == "study copied"


def test_somebody_who_may_not_create_studies_copies_none() -> None:
    study = make_full_study()
    author = factories.make_author(study)
    before = actions(study)
    with pytest.raises(StudyError):
        copy_study(study=study, title="Mine", facilitator=author, now=database_now())
    assert (Study.objects.count(), actions(study)) == (1, before)


def test_a_workbook_as_large_as_a_study_may_be_is_made_into_one() -> None:
    vignette, option, statement = CONTENT.vignettes[1], CONTENT.options[0], CONTENT.statements[2]
    largest = replace(
        CONTENT,
        vignettes=(CONTENT.vignettes[0], *(replace(vignette, title=f"V{number}") for number in range(99))),
        options=tuple(replace(option, name=f"O{number}") for number in range(200)),
        statements=tuple(replace(statement, wording=f"Statement {number}") for number in range(300)),
        panelists=tuple(NewPanelist(f"P{number}", f"p{number}@example.org") for number in range(2000)),
    )
    study = start_from_workbook(content=largest, facilitator=factories.make_facilitator(), now=database_now())
    assert Statement.objects.filter(vignette__study=study).count() == 300
    assert Panelist.objects.filter(study=study).count() == 2000
