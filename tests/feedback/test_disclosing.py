"""The dataset with a row for each panelist: whole where nobody stands out in it, else smaller or not made at all."""

import csv
import io
import json
import re
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from surveys.exports.datasets import dataset_file
from surveys.feedback.models import GroupResult, Result, Sealing
from surveys.feedback.services import disclosing
from surveys.feedback.services.disclosing import Counted, dataset_of, make_dataset
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import remove_panelist
from surveys.rounds.models import AskedStatement, Round
from surveys.sheets.rows import ABSTAINED, Rows
from surveys.studies.models import Protocol, Study
from tests.factories import (
    close_and_freeze,
    facilitator_of,
    fill_sheet,
    make_study,
    open_round,
    release_round,
)
from tests.feedback.sealing import sealed

pytestmark = pytest.mark.django_db

REASON = "canary of a reason"


def held(study: Study, table: Sequence[Sequence[int | str] | None]) -> Round:
    """A released round: `table` has what each panelist rates, by name; None for who does not submit."""
    round = open_round(study)
    for panelist, ratings in zip(panel_of(study), table, strict=True):
        if ratings is not None:
            fill_sheet(panelist, round, ratings, reasons={1: REASON})
    return release_round(close_and_freeze(round))


def promised(panelists: int = 12, statements: int = 2, groups: Sequence[str] = ()) -> Study:
    """A study whose protocol promises the dataset."""
    study = make_study(panelists=panelists, statements=statements)
    Protocol.objects.filter(study=study).update(releases_rows=True)
    for panelist, group in zip(panel_of(study), groups, strict=False):
        Panelist.objects.filter(pk=panelist.pk).update(group=group)
    return Study.objects.select_related("protocol").get(pk=study.pk)


def ratings_of(dataset: Any) -> list[list[Any]]:
    """What the rows say, in their order."""
    return [row["ratings"] for row in dataset["rows"]]


def test_everybody_has_a_row_with_what_they_rated_in_all_rounds() -> None:
    study = promised()
    first = [[1 + place % 9, 9] for place in range(12)]
    second = [[9, "abstain" if place < 3 else 5] for place in range(12)]
    held(study, first)
    held(study, second)
    dataset, because = make_dataset(study)
    assert because == ""
    assert dataset is not None
    expected = [[*one, *other] for one, other in zip(first, second, strict=True)]
    assert sorted(map(str, ratings_of(dataset))) == sorted(map(str, expected))
    assert [column["name"] for column in dataset["columns"]] == [
        "round_1_statement_1",
        "round_1_statement_2",
        "round_2_statement_1",
        "round_2_statement_2",
    ]


def test_neither_order_nor_code_nor_anything_else_tells_whose_row_it_is() -> None:
    study = promised(panelists=10, statements=1)
    held(study, [[9 - place % 9] for place in range(10)])
    made = [make_dataset(study)[0] for _ in range(5)]
    assert all(one is not None for one in made)
    datasets = [one for one in made if one]
    # The order is that of what the rows say, the same each time; the codes are drawn anew.
    assert len({str(ratings_of(one)) for one in datasets}) == 1
    assert ratings_of(datasets[0]) == sorted(ratings_of(datasets[0]))
    assert len({str([row["code"] for row in one["rows"]]) for one in datasets}) > 1
    assert all(sorted(row["code"] for row in one["rows"]) == [f"P{n:02d}" for n in range(1, 11)] for one in datasets)
    text = json.dumps(datasets)
    panel = panel_of(study)
    assert REASON not in text
    assert not any(one.name in text or one.email in text or str(one.pk) in text for one in panel)


def test_below_ten_there_is_none() -> None:
    study = promised(panelists=9, statements=1)
    held(study, [[8]] * 9)
    assert make_dataset(study) == (None, "Fewer than 10 panelists answered in the same rounds.")


def test_whoever_skipped_a_round_has_no_row_unless_enough_others_did() -> None:
    study = promised(panelists=17, statements=1)
    held(study, [[8]] * 17)
    held(study, [[7]] * 12 + [None] * 5)
    dataset, _because = make_dataset(study)
    assert dataset is not None
    assert Counter(map(tuple, ratings_of(dataset))) == {(8, 7): 12, (8, None): 5}
    other = promised(panelists=17, statements=1)
    held(other, [[8]] * 17)
    held(other, [[7]] * 14 + [None] * 3)
    dataset, _because = make_dataset(other)
    assert dataset is not None
    # Two of the fourteen are left out as well, so that those without a row are five.
    assert Counter(map(tuple, ratings_of(dataset))) == {(8, 7): 12}
    assert dataset["panelists"] == 17


