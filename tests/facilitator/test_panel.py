"""The panel's page: typing in, importing, correcting, removing, links."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from surveys.panels.models import LinkToken, Message, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link, panelist_with
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from tests.factories import (
    agree,
    close_and_freeze,
    facilitator_of,
    fill_sheet,
    hold_round,
    make_administrator,
    make_author,
    make_facilitator,
    make_panel,
    make_study,
    open_round,
    signed_in,
)

pytestmark = pytest.mark.django_db

LIST = "name;e-mail;group\nAnna Berg;anna@example.org;Nurse\nBo Lind;bo@example.org;"


def at(name: str, study: Study, *things: uuid.UUID) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *things])


def running(study: Study) -> Client:
    return signed_in(facilitator_of(study))


def people(study: Study) -> list[tuple[str, str, str]]:
    return list(panel_of(study).values_list("name", "email", "group"))


def sent(study: Study, **form: object) -> tuple[int, str]:
    response = running(study).post(at("import_panel", study), form)
    return response.status_code, response.content.decode()


def test_only_facilitators_of_the_study_reach_the_panel() -> None:
    study = make_study(panelists=1, statements=0)
    panelist = Panelist.objects.get(study=study)
    pages = [at("panel", study), at("add_panelist", study), at("import_panel", study)]
    pages += [at(name, study, panelist.pk) for name in ("edit_panelist", "remove_panelist")]
    posts = [at(name, study, panelist.pk) for name in ("revoke_links", "send_link", "remove_panelist")]
    for stranger in (make_facilitator(), make_author(study), make_administrator()):
        client = signed_in(stranger)
        assert {client.get(address).status_code for address in pages} == {404}
        assert {client.post(address).status_code for address in posts} == {404}
    assert {Client().post(address).status_code for address in posts} == {302}
    assert people(study) == [(panelist.name, panelist.email, "")]


def test_a_panelist_of_another_study_is_not_there() -> None:
    study, other = make_study(panelists=0, statements=0), make_study(panelists=1, statements=0)
    foreign = Panelist.objects.get(study=other)
    for name in ("edit_panelist", "remove_panelist", "revoke_links", "send_link"):
        assert running(study).post(at(name, study, foreign.pk), {"name": "X"}).status_code == 404


def test_an_empty_panel_says_what_will_stand_there_with_one_button() -> None:
    study = make_study(panelists=0, statements=0)
    page = running(study).get(at("panel", study)).content.decode()
    assert "<h1>The panel is empty</h1>" in page
    assert page.count('class="btn') == 1


def test_the_panel_lists_everybody_and_who_cannot_be_reached() -> None:
    study = make_study(panelists=3, statements=0)
    client = running(study)
    page = client.get(at("panel", study)).content.decode()
    assert "<h1>3 panelists</h1>" in page
    assert page.count(">reachable<") == 3
    Panelist.objects.filter(name="Panelist 02").update(is_unreachable=True)
    page = client.get(at("panel", study)).content.decode()
    assert "<h1>1 of 3 panelists cannot be reached by mail</h1>" in page
    assert page.count(">reachable<") == 2


def rows_of(study: Study) -> list[str]:
    """The table's rows, without what names a panelist."""
    page = running(study).get(at("panel", study)).content.decode()
    rows = page.split("<tbody")[1].split("</tbody>")[0].split("<tr ")[1:]
    return [
        row.replace(panelist.name, "").replace(panelist.email, "").replace(str(panelist.pk), "").strip()
        for row, panelist in zip(rows, panel_of(study), strict=True)
    ]


def test_the_panel_looks_alike_whoever_has_answered() -> None:
    study = make_study(panelists=6, statements=1)
    round = open_round(study)
    before = rows_of(study)
    for panelist in list(panel_of(study))[:5]:
        fill_sheet(panelist, round, [8])
    assert rows_of(study) == before
    assert len(set(before)) == 1
    close_and_freeze(round)
    assert len(set(rows_of(study))) == 1


def test_one_panelist_is_typed_in() -> None:
    study = make_study(panelists=0, statements=0)
    form = {"name": " Anna  Berg ", "email": "anna@example.org", "group": "Nurse", "action": "save"}
    assert running(study).post(at("add_panelist", study), form)["Location"] == at("panel", study)
    assert people(study) == [("Anna Berg", "anna@example.org", "Nurse")]
    form = {"name": "Bo", "email": "bo@example.org", "action": "another"}
    assert running(study).post(at("add_panelist", study), form)["Location"] == at("add_panelist", study)


