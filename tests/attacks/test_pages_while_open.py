"""While a round is open no page depends on what anybody else answered.

Every page that staff, or another panelist, can reach is fetched; then those who submitted change every answer, and
somebody drafts a sheet; then the pages are fetched again. They must be the same, byte for byte: what does not depend
on the answers cannot tell them. Seen to fail: with the number of all sheets, drafts among them, in `attendance`.
"""

import pytest
from django.test import Client

from surveys.accounts.models import User
from surveys.operations.anonymity.pages import addresses, differing
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import Study
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
    def answer(way: int) -> None:
        everybody_says(study, round, (9, 1)[way])
        fill_sheet(panel_of(study)[SUBMITTED], round, [2 + way] * STATEMENTS, submit=False, reasons={1: CANARY})

    changing, seen = differing(audiences(study)[audience], addresses(study), answer)
    assert changing == []
    assert not any(CANARY.encode() in b"".join(parts) for _status, parts in seen.values())
    if audience == "facilitator":
        own = {address: status for address, (status, _) in seen.items() if f"/studies/{study.slug}/" in address}
        assert own[f"/studies/{study.slug}/"] == own[f"/studies/{study.slug}/rounds/2/"] == 200
        assert 500 not in own.values()


def everybody_says(study: Study, round: Round, rating: int) -> None:
    """Six of the eight submit, all with this rating."""
    for panelist in panel_of(study)[:SUBMITTED]:
        fill_sheet(panelist, round, [rating] * STATEMENTS, reasons={1: f"{CANARY} {rating}"})