@pytest.mark.parametrize("skipped", [1, 2, 4])
def test_rows_subtracted_from_results_leave_nobody_over_or_five(skipped: int) -> None:
    study = promised(panelists=18, statements=2)
    held(study, [[1 + place % 9, "abstain" if place == 3 else 5] for place in range(18)])
    held(study, [[8, 8]] * (18 - skipped) + [None] * skipped)
    dataset, because = make_dataset(study)
    assert because == ""
    assert dataset is not None
    assert len(dataset["rows"]) >= 10
    for place, result in enumerate(Result.objects.order_by("asked__round__number", "asked__number")):
        values = [ratings[place] for ratings in ratings_of(dataset)]
        rated = sum(result.counts) - sum(isinstance(value, int) for value in values)
        answered = sum(result.counts) + result.abstained - sum(value is not None for value in values)
        # In the second round those alone have no row whom the draw left out, and nobody knows who they are.
        least = 5 if result.asked.round.number == 1 else 2
        assert rated == 0 or rated >= least
        assert answered == 0 or answered >= least


def test_whoever_is_taken_off_the_panel_is_not_what_the_rows_leave_over() -> None:
    """A facilitator takes somebody off, and with them an account of their own, whose ratings they know."""
    study = promised(panelists=18, statements=6)
    held(study, [[1 + (place * step) % 9 for step in range(1, 7)] for place in range(18)])
    for panelist in (panel_of(study)[3], panel_of(study)[7]):
        remove_panelist(panelist=panelist, actor=facilitator_of(study), now=timezone.now())
    dataset, _because = make_dataset(study)
    assert dataset is not None
    assert len(dataset["rows"]) == 13


def test_where_somebody_would_be_left_alone_in_the_end_there_is_none() -> None:
    study = promised(panelists=11, statements=1)
    held(study, [[8]] * 11)
    held(study, [[8]] * 10 + [None])
    dataset, because = make_dataset(study)
    assert dataset is None
    assert "subtracting" in because


def test_of_a_statement_that_too_few_rated_nothing_is_told() -> None:
    study = promised(panelists=12, statements=2)
    held(study, [[8, 3 if place < 4 else "abstain"] for place in range(12)])
    dataset, _because = make_dataset(study)
    assert dataset is not None
    assert [column["name"] for column in dataset["columns"]] == ["round_1_statement_1"]
    assert ratings_of(dataset) == [[8]] * 12


def test_who_left_the_panel_has_no_row() -> None:
    study = promised(panelists=17, statements=1)
    held(study, [[8]] * 12 + [[1], [2], [3], [4], [5]])
    for panelist in list(panel_of(study))[-5:]:
        panelist.delete()
    dataset, _because = make_dataset(study)
    assert dataset is not None
    assert ratings_of(dataset) == [[8]] * 12


def test_groups_are_told_where_each_is_large_enough_alone() -> None:
    study = promised(panelists=12, statements=1, groups=["Nurses"] * 6 + ["Physicians"] * 6)
    held(study, [[8]] * 12)
    dataset, _because = make_dataset(study)
    assert dataset is not None
    assert Counter(row["group"] for row in dataset["rows"]) == {"Nurses": 6, "Physicians": 6}
    other = promised(panelists=12, statements=1, groups=["Nurses"] * 4 + ["Physicians"] * 8)
    held(other, [[8]] * 12)
    dataset, _because = make_dataset(other)
    assert dataset is not None
    assert {row["group"] for row in dataset["rows"]} == {None}
    assert not dataset["has_groups"]


def test_groups_are_not_told_where_what_is_left_of_the_panel_would_leave_few_over() -> None:
    """Five of the largest group left, and one of those whose groups were too small to be shown."""
    groups = ["Nurses"] * 13 + ["Physicians"] * 6 + ["Porters"] * 6
    study = promised(panelists=25, statements=1, groups=groups)
    Protocol.objects.filter(study=study).update(groups=Protocol.Groups.FACILITATORS)
    study = Study.objects.select_related("protocol").get(pk=study.pk)
    smaller = [[8]] * 4 + [["abstain"]] * 2
    held(study, [[8]] * 13 + smaller + smaller)
    assert [one.group for one in GroupResult.objects.all()] == ["Nurses"]
    assert disclosed_groups(study) == {"Nurses", "Physicians", "Porters"}
    panel = list(panel_of(study))
    for panelist in [*panel[:5], panel[13]]:
        panelist.delete()
    assert disclosed_groups(study) == {None}


def disclosed_groups(study: Study) -> set[str | None]:
    """The groups that the dataset names."""
    dataset, because = make_dataset(study)
    assert dataset is not None, because
    return {row["group"] for row in dataset["rows"]}


