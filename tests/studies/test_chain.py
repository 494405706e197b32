"""The chain of what staff did: whether it holds, and the entry whose digest is printed beside results."""

import datetime as dt
from collections.abc import Callable

import pytest

from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import audit_digest, audit_head, broken_link, database_now, release_entry
from surveys.studies.services import record
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """A study with five entries."""
    made = factories.make_study(statements=0, panelists=0)
    AuditEntry.objects.filter(study=made).delete()
    for number in range(1, 6):
        record(study=made, actor="somebody", action=f"deed {number}", now=database_now(), detail={"n": number})
    return made


def entry(study: Study, number: int) -> AuditEntry:
    return AuditEntry.objects.get(study=study, number=number)


def put_back(taken: AuditEntry, **changed: object) -> None:
    """Replace an entry by one with other values: the database lets nobody change it in its place."""
    AuditEntry.objects.filter(pk=taken.pk).delete()
    for name, value in changed.items():
        setattr(taken, name, value)
    taken.pk = None
    taken.save(force_insert=True)


def edit_with_a_digest_that_fits(study: Study) -> None:
    taken = entry(study, 3)
    taken.detail = {"n": 33}
    put_back(taken, digest=audit_digest(taken))


def swap(study: Study) -> None:
    second, third = entry(study, 2), entry(study, 3)
    AuditEntry.objects.filter(pk__in=[second.pk, third.pk]).delete()
    put_back(second, number=3)
    put_back(third, number=2)


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
    assert found[1] is not None
    assert audit_head(study.pk) == found[1].digest


def test_a_whole_chain_holds_and_so_does_none(study: Study) -> None:
    assert broken_link(study.pk) is None
    other = factories.make_study(title="Other", statements=0)
    AuditEntry.objects.filter(study=other).delete()
    assert broken_link(other.pk) is None
    assert audit_head(other.pk) == ""


@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (lambda study: put_back(entry(study, 3), detail={"n": 4}), "Entry 3 (deed 3) is not what its digest"),
        (lambda study: put_back(entry(study, 3), actor="else"), "Entry 3 (deed 3) is not what its digest"),
        (lambda study: put_back(entry(study, 5), action="deed 6"), "Entry 5 (deed 6) is not what its digest"),
        (
            lambda study: put_back(entry(study, 1), at=entry(study, 1).at + dt.timedelta(milliseconds=1)),
            "Entry 1 (deed 1) is not what its digest",
        ),
        (edit_with_a_digest_that_fits, "Entry 4 (deed 4) does not follow"),
        (swap, "Entry 2 (deed 3) does not follow"),
        (lambda study: entry(study, 1).delete(), "Entry 1 is missing"),
        (lambda study: entry(study, 3).delete(), "Entry 3 is missing"),
    ],
)
def test_what_was_changed_taken_out_or_moved_is_named(
    study: Study, tamper: Callable[[Study], object], sentence: str
) -> None:
    tamper(study)
    assert str(broken_link(study.pk)).startswith(sentence)


def test_a_chain_whose_end_was_cut_off_does_not_hold_the_head_that_somebody_has(study: Study) -> None:
    held, earlier = audit_head(study.pk), entry(study, 2).digest
    assert broken_link(study.pk, since=held) is None
    entry(study, 5).delete()
    assert broken_link(study.pk) is None
    assert broken_link(study.pk, since=earlier) is None
    assert f"does not hold the digest {held}" in str(broken_link(study.pk, since=held))


def test_a_moment_hashes_alike_in_every_zone_and_after_a_round_trip(study: Study) -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    for microsecond in (0, 123000, 123456):
        now = dt.datetime(2026, 11, 22, 12, 0, 0, microsecond, tzinfo=zone)
        recorded = record(study=study, actor="somebody", action="later", now=now)
        assert audit_digest(AuditEntry.objects.get(pk=recorded.pk)) == recorded.digest
    assert broken_link(study.pk) is None
