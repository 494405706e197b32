"""The pages of spreadsheets and copies: upload, preview, confirm; download; copy."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.urls import reverse

from surveys.accounts.models import User
from surveys.studies.models import Study
from surveys.workbooks.content import Content
from surveys.workbooks.queries import content_of
from tests.facilitator.reading import button, heading, main
from tests.factories import (
    facilitator_of,
    make_administrator,
    make_author,
    make_facilitator,
    make_option,
    make_study,
    signed_in,
)
from tests.workbooks.making import book, packed
from tests.workbooks.test_reading import CONTENT

pytestmark = pytest.mark.django_db

START = reverse("facilitator:start_from_workbook")


def upload(user: User, content: bytes, name: str = "study.xlsx") -> HttpResponse:
    file = SimpleUploadedFile(name, content)
    return signed_in(user).post(START, {"file": file, "action": "preview"})


def confirm(user: User, text: str) -> HttpResponse:
    return signed_in(user).post(START, {"content": text, "action": "confirm"})


def sheets(response: HttpResponse) -> dict[str, list[tuple[object, ...]]]:
    made = openpyxl.load_workbook(io.BytesIO(response.content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in made}


def test_a_workbook_is_previewed_and_then_created_with_one_button() -> None:
    user = make_facilitator()
    page = upload(user, packed(book()))
    html = page.content.decode()
    assert page.status_code == 200
    assert heading(html) == "2 vignettes, 3 options, 3 statements and 1 panelist would be created"
    assert button(html) == "Create the study"
    assert f"Lithium or TMS {CONTENT.study.question_stem}" in main(html)
    assert "Anna Berg anna@example.org Nurse" in main(html)
    assert Study.objects.count() == 0
    response = confirm(user, page.context["text"])
    study = Study.objects.get()
    assert response["Location"] == reverse("facilitator:questionnaire", args=[study.slug])
    assert facilitator_of(study) == user
    assert content_of(study, with_panel=True) == CONTENT


def test_every_fault_is_told_and_nothing_is_created() -> None:
    page = upload(make_facilitator(), packed(book({"Options!B4": "=A1", "Panel!B2": "anna"})))
    html = page.content.decode()
    assert page.status_code == 422
    assert heading(html) == "Nothing was created: the workbook has faults"
    assert "Options, row 4, column B (category): this is a formula. Put its value here as text." in main(html)
    assert "Panel, row 2, column B (email): “anna” is not an e-mail address." in main(html)
    assert "<title>Error:" in html
    assert Study.objects.count() == 0


def test_of_very_many_faults_the_first_fifty_are_told_and_the_rest_counted() -> None:
    made = book()
    for _number in range(52):
        made["Panel"].append(["Bo", "nobody", None])
    page = upload(make_facilitator(), packed(made)).content.decode()
    assert page.count("is not an e-mail address") + page.count("stands in row") == 50
    assert "There are 53 more faults." in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "This file is empty."),
        (b"title,aspect,text", "This is not an XLSX workbook."),
        (b"x" * (5 * 1024 * 1024 + 1), "This file is larger than 5 MB."),
    ],
)
def test_a_file_that_is_no_workbook_is_told_so(content: bytes, sentence: str) -> None:
    page = upload(make_facilitator(), content)
    assert (page.status_code, sentence in page.content.decode()) == (422, True)


def test_without_a_file_it_says_which_to_choose() -> None:
    page = signed_in(make_facilitator()).post(START, {"action": "preview"})
    assert page.status_code == 422
    assert "Choose an XLSX file of at most 5 MB." in page.content.decode()


def test_ones_own_address_is_refused_on_the_panel_of_ones_study() -> None:
    page = upload(make_facilitator(email="anna@example.org"), packed(book()))
    assert "Panel, row 2, column B (email): anna@example.org works on this study" in page.content.decode()


@pytest.mark.parametrize("text", ["", "eyJ9:x:y", "x" * 1000])
def test_a_confirmation_that_no_preview_made_creates_nothing(text: str) -> None:
    page = confirm(make_facilitator(), text)
    assert page.status_code == 422
    assert "The preview is no longer valid. Choose the workbook again." in page.content.decode()
    assert Study.objects.count() == 0


def test_another_facilitators_preview_creates_nothing() -> None:
    text = upload(make_facilitator(), packed(book())).context["text"]
    assert confirm(make_facilitator(), text).status_code == 422
    assert Study.objects.count() == 0


def test_what_a_workbook_says_is_shown_as_text() -> None:
    payload = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    good = upload(make_facilitator(), packed(book({"Options!A2": payload, "Statements!B2": payload})))
    bad = upload(make_facilitator(), packed(book({"Panel!B2": payload})))
    for page in (good, bad):
        html = page.content.decode()
        assert "alert(1)" in html
        assert "<script>alert" not in html
        assert "<img" not in html


def test_more_text_than_a_form_can_carry_is_refused_with_a_sentence() -> None:
    made = book()
    for number in range(99):
        letters = "".join(chr(0x4E00 + (number * 7919 + place * place * 31) % 20000) for place in range(8000))
        if number:
            made["Vignettes"].append([f"V{number}", "x", letters])
    page = upload(make_facilitator(), packed(made))
    assert page.status_code == 422
    assert "This workbook holds more text than can be taken over at once." in page.content.decode()


def test_the_studies_and_the_create_page_lead_here_and_the_template_is_there() -> None:
    user = make_facilitator()
    client = signed_in(user)
    for name in ("studies", "create_study"):
        assert START in client.get(reverse(f"facilitator:{name}")).content.decode()
    make_study(user, panelists=0, statements=0)
    assert START in client.get(reverse("facilitator:studies")).content.decode()
    template = client.get(reverse("facilitator:workbook_template"))
    assert template["Content-Disposition"] == 'attachment; filename="study-template.xlsx"'
    assert list(sheets(template)) == ["Study", "Vignettes", "Options", "Statements", "Panel", "Explanation"]
    assert signed_in(make_administrator()).get(START).status_code == 404


def test_the_questionnaire_is_downloaded_with_the_panel_by_facilitators_alone() -> None:
    study = make_study(panelists=2, statements=2)
    address = reverse("facilitator:questionnaire_workbook", args=[study.slug])
    full = sheets(signed_in(facilitator_of(study)).get(address))
    assert [len(full[name]) for name in ("Study", "Vignettes", "Options", "Statements", "Panel")] == [2, 3, 1, 3, 3]
    client = signed_in(make_author(study))
    assert address in client.get(reverse("facilitator:questionnaire", args=[study.slug])).content.decode()
    response = client.get(address)
    assert response["Content-Disposition"] == f'attachment; filename="{study.slug}-workbook.xlsx"'
    part = sheets(response)
    assert "Panel" not in part
    assert not any("@example.org" in str(rows) for name, rows in part.items() if name != "Explanation")


def test_a_study_is_copied_with_a_title_of_its_own() -> None:
    study = make_study(panelists=6, statements=2)
    make_option(study, "TMS")
    runner = facilitator_of(study)
    client, address = signed_in(runner), reverse("facilitator:copy_study", args=[study.slug])
    assert address in client.get(reverse("facilitator:settings", args=[study.slug])).content.decode()
    page = client.get(address).content.decode()
    assert "The new study gets 2 vignettes, 1 option and 2 statements as they read now" in main(page)
    assert 'value="Next steps, again"' in page
    refused = client.post(address, {"title": " "})
    assert (refused.status_code, Study.objects.count()) == (422, 1)
    response = client.post(address, {"title": "The year after"})
    copied = Study.objects.exclude(pk=study.pk).get()
    assert response["Location"] == reverse("facilitator:questionnaire", args=[copied.slug])
    assert (copied.title, facilitator_of(copied)) == ("The year after", runner)


def test_a_finished_study_offers_a_new_one_like_it() -> None:
    study = make_study(panelists=0, statements=1)
    Study.objects.filter(pk=study.pk).update(status="finished")
    page = signed_in(facilitator_of(study)).get(reverse("facilitator:study", args=[study.slug])).content.decode()
    assert reverse("facilitator:copy_study", args=[study.slug]) in page


def test_the_log_tells_of_workbooks_and_copies() -> None:
    user = make_facilitator()
    confirm(user, upload(user, packed(book())).context["text"])
    study = Study.objects.get()
    client = signed_in(user)
    client.post(reverse("facilitator:copy_study", args=[study.slug]), {"title": "Again"})
    copied = Study.objects.get(title="Again")
    log = main(client.get(reverse("facilitator:log", args=[study.slug])).content.decode())
    assert "Started from a workbook" in log
    assert "Study copied into a new one" in log
    assert "Started from another study" in main(
        client.get(reverse("facilitator:log", args=[copied.slug])).content.decode()
    )


def test_content_is_what_the_form_seals() -> None:
    user = make_facilitator()
    context = upload(user, packed(book())).context
    assert isinstance(context["content"], Content)
    assert context["content"] == CONTENT