def test_a_dataset_that_was_not_promised_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(**_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(disclosing, "opened_rows", forbidden)
    study = sealed()
    sealing = Sealing.objects.get(study=study)
    assert (sealing.dataset, sealing.no_dataset_because) == (None, "")
    with pytest.raises(ValueError, match="no such dataset"):
        dataset_file(study, "csv")


def test_the_files_hold_the_rows_and_no_formula() -> None:
    study = promised(panelists=10, statements=1, groups=["=HYPERLINK(1)"] * 5 + ["Nurses"] * 5)
    held(study, [["abstain"]] * 5 + [[8]] * 5)
    study = sealed(study)
    text = dataset_file(study, "csv").content.decode()
    lines = text.splitlines()
    assert lines[0] == "code,group,round_1_statement_1"
    assert len(lines) == 11
    assert all(re.fullmatch(r"P\d\d,('=HYPERLINK\(1\)|Nurses),(8|abstain)", line) for line in lines[1:])
    told = json.loads(dataset_file(study, "json").content)
    assert told["format"] == "delphi-rows-v1"
    assert told["study"]["slug"] == study.slug
    assert len(told["rows"]) == 10
    assert dataset_file(study, "csv").content == text.encode()
    with pytest.raises(ValueError, match="no such dataset"):
        dataset_file(study, "xlsx")


def test_a_group_that_nobody_is_left_of_is_told_of_nobody() -> None:
    groups = ["Nurses"] * 12 + ["Physicians"] * 6 + ["Porters"] * 6
    study = promised(panelists=24, statements=1, groups=groups)
    Protocol.objects.filter(study=study).update(groups=Protocol.Groups.FACILITATORS)
    study = Study.objects.select_related("protocol").get(pk=study.pk)
    held(study, [[8]] * 24)
    assert {one.group for one in GroupResult.objects.all()} == {"Nurses", "Physicians", "Porters"}
    for panelist in list(panel_of(study))[18:]:
        panelist.delete()
    assert disclosed_groups(study) == {"Nurses", "Physicians"}


@pytest.mark.parametrize("shows_groups", [False, True])
def test_rows_stand_in_the_order_of_what_they_say(shows_groups: bool) -> None:
    """Group, then nothing before 1, and abstaining after 9; seen to fail with the rows in the order given."""
    draw = np.random.default_rng(6)
    rows = made_up_rows(draw.integers(0, 3, 500), draw.integers(0, ABSTAINED + 1, (500, 3)))
    dataset = dataset_of(rows, [0, 2], statements_asked(3), 500, shows_groups=shows_groups)
    texts = ["", *"123456789", "abstain"]
    expected = sorted(
        (rows.groups[group] if shows_groups else "", texts[one], texts[other])
        for group, (one, _left_out, other) in zip(rows.group, rows.choices, strict=True)
    )
    told = [(row["group"] or "", *(str(one or "") for one in row["ratings"])) for row in dataset["rows"]]
    assert told == expected
    assert [column["name"] for column in dataset["columns"]] == ["round_1_statement_1", "round_1_statement_3"]


def made_up_rows(group: Any, choices: Any) -> Rows:
    """Rows of three groups and one round."""
    count, width = choices.shape
    return Rows(
        columns=tuple((uuid.UUID(int=1), number + 1) for number in range(width)),
        groups=("", "Nurses", "Physicians"),
        group=group.astype(np.int32),
        submitted=np.ones((count, 1), dtype=np.bool_),
        choices=choices.astype(np.uint8),
    )


def statements_asked(count: int) -> list[AskedStatement]:
    """So many statements of an open round, in their order."""
    round = open_round(make_study(panelists=5, statements=count))
    return list(AskedStatement.objects.filter(round=round).select_related("round", "vignette").order_by("number"))


def test_so_many_rows_are_dropped_as_it_takes_and_no_more() -> None:
    """Seen to fail where the count of who has no row stays as it was before a row was dropped."""
    rows = made_up_rows(np.zeros(100_000), np.full((100_000, 2), 8))
    counted = [Counted(0, 100_001, 0), Counted(1, 100_000, 0)]
    assert len(disclosing._enough_left_over(rows, counted, 5)) == 100_000 - 4


@pytest.mark.parametrize("has_groups", [False, True])
def test_the_file_is_what_a_csv_reader_takes_it_for(has_groups: bool) -> None:
    """Any group is one cell; seen to fail with the group put into the row as it is."""
    groups = ["", 'Nurses, "senior"', "=1+1", "two\nlines", " padded "]
    guarded = {"=1+1": "'=1+1"}
    rows = [
        {
            "code": f"P{place:05d}",
            "group": groups[place % 5] if has_groups else None,
            "ratings": [1 + place % 9, None, "abstain"],
        }
        for place in range(12_345)
    ]
    columns = [{"name": f"round_1_statement_{number}"} for number in (1, 2, 3)]
    study = make_study()
    now = timezone.now()
    dataset = {"has_groups": has_groups, "columns": columns, "rows": rows}
    Sealing.objects.create(study=study, announced_at=now, not_before=now, dataset=dataset)
    read = list(csv.reader(io.StringIO(dataset_file(study, "csv").content.decode(), newline=""), strict=True))
    named = ["group"] if has_groups else []
    assert read[0] == ["code", *named, *(column["name"] for column in columns)]
    assert read[1:] == [
        [
            row["code"],
            *([guarded.get(row["group"], row["group"])] if has_groups else []),
            str(row["ratings"][0]),
            "",
            "abstain",
        ]
        for row in rows
    ]
