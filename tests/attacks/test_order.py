"""The order in which sheets were written, asked of every order that a table keeps, over many small trials.

Seen to fail: with ids that count up in place of random ones, ids and places follow the order of writing (tau is 1).
"""

import random
from typing import Any

import pytest
from django.db import connection
from scipy.stats import kendalltau

from surveys.panels.queries import panel_of
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet
from surveys.sheets.services import discard_sheets
from tests.attacks.evidence import in_physical_order
from tests.attacks.linking import mean_tau
from tests.factories import fill_sheet, make_study, open_round

pytestmark = pytest.mark.django_db

PANELISTS = 8
TRIALS = 25
# The mean of tau over the trials has a standard deviation of 0.06; four and a half of them.
NOTHING = 0.26


def test_neither_ids_nor_pseudonyms_nor_places_follow_the_writing_or_the_panel() -> None:
    round = open_round(make_study(panelists=PANELISTS, statements=1))
    panel = list(panel_of(round.study))
    keys = study_keys(round.study_id)
    whose = {keys.pseudonym(round.pk, panelist.pk): panelist.name for panelist in panel}
    trials: dict[str, list[tuple[list[Any], list[Any]]]] = {}
    for _trial in range(TRIALS):
        discard_sheets(round_id=round.pk)
        written = random.sample(panel, k=len(panel))
        for panelist in written:
            fill_sheet(panelist, round, [5])
        for name, order in orders_of_sheets().items():
            found = [whose[pseudonym] for pseudonym in order]
            trials.setdefault(f"{name}, writing", []).append((found, [panelist.name for panelist in written]))
            trials.setdefault(f"{name}, panel", []).append((found, [panelist.name for panelist in panel]))
    taus = {name: mean_tau(orders, kendalltau) for name, orders in trials.items()}
    assert {name: tau for name, tau in taus.items() if abs(tau) > NOTHING} == {}


def orders_of_sheets() -> dict[str, list[bytes]]:
    """The pseudonyms in every order that does not depend on time.

    PostgreSQL's heap does: it shows the order of the last writes, of rows that are all sealed, beside nothing with a
    name that was written at the same time (see the attacks by place and by transaction).
    """
    found = {
        "id": [bytes(row) for row in Sheet.objects.order_by("id").values_list("pseudonym", flat=True)],
        "box": [bytes(row) for row in Sheet.objects.order_by("box").values_list("pseudonym", flat=True)],
    }
    if connection.vendor == "sqlite":
        found["place"] = [row[0] for row in in_physical_order("sheets_sheet", "pseudonym")]
    return found
