"""The audit chain in words: what staff did, and the facts that were kept of it."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from surveys.pages.moments import dated_moment_words, full_moment_words
from surveys.studies.models import AuditEntry, Study, StudyStaff
from surveys.studies.services import SCHEDULE

LONGEST_TOLD = 300
"""A longer text, such as a vignette's, is cut in the log; the chain holds all of it."""

ACTIONS: Mapping[str, Promise] = {
    "study created": _("Study created"),
    "study described": _("Study described anew"),
    "study finished": _("Study finished"),
    "key made": _("Key made"),
    "sealing announced": _("Sealing announced"),
    "sealing called off": _("Sealing called off"),
    "study sealed": _("Study sealed"),
    "key destroyed": _("Key destroyed"),
    "dataset exported": _("Dataset exported"),
    "study copied": _("Study copied into a new one"),
    "started from a study": _("Started from another study"),
    "started from a workbook": _("Started from a workbook"),
    "declared": _("Declarations written"),
    "protocol changed": _("Protocol changed"),
    "protocol locked": _("Protocol locked"),
    "protocol amended": _("Protocol amended"),
    "staff added": _("Staff added"),
    "staff removed": _("Staff removed"),
    "vignette added": _("Vignette added"),
    "vignette reworded": _("Vignette reworded"),
    "vignette deleted": _("Vignette deleted"),
    "vignette moved": _("Vignette moved"),
    "vignette merged": _("Vignette merged"),
    "vignette split": _("Vignette split"),
    "vignette dropped": _("Vignette dropped"),
    "vignette restored": _("Vignette restored"),
    "option added": _("Option added"),
    "option reworded": _("Option reworded"),
    "option deleted": _("Option deleted"),
    "option moved": _("Option moved"),
    "option merged": _("Option merged"),
    "option split": _("Option split"),
    "option dropped": _("Option dropped"),
    "option restored": _("Option restored"),
    "statement composed": _("Statement composed"),
    "statement written": _("Statement written"),
    "statement reworded": _("Statement reworded"),
    "statement deleted": _("Statement deleted"),
    "statement merged": _("Statement merged"),
    "statement split": _("Statement split"),
    "statement dropped": _("Statement dropped"),
    "statement restored": _("Statement restored"),
    "panelists added": _("Panelists added"),
    "panelist corrected": _("Panelist corrected"),
    "panelist removed": _("Panelist removed"),
    "withdrew": _("Withdrew from the study"),
    "address mended": _("Address mended, under which nothing was saved"),
    "old address asked": _("New address asked for at the old one"),
    "replacement asked for": _("Replacement of a panelist asked for"),
    "panelist replaced": _("Panelist replaced"),
    "address change called off": _("Change of an address called off"),
    "links revoked": _("Links revoked"),
    "link sent again": _("Link sent again"),
    "round drafted": _("Round prepared"),
    "round planned": _("Round planned"),
    "questions planned": _("Questions planned"),
    "round opened": _("Round opened"),
    "round extended": _("Round extended"),
    "round cancelled": _("Round cancelled"),
    "reminder sent": _("Reminder sent"),
    "round closed": _("Round closed"),
    "result frozen": _("Result frozen"),
    "comment published": _("Comment published"),
    "comment hidden": _("Comment hidden"),
    "comment themed": _("Comment grouped"),
    "results released": _("Results released"),
    "options assigned": _("Options assigned"),
    "option assigned": _("Option assigned"),
    "evidence described": _("Evidence summed up"),
    "file attached": _("File attached"),
    "file removed": _("File removed"),
    "link added": _("Link added"),
    "link removed": _("Link removed"),
    "evidence shared": _("Evidence shared"),
    "meeting planned": _("Meeting planned"),
    "meeting changed": _("Meeting changed"),
    "meeting deleted": _("Meeting deleted"),
    "meeting written up": _("Meeting written up"),
    "agenda set": _("Agenda set"),
    "decision recorded": _("Decision recorded"),
    "decision changed": _("Decision changed"),
    "decision removed": _("Decision removed"),
    "exported": _("Exported"),
}

