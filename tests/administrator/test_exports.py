"""An administrator's exports: closed rounds alone, for one request, and written into the study's log."""

import io
import json
import re
import zipfile

import pytest
from django.test import Client

from surveys.accounts.models import User
from surveys.exports.files import verifier_file
from surveys.studies.models import AuditEntry, Study
from tests.factories import agree, close_and_freeze, hold_round, make_administrator, make_study, open_round, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator() -> User:
    """Who exports."""
    return make_administrator()


@pytest.fixture
def client(administrator: User) -> Client:
    """The administrator's browser."""
    return signed_in(administrator)


@pytest.fixture
def study() -> Study:
    """Round 1 is released, round 2 closed, round 3 open."""
    study = make_study(statements=2)
    hold_round(study)
    second = open_round(study)
    agree(second, 7)
    close_and_freeze(second)
    return study


def _exports(study: Study) -> list[tuple[str, dict[str, object]]]:
    entries = AuditEntry.objects.filter(study=study, action="exported").order_by("number")
    return [(entry.actor, entry.detail) for entry in entries]


def test_the_page_offers_each_closed_round_and_the_study_in_four_forms_the_archive_first(
    client: Client, study: Study
) -> None:
    page = client.get(f"/administration/studies/{study.slug}/").content.decode()
    assert "<h1>2 closed rounds can be exported</h1>" in page
    assert re.findall(r"/export\.(\w+)", page) == ["zip", "csv", "xlsx", "json"]
    for form in ("zip", "csv", "xlsx", "json"):
        assert page.count(f"export.{form}") == 1
        assert [page.count(f"rounds/{number}.{form}") for number in (1, 2, 3)] == [1, 1, 0]
    assert page.count("not yet released to the panel") == 1


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("zip", "application/zip"),
        ("csv", "text/csv; charset=utf-8"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("json", "application/json"),
    ],
)
@pytest.mark.parametrize(("place", "name"), [("export", "{slug}"), ("rounds/1", "{slug}-round-1")])
def test_a_file_comes_as_an_attachment(
    client: Client, study: Study, place: str, name: str, form: str, kind: str
) -> None:
    response = client.get(f"/administration/studies/{study.slug}/{place}.{form}")
    assert response.status_code == 200
    assert response["Content-Type"] == kind
    assert response["Content-Disposition"] == f'attachment; filename="{name.format(slug=study.slug)}.{form}"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert response.content


def test_the_files_are_what_they_say(client: Client, study: Study) -> None:
    place = f"/administration/studies/{study.slug}/export"
    whole = json.loads(client.get(f"{place}.json").content)
    assert [(round["number"], len(round["statements"])) for round in whole["rounds"]] == [(1, 2), (2, 2)]
    one = json.loads(client.get(f"/administration/studies/{study.slug}/rounds/2.json").content)
    assert [round["number"] for round in one["rounds"]] == [2]
    assert zipfile.is_zipfile(io.BytesIO(client.get(f"{place}.xlsx").content))


def test_the_program_that_checks_them_is_offered_alone(client: Client, study: Study) -> None:
    place = "/administration/verify_delphi.py"
    assert f'href="{place}"' in client.get(f"/administration/studies/{study.slug}/").content.decode()
    response = client.get(place)
    assert response["Content-Disposition"] == 'attachment; filename="verify_delphi.py"'
    assert response.content == verifier_file().content
    assert _exports(study) == []


def test_each_download_is_written_into_the_study_s_log(client: Client, study: Study, administrator: User) -> None:
    client.get(f"/administration/studies/{study.slug}/export.csv")
    client.get(f"/administration/studies/{study.slug}/rounds/2.json")
    assert _exports(study) == [
        (administrator.email, {"form": "csv", "round": None}),
        (administrator.email, {"form": "json", "round": 2}),
    ]


@pytest.mark.parametrize("place", ["export.sav", "export.html", "rounds/1.exe", "rounds/3.csv", "rounds/9.csv"])
def test_what_is_not_there_answers_404_and_is_not_logged(client: Client, study: Study, place: str) -> None:
    assert client.get(f"/administration/studies/{study.slug}/{place}").status_code == 404
    assert _exports(study) == []


def test_an_open_round_cannot_be_exported(client: Client, study: Study) -> None:
    first = Study.objects.get(pk=study.pk).rounds.get(number=2)
    first.released_at = first.closed_at
    first.save()
    agree(open_round(study), 9)
    assert client.get(f"/administration/studies/{study.slug}/rounds/3.json").status_code == 404
    whole = json.loads(client.get(f"/administration/studies/{study.slug}/export.json").content)
    assert [round["number"] for round in whole["rounds"]] == [1, 2]


def test_a_study_without_a_closed_round_says_what_will_stand_there(client: Client) -> None:
    study = make_study(panelists=0, statements=1)
    page = client.get(f"/administration/studies/{study.slug}/").content.decode()
    assert "<h1>No round of this study has closed yet</h1>" in page
    assert "export." not in page


def test_the_list_of_studies_says_how_many_rounds_have_closed(client: Client, study: Study) -> None:
    page = client.get("/administration/studies/").content.decode()
    assert "<h1>1 study is run here</h1>" in page
    assert "2 closed rounds" in page


def test_an_installation_without_studies_says_what_makes_one(client: Client) -> None:
    page = client.get("/administration/studies/").content.decode()
    assert "<h1>There is no study yet</h1>" in page
    assert 'href="/administration/invite/"' in page
