"""A panel of three hundred costs the pages of a study no query more than one of ten. The numbers are literal."""

import secrets
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.vignettes.models import Statement
from tests import factories
from tests.facilitator.reading import queries_for
from tests.panelist.browsing import enter

pytestmark = pytest.mark.django_db

SMALL, LARGE = 10, 300


@pytest.fixture(params=[SMALL, LARGE])
def study(request: pytest.FixtureRequest) -> Study:
    """A study of so many panelists who all rated its two statements; the results are not released yet."""
    study = factories.make_study(panelists=0, statements=2)
    numbers = range(1, request.param + 1)
    Panelist.objects.bulk_create(
        Panelist(study=study, name=f"Panelist {number:03d}", email=f"p{number:03d}@example.org") for number in numbers
    )
    factories.hold_round(study, [[6 + secrets.randbelow(4) for _ in numbers]] * 2, released=False)
    assert Round.objects.get(study=study).result.submitted == request.param
    return study


def facilitator(study: Study) -> Client:
    return factories.signed_in(factories.facilitator_of(study))


def addresses(study: Study) -> Iterator[tuple[str, str]]:
    """The pages about results that facilitators and administrators read, by name."""
    statement = Statement.objects.filter(vignette__study=study)[0]
    for name in ("study", "rounds", "draft_round", "panel", "finish", "tables", "table_3", "table_4", "lineage"):
        yield name, reverse(f"facilitator:{name}", args=[study.slug])
    for name in ("round", "release", "what_if"):
        yield name, reverse(f"facilitator:{name}", args=[study.slug, 1])
    yield "statement", reverse("facilitator:statement", args=[study.slug, statement.pk])


def test_pages_about_results_take_as_many_queries_for_many_as_for_few(study: Study) -> None:
    client = facilitator(study)
    assert {name: queries_for(client, address) for name, address in addresses(study)} == {
        "study": 17,
        "rounds": 10,
        "draft_round": 12,
        "panel": 7,
        "finish": 10,
        "tables": 12,
        "table_3": 8,
        "table_4": 7,
        "lineage": 14,
        "round": 21,
        "release": 8,
        "what_if": 6,
        "statement": 8,
    }


def test_an_administrators_page_of_exports_does_too(study: Study) -> None:
    client = factories.signed_in(factories.make_administrator())
    assert queries_for(client, reverse("administrator:study", args=[study.slug])) == 3


def test_the_pages_of_an_open_round_do_too(study: Study) -> None:
    factories.release_round(Round.objects.select_related("study__protocol").get(study=study))
    round = factories.open_round(study)
    for panelist in Panelist.objects.filter(study=study).order_by("name")[:5]:
        factories.fill_sheet(panelist, round, [8, 8])
    client = facilitator(study)
    names = ("study", "rounds", "panel")
    pages = {name: reverse(f"facilitator:{name}", args=[study.slug]) for name in names}
    pages |= {name: reverse(f"facilitator:{name}", args=[study.slug, 2]) for name in ("round", "close_round")}
    pages["wall"] = reverse("facilitator:wall", args=[study.slug, 1])
    assert {name: queries_for(client, address) for name, address in pages.items()} == {
        "study": 18,
        "rounds": 10,
        "panel": 7,
        "round": 10,
        "close_round": 6,
        "wall": 12,
    }


def test_what_a_panelist_reads_of_the_results_does_too(study: Study) -> None:
    factories.release_round(Round.objects.select_related("study__protocol").get(study=study))
    client = enter(Panelist.objects.filter(study=study).order_by("name")[0])
    pages = ("/panel/", "/panel/results/1/", "/panel/practice/", "/panel/scale/")
    for page in pages:
        client.get(page)
    assert [queries_for(client, page) for page in pages] == [6, 6, 1, 1]
