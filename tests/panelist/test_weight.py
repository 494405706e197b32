"""What the first visit of a panelist's page weighs: a budget in bytes, beyond Bootstrap and htmx.

Pages themselves are never compressed: how long one of a panelist's answers compresses to would tell an observer of
the network something of it. So their HTML is weighed as it is, and what stands beside it as gzip makes it.
Seen to fail: with 45 kB of comments in rate.js, and with GZipMiddleware in the settings.
"""

import gzip
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from surveys.panels.queries import panel_of
from surveys.studies.models import Study
from tests.factories import fill_sheet, hold_round, make_statement, make_study, open_round
from tests.panelist.browsing import enter

MOST_BYTES = 60_000
LIBRARIES = ("js-lib-bootstrap5/", "django_htmx/")

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """Seven statements of one vignette, rated once and open again, so that each shows what the group said."""
    study = make_study(panelists=10, statements=1)
    for _statement in range(6):
        make_statement(study.vignettes.get(is_base=True))
    hold_round(study)
    fill_sheet(panel_of(study)[0], open_round(study), [8, 3, "abstain"], reasons={1: "A reason of some length."})
    return study


@pytest.fixture
def panelist(study: Study) -> Client:
    """Its first panelist."""
    return enter(panel_of(study)[0])


def beside(html: str) -> Sequence[str]:
    """The static files that a page names."""
    return sorted(set(re.findall(r'(?:src|href)="/static/([^"]+)"', html)))


def weight(name: str) -> int:
    """A static file's bytes as WhiteNoise compresses it."""
    path = finders.find(name)
    assert isinstance(path, str), name
    return len(gzip.compress(Path(path).read_bytes(), 9))


@pytest.mark.parametrize("path", ["/panel/vignette/1/", "/panel/", "/panel/results/1/"])
def test_a_first_visit_stays_within_its_budget(panelist: Client, path: str) -> None:
    response = panelist.get(path, headers={"accept-encoding": "gzip, br"})
    assert response.status_code == 200
    assert "content-encoding" not in response.headers
    own = [name for name in beside(response.content.decode()) if not name.startswith(LIBRARIES)]
    assert "app.css" in own
    assert len(response.content) + sum(map(weight, own)) <= MOST_BYTES


def test_the_page_that_is_weighed_is_a_whole_one(panelist: Client) -> None:
    html = panelist.get("/panel/vignette/1/").content.decode()
    assert len(re.findall(r'<input type="radio"[^>]+value="abstain"', html)) == 7
    assert "panelist/rate.js" in beside(html)
