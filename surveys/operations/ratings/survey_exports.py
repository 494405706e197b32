"""Which columns of a survey program's export are the program's own, and no statements.

Microsoft Forms writes ID, Start time, Completion time, Email and Name before the questions, and points and feedback
beside those of a quiz. REDCap starts with the record and adds `redcap_…` columns, `…_timestamp` and `…_complete`, or
their labels. LimeSurvey starts with the response and, by codes or in words, when and where it was given; timings are
named after the question (`Q1Time`), after the group, or in words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_FORMS = {"id", "start time", "completion time"}
_FORMS_OWN = re.compile(
    "id|start time|completion time|email|name|last modified time|language"
    "|total points|quiz feedback|grade posted time|(points|feedback) - .*",
    re.DOTALL,
)

_REDCAP_OWN = re.compile(
    "redcap_(event_name|repeat_instrument|repeat_instance|data_access_group|survey_identifier)"
    "|event name|repeat instrument|repeat instance|data access group|survey identifier|survey timestamp|complete[?]"
)
_REDCAP_FORM = re.compile(".*_(timestamp|complete)")
_REDCAP_RECORD = {"record_id", "record id"}

_LIMESURVEY = ({"submitdate", "lastpage"}, {"date submitted", "last page"})
_LIMESURVEY_OWN = re.compile(
    "id|response_id|submitdate|lastpage|startlanguage|seed|token|startdate|datestamp|ipaddr|refurl"
    "|firstname|lastname|email|attribute_[0-9]+|interviewtime|grouptime[0-9]+"
    "|response id|date submitted|last page|start language|access code|date started|date last action|ip address"
    "|referrer url|referring url|first name|last name|email address|total time|(group|question) time: .*",
    re.DOTALL,
)


@dataclass(frozen=True)
class SurveyExport:
    """The places of the columns that are the program's own, and of one that names the same person in every row."""

    administrative: frozenset[int]
    panelist: int | None = None


def recognised(header: Sequence[str]) -> SurveyExport | None:
    """Return what is known of an export by its header, None where that is no program's known to us."""
    names = [name.casefold() for name in header]
    if _FORMS.issubset(names):
        return SurveyExport(_places(names, _FORMS_OWN))
    if names[0] in _REDCAP_RECORD or any(name.startswith("redcap_") or name == "complete?" for name in names):
        # In REDCap the first column is the record, whatever it is called.
        return SurveyExport(_places(names, _REDCAP_OWN, _REDCAP_FORM) | {0}, panelist=0)
    # A heading of code and text reads "submitdate. Date submitted".
    codes = [name.partition(". ")[0] for name in names]
    if any(signature.issubset(codes) for signature in _LIMESURVEY):
        return SurveyExport(_places(codes, _LIMESURVEY_OWN) | _timings(codes))
    return None


def _places(names: Sequence[str], *own: re.Pattern[str]) -> frozenset[int]:
    return frozenset(place for place, name in enumerate(names) if any(pattern.fullmatch(name) for pattern in own))


def _timings(codes: Sequence[str]) -> frozenset[int]:
    """The places of LimeSurvey's columns that say how long a question, asked in another column, was looked at."""
    questions = {re.split(r"[\[_]", code)[0] for code in codes} | set(codes)
    return frozenset(
        place for place, code in enumerate(codes) if code.endswith("time") and code.removesuffix("time") in questions
    )
