"""The log says every deed in words that can be translated."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from surveys.facilitator.deeds import ACTIONS, FACTS, deed_of
from surveys.feedback.services.closing import ROUND_CLOSED
from surveys.feedback.services.sealing import KEY_DESTROYED
from surveys.rounds.services.opening import KEY_MADE
from surveys.studies.models import AuditEntry
from surveys.studies.queries import (
    DATASET_EXPORTED,
    EXPORTED,
    PROTOCOL_AMENDED,
    PROTOCOL_LOCKED,
    REPLACED,
    RESULT_FROZEN,
    RESULTS_RELEASED,
    ROUND_OPENED,
    database_now,
)
from surveys.studies.services import record
from surveys.vignettes.models import LineageStep
from surveys.vignettes.services.lineage import PAST
from surveys.vignettes.services.writing import DOWN, UP, move_option
from tests.factories import facilitator_of, make_option, make_study

ROOT = Path(__file__).parents[2] / "surveys"
CHANGES = ("_record_change", "_record_moderation", "_added")


def recorded_actions() -> Iterator[str]:
    """What the code writes into the audit chain, read from its own text."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "record":
                    yield from (k.value.value for k in node.keywords if k.arg == "action" and is_text(k.value))
                elif node.func.id in CHANGES:
                    yield from (argument.value for argument in node.args if is_text(argument))


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def steps_of_a_lineage() -> set[str]:
    """What the questionnaire's services put together from an item's kind and what befell it."""
    return {f"{kind} {past}" for kind in LineageStep.Kind for past in (*PAST.values(), "reworded")}


def test_every_action_of_the_audit_chain_has_its_words() -> None:
    named = {
        EXPORTED,
        DATASET_EXPORTED,
        PROTOCOL_AMENDED,
        PROTOCOL_LOCKED,
        ROUND_OPENED,
        ROUND_CLOSED,
        RESULT_FROZEN,
        RESULTS_RELEASED,
        REPLACED,
        KEY_MADE,
        KEY_DESTROYED,
    }
    assert {*recorded_actions(), *steps_of_a_lineage(), *named} == set(ACTIONS)


@pytest.mark.django_db
def test_an_export_and_a_move_are_told_without_raw_names() -> None:
    study = make_study(panelists=0, statements=0)
    actor = facilitator_of(study)
    options = [make_option(study, name) for name in ("A", "B")]
    for step in (DOWN, UP):
        move_option(option=options[0], actor=actor, step=step, now=database_now())
    detail = {"form": "csv", "round": None}
    record(study=study, actor=actor, action="exported", now=database_now(), detail=detail)
    down, up, exported = (deed_of(entry, study) for entry in list(AuditEntry.objects.filter(study=study))[-3:])
    moved = str(FACTS["step"])
    assert (down.action, dict(down.facts)[moved], dict(up.facts)[moved]) == ("Option moved", "down", "up")
    assert (exported.action, exported.facts) == ("Exported", (("file", "csv"),))
