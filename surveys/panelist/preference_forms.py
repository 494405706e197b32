"""What a page posts about options, read by hand as its statements are: fields are named by round and vignette."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.panelist.forms import PostedSheet, plain_lines, posted_fields
from surveys.rounds.queries import Survey
from surveys.rounds.services.merging import PreferenceChange, merge_preferences
from surveys.sheets.preferences import (
    ABSTAIN,
    AGAINST,
    KEEP,
    LONGEST_TEXT,
    NONE,
    RANKING,
    TEXTS,
    TOP,
    Field,
    Preferences,
    chosen,
    field_named,
    fields_of,
    is_value,
)

_FIELD = re.compile(r"(?P<kind>seen-|)(?P<name>v\d{1,9}-[a-z_]{1,20}(?:-\d{1,9})?)")
_MOVE = re.compile(r"(?P<vignette>v\d{1,9})-(?P<way>up|down|add|remove)-(?P<option>\d{1,9})")
LISTS = (RANKING, TOP, AGAINST)
NEVER_TAKEN_OVER = (KEEP, ABSTAIN, *TEXTS)


def read_preferences(data: QueryDict, survey: Survey, posted: PostedSheet) -> PostedSheet:
    """Add to what was read of a form what it says of options.

    `v2-ranking`, `v2-top` and `v2-against` may come once for each option. `move` holds `v2-up-5`: one step in the
    posted ranking. All of the form is well, or nothing of it is to be saved.
    """
    errors, values = dict(posted.errors), {}
    for name, given in posted_fields(data):
        match = _FIELD.fullmatch(name)
        if match is None:
            continue
        field = field_named(match["name"])
        if field is None or not survey.takes(field.name, ""):
            errors[name] = _("This round has no question “%(name)s”.") % {"name": match["name"]}
        elif len(given) > 1 and (match["kind"] or field.question not in LISTS):
            errors[name] = _("This question was answered twice. Choose one answer.")
        else:
            values[name] = _value(field, given)
    errors |= _moved(str(data.get("move", "")), survey, values)
    for name in [name for name in values if not name.startswith("seen-")]:
        field = field_named(name)
        sentence = _fault(field, values[name], survey) if field else ""
        if sentence:
            errors[name] = sentence
    if errors:
        return replace(posted, changes=(), errors=errors, values={**posted.values, **values})
    if not values:
        return posted
    names = sorted({name.removeprefix("seen-") for name in values})
    changes = tuple(PreferenceChange(name, values.get(name, ""), values.get(f"seen-{name}")) for name in names)
    return replace(posted, values={**posted.values, **values}, preferences=changes)


def _value(field: Field, given: Sequence[str]) -> str:
    """The values of a field as the sheet holds them: a list as `1,3`, in order where the order does not count."""
    if field.question not in LISTS:
        return plain_lines(given[0])
    parts = ",".join(value for value in given if value).split(",")
    if field.question != RANKING and all(part.isascii() and part.isdigit() for part in parts):
        parts.sort(key=lambda part: (len(part), part))
    return ",".join(parts)


def _moved(move: str, survey: Survey, values: dict[str, str]) -> dict[str, str]:
    """Make one step in a posted ranking, in `values`; what is wrong with it, by name."""
    if not move:
        return {}
    match = _MOVE.fullmatch(move)
    name = f"{match['vignette']}-{RANKING}" if match else ""
    if match is None or not survey.takes(name, match["option"]):
        return {"move": _("This round has no such place in a ranking.")}
    ranking = [part for part in values.get(name, "").split(",") if part]
    values[name] = ",".join(_step(ranking, match["way"], match["option"]))
    return {}


def _step(ranking: list[str], way: str, option: str) -> list[str]:
    if way == "add":
        return ranking if option in ranking else [*ranking, option]
    if option not in ranking:
        return ranking
    place = ranking.index(option)
    rest = ranking[:place] + ranking[place + 1 :]
    if way == "remove":
        return rest
    to = max(place - 1, 0) if way == "up" else place + 1
    return [*rest[:to], option, *rest[to:]]


def _fault(field: Field, value: str, survey: Survey) -> str:
    """What is wrong with a field's value, as a sentence; empty where nothing is."""
    if field.question in TEXTS:
        return _text_fault(value)
    if survey.takes(field.name, value):
        return ""
    if field.question == TOP and is_value(field, value) and len(chosen(value)) > survey.top_most:
        text = ngettext(
            "Choose at most %(most)d top choice; here are %(n)d.",
            "Choose at most %(most)d top choices; here are %(n)d.",
            survey.top_most,
        )
        return text % {"most": survey.top_most, "n": len(chosen(value))}
    if field.question == AGAINST and NONE in value.split(","):
        return _("Choose the options that you would not recommend, or “None of these”, not both.")
    if field.question in LISTS:
        return _("“%(value)s” does not name options of this round, each of them once.") % {"value": value[:20]}
    return _("“%(value)s” is not an answer to this question.") % {"value": value[:20]}


