"""The study under attack, committed: an attack on rows that were never written proves nothing."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.attacks.seeded import Seeded, seeded_study


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[Seeded]:
    """One study for all attacks of a module; they look, and change nothing that they do not put back."""
    with django_db_blocker.unblock(), seeded_study() as study:
        yield study