@pytest.mark.parametrize(
    ("name", "email"),
    [
        ("", "anna@example.org"),
        ("Anna", ""),
        ("Anna", "anna@"),
        ("Anna", "Anna <anna@example.org>"),
        ("Anna", "anna@example.org\r\nBcc: x@example.org"),
        ("An\x00na", "anna@example.org"),
        ("Anna", "PANELIST@example.org"),
        ("Anna", "Boss@example.org"),
    ],
)
def test_a_wrong_panelist_is_refused_and_what_was_typed_stays(name: str, email: str) -> None:
    facilitator = make_facilitator("boss@example.org")
    study = make_study(facilitator, panelists=1, statements=0)
    Panelist.objects.filter(study=study).update(email="panelist@example.org")
    form = {"name": name, "email": email, "group": "Kept group"}
    response = running(study).post(at("add_panelist", study), form)
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Add a panelist" in page
    assert 'value="Kept group"' in page
    assert len(people(study)) == 1


def test_a_pasted_list_is_shown_before_anything_is_written() -> None:
    study = make_study(panelists=0, statements=0)
    status, page = sent(study, text=LIST, action="preview")
    assert status == 200
    assert "<h1>2 panelists would be added</h1>" in page
    assert "anna@example.org" in page
    assert people(study) == []


def test_confirming_reads_the_list_anew_and_adds_everybody() -> None:
    study = make_study(panelists=0, statements=0)
    client = running(study)
    page = client.post(at("import_panel", study), {"text": LIST, "action": "preview"})
    response = client.post(at("import_panel", study), {"text": page.context["text"], "action": "confirm"})
    assert response["Location"] == at("panel", study)
    assert people(study) == [("Anna Berg", "anna@example.org", "Nurse"), ("Bo Lind", "bo@example.org", "")]
    assert AuditEntry.objects.filter(study=study, action="panelists added").count() == 1


def test_confirming_twice_adds_nobody_twice() -> None:
    study = make_study(panelists=0, statements=0)
    sent(study, text=LIST, action="confirm")
    status, page = sent(study, text=LIST, action="confirm")
    assert status == 422
    assert "Line 2: anna@example.org is on the panel already." in page
    assert len(people(study)) == 2


@pytest.mark.parametrize("action", ["preview", "confirm"])
def test_a_bad_row_names_its_line_and_nothing_is_half_imported(action: str) -> None:
    study = make_study(panelists=0, statements=0)
    status, page = sent(study, text=f"{LIST}\nCy;cy@", action=action)
    assert status == 422
    assert "Line 4: “cy@” is not an e-mail address." in page
    assert "<title>Error: " in page
    assert "Cy;cy@</textarea>" in page
    assert people(study) == []


