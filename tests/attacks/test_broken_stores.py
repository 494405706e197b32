"""The attacks find what they look for: stores that break the promise in the usual ways do not stand up to them.

Each store here was once somebody's reasonable idea: note who took part as soon as they did, number the sheets as they
come, remember when somebody was last seen, keep the answers readable. Each attack is seen to find one of them.
"""

import contextlib
import hashlib
import hmac
import itertools
import json
import logging
import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, models, transaction

from surveys.facilitator.views import rounds as pages_of_rounds
from surveys.feedback.models import Comment, Participation
from surveys.feedback.services import closing, counting, sealing
from surveys.operations.anonymity import closed_round
from surveys.operations.anonymity.browsers import listening
from surveys.operations.anonymity.catalogue import ATTACKS
from surveys.operations.anonymity.evidence import changed, dump
from surveys.operations.anonymity.findings import Finding, Verdict, judge
from surveys.operations.anonymity.seeded import PANELISTS, Seeded, build, close_and_freeze
from surveys.operations.anonymity.source import telling_fields, unfit_names, watching
from surveys.operations.anonymity.trials import run
from surveys.panels.models import LinkToken, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link
from surveys.rounds.models import Round
from surveys.rounds.queries import Attendance, attendance
from surveys.rounds.services import saving
from surveys.sheets import boxes, tally
from surveys.sheets import services as sheet_services
from surveys.sheets.boxes import seal, unseal
from surveys.sheets.keystore import StudyKeys
from surveys.sheets.models import Sheet
from surveys.sheets.queries import SheetHolder, own_sheet
from surveys.sheets.services import write_sheet
from surveys.studies.queries import database_now
from tests import processes
from tests.attacks.seeded import CANARY
from tests.factories import fill_sheet, make_study, open_round

pytestmark = pytest.mark.django_db(transaction=True)

Patch = pytest.MonkeyPatch


def finding_of(query: str, seeded: Seeded) -> Finding:
    """What the attack with this number finds in this one study."""
    [attack] = [attack for attack in ATTACKS if attack.query == query]
    return judge(attack, [attack.look(seeded)])


def closed(seeded: Seeded) -> Seeded:
    """The study after its second round has closed."""
    return replace(seeded, open=close_and_freeze(seeded.open, seeded.facilitator))


def also(
    deed: Callable[[Panelist, Round], object], *, when: Callable[[dict[str, Any]], bool] = lambda _sheet: True
) -> Callable[..., bool]:
    """A store that does something about the panelist with every sheet that it writes, or with some."""

    def write(**sheet: Any) -> bool:
        written = write_sheet(**sheet)
        if when(sheet):
            place = sheet["place"]
            panel = Panelist.objects.filter(study=place.keys.study_id)
            [panelist] = [one for one in panel if place.keys.pseudonym(place.round_id, one.pk) == place.pseudonym]
            deed(panelist, Round.objects.get(pk=place.round_id))
        return written

    return write


def is_first(sheet: dict[str, Any]) -> bool:
    """Whether this writes somebody's sheet for the first time."""
    return sheet["based_on"] == 0


def is_submitted(sheet: dict[str, Any]) -> bool:
    """Whether this writes a sheet that counts."""
    return bool(sheet["state"] == Sheet.State.SUBMITTED)


def note(panelist: Panelist, of: Round) -> None:
    """Note who took part as soon as they do."""
    noted = Participation(round=of, panelist=panelist, responded=True)
    Participation.objects.bulk_create([noted], ignore_conflicts=True)


@pytest.fixture
def notes_participation(monkeypatch: Patch) -> None:
    """A row of participation, written by the transaction of the sheet."""

    write_at_the_freeze = closing._write_participation

    def again(round: Round) -> Any:
        Participation.objects.filter(round=round).delete()
        return write_at_the_freeze(round)

    monkeypatch.setattr(saving, "write_sheet", also(note, when=is_submitted))
    monkeypatch.setattr(closing, "_write_participation", again)


@pytest.fixture
def in_order(monkeypatch: Patch) -> None:
    """Comments in the order in which they are counted, under ids that count up."""

    class InOrder(secrets.SystemRandom):
        def shuffle(self, _comments: Any) -> None:
            """Leave them as they come."""

    numbers = itertools.count(1)
    monkeypatch.setattr(counting.secrets, "SystemRandom", InOrder)
    monkeypatch.setitem(vars(Comment._meta.get_field("id")), "_get_default", lambda: uuid.UUID(int=next(numbers)))


