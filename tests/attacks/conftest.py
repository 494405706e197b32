"""The study under attack, committed: an attack on rows that were never written proves nothing."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from surveys.operations.anonymity.seeded import Seeded
from tests.attacks.seeded import seeded_study

# `make attack` asks for more.
FEW_TRIALS = 3


@pytest.fixture(scope="session")
def trials() -> int:
    """How many studies are attacked by what repeats itself."""
    return int(os.environ.get("ATTACK_TRIALS") or FEW_TRIALS)


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[Seeded]:
    """One study for all attacks of a module; they look, and change nothing that they do not put back."""
    with django_db_blocker.unblock(), seeded_study() as study:
        yield study
