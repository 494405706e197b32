"""Assigning options, describing and attaching evidence, and showing it to the panel."""

from collections import Counter
from random import Random

import pytest
from django.core import mail

from surveys.meetings.models import Presentation, PresentationFile, PresentationLink
from surveys.meetings.queries import evidence_of, is_evidence_shared, presentations_by, shared_evidence
from surveys.meetings.services import evidence
from surveys.meetings.services.evidence import (
    assign,
    assign_evenly,
    describe_presentation,
    remove_file,
    remove_link,
)
from surveys.meetings.services.files import EvidenceError, FileRefused
from surveys.panels.models import Message, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import remove_panelist
from surveys.rounds.services.mailing import send_due_messages
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Option
from tests.factories import facilitator_of, make_option, make_study
from tests.meetings.documents import PDF
from tests.meetings.making import add_page, attach, describe, share

pytestmark = pytest.mark.django_db


def study_with(options: int, panelists: int) -> Study:
    study = make_study(panelists=panelists, statements=0)
    for _ in range(options):
        make_option(study)
    return study


def deal(study: Study, seed: int = 1, *, anew: bool = False) -> int:
    return assign_evenly(study=study, actor=facilitator_of(study), random=Random(seed), anew=anew, now=database_now())


def dealt(study: Study) -> dict[str, str]:
    """The panelist of each option, by their names."""
    return dict(Presentation.objects.filter(option__study=study).values_list("option__name", "panelist__name"))


@pytest.mark.parametrize(("options", "panelists"), [(1, 5), (5, 5), (24, 10), (7, 3), (20, 1)])
def test_options_are_dealt_so_that_nobody_has_two_more_than_another(options: int, panelists: int) -> None:
    study = study_with(options, panelists)
    assert deal(study) == options
    counts = {name: list(dealt(study).values()).count(name) for name in panel_of(study).values_list("name", flat=True)}
    assert sum(counts.values()) == options
    assert max(counts.values()) - min(counts.values()) <= 1


def test_who_gets_what_is_drawn() -> None:
    study = study_with(10, 10)
    deal(study, 1)
    first = dealt(study)
    deal(study, 2, anew=True)
    assert dealt(study) != first
    deal(study, 1, anew=True)
    assert dealt(study) == first


def test_who_has_one_option_more_is_drawn_too() -> None:
    study = study_with(1, 5)
    presenters = set()
    for seed in range(20):
        deal(study, seed, anew=True)
        presenters |= set(dealt(study).values())
    assert len(presenters) > 1


def test_what_is_assigned_stays_unless_all_begins_anew() -> None:
    study = study_with(6, 3)
    first, second, *_rest = Option.objects.filter(study=study)
    panelist = panel_of(study)[0]
    for option in (first, second):
        assign(option=option, actor=facilitator_of(study), panelist=panelist, now=database_now())
    assert deal(study) == 4
    assert (dealt(study)[first.name], dealt(study)[second.name]) == (panelist.name, panelist.name)
    assert sorted(Counter(dealt(study).values()).values()) == [2, 2, 2]
    assert deal(study) == 0
    assert deal(study, anew=True) == 6


def test_a_dropped_option_is_given_to_nobody() -> None:
    study = study_with(3, 3)
    dropped = Option.objects.filter(study=study)[0]
    Option.objects.filter(pk=dropped.pk).update(is_dropped=True)
    assert deal(study) == 2
    assert dropped.name not in dealt(study)


@pytest.mark.parametrize(("options", "panelists"), [(0, 5), (5, 0)])
def test_there_is_nothing_to_deal_without_options_or_a_panel(options: int, panelists: int) -> None:
    with pytest.raises(EvidenceError, match="There must be options and panelists"):
        deal(study_with(options, panelists))


def test_another_studys_panelist_presents_nothing() -> None:
    study, other = study_with(1, 0), study_with(0, 1)
    option = Option.objects.get(study=study)
    with pytest.raises(EvidenceError, match="Choose a panelist of this study"):
        assign(option=option, actor=facilitator_of(study), panelist=panel_of(other)[0], now=database_now())
    assert not Presentation.objects.exists()


