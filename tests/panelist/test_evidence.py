"""The evidence as the panel reads it."""

import uuid

import pytest
from django.urls import reverse

from surveys.meetings.services.evidence import assign
from surveys.meetings.services.meetings import AgendaEntry, set_agenda
from surveys.operations.anonymity.evidence import changed, dump
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.factories import facilitator_of, make_option, make_panel, make_study, open_round
from tests.meetings.documents import PDF
from tests.meetings.making import add_page, attach, describe, hold_meeting, make_meeting, share
from tests.panelist.browsing import enter, first_panelist, heading_of, words_of

pytestmark = pytest.mark.django_db

EVIDENCE = "/panel/evidence/"


@pytest.fixture
def study() -> Study:
    return make_study(panelists=5, statements=1)


@pytest.fixture
def panelist(study: Study) -> Panelist:
    return first_panelist(study)


def address_of(file_id: uuid.UUID) -> str:
    return reverse("panelist:evidence_file", args=[file_id])


def test_before_the_first_round_a_panelist_comes_in_and_finds_what_is_shared(study: Study, panelist: Panelist) -> None:
    option = make_option(study, "lithium")
    describe(option)
    client = enter(panelist)
    assert client.get("/panel/").status_code == 200
    assert EVIDENCE not in client.get("/panel/").content.decode()
    assert heading_of(client.get(EVIDENCE)) == "There is no evidence to read yet"
    share(study)
    assert f'href="{EVIDENCE}"' in client.get("/panel/").content.decode()
    assert heading_of(client.get(EVIDENCE)) == "Evidence for the options"
    assert "What is known." in words_of(client.get(EVIDENCE))


def test_whoever_is_to_present_an_option_reads_so_before_anything_is_shared(study: Study, panelist: Panelist) -> None:
    option = make_option(study, "lithium")
    assign(option=option, actor=facilitator_of(study), panelist=panelist, now=database_now())
    assert "You present lithium (10 minutes)" in words_of(enter(panelist).get("/panel/"))
    other = panel_of(study)[1]
    assert "You present" not in words_of(enter(other).get("/panel/"))


def test_while_a_round_is_open_the_first_page_leads_to_it_too(study: Study, panelist: Panelist) -> None:
    describe(make_option(study))
    share(study)
    open_round(study)
    assert f'href="{EVIDENCE}"' in enter(panelist).get("/panel/").content.decode()


def test_it_says_who_presents_what_by_category_and_what_oneself_presents(study: Study, panelist: Panelist) -> None:
    other = panel_of(study)[1]
    for name, category, presenter in (("lithium", "Add", other), ("a TCA", "Switch", panelist), ("TMS", "Add", None)):
        option = make_option(study, name, category)
        describe(option, f"About {name}.")
        assign(option=option, actor=facilitator_of(study), panelist=presenter, now=database_now())
    unshared = make_option(study, "ECT", "Add")
    assign(option=unshared, actor=facilitator_of(study), panelist=panelist, now=database_now())
    share(study)
    words = words_of(enter(panelist).get(EVIDENCE))
    told = words[words.index("You present:") :]
    assert told.startswith(
        "You present: a TCA (10 minutes), ECT (10 minutes) "
        f"Add lithium Presented by {other.name} · 10 minutes About lithium. TMS 10 minutes About TMS. "
        "Switch a TCA You present this · 10 minutes About a TCA."
    )


