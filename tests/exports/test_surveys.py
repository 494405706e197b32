"""What files say of option surveys and of the lineage."""

import csv
import io
import json
from typing import Any

import openpyxl
import pytest

from surveys.exports.files import export_file
from surveys.feedback.models import Comment
from surveys.feedback.services.releasing import put_under_theme
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.rounds.services.opening import draft_round, open_round, plan_round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.services.lineage import OptionTexts, drop, merge_options
from surveys.vignettes.services.steps import Why
from surveys.vignettes.services.writing import update_vignette, write_statement
from tests import factories

pytestmark = pytest.mark.django_db

EVERYTHING = "definitely", "likely", "likely_not", "will_not"

# Of ten panelists six answer the base case whole, two name a top choice only, and four answer the variation.
WHOLE = {
    **{f"v1-likelihood-{number}": level for number, level in zip((1, 2, 3), EVERYTHING, strict=False)},
    "v1-ranking": "2,1,3",
    "v1-top": "2,1",
    "v1-against": "3",
    "v1-reasons": "Two before one.",
}
TABLE = [*[{**WHOLE, "v2-keep": "keep"}] * 4, WHOLE, WHOLE, {"v1-top": "1"}, {"v1-top": "1"}, {"v1-abstain": "yes"}]


@pytest.fixture
def study() -> Study:
    """A study whose option survey is closed and released."""
    study = factories.make_survey_study(options=3)
    factories.hold_survey(study, TABLE, ["likelihood", "ranking", "top", "against", "reasons"])
    return study


def exported(study: Study, round: Round | None = None) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(export_file(study, form="json", round=round).content)
    return data


def options_of(figures: dict[str, Any], *own: dict[str, Any]) -> list[dict[str, Any]]:
    """The three options with these figures, each with its own as well."""
    categories = ["Add", "Switch", "Switch"]
    return [
        {"number": number, "option": f"Choice {number}", "category": category, **figures, **mine}
        for number, category, mine in zip((1, 2, 3), categories, own or ({}, {}, {}), strict=True)
    ]


def test_json_has_a_vignettes_figures_and_each_options_and_names_what_is_hidden(study: Study) -> None:
    (round,) = exported(study)["rounds"]
    assert (round["kind"], round["statements"], round["keeps_base"]) == ("option_survey", [], True)
    assert round["questions"] == ["likelihood", "ranking", "top", "against", "reasons"]
    hidden = dict.fromkeys(("levels", "mean_rank"))
    assert round["vignettes"] == [
        {
            "number": 1,
            "vignette": "Vignette 1",
            "n": 8,
            "abstained": 1,
            "missing": 0,
            "kept": None,
            "ranked": 6,
            "topped": 8,
            "kendalls_w": None,
            "suppressed": ["kendalls_w", "levels", "mean_rank"],
            "options": options_of(
                hidden,
                {"likely": 1, "median_rank": 2, "top": 1, "against": 0},
                {"likely": 1, "median_rank": 1, "top": 0.75, "against": 0},
                {"likely": 0, "median_rank": 3, "top": 0, "against": 0.75},
            ),
        },
        {
            "number": 2,
            "vignette": "Vignette 2",
            **dict.fromkeys(("n", "abstained", "missing", "kept", "ranked", "topped", "kendalls_w")),
            "suppressed": [
                *("n", "abstained", "missing", "kept", "ranked", "topped", "kendalls_w"),
                *("levels", "likely", "mean_rank", "median_rank", "top", "against"),
            ],
            "options": options_of({**hidden, **dict.fromkeys(("likely", "median_rank", "top", "against"))}),
        },
    ]


def test_with_enough_answers_nothing_is_hidden_and_what_was_not_asked_is_not_called_so() -> None:
    study = factories.make_survey_study(options=3)
    asked = ["likelihood", "ranking"]
    factories.hold_survey(study, [about("likelihood", "ranking")] * 8, asked, keeps_base=False)
    first, second = exported(study)["rounds"][0]["vignettes"]
    assert (first["kept"], first["ranked"], first["topped"], first["kendalls_w"]) == (None, 8, None, 1)
    assert first["suppressed"] == []
    assert first["options"] == options_of(
        {"top": None, "against": None},
        {"levels": [8, 0, 0, 0], "likely": 1, "mean_rank": 2, "median_rank": 2},
        {"levels": [0, 8, 0, 0], "likely": 1, "mean_rank": 1, "median_rank": 1},
        {"levels": [0, 0, 8, 0], "likely": 0, "mean_rank": 3, "median_rank": 3},
    )
    assert second["n"] is None


def about(*questions: str) -> dict[str, str]:
    """What the first sheets say to these questions."""
    return {name: value for name, value in WHOLE.items() if name.split("-")[1] in questions}


def test_a_survey_alone_is_a_csv_of_its_options(study: Study) -> None:
    options = list(csv.reader(io.StringIO(export_file(study, form="csv").content.decode(), newline=""), strict=True))
    heading, *rows = options
    assert heading == [
        "round", "kind", "closed (UTC)", "invited", "submitted", "vignette_number", "vignette",
        "n", "abstained", "missing", "kept", "ranked", "topped", "kendalls_w",
        "option_number", "option", "category",
        "count_definitely", "count_likely", "count_likely_not", "count_will_not",
        "likely", "mean_rank", "median_rank", "top", "against", "suppressed", "note",
    ]  # fmt: skip
    assert len(rows) == 6
    assert rows[1][:2] + rows[1][3:] == [
        "1", "option_survey", "10", "9", "1", "Vignette 1", "8", "1", "0", "", "6", "8", "",
        "2", "Choice 2", "Switch", "", "", "", "", "1", "", "1", "0.75", "0", "kendalls_w levels mean_rank", "",
    ]  # fmt: skip


