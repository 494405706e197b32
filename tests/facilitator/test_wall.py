"""The wall of a meeting: released results, a screen a vignette, without names and without scripts."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from surveys.panels.queries import panel_of
from surveys.studies.models import Protocol, Study
from tests import factories
from tests.facilitator.reading import plain, queries_for

pytestmark = pytest.mark.django_db

ANSWERS = [
    {"v1-top": "1" if place < 6 else "2", "v1-against": "4" if place < 5 else "none", "v2-keep": "keep"}
    for place in range(10)
]


def address(study: Study, number: int = 1) -> str:
    return reverse("facilitator:wall", args=[study.slug, number])


def browser(study: Study) -> Client:
    return factories.signed_in(factories.facilitator_of(study))


def screens(study: Study, number: int = 1) -> list[str]:
    """The words of each screen."""
    response = browser(study).get(address(study, number))
    assert response.status_code == 200
    return [
        plain(one)
        for one in re.findall(
            r'<section class="screen".*?(?=<section class="screen"|</main>)', response.content.decode(), re.DOTALL
        )
    ]


def test_each_vignette_fills_a_screen_and_tables_4_and_2_end_the_wall() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, ANSWERS, ["top", "against"])
    found = screens(study)
    assert len(found) == 4
    assert found[0].startswith("1. Vignette 1 Option survey 1 · 1 of 4 Next")
    assert "Choice 1 60% 0% Choice 2 40% 0% Choice 3 0% 0% Choice 4 0% 50%" in found[0]
    assert found[1].startswith("2. Vignette 2 32 years old, not 30 Option survey 1 · 2 of 4 ‹ Previous Next ›")
    assert "Table 4. Not recommended by at least half" in found[2]
    assert "1. Vignette 1 Choice 4 50% 2. Vignette 2 Choice 4 50%" in found[2]
    assert "Table 2. Options" in found[3]
    assert "Add Choice 1 Choice 2 Switch Choice 3 Choice 4" in found[3]


def test_screens_are_linked_by_anchors_and_need_no_script() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, ANSWERS, ["top", "against"])
    html = browser(study).get(address(study)).content.decode()
    places = re.findall(r'<section class="screen" id="([^"]*)"', html)
    assert places == ["screen-1", "screen-2", "screen-3", "screen-4"]
    links = re.findall(r'href="#(screen-\d+)" data-(next|previous)', html)
    assert links == [
        ("screen-2", "next"),
        ("screen-1", "previous"),
        ("screen-3", "next"),
        ("screen-2", "previous"),
        ("screen-4", "next"),
        ("screen-3", "previous"),
    ]
    assert "style=" not in html


def test_a_survey_that_did_not_ask_has_no_table_4() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, [{"v1-ranking": "1,2,3,4"}] * 10, ["ranking"])
    found = screens(study)
    assert not any("Table 4" in one for one in found)
    assert "Kendall's W 1.00, from 10 complete rankings." in found[0]


def test_results_that_are_not_released_are_not_shown_to_a_meeting() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, ANSWERS, ["top", "against"], released=False)
    response = browser(study).get(address(study), follow=True)
    assert response.redirect_chain == [(reverse("facilitator:round", args=[study.slug, 1]), 302)]
    assert "A meeting sees what the panel has: release these results first." in response.content.decode()


def test_no_panelist_is_named_on_the_wall() -> None:
    study = factories.make_survey_study()
    factories.hold_survey(study, ANSWERS, ["top", "against"])
    words = " ".join(screens(study))
    assert [panelist.name for panelist in panel_of(study) if panelist.name in words] == []


def commented() -> Study:
    study = factories.make_survey_study(vignettes=1)
    factories.hold_survey(study, [{**row, "v1-reasons": "It works."} for row in _of_base()], ["top", "reasons"])
    return study


def _of_base() -> list[dict[str, str]]:
    return [{"v1-top": row["v1-top"]} for row in ANSWERS]


def test_what_was_written_has_a_screen_of_its_own_behind_the_result() -> None:
    study = commented()
    found = screens(study)
    assert len(found) == 3
    assert found[1].count("It works.") == 10
    assert "It works." not in found[0]


def test_where_the_protocol_shows_no_comments_the_wall_shows_none() -> None:
    study = commented()
    Protocol.objects.filter(study=study).update(shows_comments=False)
    assert "It works." not in " ".join(screens(study))


def test_a_rating_round_has_a_screen_a_statement() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, [[8] * 6 + [9] * 4, [5] * 10])
    found = screens(study)
    assert len(found) == 3
    assert "Option 1 would be my main choice(s)" in found[0]
    assert "Full consensus" in found[0]
    assert "Not yet: 10 ratings short" in found[1]
    html = browser(study).get(address(study)).content.decode()
    assert html.count('<svg class="wall-picture"') == 2


@pytest.mark.parametrize("vignettes", [1, 7])
def test_the_wall_takes_as_many_queries_for_one_vignette_as_for_seven(vignettes: int) -> None:
    study = factories.make_survey_study(vignettes=vignettes)
    factories.hold_survey(study, _of_base(), ["top", "against"])
    assert queries_for(browser(study), address(study)) == 15
