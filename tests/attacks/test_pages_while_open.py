"""While a round is open no page depends on what anybody else answered.

Every page that staff, or another panelist, can reach is fetched; then those who submitted change every answer, and
somebody drafts a sheet; then the pages are fetched again. They must be the same, byte for byte: what does not depend
on the answers cannot tell them. Seen to fail: with the number of all sheets, drafts among them, in `attendance`.
"""

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from surveys.accounts.models import User
from surveys.feedback.models import Comment
from surveys.panels.queries import panel_of
from surveys.rounds.models import AskedStatement, Round
from surveys.studies.models import Study, StudyStaff
from surveys.vignettes.models import Vignette
from tests.attacks.seeded import CANARY
from tests.factories import (
    close_and_freeze,
    facilitator_of,
    fill_sheet,
    make_administrator,
    make_author,
    make_option,
    make_study,
    open_round,
    release_round,
    signed_in,
)
from tests.panelist.browsing import enter

pytestmark = pytest.mark.django_db

PANELISTS = 8
SUBMITTED = 6
STATEMENTS = 3
FORMS = ("csv", "xlsx", "json", "html")


@pytest.fixture
def study() -> Study:
    """A study with one round released and the next one open."""
    made = make_study(panelists=PANELISTS, statements=STATEMENTS)
    make_option(made)
    first = open_round(made)
    for panelist in panel_of(made):
        fill_sheet(panelist, first, [8] * STATEMENTS, reasons={1: "An earlier reason."})
    release_round(close_and_freeze(first))
    return made


@pytest.fixture
def round(study: Study) -> Round:
    """The open round."""
    return open_round(study)


def addresses(study: Study) -> list[str]:
    """Every address of the site, with the things of this study filled in wherever it asks for one."""
    asked = AskedStatement.objects.filter(round__study=study)[0]
    vignette = Vignette.objects.filter(study=study)[0]
    values: dict[str, list[object]] = {
        "slug": [study.slug],
        "number": [1, 2],
        "user_id": list(StudyStaff.objects.filter(study=study).values_list("user_id", flat=True)),
        "vignette_id": [vignette.pk],
        "statement_id": [asked.statement_id],
        "option_id": list(study.options.values_list("pk", flat=True)),
        "panelist_id": [panel_of(study)[0].pk, panel_of(study)[PANELISTS - 1].pk],
        "comment_id": [Comment.objects.filter(vignette__round__study=study)[0].pk],
        "form": list(FORMS),
        "format": list(FORMS),
        "uidb64": ["MQ"],
        "token": ["a-b"],
    }
    found = []
    for route in routes(get_resolver().url_patterns):
        ways = [route]
        for name in re.findall(r"<(?:\w+:)?(\w+)>", route):
            places = values.get(name, [])
            ways = [re.sub(rf"<(?:\w+:)?{name}>", str(value), way) for way in ways for value in places]
        found += [f"/{way}" for way in ways]
    return found


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """The routes of the whole site."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def seen_by(client: Client, study: Study) -> dict[str, tuple[int, bytes]]:
    """Every page as this browser gets it, without what is drawn anew for each answer."""
    found = {}
    for address in addresses(study):
        response = client.get(address)
        content = b"".join(response.streaming_content) if response.streaming else response.content
        found[address] = (response.status_code, re.sub(rb'(csrfmiddlewaretoken" value=|nonce=)"[^"]+"', b"", content))
    return found


def audiences(study: Study) -> dict[str, Client]:
    """Everybody who is not the panelist who answers."""
    last = panel_of(study)[PANELISTS - 1]
    users: dict[str, User] = {
        "facilitator": facilitator_of(study),
        "author": make_author(study),
        "administrator": make_administrator(),
    }
    return {name: signed_in(user) for name, user in users.items()} | {"panelist": enter(last), "nobody": Client()}


@pytest.mark.parametrize("audience", ["facilitator", "author", "administrator", "panelist", "nobody"])
def test_no_page_depends_on_what_somebody_else_answered(study: Study, round: Round, audience: str) -> None:
    client = audiences(study)[audience]
    answer(study, round, 9)
    before = seen_by(client, study)
    answer(study, round, 1)
    fill_sheet(panel_of(study)[SUBMITTED], round, [2] * STATEMENTS, submit=False, reasons={1: CANARY})
    after = seen_by(client, study)
    assert [address for address in before if before[address] != after[address]] == []
    assert not any(CANARY.encode() in content for _status, content in after.values())
    if audience == "facilitator":
        own = {address: status for address, (status, _) in after.items() if f"/studies/{study.slug}/" in address}
        assert own[f"/studies/{study.slug}/"] == own[f"/studies/{study.slug}/rounds/2/"] == 200
        assert 500 not in own.values()


def answer(study: Study, round: Round, rating: int) -> None:
    """Six of the eight submit, all with this rating."""
    for panelist in panel_of(study)[:SUBMITTED]:
        fill_sheet(panelist, round, [rating] * STATEMENTS, reasons={1: f"{CANARY} {rating}"})