FACTS: Mapping[str, Promise] = {
    "round": _("round"),
    "reason": _("reason"),
    "email": _("address"),
    "role": _("role"),
    "panelists": _("panelists"),
    "submitted": _("submitted"),
    "closes_at": _("closes"),
    "statement": _("statement"),
    "edited": _("edited"),
    "kind": _("kind"),
    "theme": _("theme"),
    "questions": _("questions"),
    "keeps_base": _("may keep the base case's answers"),
    "top_choices": _("fewest and most top choices"),
    "left_out": _("left out"),
    "was_open": _("was open"),
    "title": _("title"),
    "text": _("wording"),
    "wording": _("wording"),
    "name": _("name"),
    "category": _("category"),
    "aspect": _("changed aspect"),
    "explanation": _("in full"),
    "vignette": _("vignette"),
    "option": _("option"),
    "options": _("options"),
    "statements": _("statements"),
    "vignettes": _("vignettes"),
    "panel": _("who the panel is"),
    "conflicts_of_interest": _("conflicts of interest"),
    "funding": _("funding"),
    "data_availability": _("availability of data"),
    "ai_use": _("use of AI"),
    "question_stem": _("question stem"),
    "before": _("before"),
    "after": _("after"),
    "settled": _("settled statements"),
    "least_answers": _("fewest answers"),
    "shows_comments": _("shows comments"),
    "rule": _("rule"),
    "sha256": _("SHA-256"),
    "receipts_sha256": _("SHA-256 of the receipts"),
    "notice_sha256": _("SHA-256 of the notice"),
    "notice_version": _("version of the notice"),
    "releases_rows": _("dataset with a row for each panelist"),
    "fingerprint": _("fingerprint of the key"),
    "not_before": _("not before"),
    "copies_until": _("copies of the keystore until"),
    "sheets": _("deleted sheets"),
    "rows": _("rows of the dataset"),
    "dataset_sha256": _("SHA-256 of the dataset"),
    "no_dataset": _("no dataset, because"),
    "form": _("file"),
    "step": _("moved"),
    "anew": _("all anew"),
    "summary": _("summary"),
    "minutes": _("minutes"),
    "file": _("file"),
    "link": _("link"),
    "meeting": _("meeting"),
    "held_at": _("begins"),
    "mode": _("how"),
    "place": _("place"),
    "minutes_held": _("minutes it took"),
    "panelists_present": _("panelists there"),
    "facilitators_present": _("facilitators there"),
    "others_present": _("others there"),
    "items": _("items"),
    "decision": _("decision"),
    "steps": _("steps"),
    "names_at_meetings": _("meetings note names"),
}


@dataclass(frozen=True)
class Deed:
    """One entry of the log: when, who, what, and the facts as (name, value) pairs."""

    number: int
    at: str
    actor: str
    action: str
    facts: tuple[tuple[str, str], ...]


def deed_of(entry: AuditEntry, study: Study) -> Deed:
    """An entry of the audit chain in words, its times in the study's zone."""
    return Deed(
        number=entry.number,
        at=dated_moment_words(entry.at, study.time_zone),
        actor=_now("The schedule") if entry.actor == SCHEDULE else entry.actor,
        action=str(ACTIONS.get(entry.action, entry.action)),
        facts=tuple(
            (str(FACTS.get(name, name)), _value_words(name, value, study))
            for name, value in _worth_telling(entry.detail).items()
        ),
    )


def _worth_telling(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The facts without empty ones and ids; of a change, only what changed."""
    told = {name: value for name, value in detail.items() if value not in (None, "", [], {}) and not _is_id(value)}
    before, after = told.get("before"), told.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        told["before"] = {name: value for name, value in before.items() if after.get(name) != value}
        told["after"] = {name: value for name, value in after.items() if before.get(name) != value}
    return told


def _is_id(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(uuid.UUID(value)) and "-" in value
    except ValueError:
        return False


def _value_words(name: str, value: Any, study: Study) -> str:
    if isinstance(value, bool):
        return _now("yes") if value else _now("no")
    if isinstance(value, dict):
        told = (f"{FACTS.get(key, key)}: {_value_words(key, part, study)}" for key, part in value.items())
        return "; ".join(told)
    if isinstance(value, list):
        return "; ".join(_value_words(name, part, study) for part in value)
    if name == "step":
        return _now("up") if value < 0 else _now("down")
    if name in {"closes_at", "held_at", "not_before"}:
        return full_moment_words(dt.datetime.fromisoformat(value), study.time_zone)
    if name == "role" and value in StudyStaff.Role.values:
        return str(StudyStaff.Role(value).label)
    return Truncator(value).chars(LONGEST_TOLD)