def test_a_workbook_has_a_sheet_for_the_survey_table_4_and_the_lineage(study: Study) -> None:
    book = openpyxl.load_workbook(io.BytesIO(export_file(study, form="xlsx").content))
    tables = [f"Table {number}" for number in (1, 2, 3, 4)]
    assert book.sheetnames == ["Study", "Option survey 1", *tables, "Lineage", "Verification"]
    rows = list(book["Option survey 1"].iter_rows(values_only=True))
    assert len(rows) == 7
    assert rows[1][14:17] == (1, "Choice 1", "Add")
    assert rows[1][21:26] == (1, None, 2, 1, 0)
    assert list(book["Table 4"].iter_rows(values_only=True))[1] == ("1. Vignette 1", "Choice 3", 75)


def test_a_rating_round_that_asks_about_options_has_both(study: Study) -> None:
    now, actor = database_now(), factories.facilitator_of(study)
    base, why = study.vignettes.get(is_base=True), Why("It follows from the survey.")
    write_statement(vignette=base, actor=actor, text=f"Choice 1 {factories.STEM}", why=why, now=now)
    drop(item=study.vignettes.get(is_base=False), actor=actor, why=Why("One case is enough."), now=now)
    round = draft_round(study=study, actor=actor, now=now, questions=["against"])
    closes_at = now.replace(year=now.year + 1)
    plan_round(round=round, actor=actor, opens_at=None, closes_at=closes_at, message="", left_out=(), now=now)
    open_round(round=round, actor=actor, now=now)
    factories.agree(round)
    for panelist in panel_of(study):
        factories.fill_preferences(panelist, round, {"v1-against": "1"})
    closed = factories.close_and_freeze(round)
    (both,) = exported(study, closed)["rounds"]
    assert [one["mean"] for one in both["statements"]] == [8]
    assert [option["against"] for option in both["vignettes"][0]["options"]] == [1, 0, 0]
    book = openpyxl.load_workbook(io.BytesIO(export_file(study, form="xlsx", round=closed).content))
    assert book.sheetnames[1:3] == ["Rating round 1", "Rating round 1, options"]


def test_a_rounds_file_has_its_own_table_4_and_the_lineage_up_to_its_opening(study: Study) -> None:
    first = Round.objects.get(study=study)
    alone = exported(study, first)
    actor, now = factories.facilitator_of(study), database_now()
    options = list(study.options.order_by("position"))
    into = OptionTexts("Choice 2 or 3", "Switch")
    merge_options(options=options[1:], into=into, actor=actor, why=Why("They are alike."), now=now)
    factories.hold_survey(study, [{"v1-against": "1"}] * 10, ["top", "against"], top=(1, 2))
    assert exported(study)["tables"]["table_4"] == [{"vignette": "Vignette 1", "option": "Choice 1", "percent": 100}]
    again = exported(study, first)
    assert again["tables"]["table_4"] == [{"vignette": "Vignette 1", "option": "Choice 3", "percent": 75}]
    assert again["lineage"] == alone["lineage"]
    assert len(exported(study)["lineage"]) == len(alone["lineage"]) + 1


def test_the_lineage_says_what_became_of_what_and_why(study: Study) -> None:
    actor, now = factories.facilitator_of(study), database_now()
    options = list(study.options.order_by("position"))
    into = OptionTexts("Choice 2 or 3", "Switch")
    merge_options(options=options[1:], into=into, actor=actor, why=Why("They are alike."), now=now)
    base, variation = study.vignettes.order_by("position")
    why = Why("Her age was missing.")
    update_vignette(vignette=base, actor=actor, title=base.title, text="She is 30.", why=why, compares=False, now=now)
    drop(item=variation, actor=actor, why=Why("All agree."), now=now)
    steps = exported(study)["lineage"][-3:]
    assert [{**step, "number": step["number"] - steps[0]["number"], "at": ""} for step in steps] == [
        {
            "number": 0,
            "kind": "option",
            "step": "merge",
            "vignette": None,
            "from": ["Choice 2", "Choice 3"],
            "to": ["Choice 2 or 3"],
            "reason": "They are alike.",
            "compares": None,
            "at": "",
        },
        {
            "number": 1,
            "kind": "vignette",
            "step": "reword",
            "vignette": "Vignette 1",
            "from": ["A woman of 30 whose depression did not go away."],
            "to": ["She is 30."],
            "reason": "Her age was missing.",
            "compares": False,
            "at": "",
        },
        {
            "number": 2,
            "kind": "vignette",
            "step": "drop",
            "vignette": "Vignette 2",
            "from": ["Vignette 2"],
            "to": [],
            "reason": "All agree.",
            "compares": None,
            "at": "",
        },
    ]


def test_published_comments_are_counted_by_theme_and_never_told() -> None:
    study = factories.make_survey_study(options=3)
    round = factories.hold_survey(study, [about("top", "reasons")] * 6, ["top", "reasons"], released=False)
    actor, now = factories.facilitator_of(study), database_now()
    for place, comment in enumerate(Comment.objects.filter(vignette__round=round)):
        put_under_theme(comment=comment, theme="Order" if place else "Other", actor=actor, now=now)
    assert exported(study)["rounds"][0]["themes"] == []
    factories.release_round(round)
    assert exported(study)["rounds"][0]["themes"] == [
        {"theme": "Order", "comments": 5},
        {"theme": "Other", "comments": 1},
    ]
    for form in ("json", "csv"):
        assert b"Two before one." not in export_file(study, form=form).content
