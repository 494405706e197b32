"""Reads of studies, and the database's clock."""

import datetime as dt
import hashlib
import json
import uuid
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.consensus import Rule, StoppingRule, rule_from_json
from surveys.studies.models import AuditEntry, Declarations, Protocol, Study, StudyStaff

ROUND_OPENED = "round opened"
REPLACED = "panelist replaced"
"""The audit chain's words for it; its entry says in `panelists` how many."""

DECLARED = ("panel", "conflicts_of_interest", "funding", "data_availability", "ai_use")
RESULT_FROZEN = "result frozen"
RESULTS_RELEASED = "results released"
PROTOCOL_LOCKED = "protocol locked"
PROTOCOL_AMENDED = "protocol amended"
EXPORTED = "exported"
DATASET_EXPORTED = "dataset exported"


class DatabaseNow(Func):
    """The database's clock at the moment at which it answers a query, for a query that asks more besides."""

    template = "clock_timestamp()"
    output_field = DateTimeField()

    def as_sqlite(
        self,
        compiler: SQLCompiler,  # noqa: ARG002  Django calls it so
        connection: BaseDatabaseWrapper,  # noqa: ARG002
        **_context: Any,
    ) -> tuple[str, tuple[str | int, ...]]:
        """SQLite's clock, to the millisecond."""
        return "strftime(%s, 'now')", ("%Y-%m-%d %H:%M:%f",)


def database_now() -> dt.datetime:
    """The database's clock, in UTC: the one clock by which rounds open and close."""
    sql = (
        "SELECT clock_timestamp()"
        if connection.vendor == "postgresql"
        else "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql)
        value = cursor.fetchone()[0]
    moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(value)
    return moment.astimezone(dt.UTC)


def studies_of(user: User) -> QuerySet[Study]:
    """The studies on which this member of staff works; an administrator reaches all of them elsewhere."""
    return Study.objects.filter(staff_roles__user=user).distinct()


def role_in(study: Study, user: User) -> str | None:
    """`facilitator` or `author`, or None for somebody who does not work on this study."""
    return StudyStaff.objects.filter(study=study, user=user).values_list("role", flat=True).first()


def audit_trail(study: Study) -> QuerySet[AuditEntry]:
    """What staff did to a study, newest first; for its facilitators."""
    return AuditEntry.objects.filter(study=study).order_by("-number")


def canonical(value: Any) -> bytes:
    """The one JSON form of a value that is hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()


def sha256_of(value: Any) -> str:
    """The hexadecimal SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical(value)).hexdigest()


def audit_digest(entry: AuditEntry) -> str:
    """The hexadecimal SHA-256 that an entry must carry to follow `entry.previous`."""
    return hashlib.sha256(entry.previous.encode() + canonical(hashed_content(entry))).hexdigest()


def hashed_content(entry: AuditEntry) -> list[Any]:
    """What an entry's digest covers beside the digest before it, as JSON: study, number, time, actor, action, detail.

    The time is in UTC whatever the database gives it in, so that every database hashes alike.
    """
    at = entry.at.astimezone(dt.UTC).isoformat()
    return [str(entry.study_id), entry.number, at, entry.actor, entry.action, entry.detail]


def audit_head(study_id: uuid.UUID) -> str:
    """The digest of the last entry of a study's audit chain, which stands for all of them; empty without any."""
    last = AuditEntry.objects.filter(study_id=study_id).order_by("number").last()
    return last.digest if last else ""


def broken_link(study_id: uuid.UUID, *, since: str = "") -> str | None:
    """Where a study's audit chain does not hold, as a sentence; None where it does.

    Every entry is counted up from 1, names the digest before it and carries its own. `since` is a digest that somebody
    holds, from a mail about results: it must be in the chain.
    """
    previous, is_known = "", not since
    for number, entry in enumerate(AuditEntry.objects.filter(study_id=study_id).order_by("number"), start=1):
        place = {"number": number, "action": entry.action}
        if entry.number != number:
            return _("Entry %(number)d is missing from the chain.") % place
        if entry.previous != previous:
            return _("Entry %(number)d (%(action)s) does not follow the one before it.") % place
        if audit_digest(entry) != entry.digest:
            return _("Entry %(number)d (%(action)s) is not what its digest was made of.") % place
        previous = entry.digest
        is_known = is_known or entry.digest == since
    if not is_known:
        return _("The chain does not hold the digest %(digest)s: what led to it was changed or taken out.") % {
            "digest": since
        }
    return None


@dataclass(frozen=True)
class Rules:
    """The rules of a protocol, by which statements are judged and by which it may stop."""

    rule: Rule
    stopping: StoppingRule


@dataclass(frozen=True)
class Amendment:
    """A recorded deviation: how the rules of a study that had begun were changed, from which round on, and why."""

    at: dt.datetime
    actor: str
    reason: str
    from_round: int
    before: Rules
    after: Rules


def rules_of(protocol: Protocol) -> Rules:
    """The rules that hold now: for rounds that have not been frozen."""
    return _rules(protocol.rule, protocol.stable_percent, protocol.most_rounds, protocol.least_answers)


def amendments_of(study: Study) -> list[Amendment]:
    """The amendments of a study's protocol in their order, as the audit chain recorded them."""
    entries = AuditEntry.objects.filter(study=study, action=PROTOCOL_AMENDED).order_by("number")
    least = study.protocol.least_answers
    return [
        Amendment(
            at=entry.at,
            actor=entry.actor,
            reason=entry.detail["reason"],
            from_round=entry.detail["from_round"],
            before=_rules(**entry.detail["before"], least_answers=least),
            after=_rules(**entry.detail["after"], least_answers=least),
        )
        for entry in entries
    ]


def _rules(rule: Any, stable_percent: int | None, most_rounds: int | None, least_answers: int) -> Rules:
    share = None if stable_percent is None else Fraction(stable_percent, 100)
    return Rules(rule_from_json(rule), StoppingRule(share, least_answers, most_rounds))


def release_entry(study_id: uuid.UUID, released_at: dt.datetime | None) -> AuditEntry | None:
    """The entry of the release at this moment, whose digest pages and mails of these results print; None before it."""
    if released_at is None:
        return None
    found = AuditEntry.objects.filter(study_id=study_id, action=RESULTS_RELEASED, at=released_at)
    return found.order_by("number").last()


def replaced_before(study: Study, *, is_open: bool) -> int:
    """How many panelists were replaced before the round that is open, since the one before it opened.

    Where none is open: how many since the last one opened. Read in the audit chain; for the panel.
    """
    entries = AuditEntry.objects.filter(study=study, action__in=(ROUND_OPENED, REPLACED)).order_by("number")
    counts = [0]
    for action, detail in entries.values_list("action", "detail"):
        if action == ROUND_OPENED:
            counts.append(0)
        else:
            counts[-1] += int(detail["panelists"])
    return counts[-2] if is_open and len(counts) > 1 else counts[-1]


def declarations_of(study: Study) -> Declarations:
    """What the study declares; empty texts where nothing was written yet."""
    return Declarations.objects.filter(study=study).first() or Declarations(study=study)


def declared(declarations: Declarations) -> dict[str, str]:
    """The texts of the declarations by name, in their order."""
    return {name: getattr(declarations, name) for name in DECLARED}
