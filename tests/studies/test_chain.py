"""The chain of what staff did: whether it holds, and the entry whose digest is printed beside results."""

import pytest

from surveys.studies.models import AuditEntry
from surveys.studies.queries import release_entry
from tests import factories

pytestmark = pytest.mark.django_db


def test_the_entry_of_a_release_is_found_by_its_moment() -> None:
    study = factories.make_study(statements=1)
    first = factories.hold_round(study)
    assert release_entry(study.pk, None) is None
    second = factories.hold_round(study, released=False)
    assert release_entry(study.pk, second.released_at) is None
    factories.release_round(second)
    second.refresh_from_db()
    found = [release_entry(study.pk, round.released_at) for round in (first, second)]
    assert [entry.detail["round"] for entry in found if entry] == ["Rating round 1", "Rating round 2"]
    assert found[1] == AuditEntry.objects.filter(study=study).latest("number")
