"""The geometry of the flow of items through the rounds."""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from surveys.facilitator.lineage import flow_of
from surveys.pages.flow import COLUMN, LABELS, MOST_LANES, Band, Event, Flow, Item, draw, lanes_to_draw, middle
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Vignette
from surveys.vignettes.queries import options_of, vignettes_of
from surveys.vignettes.services import lineage, writing
from surveys.vignettes.services.lineage import OptionTexts
from surveys.vignettes.services.steps import Why
from tests.factories import facilitator_of, hold_round, make_option, make_statement, make_study

Span = tuple[int, int | None]
COLUMNS = ("Set-up", "Round 1", "Round 2", "Round 3")


def item(key: str, *spans: Span, parents: tuple[str, ...] = (), events: tuple[Event, ...] = ()) -> Item:
    return Item(key, f"Option {key}", spans or ((0, None),), events, parents)


def drawn(*items: Item) -> Flow:
    return draw(COLUMNS, [Band("Options", items, ("",) * len(COLUMNS))])


def test_a_lane_runs_from_where_it_begins_to_the_edge() -> None:
    flow = drawn(item("a"), item("b", (2, None)))
    (band,) = flow.bands
    edge = LABELS + COLUMN * len(COLUMNS)
    assert [lane.lines for lane in band.lanes] == [((middle(0), edge),), ((middle(2), edge),)]
    assert flow.width == edge


def test_a_dropped_lane_ends_before_its_column_with_a_sign() -> None:
    (lane,) = drawn(item("a", (0, 2), events=(Event(2, "drop", "Why: rare."),))).bands[0].lanes
    end = middle(2) - COLUMN // 2
    assert (lane.lines, [(sign.kind, sign.x, sign.words) for sign in lane.signs]) == (
        ((middle(0), end),),
        [("drop", end, "Why: rare.")],
    )


def test_merged_lanes_run_together_and_split_ones_apart() -> None:
    parents = [item(key, (0, 1)) for key in "ab"]
    merged = item("m", (1, 2), parents=("a", "b"))
    parts = [item(key, (2, None), parents=("m",)) for key in "xy"]
    lanes = {lane.item.key: lane for lane in drawn(*parents, merged, *parts).bands[0].lanes}
    assert [len(lanes[key].joins) for key in "abmxy"] == [0, 0, 2, 1, 1]
    for path, parent in zip(lanes["m"].joins, "ab", strict=True):
        start = f"M{middle(1) - COLUMN // 2} {lanes[parent].y} "
        assert path.startswith(start)
        assert path.endswith(f" {middle(1)} {lanes['m'].y}")
    assert all(lanes[key].joins[0].startswith(f"M{middle(2) - COLUMN // 2} {lanes['m'].y} ") for key in "xy")


def test_a_parent_that_is_not_drawn_leaves_no_loose_end() -> None:
    (lane,) = drawn(item("m", (1, None), parents=("gone",))).bands[0].lanes
    assert lane.joins == ()


def test_what_came_and_went_between_two_rounds_is_still_seen() -> None:
    (lane,) = drawn(item("a", (1, 1))).bands[0].lanes
    ((start, end),) = lane.lines
    assert start < end


def test_signs_of_one_column_stand_side_by_side() -> None:
    events = tuple(Event(1, "reword", "") for _number in range(3))
    (lane,) = drawn(item("a", events=events)).bands[0].lanes
    assert len({sign.x for sign in lane.signs}) == 3


def test_of_many_items_the_changed_ones_are_drawn_in_their_order() -> None:
    plain = [item(f"{number:03d}") for number in range(300)]
    changed = item("changed", (0, 2), events=(Event(2, "drop", ""),))
    chosen = lanes_to_draw([*plain, changed])
    assert len(chosen) == MOST_LANES
    assert [one.key for one in chosen] == [one.key for one in plain[: MOST_LANES - 1]] + ["changed"]
    assert lanes_to_draw(plain[:3]) == tuple(plain[:3])


SPANS = st.tuples(st.integers(0, 3), st.one_of(st.none(), st.integers(0, 3))).filter(
    lambda span: span[1] is None or span[1] >= span[0]
)
EVENTS = st.builds(
    Event, st.integers(0, 3), st.sampled_from(["add", "reword", "drop", "consensus", "restore", ""]), st.text()
)


