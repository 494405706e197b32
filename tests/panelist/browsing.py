"""Panelists in their browsers, and what they read there."""

import html
import re

from django.apps import apps
from django.http import HttpResponse
from django.test import Client

from surveys.panels.models import Panelist
from surveys.panels.services import mint_link
from surveys.rounds.models import Round
from surveys.sheets.queries import OwnSheet, own_sheet
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.factories import holder_of


def link_of(panelist: Panelist) -> str:
    """A fresh secret for this panelist."""
    return mint_link(panelist=panelist, now=database_now())


def enter(panelist: Panelist) -> Client:
    """A browser of its own in which this panelist is signed in with a fresh link."""
    client = Client()
    response = client.post("/panel/", {"code": link_of(panelist)})
    assert (response.status_code, response["Location"]) == (302, "/panel/")
    return client


def first_panelist(study: Study) -> Panelist:
    """The first by name."""
    return Panelist.objects.filter(study=study).order_by("name")[0]


def words_of(response: HttpResponse) -> str:
    """The words of a page, without its tags and without what only the script shows."""
    page = re.sub(r"(?s)<(template|script|title)\b.*?</\1>", " ", response.content.decode())
    words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
    return re.sub(r" (?=[.,:;!?])", "", words)


def heading_of(response: HttpResponse) -> str:
    """The words of the page's h1; there is exactly one."""
    (found,) = re.findall(r"(?s)<h1\b[^>]*>(.*?)</h1>", response.content.decode())
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", found)).replace("\xa0", " ").split())


def title_of(response: HttpResponse) -> str:
    """The words of the page's title."""
    (found,) = re.findall(r"(?s)<title>(.*?)</title>", response.content.decode())
    return " ".join(html.unescape(found).split())


def sheet_of(panelist: Panelist, round: Round) -> OwnSheet:
    """What stands in the panelist's sheet of the round."""
    return own_sheet(holder_of(panelist), round.pk)


def choices_of(panelist: Panelist, round: Round) -> dict[int, str]:
    """The ratings and abstentions of the panelist's sheet, by statement."""
    return {number: answer.choice for number, answer in sheet_of(panelist, round).answers.items()}


def everything_stored() -> dict[str, list[str]]:
    """Every row of every table, Django's own included, by the table's name."""
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: sorted(map(repr, model._base_manager.values_list())) for model in models}