def _text_fault(value: str) -> str:
    if len(value) > LONGEST_TEXT:
        shown = {"most": LONGEST_TEXT, "length": len(value)}
        return _("This text has at most %(most)d characters; here are %(length)d.") % shown
    # PostgreSQL keeps no such character, and the round could not be closed.
    return _("This text holds a character that cannot be stored. Write it without.") if "\0" in value else ""


def values_on_page(stored: Preferences, vignette: int, base: int) -> dict[str, str]:
    """By question what a page shows of a vignette: where its answers may be kept (`base`), as if they were revised."""
    if not base:
        return fields_of(stored, vignette)
    keep = f"v{vignette}-{KEEP}"
    values = fields_of({**stored, keep: "revise"}, vignette, base)
    return values | {KEEP: stored.get(keep, "")}


def own_changes(
    posted: Sequence[PreferenceChange], survey: Survey, stored: Preferences
) -> tuple[PreferenceChange, ...]:
    """What a page's fields change in the sheet `stored`.

    Of a variation whose answers for the base case are kept nothing is stored but that; of one where they are revised
    only what differs, so that a later change of the base case carries through.
    """
    bases = {vignette.number: survey.base_of(vignette) for vignette in survey.vignettes}
    found: list[PreferenceChange] = []
    for number, base in sorted(bases.items(), key=lambda pair: pair[1] > 0):
        mine = [change for change in posted if change.name.startswith(f"v{number}-")]
        if base and mine:
            merged, _conflicts = merge_preferences(stored, found)
            mine = _differences(mine, number, values_on_page(merged, number, base), fields_of(merged, base), merged)
        found += mine
    return tuple(found)


def _differences(
    mine: Sequence[PreferenceChange],
    number: int,
    shown: Mapping[str, str],
    base: Mapping[str, str],
    stored: Preferences,
) -> list[PreferenceChange]:
    prefix, keep = f"v{number}-", f"v{number}-{KEEP}"
    own = [change for change in mine if change.name.removeprefix(prefix) in NEVER_TAKEN_OVER]
    said = next((change.value for change in own if change.name == keep), stored.get(keep, ""))
    touched = [
        change
        for change in mine
        if change not in own
        and change.value != (shown.get(change.name.removeprefix(prefix), "") if change.seen is None else change.seen)
    ]
    if said == "keep":
        return own
    if touched and not said:
        # Whoever changes an answer without saying so revises.
        own = [change for change in own if change.name != keep] + [PreferenceChange(keep, "revise")]
    return own + [_difference(change, change.name.removeprefix(prefix), shown, base, stored) for change in touched]


def _difference(
    change: PreferenceChange, question: str, shown: Mapping[str, str], base: Mapping[str, str], stored: Preferences
) -> PreferenceChange:
    is_current = change.seen is None or change.seen == shown.get(question, "")
    return PreferenceChange(
        change.name,
        "" if change.value == base.get(question, "") else change.value,
        stored.get(change.name, "") if is_current else change.seen,
    )
