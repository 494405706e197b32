"""The list of one's studies, and creating one."""

import pytest
from django.test import Client
from django.urls import reverse

from surveys.studies.models import AuditEntry, Study
from tests.factories import (
    STEM,
    facilitator_of,
    make_administrator,
    make_author,
    make_facilitator,
    make_study,
    signed_in,
)

pytestmark = pytest.mark.django_db

LIST, NEW = reverse("facilitator:studies"), reverse("facilitator:create_study")
FILLED = {"title": "Next steps", "question_stem": STEM, "time_zone": "Europe/Berlin", "about": "For the panel."}


def test_whoever_is_not_signed_in_is_asked_to_sign_in() -> None:
    for address in (LIST, NEW):
        response = Client().get(address)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, reverse("pages:sign_in"))


def test_a_new_facilitator_finds_one_button_and_what_will_stand_here() -> None:
    page = signed_in(make_facilitator()).get(LIST).content.decode()
    assert "<h1>You have no study yet</h1>" in page
    assert page.count('class="btn') == 1
    assert f'href="{NEW}"' in page


def test_a_facilitator_sees_their_own_studies_alone() -> None:
    mine, other = make_study(title="Mine", panelists=0, statements=0), make_study(title="Other", panelists=0)
    page = signed_in(facilitator_of(mine)).get(LIST).content.decode()
    assert reverse("facilitator:study", args=[mine.slug]) in page
    assert other.title not in page


def test_an_author_is_led_to_the_questionnaire_and_cannot_create() -> None:
    study = make_study(panelists=0, statements=0)
    author = signed_in(make_author(study))
    page = author.get(LIST).content.decode()
    assert f'href="{reverse("facilitator:questionnaire", args=[study.slug])}"' in page
    assert f'href="{reverse("facilitator:study", args=[study.slug])}"' not in page
    assert NEW not in page
    assert author.get(NEW).status_code == 404
    assert author.post(NEW, FILLED).status_code == 404
    assert Study.objects.count() == 1


def test_an_administrator_creates_no_study() -> None:
    assert signed_in(make_administrator()).post(NEW, FILLED).status_code == 404
    assert Study.objects.count() == 0


def test_creating_a_study_leads_to_its_questionnaire() -> None:
    facilitator = make_facilitator()
    response = signed_in(facilitator).post(NEW, FILLED)
    study = Study.objects.get()
    assert response["Location"] == reverse("facilitator:questionnaire", args=[study.slug])
    assert (study.title, study.question_stem, study.time_zone, study.about) == (
        "Next steps",
        STEM,
        "Europe/Berlin",
        "For the panel.",
    )
    assert facilitator_of(study) == facilitator
    assert AuditEntry.objects.get(study=study).action == "study created"


def test_the_form_begins_with_the_usual_stem_and_the_zone_of_the_last_study() -> None:
    facilitator = make_facilitator()
    client = signed_in(facilitator)
    page = client.get(NEW).content.decode()
    assert STEM in page
    assert '<option value="UTC" selected>' in page
    assert "time-zone.js" in page
    client.post(NEW, FILLED)
    page = client.get(NEW).content.decode()
    assert '<option value="Europe/Berlin" selected>' in page
    assert "time-zone.js" not in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "  "),
        ("title", "x" * 201),
        ("title", "A\x00B"),
        ("title", "A\x1bB"),
        ("question_stem", ""),
        ("time_zone", "Mars/Olympus"),
        ("about", "x" * 4001),
    ],
)
def test_a_wrong_field_is_named_in_the_summary_and_above_the_field_and_what_was_typed_stays(
    field: str, value: str
) -> None:
    response = signed_in(make_facilitator()).post(NEW, {**FILLED, "title": "Kept title", field: value})
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Create a study</title>" in page
    assert f'<a href="#id_{field}">' in page
    assert page.index(f'id="id_{field}_error"') < page.index(f'name="{field}"')
    assert ("Kept title" in page) == (field != "title")
    assert Study.objects.count() == 0


def test_what_was_typed_is_shown_as_text() -> None:
    payload = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    facilitator = make_facilitator()
    client = signed_in(facilitator)
    client.post(NEW, {**FILLED, "title": payload})
    page = client.get(LIST).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img" not in page
