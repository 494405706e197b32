"""Hostile words in everything that a facilitator or a panelist can write, read back on every page that leads on.

Reading writes nothing.
"""

import re
from collections.abc import Iterator

import pytest
from django.test import Client

from surveys.feedback.models import Comment
from surveys.feedback.services.releasing import put_under_theme
from surveys.feedback.survey_results import survey_results_of
from surveys.meetings.services.meetings import AgendaEntry, set_agenda
from surveys.operations.anonymity.evidence import changed, dump
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import LineageStep, Option, Vignette
from surveys.vignettes.services.lineage import OptionTexts, drop, merge_options, restore, split_option
from surveys.vignettes.services.steps import Why
from surveys.vignettes.services.writing import update_vignette
from tests.factories import (
    close_and_freeze,
    facilitator_of,
    fill_preferences,
    hold_round,
    hold_survey,
    make_statement,
    make_survey_study,
    open_survey,
    release_round,
    signed_in,
)
from tests.meetings.making import add_page, attach, describe, hold_meeting, make_decision, make_meeting, share

pytestmark = pytest.mark.django_db

EVIL = "\"'><script>alert(7)</script>{{ 7|add:7 }}"
MARK = "<script>alert(7)"
NOW = database_now


@pytest.fixture
def study() -> Study:
    """A study of two votes, with hostile words in options, steps, comments, themes, evidence and a meeting."""
    study = make_survey_study(options=5, vignettes=2, title=f"T {EVIL}"[:100])
    actor = facilitator_of(study)
    texts = {f"v1-{name}": f"{name} {EVIL}" for name in ("reasons", "factors", "new_options", "clearer_wording")}
    survey = hold_survey(study, [{"v1-top": "1", "v1-against": "2", "v2-keep": "keep", **texts}] * 8)
    for comment in Comment.objects.filter(vignette__round=survey):
        put_under_theme(comment=comment, theme=f"Theme {EVIL}", actor=actor, now=NOW())
    cause = Comment.objects.filter(kind=Comment.Kind.NEW_OPTION)[0]
    first, second, third, *_rest = Option.objects.filter(study=study).order_by("position")
    why = Why(f"Because {EVIL}", cause.pk)
    into = OptionTexts(f"Merged {EVIL}", f"Category {EVIL}", EVIL)
    merged = merge_options(options=[first, second], into=into, actor=actor, why=why, now=NOW())
    parts = [OptionTexts(f"{name} {EVIL}", "Add") for name in "AB"]
    split_option(option=third, into=parts, actor=actor, why=why, now=NOW())
    base, variation = Vignette.objects.filter(study=study).order_by("position")
    words = {"title": f"V {EVIL}", "aspect": f"Aspect {EVIL}", "text": f"Text {EVIL}\n\n{EVIL}"}
    update_vignette(vignette=variation, actor=actor, why=why, now=NOW(), **words)
    make_statement(base, f"{EVIL} statement")
    make_statement(variation, f"{EVIL} other")
    describe(merged, f"Summary {EVIL}")
    attach(merged, f"File {EVIL}.pdf")
    add_page(merged, "https://example.org/?a=%22%3E<script>alert(7)</script>", f"Link {EVIL}")
    share(study)
    meeting = make_meeting(study, place=f"Place {EVIL}", after_round_id=survey.pk)
    set_agenda(meeting=meeting, actor=actor, entries=[AgendaEntry(EVIL, 5, EVIL)], now=NOW())
    hold_meeting(meeting, notes=f"Notes {EVIL}")
    make_decision(meeting, f"Decision {EVIL}", list(LineageStep.objects.filter(study=study))[-2:])
    hold_round(study)
    return Study.objects.get(pk=study.pk)


def crawled(client: Client, *starts: str) -> Iterator[tuple[str, str]]:
    """Every page that links lead to from these, once each."""
    waiting, seen = list(starts), set(starts)
    while waiting:
        path = waiting.pop()
        response = client.get(path, follow=True)
        assert response.status_code < 400, path
        if not response.headers["Content-Type"].startswith("text/html"):
            continue
        html = response.content.decode()
        assert "default-src 'none'" in response.headers["Content-Security-Policy"], path
        yield path, html
        found = {href.split("#")[0].replace("&amp;", "&") for href in re.findall(r'href="(/[^"]*)"', html)}
        new = {href for href in found if href.startswith(("/studies/", "/panel/"))} - seen
        seen |= new
        waiting += sorted(new)


def test_no_page_of_the_staff_runs_what_somebody_wrote(study: Study) -> None:
    client = signed_in(facilitator_of(study))
    before = dump()
    pages = dict(crawled(client, f"/studies/{study.slug}/"))
    assert len(pages) > 40
    assert changed(before, dump()) == {}
    assert [path for path, html in pages.items() if MARK in html or "script>14" in html] == []
    assert sum("&lt;script&gt;alert(7)" in html for html in pages.values()) > 10


def test_no_page_of_the_panel_runs_what_somebody_wrote(study: Study) -> None:
    client = Client()
    client.post("/panel/", {"code": mint_link(panelist=panel_of(study)[0], now=NOW())})
    round = open_survey(study)
    before = dump()
    pages = dict(crawled(client, "/panel/", "/panel/vignette/1/", "/panel/evidence/"))
    assert changed(before, dump()) == {}
    assert round.status == Round.Status.OPEN
    assert [path for path, html in pages.items() if MARK in html or "script>14" in html] == []
    assert sum("&lt;script&gt;alert(7)" in html for html in pages.values()) > 3


def test_what_changes_while_a_round_is_open_changes_nothing_of_it(study: Study) -> None:
    actor, round = facilitator_of(study), open_survey(study)
    asked = list(round.asked_options.values_list("name", flat=True))
    for option in Option.objects.filter(study=study, is_dropped=False):
        drop(item=option, actor=actor, why=Why("gone"), now=NOW())
    variation = Vignette.objects.get(study=study, is_base=False)
    drop(item=variation, actor=actor, why=Why("gone"), now=NOW())
    restore(item=Option.objects.filter(study=study)[0], actor=actor, why=Why("back"), now=NOW())
    for panelist in panel_of(study):
        fill_preferences(panelist, round, {"v1-top": "1", "v2-keep": "keep"})
    closed = release_round(close_and_freeze(round))
    base, kept = survey_results_of(closed)
    assert [option.name for option in base.options] == asked
    assert (base.shown.n, kept.shown.n, base.shown.options[0].top, kept.shown.options[0].top) == (10, 10, 1, 1)
    pages = dict(crawled(signed_in(actor), f"/studies/{study.slug}/"))
    assert len(pages) > 30
