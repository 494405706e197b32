"""The JSON export: its names and shapes are a contract with other programs. Text stays as it is, for machines."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from surveys.exports.deviations import deviation_facts, rule_facts, stopping_facts
from surveys.exports.groups import groups_of_result
from surveys.exports.lineage import LineageRow
from surveys.exports.meetings import MeetingRow
from surveys.exports.preferences import options_of_result, vignette_facts
from surveys.exports.rows import RoundExport, StudyExport, statement_facts
from surveys.exports.sensitivity import what_if_facts
from surveys.exports.tables import Table3Row, Table4Row
from surveys.feedback.survey_results import VignetteResult
from surveys.studies.models import AuditEntry
from surveys.studies.queries import hashed_content


def study_json(export: StudyExport) -> bytes:
    """One object: `study`, `rule`, `stopping`, `deviations`, `protocol`, `notice`, `notes`, `rounds`, `what_if`,
    `tables`, `lineage`, `meetings`, `audit`. Undefined is null.
    """
    study = export.study
    data = {
        "study": {
            "id": str(study.pk),
            "title": study.title,
            "slug": study.slug,
            "about": study.about,
            "time_zone": study.time_zone,
            "declarations": {name: text or None for name, text in export.declarations.items()},
        },
        "rule": rule_facts(export.rules.rule),
        "stopping": stopping_facts(export.rules.stopping),
        "deviations": [{"at": _moment(export, one.at), **deviation_facts(one)} for one in export.amendments],
        "protocol": {
            "sha256": study.protocol.digest or None,
            "least_answers": study.protocol.least_answers,
            "settled": study.protocol.settled,
        },
        "notice": {
            "version": export.notice_version,
            "sha256": study.protocol.notice_digest or None,
            "text": study.protocol.locked_notice or None,
        },
        "notes": list(export.notes),
        "rounds": [_round(export, one) for one in export.rounds],
        "what_if": what_if_facts(export),
        "tables": _tables(export),
        "lineage": [_step(export, row) for row in export.lineage],
        "meetings": [_meeting(export, row) for row in export.meetings],
        "audit": {"head": export.head, "entries": len(export.chain)},
    }
    return _written(data)


def audit_json(export: StudyExport) -> bytes:
    """The audit chain as a list: each entry with all that its digest covers, that digest, and the one before it."""
    return _written([{**_hashed(entry), "previous": entry.previous, "digest": entry.digest} for entry in export.chain])


def _hashed(entry: AuditEntry) -> dict[str, Any]:
    return dict(zip(("study", "number", "at", "actor", "action", "detail"), hashed_content(entry), strict=True))


def _round(export: StudyExport, one: RoundExport) -> dict[str, Any]:
    return {
        "id": str(one.round.pk),
        "number": one.round.number,
        "kind": one.round.kind,
        "kind_number": one.round.kind_number,
        "name": str(one.round),
        "questions": list(one.round.questions),
        "keeps_base": one.round.keeps_base,
        "opened_at": _moment(export, one.round.opened_at),
        "closed_at": _moment(export, one.round.closed_at),
        "invited": one.participation.invited,
        "submitted": one.participation.submitted,
        "withdrew": one.participation.withdrew,
        "sha256": one.participation.digest,
        "hashed": one.participation.hashed,
        "receipts": list(export.receipts[one.round.pk]),
        "rule": None if one.rule is None else {**rule_facts(one.rule), "groups": one.participation.groups},
        "quantile_type": None if one.rule is None else one.rule.quantile,
        "agreement": one.agreement,
        "statements": [
            {
                "number": result.asked.number,
                "vignette": result.asked.vignette.title,
                **statement_facts(result),
                "groups": groups_of_result(result),
            }
            for result in one.results
        ],
        "vignettes": [_vignette(result) for result in one.surveys],
        "themes": [{"theme": name, "comments": n} for name, n in one.themes],
    }


def _vignette(result: VignetteResult) -> dict[str, Any]:
    return {
        "number": result.vignette.number,
        "vignette": result.vignette.title,
        **vignette_facts(result),
        "options": [
            {"number": option.number, "option": option.name, "category": option.category, **facts}
            for option, facts in options_of_result(result)
        ],
    }


def _step(export: StudyExport, row: LineageRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "kind": row.kind,
        "step": row.step,
        "vignette": row.vignette or None,
        "from": list(row.before),
        "to": list(row.after),
        "reason": row.reason,
        "compares": row.compares,
        "at": _moment(export, row.at),
    }


def _moment(export: StudyExport, moment: dt.datetime | None) -> str | None:
    """To the minute, with the offset of the study's zone."""
    return None if moment is None else moment.astimezone(export.zone).isoformat(timespec="minutes")


def _tables(export: StudyExport) -> dict[str, Any]:
    return {
        "table_1": [{"vignette": row.vignette, "variation": row.variation} for row in export.table_1],
        "table_2": [{"option": row.option, "category": row.category} for row in export.table_2],
        "table_3": [_recommendation(row) for row in export.table_3],
        "table_4": [_against(row) for row in export.table_4],
    }


def _recommendation(row: Table3Row) -> dict[str, Any]:
    return {
        "vignette": row.vignette,
        "recommendations": list(row.recommendations),
        "all_above_neutral": row.all_above_neutral,
        "mean": None if row.printed_mean is None else float(row.printed_mean),
        "n": row.n,
    }


def _against(row: Table4Row) -> dict[str, Any]:
    return {"vignette": row.vignette, "option": row.option, "percent": float(row.percent)}


def table_4_json(rows: Sequence[Table4Row]) -> bytes:
    """Table 4 alone, as a list of its rows."""
    return _written([_against(row) for row in rows])


def _meeting(export: StudyExport, row: MeetingRow) -> dict[str, Any]:
    """A meeting; the key `names` is there only where the study notes names."""
    names = {} if row.names is None else {"names": row.names}
    return {
        "number": row.number,
        "held_at": _moment(export, row.held_at),
        "minutes": row.minutes,
        "mode": row.mode,
        "attendance": {"panelists": row.panelists, "facilitators": row.facilitators, "others": row.others, **names},
        "decisions": [{"text": decision.text, "steps": list(decision.steps)} for decision in row.decisions],
    }


def table_3_json(rows: Sequence[Table3Row]) -> bytes:
    """Table 3 alone, as a list of its rows."""
    return _written([_recommendation(row) for row in rows])


def _written(data: Any) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()
