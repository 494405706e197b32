"""Who may open a sheet: found in the source itself, so that a third door cannot be cut unseen."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2] / "surveys"


def callers_of(*names: str) -> set[str]:
    """The modules of the application in which one of these names is called, however it was imported."""
    found = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if called in names:
                    found.add(path.relative_to(ROOT).as_posix())
    return found


def of_real_panelists(places: set[str]) -> set[str]:
    """Without what knows made-up panelists alone.

    The demonstration fills their sheets, and reads none. The attacks read those of the study that they made, on the
    empty database of a scratch copy (`operations/anonymity/inside.py` refuses every other).
    """
    return {place for place in places if not place.startswith(("operations/demonstration/", "operations/anonymity/"))}


def test_a_sheet_holder_is_made_by_a_panelists_session_alone() -> None:
    assert of_real_panelists(callers_of("SheetHolder")) == {"panelist/access.py"}


def test_a_sheet_holder_is_not_made_under_another_name() -> None:
    aliases = set()
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                aliases |= {name.asname for name in node.names if name.name == "SheetHolder" and name.asname}
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id == "SheetHolder":
                aliases.add(path.name)
    assert aliases == set()


def test_sheets_are_unsealed_at_two_doors_and_once_for_the_dataset_that_was_promised() -> None:
    assert callers_of("unseal_sheet") == {"sheets/queries.py", "sheets/rows.py"}
    assert callers_of("unseal_fields") == {"sheets/boxes.py", "sheets/tally.py"}


def test_whole_rows_are_opened_for_the_dataset_alone_and_that_is_made_at_the_sealing_alone() -> None:
    assert callers_of("opened_rows") == {"feedback/services/disclosing.py"}
    assert callers_of("make_dataset") == {"feedback/services/sealing.py"}


def test_own_sheets_are_read_for_the_panelist_alone() -> None:
    assert of_real_panelists(callers_of("own_sheet", "own_sheets")) <= {
        "feedback/own_feedback.py",
        "panelist/answering.py",
        "panelist/consent.py",
        "panelist/survey_feedback.py",
        "panelist/views/counting.py",
        "panelist/views/rating.py",
        "panelist/views/start.py",
        "panelist/views/submitting.py",
        "rounds/services/saving.py",
        "sheets/queries.py",
    }


def test_where_an_own_sheet_lies_is_known_to_its_door_and_to_saving_alone() -> None:
    assert callers_of("place_of") == {"rounds/services/saving.py", "sheets/queries.py"}


def test_sheets_are_saved_for_the_panelist_alone() -> None:
    outside = {place for place in callers_of("save_sheet") if not place.startswith("operations/")}
    assert outside == {"panelist/answering.py"}