def test_a_shared_file_is_handed_out_as_nothing_but_a_download(study: Study, panelist: Panelist) -> None:
    file = attach(make_option(study))
    share(study)
    client = enter(panelist)
    assert f'href="{address_of(file.pk)}"' in client.get(EVIDENCE).content.decode()
    response = client.get(address_of(file.pk))
    assert (response.status_code, response.content) == (200, PDF)
    assert {name: response[name] for name in (
        "Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy",
    )} == {
        "Content-Type": "application/pdf",
        "Content-Disposition": 'attachment; filename="Review.pdf"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }  # fmt: skip


def test_an_unshared_file_and_another_studys_are_not_there(study: Study, panelist: Panelist) -> None:
    unshared = attach(make_option(study))
    other = make_study(panelists=0, statements=0)
    make_panel(other, 1)
    foreign = attach(make_option(other))
    share(other)
    client = enter(panelist)
    assert client.get(address_of(unshared.pk)).status_code == 404
    assert client.get(address_of(foreign.pk)).status_code == 404
    assert client.get(address_of(uuid.uuid4())).status_code == 404
    assert enter(first_panelist(other)).get(address_of(foreign.pk)).status_code == 200


def test_nobody_signed_in_reads_nothing(study: Study, panelist: Panelist) -> None:
    file = attach(make_option(study))
    share(study)
    client = enter(panelist)
    client.post("/panel/sign-out/")
    for address in (EVIDENCE, address_of(file.pk)):
        assert client.get(address)["Location"] == "/panel/"


def test_reading_leaves_no_trace(study: Study, panelist: Panelist) -> None:
    option = make_option(study)
    describe(option, "Zebrafinch")
    file = attach(option)
    share(study)
    client = enter(panelist)
    before = dump()
    assert b"Zebrafinch" in client.get(EVIDENCE).content
    assert client.get(address_of(file.pk)).content == PDF
    client.head(EVIDENCE)
    assert changed(before, dump()) == {}
    assert client.post(EVIDENCE).status_code == 405


def test_what_was_typed_is_shown_as_text_and_links_tell_nobody_where_one_came_from(
    study: Study, panelist: Panelist
) -> None:
    option = make_option(study, "<b>x</b>")
    describe(option, "<script>alert(1)</script>")
    add_page(option, "https://example.org/?a=1&b='%22", "<i>page</i>")
    share(study)
    page = enter(panelist).get(EVIDENCE).content.decode()
    assert "<script>alert" not in page
    assert "<b>x</b>" not in page
    link = '<a href="https://example.org/?a=1&amp;b=&#x27;%22" rel="noreferrer noopener">&lt;i&gt;page&lt;/i&gt;</a>'
    assert link in page


@pytest.mark.parametrize("is_open", [True, False])
def test_the_first_page_shows_the_next_meeting_with_its_agenda(study: Study, panelist: Panelist, is_open: bool) -> None:
    meeting = make_meeting(study, minutes=90, mode="online", place="https://meet.example.org/room")
    entries = [AgendaEntry("Vignette 1", 40, "a note of the facilitator"), AgendaEntry("Vignette 2", 50)]
    set_agenda(meeting=meeting, actor=facilitator_of(study), entries=entries, now=database_now())
    if is_open:
        open_round(study)
    response = enter(panelist).get("/panel/")
    words = words_of(response)
    assert "The next meeting Begins Saturday, May 4, 12:00 (UTC) Takes 1 hour 30 minutes, online" in words
    assert "Agenda Vignette 1 (40 minutes) Vignette 2 (50 minutes)" in words
    assert '<a href="https://meet.example.org/room" rel="noreferrer noopener">' in response.content.decode()
    assert "a note of the facilitator" not in words


def test_a_meeting_that_was_held_is_not_announced_nor_any_of_a_finished_study(study: Study, panelist: Panelist) -> None:
    held = make_meeting(study, place="Room 4")
    client = enter(panelist)
    assert "Room 4" in words_of(client.get("/panel/"))
    hold_meeting(held)
    assert "The next meeting" not in words_of(client.get("/panel/"))
    make_meeting(study)
    assert "The next meeting" in words_of(client.get("/panel/"))
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    assert "The next meeting" not in words_of(client.get("/panel/"))


def test_a_place_that_is_a_script_is_no_link(study: Study, panelist: Panelist) -> None:
    make_meeting(study, place="javascript:alert(1)")
    page = enter(panelist).get("/panel/").content.decode()
    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page
