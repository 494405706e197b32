"""A long panel: its pages, its search, and the way back to where somebody was."""

import html
import re

import pytest

from surveys.panels.models import Panelist
from surveys.studies.models import Study
from tests.facilitator.reading import queries_for
from tests.facilitator.test_panel import at, people, running, sent
from tests.factories import make_study

pytestmark = pytest.mark.django_db


def crowd(study: Study, panelists: int) -> list[Panelist]:
    """So many panelists at once, named Panelist 001, Panelist 002, …"""
    numbers = range(1, panelists + 1)
    return Panelist.objects.bulk_create(
        Panelist(study=study, name=f"Panelist {number:03d}", email=f"p{number:03d}@example.org") for number in numbers
    )


def names_on(html: str) -> list[str]:
    """The names of the table's rows."""
    return re.findall(r'<th role="rowheader" scope="row">(.*?)</th>', html)


def test_a_long_panel_stands_on_pages_of_a_hundred() -> None:
    study = make_study(panelists=0, statements=0)
    crowd(study, 230)
    client = running(study)
    pages = [client.get(at("panel", study), {"page": number}).content.decode() for number in (1, 2, 3, 9)]
    assert [len(names_on(page)) for page in pages] == [100, 100, 30, 30]
    assert [name for page in pages[:3] for name in names_on(page)] == [
        f"Panelist {number:03d}" for number in range(1, 231)
    ]
    assert all("<h1>230 panelists</h1>" in page for page in pages)
    assert "Page 2 of 3" in pages[1]
    assert re.findall(r'href="(\?[^"]+)">(?:Previous|Next)<', pages[1]) == ["?page=1", "?page=3"]


def test_a_short_panel_needs_neither_pages_nor_a_search() -> None:
    page = running(make_study(panelists=10, statements=0)).get("/studies/next-steps/panel/").content.decode()
    assert len(names_on(page)) == 10
    assert 'role="search"' not in page
    assert "Page 1 of" not in page


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("panelist 017", ["Panelist 017"]),
        ("P017@EXAMPLE", ["Panelist 017"]),
        ("nurse", ["Panelist 005"]),
        ("nurse 006", []),
        ("%", []),
        ("\x00 00", [f"Panelist {number:03d}" for number in (*range(1, 10), 100)]),
    ],
)
def test_a_search_finds_by_name_address_and_group(words: str, expected: list[str]) -> None:
    study = make_study(panelists=0, statements=0)
    crowd(study, 101)
    Panelist.objects.filter(name="Panelist 005").update(group="Nurse")
    page = running(study).get(at("panel", study), {"search": words}).content.decode()
    assert names_on(page) == expected
    assert f"{len(expected)} of 101 panelists" in page
    assert "<h1>101 panelists</h1>" in page


def test_a_search_of_a_panel_finds_nobody_of_another() -> None:
    study, other = make_study(panelists=0, statements=0), make_study(panelists=0, statements=0)
    crowd(other, 3)
    assert names_on(running(study).get(at("panel", study), {"search": "Panelist"}).content.decode()) == []


def test_those_who_cannot_be_reached_stand_by_themselves() -> None:
    study = make_study(panelists=0, statements=0)
    crowd(study, 120)
    Panelist.objects.filter(name="Panelist 110").update(is_unreachable=True)
    client = running(study)
    assert 'href="?mail=refused"' in client.get(at("panel", study)).content.decode()
    assert names_on(client.get(at("panel", study), {"mail": "refused"}).content.decode()) == ["Panelist 110"]


def test_whoever_did_something_is_where_they_were() -> None:
    study = make_study(panelists=0, statements=0)
    panelist = crowd(study, 230)[150]
    client, place = running(study), "?search=panelist&page=2"
    shown = client.get(f"{at('panel', study)}{place}").content.decode()
    links = re.findall(rf'href="([^"]*{panelist.pk}[^"]*)"', shown)
    edit, remove = at("edit_panelist", study, panelist.pk), at("remove_panelist", study, panelist.pk)
    assert [html.unescape(link) for link in links] == [f"{edit}{place}", f"{remove}{place}"]
    form = {"name": "Panelist 151", "email": panelist.email, "group": "Nurse"}
    assert client.post(f"{edit}{place}", form)["Location"] == f"{at('panel', study)}{place}"
    for act in ("revoke_links", "send_link", "call_off_address"):
        assert client.post(f"{at(act, study, panelist.pk)}{place}")["Location"] == f"{edit}{place}"
    page = html.unescape(client.get(f"{edit}{place}").content.decode())
    acts = ("revoke_links", "send_link", "remove_panelist")
    assert all(f'"{at(act, study, panelist.pk)}{place}"' in page for act in acts)
    assert client.post(f"{remove}{place}")["Location"] == f"{at('panel', study)}{place}"


def test_nothing_but_the_place_is_carried_along() -> None:
    study = make_study(panelists=1, statements=0)
    panelist = Panelist.objects.get(study=study)
    address = f"{at('send_link', study, panelist.pk)}?next=//evil.example&page=x&mail=all"
    assert running(study).post(address)["Location"] == at("edit_panelist", study, panelist.pk)


def test_a_panel_of_three_hundred_takes_as_many_queries_as_one_of_ten() -> None:
    for panelists in (10, 300):
        study = make_study(panelists=0, statements=0)
        crowd(study, panelists)
        assert queries_for(running(study), at("panel", study)) == 7


def test_of_a_long_list_the_preview_shows_the_beginning_and_adds_all() -> None:
    study = make_study(panelists=0, statements=0)
    text = "\n".join(f"Anna {number};anna{number}@example.org;" for number in range(1, 151))
    status, page = sent(study, text=text)
    assert status == 200
    assert "<h1>150 panelists would be added</h1>" in page
    assert len(names_on(page)) == 100
    assert "These are the first 100" in page
    assert sent(study, text=text, action="confirm")[0] == 302
    assert len(people(study)) == 150
