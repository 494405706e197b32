"""The seal certificate: what was destroyed, when and by whom, for a page and as JSON."""

import datetime as dt
import json
from dataclasses import dataclass

from surveys.accounts.models import User
from surveys.exports.files import CONTENT_TYPES, ExportFile
from surveys.feedback.models import RoundResult, Sealing
from surveys.feedback.services.sealing import KEY_DESTROYED
from surveys.studies.models import AuditEntry, Study

FORMAT = "delphi-seal-v1"


@dataclass(frozen=True)
class SealedRound:
    """A round of a sealed study, and the hash of its frozen result."""

    number: int
    name: str
    digest: str


@dataclass(frozen=True)
class Certificate:
    """What is certified of a sealed study; times are in UTC, names are those of staff."""

    study: Study
    announced_at: dt.datetime
    announced_by: str
    confirmed_at: dt.datetime
    confirmed_by: str
    destroyed_at: dt.datetime
    copies_until: dt.date
    key_fingerprint: str
    audit_number: int
    audit_head: str
    rounds: tuple[SealedRound, ...]
    sealing: Sealing


def certificate_of(study: Study) -> Certificate | None:
    """The certificate of a study whose key is destroyed; None before. Its audit head is the entry that says so."""
    sealing = Sealing.objects.filter(study=study).first()
    entry = AuditEntry.objects.filter(study=study, action=KEY_DESTROYED).order_by("number").last()
    if sealing is None or entry is None:
        return None
    if sealing.confirmed_at is None or sealing.copies_until is None or sealing.key_destroyed_at is None:
        return None
    results = RoundResult.objects.filter(round__study=study).select_related("round").order_by("round__number")
    return Certificate(
        study=study,
        announced_at=sealing.announced_at,
        announced_by=_name_of(sealing.announced_by),
        confirmed_at=sealing.confirmed_at,
        confirmed_by=_name_of(sealing.confirmed_by),
        destroyed_at=sealing.key_destroyed_at,
        copies_until=sealing.copies_until,
        key_fingerprint=sealing.key_fingerprint,
        audit_number=entry.number,
        audit_head=entry.digest,
        rounds=tuple(SealedRound(one.round.number, str(one.round), one.digest) for one in results),
        sealing=sealing,
    )


def _name_of(address: str) -> str:
    """The name of a member of staff; the address where the account is gone."""
    user = User.objects.filter(email__iexact=address).first()
    return (user.name if user else "") or address


def certificate_file(certificate: Certificate) -> ExportFile:
    """The certificate as JSON; `files.md` describes it."""
    data = {
        "format": FORMAT,
        "study": {"id": str(certificate.study.pk), "slug": certificate.study.slug, "title": certificate.study.title},
        "announced": {"at": certificate.announced_at.isoformat(), "by": certificate.announced_by},
        "confirmed": {"at": certificate.confirmed_at.isoformat(), "by": certificate.confirmed_by},
        "key": {
            "sha256": certificate.key_fingerprint or None,
            "destroyed_at": certificate.destroyed_at.isoformat(),
            "copies_until": certificate.copies_until.isoformat(),
        },
        "audit": {"entries": certificate.audit_number, "head": certificate.audit_head},
        "rounds": [
            {"number": round.number, "name": round.name, "result_sha256": round.digest} for round in certificate.rounds
        ],
    }
    content = f"{json.dumps(data, indent=2, ensure_ascii=False)}\n".encode()
    return ExportFile(f"{certificate.study.slug}-seal.json", CONTENT_TYPES["json"], content)
