"""The groups that panelists of a file belong to."""

from pathlib import Path

import pytest

from surveys.consensus import NINE_POINTS
from surveys.operations.ratings import InputFault, Ratings, read_ratings
from surveys.operations.ratings.cells import NO_GROUP
from surveys.operations.ratings.counting import tallies_of, without_group


def _read(path: Path, content: str) -> Ratings:
    (path / "ratings.csv").write_text(content)
    return read_ratings(path / "ratings.csv", NINE_POINTS)


def test_groups_of_a_wide_file(tmp_path: Path) -> None:
    ratings = _read(tmp_path, "panelist,group,A,B\np1,,8,9\np2,nurses,8,9\np3,doctors,8,9\np4,nurses,8,9\n")
    assert ratings.groups == ("nurses", "doctors")
    assert ratings.group is not None
    assert ratings.group.tolist() == [NO_GROUP, NO_GROUP, 0, 0, 1, 1, 0, 0]


def test_groups_of_a_long_file_may_change_between_rounds(tmp_path: Path) -> None:
    ratings = _read(tmp_path, "statement,panelist,rating,round,group\nA,p1,8,1,x\nA,p1,8,2,y\nB,p1,8,2,y\n")
    assert ratings.groups == ("x", "y")
    assert ratings.group is not None
    assert ratings.group.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("last", "sentence"),
    [
        ("B,p1,8,y", 'Line 4, column "group": this panelist is in "x" in another row, not in "y".'),
        ("B,p1,8,", 'Line 4, column "group": this panelist is in "x" in another row, not in "".'),
        ("B,p2,8,x", 'Line 4, column "group": this panelist is in no group in another row, not in "x".'),
    ],
    ids=["another", "none after one", "one after none"],
)
def test_a_panelist_is_in_one_group_throughout_a_round(tmp_path: Path, last: str, sentence: str) -> None:
    with pytest.raises(InputFault) as caught:
        _read(tmp_path, f"statement,panelist,rating,group\nA,p1,8,x\nA,p2,8,\n{last}\n")
    assert str(caught.value) == sentence


def test_a_file_without_groups_has_none(tmp_path: Path) -> None:
    ratings = _read(tmp_path, "A,B\n8,9\n")
    assert (ratings.groups, ratings.group) == ((), None)


def test_groups_are_tallied_and_who_is_in_none_counts_in_none(tmp_path: Path) -> None:
    ratings = _read(tmp_path, "panelist,group,A,B\np1,,8,9\np2,x,8,\np3,y,8,9\n")
    assert without_group(ratings) == 1
    tally = tallies_of(ratings, NINE_POINTS, by_group=True)[1]
    assert (tally.n, tally.missing) == (2, 1)
    assert {name: group and (group.n, group.missing) for name, group in tally.groups.items()} == {
        "x": (0, 1),
        "y": (1, 0),
    }
    assert tallies_of(ratings, NINE_POINTS, by_group=False)[1].groups == {}
