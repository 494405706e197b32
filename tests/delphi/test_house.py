"""The budgets of the house, which no linter counts."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = [
    path for folder in ("delphi", "surveys") for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts
]
LONGEST_FUNCTION = 40
LONGEST_FILE = 400
# Handed out with every export, it runs alone; so it stays one file, and judges every rule that a study can state.
STANDS_ALONE = ROOT / "surveys/exports/verify_delphi.py"
LONGEST_ALONE = 710
DATA_APPS = (
    "accounts", "exports", "feedback", "meetings", "panels", "rounds", "sheets", "studies", "vignettes", "workbooks",
)  # fmt: skip
OF_REQUESTS = ("django.http", "django.shortcuts", "django.views")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def named(path: Path) -> str:
    """The file as a reader would name it."""
    return str(path.relative_to(ROOT))


def functions(path: Path) -> list[Function]:
    """Every function and method in the file."""
    return [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, Function)]


def imported(path: Path) -> set[str]:
    """Every module that the file names in an import."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{named(path)}: {function.name}"
        for path in CODE
        for function in functions(path)
        if function.end_lineno is not None and function.end_lineno - function.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    limits = dict.fromkeys(CODE, LONGEST_FILE) | {STANDS_ALONE: LONGEST_ALONE}
    assert [named(path) for path, most in limits.items() if len(path.read_text().splitlines()) > most] == []


def test_nothing_is_named_after_nothing() -> None:
    assert [named(path) for path in CODE if path.stem in {"utils", "helpers", "common", "misc"}] == []


def test_what_reads_or_writes_data_never_sees_a_request() -> None:
    offenders = [
        named(path)
        for path in CODE
        if path.relative_to(ROOT).parts[1] in DATA_APPS
        if any(module.startswith(OF_REQUESTS) for module in imported(path))
    ]
    assert offenders == []


def test_nothing_is_marked_safe_unless_it_is_known_here() -> None:
    known = {"surveys/pages/drawing.py", "surveys/pages/drawn.py", "surveys/pages/radios.py"}
    assert {named(path) for path in CODE if "mark_safe" in path.read_text()} <= known


def test_no_page_escapes_the_check_for_forged_forms() -> None:
    assert [named(path) for path in CODE if "csrf_exempt" in path.read_text()] == []
