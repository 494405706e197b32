"""Results by group on pages and in files: for those alone whom the protocol names."""

import io
import json

import openpyxl
import pytest
from django.urls import reverse

from surveys.exports.files import export_file
from surveys.panels.queries import panel_of
from surveys.rounds.models import AskedStatement, Round
from surveys.studies.models import Protocol, Study
from tests import factories
from tests.grouping import grouped_study
from tests.panelist.browsing import enter

pytestmark = pytest.mark.django_db

TABLE = 'aria-label="Results by group"'
SIZES = {"Nurses": 8, "Physicians": 7, "Pharmacists": 1}


def held(seen_by: str) -> tuple[Study, Round]:
    study = grouped_study(SIZES, seen_by)
    return study, factories.hold_round(study, [[9] * 8 + [2] * 7 + [5]])


def facilitators_pages(study: Study, round: Round) -> list[str]:
    client = factories.signed_in(factories.facilitator_of(study))
    statement = AskedStatement.objects.get(round=round).statement_id
    addresses = [
        reverse("facilitator:round", args=[study.slug, round.number]),
        reverse("facilitator:statement", args=[study.slug, statement]),
    ]
    return [client.get(address).content.decode() for address in addresses]


def panels_page(study: Study, round: Round) -> str:
    browser = enter(panel_of(study)[0])
    return browser.get(reverse("panelist:results", args=[round.number])).content.decode()


@pytest.mark.parametrize(
    ("seen_by", "facilitators", "panel"),
    [
        (Protocol.Groups.NOBODY, False, False),
        (Protocol.Groups.FACILITATORS, True, False),
        (Protocol.Groups.PANEL, True, True),
    ],
)
def test_groups_are_shown_to_whom_the_protocol_names(seen_by: str, facilitators: bool, panel: bool) -> None:
    study, round = held(seen_by)
    for page in facilitators_pages(study, round):
        assert (TABLE in page, "Nurses</th><td>8</td><td>9</td><td>100%</td><td>9.00</td>" in page) == (
            facilitators,
            facilitators,
        )
        assert "Physicians</th>" not in page
        assert "Pharmacists</th>" not in page
    assert (TABLE in panels_page(study, round)) is panel


def test_files_hold_the_groups_that_pages_show() -> None:
    study, _round = held(Protocol.Groups.FACILITATORS)
    data = json.loads(export_file(study, form="json").content)
    [group] = data["rounds"][0]["statements"][0]["groups"]
    assert group == {
        "group": "Nurses",
        "n": 8,
        "abstained": 0,
        "missing": 0,
        "counts": [0] * 8 + [8],
        "mean": 9,
        "median": 9,
        "share_high": 1,
        "suppressed": [],
    }
    book = openpyxl.load_workbook(io.BytesIO(export_file(study, form="xlsx").content))
    rows = list(book["Rating round 1, groups"].values)
    assert [row[4] for row in rows] == ["group", "Nurses"]
    assert len(rows[0]) == len(rows[1])


def test_the_group_of_a_panelist_stays_as_it_is_once_a_round_has_opened() -> None:
    study, _round = held(Protocol.Groups.FACILITATORS)
    nurse = panel_of(study)[0]
    client = factories.signed_in(factories.facilitator_of(study))
    address = reverse("facilitator:edit_panelist", args=[study.slug, nurse.pk])
    client.post(address, {"name": nurse.name, "email": nurse.email, "group": "Pharmacists"})
    assert panel_of(study)[0].group == "Nurses"
    assert "so the group stays as it is" in client.get(address).content.decode()
