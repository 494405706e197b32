"""The notice says what the protocol promises, and stays word for word once it is locked."""

import hashlib
from typing import Any

import pytest

from surveys.consensus import FULL_CONSENSUS, NAMED_RULES, rule_sentence, rule_to_json
from surveys.studies import notice
from surveys.studies.models import AuditEntry, Protocol
from surveys.studies.notice import notice_of, plain, written_notice
from surveys.studies.queries import canonical
from tests import factories

pytestmark = pytest.mark.django_db


def words(protocol: Protocol) -> str:
    return "\n".join(line for part in notice_of(protocol) for line in (part.heading, *part.paragraphs))


def unsaved(**policies: Any) -> Protocol:
    return Protocol(**{"rule": rule_to_json(FULL_CONSENSUS), **policies})


def test_it_tells_the_least_number_of_answers() -> None:
    assert "fewer than 7 answers" in words(unsaved(least_answers=7))


@pytest.mark.parametrize("name", ["full-consensus", "cos-70-15"])
def test_it_tells_the_rule_whose_findings_are_always_shown(name: str) -> None:
    rule = NAMED_RULES[name]
    assert rule_sentence(rule) in words(unsaved(rule=rule_to_json(rule)))


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ({"releases_rows": True}, "identity card"),
        ({"groups": "facilitators"}, "the facilitator sees results by group"),
        ({"groups": "panel"}, "also sees results by group"),
        ({"shows_comments": True}, "reads the reasons and comments"),
        ({"shows_comments": False}, "go to the facilitator alone"),
        ({"notice": "Ask Dr. Fern.\n\nApproved by the board."}, "Approved by the board."),
    ],
)
def test_it_says_what_is_so_in_this_study_alone(policy: dict[str, Any], sentence: str) -> None:
    other = {"shows_comments": not policy["shows_comments"]} if "shows_comments" in policy else {}
    assert sentence in words(unsaved(**policy))
    assert sentence not in words(unsaved(**other))


def test_it_never_promises_more_than_can_be_kept() -> None:
    text = words(unsaved()).lower()
    assert "anonymous" not in text
    for limit in ("whoever runs the server could reach", "reads your mailbox", "knows the last", "can subtract these"):
        assert limit in text


def test_it_is_locked_word_for_word_when_the_first_round_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    study = factories.make_study(panelists=5, statements=1)
    written = written_notice(study.protocol)
    factories.open_round(study)
    protocol = Protocol.objects.get(study=study)
    assert protocol.locked_notice == plain(written)
    assert protocol.notice_digest == hashlib.sha256(canonical(protocol.locked_notice)).hexdigest()
    locked = AuditEntry.objects.get(study=study, action="protocol locked")
    assert (locked.detail["notice_version"], locked.detail["notice_sha256"]) == (2, protocol.notice_digest)
    monkeypatch.setattr(notice, "written_notice", lambda _protocol: [])
    assert notice_of(protocol) == written
