"""The pages of the evidence before the first vote."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from surveys.meetings.models import Presentation, PresentationFile, PresentationLink
from surveys.meetings.services.evidence import assign
from surveys.meetings.services.files import LARGEST_FILE
from surveys.panels.models import Message
from surveys.panels.queries import panel_of
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Option
from tests.facilitator.reading import button, heading, main, plain, queries_for
from tests.factories import facilitator_of, make_option, make_panel, make_study, signed_in
from tests.meetings.documents import DOCX, PDF, WORD_WITH_MACROS, package
from tests.meetings.making import add_page, attach, describe, share

pytestmark = pytest.mark.django_db

PAYLOAD = "<script>alert(1)</script>"


@pytest.fixture
def study() -> Study:
    """Two options to add and one to switch to, and three panelists."""
    study = make_study(panelists=3, statements=0)
    for name, category in (("lithium", "Add"), ("TMS", "Add"), ("a TCA", "Switch")):
        make_option(study, name, category)
    return study


@pytest.fixture
def client(study: Study) -> Client:
    return signed_in(facilitator_of(study))


def at(name: str, study: Study, *things: object) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *things])


def option(study: Study, name: str = "lithium") -> Option:
    return Option.objects.get(study=study, name=name)


def upload(client: Client, study: Study, name: str, content: bytes) -> HttpResponse:
    file = SimpleUploadedFile(name, content, content_type="application/pdf")
    return client.post(at("edit_presentation", study, option(study).pk), {"action": "attach", "file": file})


def test_without_options_the_page_says_what_will_stand_there() -> None:
    study = make_study(panelists=0, statements=0)
    page = signed_in(facilitator_of(study)).get(at("evidence", study)).content.decode()
    assert (heading(page), button(page)) == ("There is no option yet", "Add an option")


def test_options_are_assigned_in_one_action_and_their_minutes_summed_up(study: Study, client: Client) -> None:
    page = client.get(at("evidence", study)).content.decode()
    assert (heading(page), button(page)) == ("No evidence is here yet", "Assign the options evenly")
    assert "nobody yet" in page
    page = client.post(at("assign_options", study), follow=True).content.decode()
    assert "3 options are assigned." in page
    assert "nobody yet" not in page
    assert "In all 30 minutes to present." in main(page)


def test_all_are_assigned_anew_only_after_asking(study: Study, client: Client) -> None:
    client.post(at("assign_options", study))
    page = client.post(at("assign_options", study), follow=True).content.decode()
    assert "0 options are assigned." in page
    asked = client.get(at("assign_options", study)).content.decode()
    assert 'name="anew" value="yes"' in asked
    page = client.post(at("assign_options", study), {"anew": "yes"}, follow=True).content.decode()
    assert "3 options are assigned." in page


def test_without_a_panel_there_is_nobody_to_assign_to() -> None:
    study = make_study(panelists=0, statements=0)
    make_option(study)
    client = signed_in(facilitator_of(study))
    assert "Add the panel first" in client.get(at("evidence", study)).content.decode()
    page = client.post(at("assign_options", study), follow=True).content.decode()
    assert "There must be options and panelists" in page


def test_a_presenter_is_chosen_and_taken_back(study: Study, client: Client) -> None:
    address, panelist = at("edit_presentation", study, option(study).pk), panel_of(study)[1]
    assert client.post(address, {"action": "assign", "panelist": panelist.pk})["Location"] == address
    assert Presentation.objects.get().panelist == panelist
    assert f'<option value="{panelist.pk}" selected>' in client.get(address).content.decode()
    client.post(address, {"action": "assign", "panelist": ""})
    assert Presentation.objects.get().panelist is None


def test_another_studys_panelist_cannot_be_chosen(study: Study, client: Client) -> None:
    (foreign,) = make_panel(make_study(panelists=0, statements=0), 1)
    response = client.post(
        at("edit_presentation", study, option(study).pk), {"action": "assign", "panelist": foreign.pk}
    )
    assert response.status_code == 422
    assert "Choose somebody of the panel." in response.content.decode()


def test_a_summary_and_a_slot_are_saved(study: Study, client: Client) -> None:
    address = at("edit_presentation", study, option(study).pk)
    client.post(address, {"action": "describe", "summary": "Two trials.\r\n\r\nNo more.", "minutes": "12"})
    presentation = Presentation.objects.get()
    assert (presentation.summary, presentation.minutes) == ("Two trials.\n\nNo more.", 12)


@pytest.mark.parametrize("minutes", ["0", "241", "ten", "", "1.5"])
def test_a_wrong_slot_is_refused_and_the_summary_kept_in_the_form(study: Study, client: Client, minutes: str) -> None:
    form = {"action": "describe", "summary": "Two trials.", "minutes": minutes}
    response = client.post(at("edit_presentation", study, option(study).pk), form)
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Evidence: lithium</title>" in page
    assert "Two trials.</textarea>" in page
    assert 'href="#describe-minutes"' in page
    assert not Presentation.objects.exists()


def test_a_file_is_attached_and_handed_out_as_nothing_but_a_download(study: Study, client: Client) -> None:
    assert upload(client, study, "Übersicht.pdf", PDF).status_code == 302
    file = PresentationFile.objects.get()
    response = client.get(at("evidence_file", study, file.pk))
    assert (response.status_code, response.content) == (200, PDF)
    assert {name: response[name] for name in (
        "Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy", "Cache-Control",
    )} == {
        "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename*=utf-8''%C3%9Cbersicht.pdf",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.svg", b"<svg/>", "This is none of the files that can be attached"),
        ("a.pdf", b"MZ", "This is none of the files that can be attached"),
        ("a.pdf.exe", PDF, "The content of this file is PDF, and its name says otherwise."),
        ("a.pdf", PDF + DOCX, "This file is damaged, or is not what it says."),
        ("a.docx", package(WORD_WITH_MACROS), "This document holds macros"),
        ("a.pdf", b"", "This file is empty."),
        ("a.pdf", PDF + b" " * LARGEST_FILE, "This file is larger than 10 MB."),
        # So large that the request arrives without its file.
        ("a.pdf", PDF + b" " * (LARGEST_FILE + 1024 * 1024), "Choose a file of at most 10 MB."),
    ],
)
def test_a_file_that_may_not_be_attached_is_refused_with_one_sentence(
    study: Study, client: Client, name: str, content: bytes, sentence: str
) -> None:
    response = upload(client, study, name, content)
    page = response.content.decode()
    assert response.status_code == 422
    assert plain(page).count(f"File: {sentence}") == 1
    assert (Presentation.objects.count(), PresentationFile.objects.count()) == (0, 0)


def test_a_file_name_carries_no_header(study: Study, client: Client) -> None:
    file = attach(option(study), 'a"\r\nSet-Cookie: x=1\r\n.pdf')
    response = client.get(at("evidence_file", study, file.pk))
    assert response["Content-Disposition"] == 'attachment; filename="a-Set-Cookie- x-1.pdf"'
    assert "Set-Cookie" not in response.headers


def test_files_and_links_are_removed(study: Study, client: Client) -> None:
    file, link = attach(option(study)), add_page(option(study))
    address = at("edit_presentation", study, option(study).pk)
    assert client.post(at("remove_evidence_file", study, file.pk))["Location"] == address
    assert client.post(at("remove_evidence_link", study, link.pk))["Location"] == address
    assert (PresentationFile.objects.count(), PresentationLink.objects.count()) == (0, 0)


@pytest.mark.parametrize("address", ["javascript:alert(1)", "example.org", "https://a b"])
def test_a_link_that_leads_to_no_page_is_refused(study: Study, client: Client, address: str) -> None:
    form = {"action": "link", "address": address, "title": "A page"}
    response = client.post(at("edit_presentation", study, option(study).pk), form)
    assert response.status_code == 422
    assert "Address: Enter an address that begins with https:// or http://." in plain(response.content.decode())
    assert not PresentationLink.objects.exists()


def test_a_link_is_added_under_its_title(study: Study, client: Client) -> None:
    address = at("edit_presentation", study, option(study).pk)
    form = {"action": "link", "address": "https://example.org/?a=1&b=2", "title": "A page"}
    page = client.post(address, form, follow=True).content.decode()
    assert '<a class="unstretched" href="https://example.org/?a=1&amp;b=2" rel="noreferrer noopener">A page</a>' in page


def test_an_action_that_is_none_is_not_there(study: Study, client: Client) -> None:
    assert client.post(at("edit_presentation", study, option(study).pk), {"action": "x"}).status_code == 404


def test_sharing_says_what_it_means_and_tells_the_panel_once(study: Study, client: Client) -> None:
    describe(option(study))
    assert button(client.get(at("evidence", study)).content.decode()) == "Share with the panel"
    page = client.get(at("share_evidence", study)).content.decode()
    assert heading(page) == "Share the evidence for 1 option with the panel?"
    assert "3 panelists get a mail with their personal link." in plain(page)
    client.post(at("share_evidence", study))
    assert Message.objects.filter(kind=Message.Kind.EVIDENCE).count() == 3
    page = client.post(at("share_evidence", study), follow=True).content.decode()
    assert "There is nothing new to show" in page
    assert Message.objects.filter(kind=Message.Kind.EVIDENCE).count() == 3
    assert heading(client.get(at("share_evidence", study)).content.decode()) == "There is nothing new to share"


def test_another_studys_things_are_not_there(study: Study, client: Client) -> None:
    other = make_study(panelists=0, statements=0)
    file, link = attach(make_option(other)), add_page(make_option(other))
    foreign = Option.objects.filter(study=other)[0]
    assert client.get(at("edit_presentation", study, foreign.pk)).status_code == 404
    assert client.get(at("evidence_file", study, file.pk)).status_code == 404
    assert client.post(at("remove_evidence_file", study, file.pk)).status_code == 404
    assert client.post(at("remove_evidence_link", study, link.pk)).status_code == 404
    assert (PresentationFile.objects.count(), PresentationLink.objects.count()) == (1, 1)


def test_what_was_typed_is_shown_as_text(study: Study, client: Client) -> None:
    chosen = make_option(study, PAYLOAD, PAYLOAD, PAYLOAD)
    describe(chosen, PAYLOAD)
    add_page(chosen, "https://example.org/'%22<script>", PAYLOAD)
    for address in (at("evidence", study), at("edit_presentation", study, chosen.pk), at("share_evidence", study)):
        page = client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert '22<script>"' not in page


def test_in_a_finished_study_the_evidence_is_read_and_not_changed(study: Study, client: Client) -> None:
    file = attach(option(study))
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    page = client.get(at("evidence", study)).content.decode()
    assert "<form" not in page[page.index("<main") :]
    address = at("edit_presentation", study, option(study).pk)
    page = client.get(address).content.decode()
    assert "<form" not in page[page.index("<main") :]
    assert file.name in page
    response = client.post(address, {"action": "describe", "summary": "x", "minutes": "1"})
    assert (response.status_code, Presentation.objects.get().summary) == (422, "")
    page = client.post(at("remove_evidence_file", study, file.pk), follow=True).content.decode()
    assert "This study is finished" in page


@pytest.mark.parametrize("options", [1, 6])
def test_the_page_asks_the_database_as_often_for_many_options_as_for_one(options: int) -> None:
    study = make_study(panelists=2, statements=0)
    for _ in range(options):
        made = make_option(study)
        attach(made), add_page(made)
        assign(option=made, actor=facilitator_of(study), panelist=panel_of(study)[0], now=database_now())
    share(study)
    assert queries_for(signed_in(facilitator_of(study)), at("evidence", study)) == 8