def test_a_panelist_who_leaves_leaves_the_evidence_there() -> None:
    study = study_with(1, 2)
    option, panelist = Option.objects.get(study=study), panel_of(study)[0]
    assign(option=option, actor=facilitator_of(study), panelist=panelist, now=database_now())
    describe(option)
    remove_panelist(panelist=panelist, actor=facilitator_of(study), now=database_now())
    presentation = Presentation.objects.get(option=option)
    assert (presentation.panelist, presentation.summary) == (None, "What is known.")


def test_a_file_is_kept_whole_under_a_safe_name() -> None:
    option = Option.objects.get(study=study_with(1, 0))
    file = attach(option, "../Review of <it>.pdf")
    kept = PresentationFile.objects.get(pk=file.pk)
    assert (kept.name, bytes(kept.content), kept.size) == ("Review of -it.pdf", PDF, len(PDF))


def test_a_refused_file_leaves_nothing() -> None:
    option = Option.objects.get(study=study_with(1, 0))
    with pytest.raises(FileRefused):
        attach(option, "Review.docx")
    assert (Presentation.objects.count(), PresentationFile.objects.count()) == (0, 0)


def test_files_and_links_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    option = Option.objects.get(study=study_with(1, 0))
    monkeypatch.setattr(evidence, "MOST_FILES", 2)
    monkeypatch.setattr(evidence, "MOST_LINKS", 1)
    attach(option), attach(option), add_page(option)
    with pytest.raises(EvidenceError, match="at most 2 files"):
        attach(option)
    with pytest.raises(EvidenceError, match="at most 1 links"):
        add_page(option)
    monkeypatch.setattr(evidence, "MOST_FILES", 10)
    monkeypatch.setattr(evidence, "MOST_BYTES", 3 * len(PDF) - 1)
    with pytest.raises(EvidenceError, match="at most 200 MB together"):
        attach(option)
    assert [file.position for file in PresentationFile.objects.all()] == [1, 2]


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "ftp://example.org", "//example.org", "example.org", "https://",
     "https://a b.org", "https://user:pw@example.org", "https://example.org/\nx", "http://[::1", ""],
)  # fmt: skip
def test_a_link_leads_to_a_page_and_nowhere_else(address: str) -> None:
    option = Option.objects.get(study=study_with(1, 0))
    with pytest.raises(EvidenceError, match="begins with https:// or http://"):
        add_page(option, address)
    assert not PresentationLink.objects.exists()


def test_a_link_without_a_title_is_called_by_its_address() -> None:
    assert add_page(Option.objects.get(study=study_with(1, 0)), title="").title == "https://example.org/a"


def test_sharing_shows_what_has_something_to_read_and_mails_everybody_once() -> None:
    study = study_with(3, 4)
    read, assigned, _nothing = Option.objects.filter(study=study).order_by("position")
    describe(read)
    assign(option=assigned, actor=facilitator_of(study), panelist=panel_of(study)[0], now=database_now())
    assert shared_evidence(study) == []
    assert share(study) == 1
    (group,) = shared_evidence(study)
    assert [exhibit.option for exhibit in group.exhibits] == [read]
    assert Message.objects.filter(kind=Message.Kind.EVIDENCE, study=study).count() == 4
    with pytest.raises(EvidenceError, match="nothing new to show"):
        share(study)
    assert Message.objects.filter(kind=Message.Kind.EVIDENCE).count() == 4


def test_what_is_added_later_can_be_told_again() -> None:
    study = study_with(1, 2)
    option = Option.objects.get(study=study)
    describe(option)
    share(study)
    actor, now = facilitator_of(study), database_now()
    describe_presentation(option=option, actor=actor, summary="What is known.", minutes=20, now=now)
    with pytest.raises(EvidenceError, match="nothing new"):
        share(study)
    attach(option)
    assert share(study) == 1
    assert Message.objects.filter(kind=Message.Kind.EVIDENCE).count() == 4