@contextlib.contextmanager
def altered(*statements: str) -> Iterator[None]:
    """Another schema, for as long as this takes."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        yield
        transaction.set_rollback(True)


def test_the_real_store_stands_up() -> None:
    with listening() as ear:
        seeded = build(ear)
        seen = {query: finding_of(query, seeded) for query in ("Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q12")}
    assert [query for query, finding in seen.items() if finding.is_breach] == []


def test_a_note_of_who_took_part_is_found_and_gives_everybody_away(notes_participation: None) -> None:
    seeded = build()
    finding = finding_of("Q3", seeded)
    assert (finding.verdict, finding.relinked, finding.people) == (Verdict.BROKEN, PANELISTS, PANELISTS)
    assert "feedback_participation: 0 rows went and 12 came while panelists answered" in finding.found
    transactions = finding_of("Q4", seeded)
    if connection.vendor == "postgresql":
        # The two rows carry the number of one transaction, which SQLite does not know.
        assert transactions.is_breach
        assert "feedback_participation: 12 rows of a sheet's own transaction" in transactions.found
    else:
        assert transactions.verdict == Verdict.NOT_HERE


def test_a_note_of_who_took_part_makes_the_whole_check_fail(notes_participation: None) -> None:
    findings = run(1, variables=processes.environment())
    assert "Q3" in {finding.query for finding in findings if finding.is_breach}


def test_numbered_sheets_and_a_trace_of_each_visit_give_everybody_away(monkeypatch: Patch) -> None:
    numbers = itertools.count(1)
    numbered = type("Numbered", (), {"uuid4": staticmethod(lambda: uuid.UUID(int=next(numbers))), "UUID": uuid.UUID})
    monkeypatch.setattr(sheet_services, "uuid", numbered)

    def trace(panelist: Panelist, _of: Round) -> None:
        mint_link(panelist=panelist, now=database_now())

    monkeypatch.setattr(saving, "write_sheet", also(trace, when=is_first))
    finding = finding_of("Q5", build())
    assert (finding.verdict, finding.relinked) == (Verdict.BROKEN, PANELISTS)
    assert "id of sheet beside panels_linktoken: 12 of 12" in finding.found
    assert "id of sheet beside panels_linktoken: Kendall's tau 1.00 over 1 trials" in finding.found


def test_a_trace_in_the_sheets_own_transaction_gives_everybody_away(monkeypatch: Patch) -> None:
    def trace(panelist: Panelist, _of: Round) -> None:
        LinkToken.objects.filter(panelist=panelist).delete()
        mint_link(panelist=panelist, now=database_now())

    monkeypatch.setattr(saving, "write_sheet", also(trace))
    seeded = build()
    assert finding_of("Q3", seeded).is_breach
    if connection.vendor == "postgresql":
        finding = finding_of("Q4", seeded)
        assert (finding.verdict, finding.relinked) == (Verdict.BROKEN, PANELISTS)


def test_a_note_of_when_somebody_was_last_here_is_a_second_row(monkeypatch: Patch) -> None:
    def seen(panelist: Panelist, _of: Round) -> None:
        Panelist.objects.filter(pk=panelist.pk).update(group="seen")

    round = open_round(make_study(panelists=PANELISTS, statements=2))
    monkeypatch.setattr(saving, "write_sheet", also(seen))
    before = dump()
    fill_sheet(panel_of(round.study)[0], round, [7, 3])
    assert changed(before, dump()) == {"sheets_sheet": (0, 1), "panels_panelist": (1, 1)}


def test_boxes_that_are_not_padded_are_told_apart(monkeypatch: Patch) -> None:
    monkeypatch.setattr(boxes, "PAD_TO", 1)
    monkeypatch.setattr(boxes, "LEAST_LENGTH", 0)
    finding = finding_of("Q6", build())
    assert finding.is_breach
    assert "lengths" in finding.found[0]


def opened_by(monkeypatch: Patch, opens: Callable[[StudyKeys, bytes], Any]) -> None:
    """Open sheets in this way, at both doors."""
    for door in (boxes, tally):
        monkeypatch.setattr(door, "unseal_fields", lambda keys, *, box, **_place: opens(keys, box))


def test_pseudonyms_made_of_the_panelists_id_are_guessed(monkeypatch: Patch) -> None:
    def guessable(_keys: StudyKeys, _round_id: uuid.UUID, panelist_ids: Iterable[uuid.UUID]) -> list[bytes]:
        return [hmac.new(b"", panelist_id.bytes, hashlib.sha256).digest() for panelist_id in panelist_ids]

    monkeypatch.setattr(StudyKeys, "pseudonyms", guessable)
    finding = finding_of("Q7", build())
    assert (finding.verdict, finding.relinked) == (Verdict.BROKEN, PANELISTS)


def test_boxes_that_are_not_bound_to_their_place_open_elsewhere(monkeypatch: Patch) -> None:
    monkeypatch.setattr(boxes, "seal", lambda key, value, _place, **room: seal(key, value, b"", **room))
    opened_by(monkeypatch, lambda keys, box: unseal(keys.box_key, box, b""))
    finding = finding_of("Q8", build())
    assert (finding.verdict, finding.relinked) == (Verdict.BROKEN, PANELISTS)
    assert len(finding.found) == 4


def test_rows_frozen_person_by_person_give_everybody_away() -> None:
    seeded = closed(build())
    for panelist in seeded.panel:
        with transaction.atomic():
            Participation.objects.filter(panelist=panelist, round=seeded.open).update(responded=True)
            Comment.objects.filter(original__contains=panelist.pk.hex).update(hidden_because="")
    finding = finding_of("Q9", seeded)
    if connection.vendor == "postgresql":
        assert (finding.verdict, finding.relinked >= PANELISTS) == (Verdict.BROKEN, True)
    else:
        assert finding.verdict == Verdict.NOT_HERE


def test_unshuffled_reasons_give_their_authors_away(in_order: None) -> None:
    seeded = closed(build())
    finding = finding_of("Q10", seeded)
    assert (finding.verdict, finding.relinked) == (Verdict.BROKEN, PANELISTS)
    both_rounds = finding_of("Q16", seeded)
    assert (both_rounds.verdict, both_rounds.relinked) == (Verdict.BROKEN, PANELISTS)


def test_exports_that_differ_are_found(monkeypatch: Patch) -> None:
    seeded = closed(build())
    exported = closed_round.export_file

    def stamped(*what: Any, **how: Any) -> Any:
        file = exported(*what, **how)
        return replace(file, content=file.content + secrets.token_bytes(8))

    monkeypatch.setattr(closed_round, "export_file", stamped)
    assert "two exports as csv differ" in finding_of("Q16", seeded).found


@pytest.mark.parametrize(
    ("query", "statements"),
    [
        ("Q1", ["ALTER TABLE sheets_sheet ADD COLUMN written_at timestamp"]),
        ("Q2", ["ALTER TABLE sheets_sheet ADD COLUMN panelist_id {id} REFERENCES panels_panelist (id)"]),
        ("Q11", ["DROP TRIGGER feedback_result_is_frozen{on}"]),
        ("Q15", ["ALTER TABLE panels_panelist ADD COLUMN seen_at timestamp"]),
    ],
)
def test_another_schema_is_found(query: str, statements: list[str]) -> None:
    seeded = closed(build())
    on_postgresql = connection.vendor == "postgresql"
    words = {"id": "uuid" if on_postgresql else "char(32)", "on": " ON feedback_result" if on_postgresql else ""}
    assert not finding_of(query, seeded).is_breach
    with altered(*(statement.format(**words) for statement in statements)):
        finding = finding_of(query, seeded)
    assert (finding.verdict, len(finding.found)) == (Verdict.BROKEN, 1)


def test_a_table_with_row_numbers_is_found() -> None:
    seeded = build()
    statements = (
        "CREATE TABLE numbered AS SELECT * FROM sheets_sheet",
        "DROP TABLE sheets_sheet",
        "ALTER TABLE numbered RENAME TO sheets_sheet",
    )
    if connection.vendor == "sqlite":
        with altered(*statements):
            assert finding_of("Q20", seeded).found == ("sheets_sheet numbers its rows as they come",)
    assert not finding_of("Q20", seeded).is_breach


def test_boxes_that_are_not_sealed_are_read(monkeypatch: Patch) -> None:
    def unsealed(_key: bytes, value: Any, _bound_to: bytes, **_room: int) -> bytes:
        return secrets.token_bytes(12) + json.dumps(value).encode()

    monkeypatch.setattr(boxes, "seal", unsealed)
    opened_by(monkeypatch, lambda _keys, box: json.loads(box[12:]))
    finding = finding_of("Q12", build())
    assert (finding.verdict, finding.relinked) == (Verdict.BROKEN, PANELISTS)


@pytest.mark.services
def test_what_lies_in_redis_is_found() -> None:
    seeded = build()
    assert not finding_of("Q13", seeded).is_breach
    cache.set("somebody", seeded.canary, timeout=60)
    found = finding_of("Q13", seeded).found
    cache.delete("somebody")
    assert found == ("what somebody wrote in Redis",)


def test_a_line_in_a_log_is_found(monkeypatch: Patch) -> None:
    merge = saving.merge

    def chatty(stored: Any, changes: Any) -> Any:
        logging.getLogger("surveys.rounds").debug("saved %s", changes)
        return merge(stored, changes)

    monkeypatch.setattr(saving, "merge", chatty)
    with listening() as ear:
        found = finding_of("Q14", build(ear)).found
    assert set(found) >= {"what somebody wrote in a log", "a rating in a log"}


def test_a_page_that_depends_on_an_answer_is_found(monkeypatch: Patch) -> None:
    def telling(round: Round) -> Attendance:
        first = panel_of(round.study)[0]
        sheet = own_sheet(SheetHolder(study_id=first.study_id, panelist_id=first.pk), round.pk)
        return replace(attendance(round), submitted=int(sheet.answers[1].choice))

    monkeypatch.setattr(pages_of_rounds, "attendance", telling)
    seeded = build()
    page = f"facilitator: /studies/{seeded.study.slug}/rounds/2/ changed with the answers"
    assert page in finding_of("Q17", seeded).found


def test_histograms_that_differ_by_one_person_are_subtracted(monkeypatch: Patch) -> None:
    result = counting._result

    def careless(*facts: Any) -> Any:
        made = result(*facts)
        made.one_joined_or_left = False
        return made

    monkeypatch.setattr(counting, "_result", careless)
    findings = [finding_of("Q18", closed(build())) for _study in range(2)]
    assert any(finding.is_breach and finding.relinked for finding in findings)


def test_a_key_that_is_not_destroyed_opens_the_restored_copy(monkeypatch: Patch) -> None:
    monkeypatch.setattr(sealing, "destroy_study_key", lambda _study_id: None)
    finding = finding_of("Q19", closed(build(variables=processes.environment())))
    assert (finding.verdict, finding.relinked) == (Verdict.BROKEN, PANELISTS)
    assert "a worker that was running said 'opened'" in finding.found


def test_fields_names_and_watchers_that_tell_are_found(tmp_path: Path) -> None:
    class Ballot(models.Model):
        number = models.AutoField(primary_key=True)
        written_at = models.DateTimeField()
        panelist = models.ForeignKey(Panelist, on_delete=models.CASCADE, related_name="+")

        class Meta:
            app_label = "elsewhere"
            managed = False

    fields = {found.split(" ")[0] for found in telling_fields([Ballot])}
    assert fields == {"Ballot.number", "Ballot.written_at", "Ballot.panelist"}
    unfit = tmp_path / "unfit.py"
    unfit.write_text("import random, uuid\nfrom cryptography.fernet import Fernet\nuuid.uuid1()\n")
    assert unfit_names([unfit]) == ["unfit.py names random", "unfit.py names Fernet", "unfit.py names uuid1"]
    assert watching(["surveys.sheets", "auditlog", "django.contrib.admin"]) == [
        "auditlog is installed",
        "django.contrib.admin is installed",
    ]


def test_a_limit_that_cannot_be_shown_is_a_failure(monkeypatch: Patch) -> None:
    seeded = closed(build())
    assert finding_of("Q22", seeded).verdict == Verdict.LIMIT
    wrong = {seeded.open.pk: dict.fromkeys(seeded.wrote[seeded.open.pk], ("1",) * 20)}
    assert finding_of("Q22", replace(seeded, wrote=wrong)).verdict == Verdict.BROKEN


def test_a_canary_of_another_test_is_no_canary_of_this_study() -> None:
    assert build().canary not in (build().canary, CANARY)
