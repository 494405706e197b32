"""The rating page is drawn once for everybody and filled in: as its template draws it, without a trace of anybody."""

import uuid
from typing import Any

import pytest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.test import RequestFactory

from surveys.panelist import frame
from surveys.panelist.frame import STATES, Frame, drawn_page
from surveys.rounds.models import AskedVignette
from tests.factories import fill_sheet, make_study, open_round
from tests.panelist.browsing import enter, first_panelist

OWN = {"version": "1234", "mark": "a mark", "done": "2 of 7 rated", "drawn": "<i>A & B</i>"}


def vignette(number: int = 2, **facts: Any) -> AskedVignette:
    texts = {
        "title": "At <70>",
        "aspect": "70 years old, not 30",
        "text": "A woman of 70.",
        "base_text": "A woman of 30.",
    }
    return AskedVignette(number=number, **(texts | facts))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("is_demonstration", [True, False])
def test_a_filled_page_is_the_page_that_the_template_draws(state: str, number: int, is_demonstration: bool) -> None:
    request = RequestFactory().get("/panel/vignette/1/")
    page = Frame(uuid.uuid4(), vignette(number), 3, 1, is_demonstration)
    context = {
        **page.context(asks_options=False),
        "version": OWN["version"],
        "mark": OWN["mark"],
        "done": OWN["done"],
        "drawn": OWN["drawn"],
        "study": {"is_demonstration": is_demonstration},
        "save_state": state,
        "is_submitted": state == "submitted",
    }
    filled = drawn_page(request, page, save_state=state, own=OWN)
    assert without_token(filled, request) == without_token(
        render_to_string("panelist/rate.html", context, request), request
    )
    assert "&lt;i&gt;A &amp; B" in filled


def without_token(page: str, request: Any) -> str:
    """The page without the token's value, which is another one each time."""
    before, name, rest = page.partition('name="csrfmiddlewaretoken" value="')
    token, _quote, after = rest.partition('"')
    assert len(token) == len(get_token(request))
    return before + name + after


def test_a_page_is_drawn_in_every_state_at_once_and_with_nobodys_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, Any]] = []

    def noted(template: str, context: dict[str, Any]) -> str:
        given.append(context)
        return render_to_string(template, context)

    monkeypatch.setattr(frame, "render_to_string", noted)
    request, page = RequestFactory().get("/"), Frame(uuid.uuid4(), vignette(), 3, 1, is_demonstration=False)
    for state in STATES:
        drawn_page(request, page, save_state=state, own=OWN)
    # How long a page takes does not tell whether anybody has submitted yet.
    assert [context["save_state"] for context in given] == list(STATES)
    assert not any(value in map(str, context.values()) for context in given for value in OWN.values())


@pytest.mark.django_db
def test_the_pages_of_two_panelists_differ_in_what_is_theirs() -> None:
    study = make_study(panelists=5, statements=2)
    round = open_round(study)
    one, two = study.panelists.order_by("name")[:2]
    fill_sheet(one, round, [7])
    fill_sheet(two, round, [3], submit=False)
    pages = [enter(panelist).get("/panel/vignette/1/").content.decode() for panelist in (one, two)]
    assert ['name="s1" value="7" aria-label="7" checked' in page for page in pages] == [True, False]
    assert ["Saved as a draft</span>\n" in page for page in pages] == [False, True]
    assert ["Your sheet is submitted. What" in page for page in pages] == [True, False]
    assert ["\ue000" in page for page in pages] == [False, False]
    assert first_panelist(study) == one