def test_evidence_that_lost_its_content_is_no_longer_shown() -> None:
    study = study_with(1, 1)
    option = Option.objects.get(study=study)
    file, page = attach(option), add_page(option)
    share(study)
    assert is_evidence_shared(study)
    remove_file(file=file, actor=facilitator_of(study), now=database_now())
    remove_link(link=page, actor=facilitator_of(study), now=database_now())
    assert (is_evidence_shared(study), shared_evidence(study)) == (False, [])


def test_without_a_panel_nothing_is_shared() -> None:
    study = study_with(1, 0)
    describe(Option.objects.get(study=study))
    with pytest.raises(EvidenceError, match="The panel is empty"):
        share(study)
    assert not Presentation.objects.filter(is_shared=True).exists()


def test_the_mail_carries_the_personal_link_and_nothing_of_the_evidence() -> None:
    study = study_with(1, 2)
    describe(Option.objects.get(study=study), "Zebrafinch")
    share(study)
    send_due_messages(now=database_now())
    assert [message.subject for message in mail.outbox] == ["Next steps: evidence to read"] * 2
    bodies = [str(message.body) for message in mail.outbox]
    assert all("/panel/#t=" in body and "Zebrafinch" not in body and "&" not in body for body in bodies)
    assert len(set(bodies)) == 2


def test_a_finished_study_keeps_its_evidence_as_it_is() -> None:
    study = study_with(1, 2)
    option = Option.objects.get(study=study)
    file, page = attach(option), add_page(option)
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    actor, now = facilitator_of(study), database_now()
    before = AuditEntry.objects.count()
    for deed in (
        lambda: deal(study),
        lambda: assign(option=option, actor=actor, panelist=None, now=now),
        lambda: describe(option),
        lambda: attach(option),
        lambda: add_page(option),
        lambda: remove_file(file=file, actor=actor, now=now),
        lambda: remove_link(link=page, actor=actor, now=now),
        lambda: share(study),
    ):
        with pytest.raises(EvidenceError, match="This study is finished"):
            deed()
    assert AuditEntry.objects.count() == before
    assert (PresentationFile.objects.count(), PresentationLink.objects.count()) == (1, 1)


def test_every_deed_stands_in_the_audit_chain_and_no_name_does() -> None:
    study = study_with(1, 2)
    option, panelist = Option.objects.get(study=study), panel_of(study)[0]
    actor, now = facilitator_of(study), database_now()
    before = AuditEntry.objects.filter(study=study).count()
    deal(study)
    assign(option=option, actor=actor, panelist=None, now=now)
    assign(option=option, actor=actor, panelist=panelist, now=now)
    describe(option)
    file, page = attach(option), add_page(option)
    share(study)
    remove_file(file=file, actor=actor, now=now)
    remove_link(link=page, actor=actor, now=now)
    entries = AuditEntry.objects.filter(study=study)[before:]
    assert [entry.action for entry in entries] == [
        "options assigned", "option assigned", "option assigned", "evidence described", "file attached",
        "link added", "evidence shared", "file removed", "link removed",
    ]  # fmt: skip
    told = " ".join(str(entry.detail) for entry in entries)
    assert [name for name in Panelist.objects.values_list("name", flat=True) if name in told] == []


def test_evidence_is_listed_by_category_and_a_panelist_finds_what_is_theirs() -> None:
    study = study_with(0, 2)
    add, switch, more = (
        make_option(study, "A", "Add"),
        make_option(study, "B", "Switch"),
        make_option(study, "C", "Add"),
    )
    panelist = panel_of(study)[1]
    assign(option=switch, actor=facilitator_of(study), panelist=panelist, now=database_now())
    listed = [(group.category, [each.option for each in group.exhibits]) for group in evidence_of(study)]
    assert listed == [("Add", [add, more]), ("Switch", [switch])]
    assert [each.option for each in presentations_by(panelist)] == [switch]
    assert list(presentations_by(panel_of(study)[0])) == []