def test_an_address_of_the_staff_and_one_on_the_panel_are_named() -> None:
    study = make_study(make_facilitator("boss@example.org"), panelists=1, statements=0)
    Panelist.objects.filter(study=study).update(email="pan@example.org")
    status, page = sent(study, text="B,BOSS@example.org\nP,Pan@Example.org", action="preview")
    assert status == 422
    assert "Line 1: BOSS@example.org works on this study" in page
    assert "Line 2: Pan@Example.org is on the panel already." in page


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_in_the_encodings_of_spreadsheets(encoding: str) -> None:
    study = make_study(panelists=0, statements=0)
    file = SimpleUploadedFile("panel.csv", "Åsa Ö,asa@example.org".encode(encoding), "text/csv")
    status, page = sent(study, file=file, action="preview")
    assert status == 200
    assert "Åsa Ö" in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Bo,bo@example.org\n\xc5sa,asa@example.org", "Line 2: this is not UTF-8."),
        (b"x" * (1024 * 1024 + 1), "This file is larger than 1 MB."),
        (b"", "no panelist in this list"),
        (b"Bo\x00,bo@example.org", "Line 1: it holds an invisible control character"),
        ("Bo\u202e,bo@example.org".encode(), "Line 1: it holds an invisible control character"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(content: bytes, sentence: str) -> None:
    study = make_study(panelists=0, statements=0)
    status, page = sent(study, file=SimpleUploadedFile("<b>panel</b>.csv", content, "text/csv"), action="preview")
    assert status == 422
    assert sentence in page
    assert "<b>panel" not in page
    assert people(study) == []


def test_neither_list_nor_file_and_both_are_refused() -> None:
    study = make_study(panelists=0, statements=0)
    assert "Paste a list, or choose a file" in sent(study, action="preview")[1]
    file = SimpleUploadedFile("panel.csv", LIST.encode(), "text/csv")
    assert "not both" in sent(study, text=LIST, file=file, action="preview")[1]


def test_the_list_can_be_changed_after_the_preview() -> None:
    study = make_study(panelists=0, statements=0)
    status, page = sent(study, text=LIST, action="edit")
    assert status == 200
    assert "Anna Berg;anna@example.org;Nurse" in page


def test_a_list_of_two_thousand_is_previewed_and_added() -> None:
    study = make_study(panelists=0, statements=0)
    rows = "\n".join(f"Panelist Number {number},panelist.number.{number}@example.org,Group" for number in range(2000))
    client = running(study)
    page = client.post(at("import_panel", study), {"text": rows, "action": "preview"})
    assert page.status_code == 200
    client.post(at("import_panel", study), {"text": page.context["text"], "action": "confirm"})
    assert panel_of(study).count() == 2000


def test_while_a_round_is_open_nobody_is_added_or_removed_and_no_button_offers_it() -> None:
    study = make_study(panelists=5, statements=1)
    panelist = make_panel(study, 1)[0]
    open_round(study)
    client = running(study)
    page = client.get(at("panel", study)).content.decode()
    assert "A round is open: nobody can be added or removed until it has closed." in page
    for address in (at("add_panelist", study), at("import_panel", study), at("remove_panelist", study, panelist.pk)):
        assert address not in page
        assert client.get(address)["Location"] == at("panel", study)
        form = {"name": "X", "email": "x@example.org", "text": LIST, "action": "confirm"}
        assert client.post(address, form)["Location"] == at("panel", study)
    assert len(people(study)) == 6


def test_after_the_close_the_panel_may_change_again() -> None:
    study = make_study(panelists=6, statements=1)
    hold_round(study)
    panelist = panel_of(study)[0]
    client = running(study)
    assert f"Remove {panelist.name} from the panel?" in (
        client.get(at("remove_panelist", study, panelist.pk)).content.decode()
    )
    assert panel_of(study).count() == 6
    client.post(at("remove_panelist", study, panelist.pk))
    assert panel_of(study).count() == 5


def test_a_name_a_group_and_an_address_are_corrected_before_the_first_round() -> None:
    study = make_study(panelists=1, statements=0)
    panelist = Panelist.objects.get(study=study)
    secret = mint_link(panelist=panelist, now=database_now())
    form = {"name": "Anna", "email": "anna@example.org", "group": "Nurse"}
    running(study).post(at("edit_panelist", study, panelist.pk), form)
    assert people(study) == [("Anna", "anna@example.org", "Nurse")]
    assert panelist_with(secret=secret, now=database_now()) is None


def test_once_a_round_has_opened_the_name_is_mended_and_the_address_has_a_page_of_its_own() -> None:
    study = make_study(panelists=5, statements=1)
    open_round(study)
    panelist = panel_of(study)[0]
    client = running(study)
    address = at("edit_panelist", study, panelist.pk)
    assert at("change_address", study, panelist.pk) in client.get(address).content.decode()
    client.post(address, {"name": "Anna", "email": "anna@example.org"})
    assert people(study)[0] == ("Anna", panelist.email, "")


def change_page(study: Study, panelist: Panelist) -> str:
    """The page on which an address is changed, without what names the panelist."""
    page = running(study).get(at("change_address", study, panelist.pk)).content.decode().split("<main")[1]
    for part in (panelist.name, panelist.email, str(panelist.pk)):
        page = page.replace(part, "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def test_the_page_for_a_new_address_is_the_same_whoever_has_answered() -> None:
    study = make_study(panelists=6, statements=1)
    round = open_round(study)
    fill_sheet(panel_of(study)[0], round, [8])
    fill_sheet(panel_of(study)[1], round, [8], submit=False)
    assert len({change_page(study, panelist) for panelist in panel_of(study)}) == 1


def new_address(study: Study, way: str, email: str = "new@example.org") -> str:
    """Give the first panelist another address; returns the words of the page that follows."""
    panelist = panel_of(study)[0]
    form = {"email": email, "way": way}
    return running(study).post(at("change_address", study, panelist.pk), form, follow=True).content.decode()


def test_who_has_saved_nothing_gets_the_new_address_at_once_either_way() -> None:
    study = make_study(panelists=5, statements=1)
    open_round(study)
    for way in ("ask", "replace"):
        old = panel_of(study)[0]
        page = new_address(study, way, f"{way}@example.org")
        assert f"Nothing was saved under {old.email}, so {way}@example.org holds from now on." in page
        assert (panel_of(study)[0].pk, panel_of(study)[0].email) == (old.pk, f"{way}@example.org")


def test_the_old_address_is_asked_which_can_be_called_off() -> None:
    study = make_study(panelists=5, statements=1)
    fill_sheet(panel_of(study)[0], open_round(study), [8])
    old = panel_of(study)[0]
    assert f"A mail is on its way to {old.email}." in new_address(study, "ask")
    client = running(study)
    assert "asked about new@example.org" in client.get(at("panel", study)).content.decode()
    for name in ("edit_panelist", "change_address"):
        page = client.get(at(name, study, old.pk)).content.decode()
        assert f"{old.email} was asked about new@example.org." in page
        assert at("call_off_address", study, old.pk) in page
        assert "#t=" not in page
    page = client.post(at("call_off_address", study, old.pk), follow=True).content.decode()
    assert f"The change is called off; {old.email} stays." in page
    assert "new@example.org" not in client.get(at("panel", study)).content.decode()
    page = client.post(at("call_off_address", study, old.pk), follow=True).content.decode()
    assert "No new address waits" in page


def test_a_replacement_waits_for_the_open_round_and_is_at_once_without_one() -> None:
    study = make_study(panelists=6, statements=1)
    fill_sheet(panel_of(study)[0], open_round(study), [8])
    old = panel_of(study)[0]
    assert "is replaced by new@example.org when the round has closed." in new_address(study, "replace")
    page = running(study).get(at("panel", study)).content.decode()
    assert "replaced by new@example.org when the round has closed" in page
    running(study).post(at("call_off_address", study, old.pk))
    round = study.rounds.get()
    agree(round)
    close_and_freeze(round)
    assert panel_of(study)[0] == old
    assert "begins with an empty history" in new_address(study, "replace")
    assert panel_of(study)[0] != old
    assert "Panelist replaced" in running(study).get(at("log", study)).content.decode()


@pytest.mark.parametrize("email", ["", "nobody", "{other}", "{staff}", "{own}"])
def test_an_address_that_cannot_be_had_is_refused_and_said_to_be(email: str) -> None:
    study = make_study(panelists=5, statements=1)
    open_round(study)
    panel = panel_of(study)
    email = email.format(other=panel[1].email.upper(), staff=facilitator_of(study).email, own=panel[0].email)
    client = running(study)
    response = client.post(at("change_address", study, panel[0].pk), {"email": email, "way": "ask"})
    assert response.status_code == 422
    assert "<title>Error: New address of" in response.content.decode()
    assert panel_of(study)[0].email == panel[0].email


def test_in_a_finished_study_no_address_is_changed() -> None:
    study = make_study(panelists=5, statements=1)
    hold_round(study)
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    panelist = panel_of(study)[0]
    client = running(study)
    assert (
        at("change_address", study, panelist.pk)
        not in client.get(at("edit_panelist", study, panelist.pk)).content.decode()
    )
    assert "This study is finished" in new_address(study, "ask")


def test_links_are_revoked_at_any_time() -> None:
    study = make_study(panelists=5, statements=1)
    open_round(study)
    panelist = panel_of(study)[0]
    secret = mint_link(panelist=panelist, now=database_now())
    client = running(study)
    assert client.get(at("revoke_links", study, panelist.pk)).status_code == 405
    assert panelist_with(secret=secret, now=database_now()) == panelist
    client.post(at("revoke_links", study, panelist.pk))
    assert panelist_with(secret=secret, now=database_now()) is None
    assert LinkToken.objects.filter(panelist=panelist).count() == 0


def test_a_link_is_sent_again_to_the_stored_address_and_never_shown() -> None:
    study = make_study(panelists=5, statements=1)
    panelist = panel_of(study)[0]
    Panelist.objects.filter(pk=panelist.pk).update(is_unreachable=True)
    response = running(study).post(at("send_link", study, panelist.pk), {"email": "thief@example.org"}, follow=True)
    message = Message.objects.get(panelist=panelist)
    page = response.content.decode()
    assert message.kind == Message.Kind.LINK
    assert f"on its way to {panelist.email}" in page
    assert "thief@" not in page
    assert "#t=" not in page
    assert not Panelist.objects.get(pk=panelist.pk).is_unreachable


def test_what_was_typed_is_shown_as_text() -> None:
    payload = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    study = make_study(panelists=0, statements=0)
    client = running(study)
    client.post(at("add_panelist", study), {"name": payload, "email": "a@example.org", "group": payload[:60]})
    panelist = Panelist.objects.get(study=study)
    row = f'"{payload.replace(chr(34), chr(34) * 2)}",b@example.org'
    pages = [
        client.get(at("panel", study)),
        client.get(at("edit_panelist", study, panelist.pk)),
        client.get(at("remove_panelist", study, panelist.pk)),
        client.post(at("import_panel", study), {"text": row, "action": "preview"}),
        client.post(at("import_panel", study), {"text": f"Bo,{payload.replace(chr(34), '')}", "action": "preview"}),
    ]
    for response in pages:
        page = response.content.decode()
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert "<img" not in page