@given(st.lists(st.tuples(SPANS, st.lists(EVENTS, max_size=4)), max_size=12))
def test_nothing_is_drawn_outside_the_picture_and_no_two_lanes_on_one_line(
    found: list[tuple[Span, list[Event]]],
) -> None:
    items = [item(str(place), span, events=tuple(events)) for place, (span, events) in enumerate(found)]
    flow = drawn(*items)
    lanes = flow.bands[0].lanes
    assert len({lane.y for lane in lanes}) == len(items)
    for lane in lanes:
        assert 0 < lane.y < flow.height
        assert all(LABELS <= x <= flow.width for line in lane.lines for x in line)
        assert all(LABELS <= sign.x <= flow.width for sign in lane.signs)


# ---- of a study ----


def running_study(options: int, statements: int) -> Study:
    study = make_study(panelists=5, statements=1)
    for _number in range(statements - 1):
        make_statement(Vignette.objects.get(study=study))
    for number in range(options):
        make_option(study, f"<b>{number}</b>")
    hold_round(study)
    return Study.objects.get(pk=study.pk)


def html_of(flow: Flow) -> str:
    return render_to_string("facilitator/_flow.html", {"flow": flow})


@pytest.mark.django_db
def test_the_counts_stand_on_every_column_and_consensus_where_it_was_reached() -> None:
    study = running_study(options=3, statements=1)
    actor, now = facilitator_of(study), database_now()
    first, second, _third = options_of(study)
    merged = OptionTexts("Both", "Add")
    lineage.merge_options(options=[first, second], into=merged, actor=actor, why=Why("Alike."), now=now)
    hold_round(study)
    writing.add_option(study=study, actor=actor, name="Late", category="Add", why=Why("Missed."), now=now)
    flow = flow_of(study)
    assert flow is not None
    assert [words for _x, words in flow.columns] == ["Set-up", "Round 1", "Round 2", "Next"]
    options, vignettes, statements = flow.bands
    assert options.band.counts == ("3 options", "3 options", "2 options", "3 options")
    assert vignettes.band.counts == ("1 vignette",) * 4
    signs = [(sign.kind, sign.x) for sign in statements.lanes[0].signs]
    assert [kind for kind, _x in signs] == ["add", "consensus", "consensus"]
    assert [lane.item.name for lane in options.lanes] == ["<b>0</b>", "<b>1</b>", "Both", "<b>2</b>", "Late"]


@pytest.mark.django_db
def test_the_statements_of_a_dropped_vignette_end_with_it_and_come_back_with_it() -> None:
    study = make_study(panelists=5, statements=2)
    hold_round(study)
    study.refresh_from_db()
    actor, now = facilitator_of(study), database_now()
    variation = vignettes_of(study)[1]
    lineage.drop(item=variation, actor=actor, why=Why("Rare."), now=now)
    hold_round(study, [[8] * 5])
    lineage.restore(item=variation, actor=actor, why=Why("Not so rare."), now=now)
    hold_round(study)
    flow = flow_of(study)
    assert flow is not None
    assert flow.bands[-1].band.counts == ("2 statements", "2 statements", "1 statement", "2 statements")


@pytest.mark.django_db
def test_before_the_first_round_there_is_no_picture() -> None:
    assert flow_of(make_study(panelists=0, statements=1)) is None


@pytest.mark.django_db
def test_three_hundred_statements_do_not_explode() -> None:
    study = running_study(options=2, statements=300)
    flow = flow_of(study)
    assert flow is not None
    page = html_of(flow)
    assert "and 270 more" in page
    assert page.count('<g class="lane">') == 2 + 1 + MOST_LANES
    assert flow.height < 1200


@pytest.mark.django_db
def test_the_picture_has_no_styles_escapes_its_words_and_says_itself_as_a_list() -> None:
    study = running_study(options=2, statements=1)
    actor, now = facilitator_of(study), database_now()
    lineage.drop(item=options_of(study)[0], actor=actor, why=Why("<i>Rare</i>"), now=now)
    flow = flow_of(study)
    assert flow is not None
    page = html_of(flow)
    assert ("style=" in page, "<b>0</b>" in page, "<i>Rare" in page) == (False, False, False)
    listed = page[page.index("<details") :]
    assert "Next: The option “&lt;b&gt;0&lt;/b&gt;” is dropped. Why: &lt;i&gt;Rare&lt;/i&gt;" in listed
    assert re.search(r"<title>The option “[^<]*” is dropped. Why:[^<]*</title><circle[^>]*/><text[^>]*>✗</text>", page)


def test_every_class_of_the_picture_has_its_colour() -> None:
    template = Path("templates/facilitator/_flow.html").read_text()
    css = Path("static/facilitator/flow.css").read_text()
    used = set(re.findall(r'<(?:circle|path|line|text)[^>]*class="(\w+)"', template)) - {"label"}
    assert used == {name for name in used if f".flow .{name}" in css}
    assert {"dot", "ring", "path"} <= used
