"""The practice statement and the words about the scale."""

import re

import pytest

from tests.factories import make_study
from tests.panelist.browsing import enter, first_panelist, heading_of

pytestmark = pytest.mark.django_db


def test_practising_stores_nothing() -> None:
    client = enter(first_panelist(make_study(panelists=1, statements=1)))
    response = client.get("/panel/practice/")
    assert heading_of(response) == "Practise here: nothing on this page is saved"
    page = response.content.decode()
    assert "<form" not in page
    assert "<script src=" in page
    assert "rate.js" not in page
    assert len(re.findall('<input type="radio" name="practice"', page)) == 10
    assert client.post("/panel/practice/", {"practice": "8"}).status_code == 405


def test_the_scale_is_explained() -> None:
    client = enter(first_panelist(make_study(panelists=1, statements=1)))
    response = client.get("/panel/scale/")
    assert heading_of(response) == "1 is complete disagreement, 5 is neutral, 9 is complete agreement"
