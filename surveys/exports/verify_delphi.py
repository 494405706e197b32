"""Check the results of a Delphi study yourself, with nothing but Python 3.9 or newer.

    python verify_delphi.py STUDY.json [--audit audit.json] [--receipt receipt.json] [--head HEX]

It computes every verdict and statistic anew from the counts in the study's JSON export, and every hash. With
`--audit` it also checks the chain of what staff did, with `--head` that the chain holds a digest which a mail about
results printed, and with `--receipt` that a panelist's receipt is among those that were counted. Each check is a line:
ok, WRONG, or not checkable (with the reason). Exit code: 0 nothing is wrong, 1 something is, 2 a file cannot be read.
"""

# ruff: noqa: T201  It prints.

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import json
import math
import operator
import re
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import reduce
from pathlib import Path
from typing import Any

HASHED = ["number", "statement", "n", "counts", "mean", "abstained", "missing", "consensus"]
STATISTICS = [*HASHED[2:], "median", "minimum", "maximum", "sd", "iqr", "reasons"]
WITH_COUNTS = ["ipr", "ipras", "disagreement_index", "cv", "mad_median", "tastle_wierman"]
LATER = ["q1", "q3", *WITH_COUNTS, "outcome"]  # An export of an earlier version has none of these.
VIGNETTE_FIGURES = ["n", "abstained", "missing", "kept", "ranked", "topped", "kendalls_w"]
OPTION_FIGURES = ["number", "levels", "likely", "mean_rank", "median_rank", "top", "against"]
NAMES = ["vignette", "statement"]
TABLE_3 = ["vignette", "n", "mean", "all_above_neutral"]
ENTRY = ["study", "number", "at", "actor", "action", "detail"]
COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
COUNTS_FROM, SPREAD_FROM = 7, 8
NEUTRAL, POINTS, LOW_BAND, HIGH_BAND = 5, 9, (1, 3), (7, 9)
DEFAULTS: dict[str, Any] = {
    "scale": {"low": 1, "high": 9}, "quorum": 1, "quantile": 7, "denominator": "rated", "population": "everyone"
}  # fmt: skip
NOT_EVALUABLE = "not evaluable"
CONSENSUS = {None: None, NOT_EVALUABLE: None, "in": True}
UNKNOWN = object()
NO, OPEN, YES = 0, 1, 2  # Kleene's three values: in this order all of them is the least, and any the greatest.
EITHER = {NO, OPEN, YES}  # What a clause may be that hangs on what is not shown.
# What a file that is no export, or a broken one, makes of a check that expects one.
BROKEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
Data = dict[str, Any]


class Unreadable(Exception):
    """Why a file cannot be checked at all; the message is a sentence."""


class Gap(str):
    """Why something cannot be checked. The checks below are generators of faults, which are plain text, and of gaps."""


class Report:
    """Prints a line for each check and counts how they ended."""

    def __init__(self) -> None:
        self.ended = Counter({"ok": 0, "WRONG": 0, "not checkable": 0})

    def check(self, what: str, found: Iterator[str]) -> None:
        faults: list[str] = []
        gaps: list[str] = []
        try:
            for one in found:
                (gaps if isinstance(one, Gap) else faults).append(one)
        except BROKEN as fault:
            faults.append(f"this part has not the shape of an export ({type(fault).__name__})")
        end = "WRONG" if faults else "not checkable" if gaps else "ok"
        self.ended[end] += 1
        why = f": {'; '.join(faults or gaps)}" if faults or gaps else ""
        print(f"{end:<14}{plain(what, 200)}{plain(why, 2000)}")


def plain(text: Any, most: int = 60) -> str:
    """Text that prints on one line, whatever it holds."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(text))[:most]


def read(path: str) -> Any:
    """A file's JSON; no number of more than 18 digits, no key twice. Raises Unreadable."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=no_key_twice, parse_int=whole, parse_constant=whole)
    except OSError as fault:
        raise Unreadable(f"{plain(path)} cannot be read: {fault.strerror}.") from fault
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"{plain(path)} is no JSON file that can be checked: {plain(fault, 100)}.") from fault


def no_key_twice(pairs: list[tuple[str, Any]]) -> Data:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("an object has a key twice")
    return dict(pairs)


def whole(text: str) -> int:
    if not re.fullmatch("-?[0-9]{1,18}", text):
        raise ValueError(f"{plain(text, 20)} is no number that an export holds")
    return int(text)


def canonical(value: Any) -> bytes:
    """The one JSON form of a value that is hashed: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def exact(text: str | None) -> Any:
    """The fraction that was written as text: 7, 7.5 or 76/9; None for null."""
    if text is not None and not re.fullmatch("-?[0-9]{1,18}([./][0-9]{1,18})?", text):
        raise ValueError("no exact number")
    return None if text is None else Fraction(text)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same in JSON: 8 and 8.0 are, true and 1 are not. Fractions are printed as floats."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(one[place], other[place]) for place in range(len(one)))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    given = float(other) if isinstance(other, Fraction) else other
    if isinstance(one, float) and isinstance(given, float):
        return math.isclose(one, given, rel_tol=0, abs_tol=1e-12)  # Machines reckon roots and logarithms differently.
    return bool(one == given)


# A round of the export: what counts give, what the rule says of it, and what was hashed.


def rule_of(data: Data, one: Data) -> Data:
    """The rule by which a round was judged; an export of an earlier version has one for all rounds."""
    return dict((one.get("rule") or data["rule"])["definition"])


def summary(counts: list[int], rule: Data) -> Data:
    """The statistics of the nine counts, exactly; of quantiles of the rule's type."""
    if len(counts) != POINTS or not all(type(n) is int and 0 <= n < 10**6 for n in counts):
        raise ValueError("no counts")
    ratings = [1 + place for place, count in enumerate(counts) for _each in range(count)]
    n, squares, kind = len(ratings), sum(rating * rating for rating in ratings), rule.get("quantile", 7)
    mean, median = Fraction(sum(ratings), n), quantile(ratings, Fraction(1, 2), kind)
    variance = Fraction(n * squares - sum(ratings) ** 2, n * (n - 1)) if n > 1 else None
    q1, p30, p70, q3 = (quantile(ratings, Fraction(share, 100), kind) for share in (25, 30, 70, 75))
    ipras = Fraction(47, 20) + Fraction(3, 2) * abs(NEUTRAL - (p30 + p70) / 2)
    return {
        "n": n, "mean": mean, "median": median, "minimum": ratings[0], "maximum": ratings[-1],
        "share_high": Fraction(within(counts, HIGH_BAND), n), "variance": variance,
        "sd": None if variance is None else math.sqrt(variance),
        "cv": None if variance is None else math.sqrt(variance / mean**2),
        "q1": q1, "q3": q3, "iqr": q3 - q1, "ipr": p70 - p30, "ipras": ipras, "disagreement_index": (p70 - p30) / ipras,
        "mad_median": sum((abs(rating - median) for rating in ratings), Fraction(0)) / n,
        "tastle_wierman": 1 + math.fsum(math.log2(1 - abs(rating - mean) / (POINTS - 1)) / n for rating in ratings),
    }  # fmt: skip


def quantile(ratings: list[int], share: Fraction, kind: int) -> Fraction:
    """The quantile of type 7, 6 or 2 of Hyndman and Fan (1996)."""
    n = len(ratings)

    def at(place: int) -> int:
        return ratings[min(max(place, 1), n) - 1]

    if kind == 2:
        return Fraction(at(math.ceil(n * share)) + at(math.floor(n * share) + 1), 2)
    position = 1 + (n - 1) * share if kind == 7 else (n + 1) * share
    below = math.floor(position)
    return at(below) + (position - below) * (at(below + 1) - at(below))


def within(counts: list[int], band: Any) -> int:
    """How many ratings lie in a band of the scale."""
    return sum(counts[band[0] - 1 : band[1]])


def known_of(one: Data, rule: Data, row: Data) -> Data:
    """What is known of a statement or a group by which rules judge: by its counts, as it was hashed, or as printed."""
    took_part = None if row["n"] is None else row["n"] + row["abstained"] + row["missing"]
    known = {"n": row["n"], "rated": row["n"], "asked": took_part, "invited": one["invited"]}
    if row["counts"] is None:
        means = [exact(hashed[4]) for hashed in hashed_rows(one)
                 if len(hashed) == len(HASHED) and "number" in row and hashed[0] == row["number"]]  # fmt: skip
        shown = {"median": row["median"], "iqr": row.get("iqr"), "mean": means[0] if means else row["mean"]}
        exactly = {key: None if value is None else Fraction(value) for key, value in shown.items()}
        return {**known, **exactly, "least": row.get("minimum"), "most": row.get("maximum")}
    counts, found = row["counts"], summary(row["counts"], rule)
    windows = [(low, low + 2) for low in range(1, POINTS - 1) if low <= found["median"] <= low + 2]
    return {
        **known, **found, "counts": counts, "least": found["minimum"], "most": found["maximum"],
        "sd": found["variance"], "cv": None if found["cv"] is None else found["variance"] / found["mean"] ** 2,
        "outside_window": min(found["n"] - within(counts, window) for window in windows),
        "each_extreme": min(within(counts, LOW_BAND), within(counts, HIGH_BAND)),
    }  # fmt: skip


def met(clause: Data, rule: Data, known: Data | None) -> set[Any]:
    """What a clause may be of all ratings or of a group's: YES, NO, or OPEN where it cannot be judged."""
    if not known or known["n"] < rule.get("quorum", 1):
        return EITHER if known == {} else {OPEN}
    name, n, counts, threshold = clause["statistic"], known["n"], known.get("counts"), clause["threshold"]
    value, size = known.get(name), known[clause.get("denominator", "rated")]
    if name == "quorum":
        value = Fraction(n, size)
    elif "band" in clause and counts is not None:
        inside = within(counts, clause["band"])
        value = Fraction(inside, size) if name == "share" else n - inside
    if threshold == {"from": "panel size"}:
        in_each = -(-n // 3) if n < 8 else (n + 1) // 3
        threshold = str(in_each if name == "each_extreme" else max(0, (n - 2) // 3))
    if value is None or not isinstance(threshold, str):
        return EITHER
    # What is known of a standard deviation or a CV is its square.
    holds = COMPARE[clause["operator"]](value, exact(threshold) ** (2 if name in ("sd", "cv") else 1))
    return {YES if holds else NO}


def judge(condition: Data, rule: Data, everyone: Data, groups: list[Data | None]) -> set[Any]:
    """What a condition may be; more than one value where it hangs on what is not shown."""
    if "not" in condition:
        return {YES - one for one in judge(condition["not"], rule, everyone, groups)}
    population = condition.get("population", "everyone")
    if "all" in condition or "any" in condition:
        parts = [judge(part, rule, everyone, groups) for part in condition["all" if "all" in condition else "any"]]
    else:
        parts = [met(condition, rule, one) for one in ([everyone] if population == "everyone" else groups)]
    least = "all" in condition or population == "every group"
    return reduce(lambda some, more: {(min if least else max)(one, two) for one in some for two in more}, parts)


def outcomes(rule: Data, everyone: Data, groups: list[Data | None]) -> set[Any]:
    """What the rule may say of a statement: one outcome where all that it hangs on is shown."""
    quorums = [met(clause, rule, everyone) for clause in clauses(rule) if clause["statistic"] == "quorum"]
    if everyone["n"] < max(rule.get("quorum", 1), 1) or any(YES not in found for found in quorums):
        return {NOT_EVALUABLE}
    possible: set[Any] = set()
    for name, condition in (("in", rule), ("out", rule.get("out")), ("near", rule.get("near"))):
        found = judge(condition, rule, everyone, groups) if condition else {NO}
        possible |= {name} if YES in found else set()
        possible |= {NOT_EVALUABLE} if OPEN in found else set()
        if NO not in found:
            return possible
    return possible | {"none"}


def clauses(part: Any) -> Iterator[Data]:
    """All clauses of a rule, or of a part of it."""
    if isinstance(part, dict) and "statistic" in part:
        yield part
    for key in sorted(part) if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ():
        yield from clauses(part[key])


def hashed_rows(one: Data) -> list[Any]:
    return list(one["hashed"][1]) if one["hashed"] else []


def check_sums(data: Data, one: Data) -> Iterator[str]:
    """Rated, abstained and missing are together who submitted; what too few answered is empty, and named."""
    least, submitted = data["protocol"]["least_answers"], one["submitted"]
    if not least <= submitted <= one["invited"]:
        yield f"{submitted} of {one['invited']} submitted, and a result needs {least}"
    for row in [*one["statements"], *one["vignettes"]]:
        is_statement, n, hidden = "statement" in row, row["n"], set(row["suppressed"])
        name = f"{'statement' if is_statement else 'vignette'} {row['number']}"
        keys = [*STATISTICS, *(key for key in LATER if key in row)] if is_statement else ["n"]
        empty = {key for key in keys if row[key] is None} - {"consensus"}
        if empty - hidden or any(row.get(key) is not None for key in hidden):
            yield f"{name}: what is empty is not what is named as suppressed"
        if n is None:
            continue
        if n + row["abstained"] + row["missing"] != submitted or min(n, row["abstained"], row["missing"]) < 0:
            yield f"{name}: rated, abstained and missing do not add up to {submitted}"
        enough = {"n": least, **dict.fromkeys(["counts", "q1", "q3"], COUNTS_FROM), "sd": SPREAD_FROM}
        if is_statement:
            enough.update(dict.fromkeys(WITH_COUNTS, SPREAD_FROM if row["counts"] is not None else math.inf))
        too_much = [key for key in enough if row.get(key) is not None and n < enough[key]]
        if too_much:
            yield f"{name}: {', '.join(too_much)} shown of {n} answers"


def check_figures(data: Data, one: Data) -> Iterator[str]:
    """Every statistic of every statement, and of every group that is shown, from its counts."""
    rule = rule_of(data, one)
    rows = [(f"statement {row['number']}", row, rule) for row in one["statements"]]
    rows += [(f"{name}, {plain(row['group'])}", row, {}) for name, whole, _rule in rows for row in whole["groups"]]
    if one["statements"] and one.get("quantile_type", rule.get("quantile", 7)) != rule.get("quantile", 7):
        yield "quantiles are of another type than the rule's"
    for name, row, judged_by in rows:
        if row.get("stability") is not None:
            yield from (f"{name}: {fault}" for fault in check_moves(data, one, row))
        if row["counts"] is None:
            yield from [Gap(f"{name} shows no counts")] if row["n"] is not None else []
            continue
        for key, value in summary(row["counts"], judged_by).items():
            if key in row and key not in row["suppressed"] and not same(row[key], value):
                yield f"{name}: the {key} is {plain(row[key])}, and the counts give {plain(value)}"


def check_moves(data: Data, one: Data, row: Data) -> Iterator[str]:
    """What is said of paired ratings can be true: no file holds the pairs. Where all are paired counts tell some."""
    moves, paired = row["stability"], row["stability"]["paired"]
    if type(paired) is not int or not data["protocol"]["least_answers"] <= paired <= row["n"]:
        yield f"{plain(paired)} cannot have rated it twice"
    for key in (key for key in ("changed", "moved_band", "scheibe") if moves[key] is not None):
        is_share = same(moves[key], Fraction(round(moves[key] * paired), paired))
        if not (is_share and 0 <= moves[key] <= moves["changed"] <= 1):
            yield f"{key} is no share of {paired} that can be"
    for key, least in (("weighted_kappa", -1), ("wilcoxon_p", 0), ("mcnemar_p", 0)):
        if moves[key] is not None and not least <= moves[key] <= 1:
            yield f"{key} lies beyond its bounds"
    before = [other["counts"] for earlier in data["rounds"] for other in earlier["statements"]
              if earlier["number"] < one["number"] and all(other[key] == row[key] for key in NAMES)]  # fmt: skip
    then, now = (before or [None])[-1], row["counts"]
    if moves["scheibe"] is not None and then and now and sum(then) == sum(now) == paired:
        net = Fraction(sum(abs(now[place] - then[place]) for place in range(POINTS)), 2 * paired)
        change = summary(now, {})["cv"] - summary(then, {})["cv"]
        if not same(moves["cv_change"], change) or not same(moves["scheibe"], net):
            yield "the counts of both rounds give another change of CV, or net change"


def check_verdicts(data: Data, one: Data) -> Iterator[str]:
    """Every verdict, by the round's rule; where counts are hidden by what else is shown, if that is enough."""
    rule = rule_of(data, one)
    for statement in one["statements"]:
        name, possible = f"statement {statement['number']}", {None}
        if statement["n"] is not None:
            possible = outcomes(rule, known_of(one, rule, statement), groups_of(one, rule, statement))
        told, consensus = statement.get("outcome", UNKNOWN), statement["consensus"]
        fitting = [one for one in possible if told in (UNKNOWN, one) and CONSENSUS.get(one, False) is consensus]
        if not fitting:
            yield f"{name}: consensus is {plain(consensus)}, and the rule says {plain(possible)}"
        elif "classification" in statement and statement["classification"] != rule.get("labels", {}).get(told):
            yield f"{name}: the classification is another one than the rule's"
        elif len(possible) > len(fitting if told is UNKNOWN else [told]):
            yield Gap(f"{name} shows too little to judge it")


def groups_of(one: Data, rule: Data, statement: Data) -> list[Data | None]:
    """What is known of each group of the panel; None of one in which too few rated, {} where nothing can be said."""
    names = one["rule"]["groups"] if one.get("rule") else None
    rows = {row["group"]: known_of(one, rule, row) for row in statement["groups"]}
    return [rows.get(name) for name in names] if names and rows else [{}]


def check_what_if(data: Data) -> Iterator[str]:
    """Every post-hoc verdict, by the rule that stands beside it; none where its counts are hidden."""
    told = {part["number"]: part["rules"] for part in data["what_if"]["rounds"]}
    rounds = {one["number"]: one for one in data["rounds"] if one["statements"]}
    if list(told) != list(rounds) or len({tuple(row["name"] for row in rows) for rows in told.values()}) > 1:
        yield "rounds, or rules of a round, are missing"
    for number, row in ((number, row) for number, rows in told.items() for row in rows):
        one, rule = rounds[number], row["definition"]
        expected: list[Any] = []
        hangs = any(clause["threshold"] == {"from": "apmo"} for clause in clauses(rule))
        for statement in one["statements"]:
            if statement["counts"] is None or hangs:
                expected.append(None)
                continue
            groups = statement["groups"]
            shown = [None if group["counts"] is None else known_of(one, rule, group) for group in groups]
            others = [None] if sum(group["n"] for group in groups) != statement["n"] else []
            expected += outcomes(rule, known_of(one, rule, statement), [*shown, *others])
        if row["outcomes"] != expected:
            yield f"round {number}: {plain(row['name'])} says something else"


def check_hash(one: Data) -> Iterator[str]:
    """The round's hash is that of `hashed`, and `hashed` says what the export shows."""
    if one["hashed"] is None:
        yield Gap("what was hashed was not kept when this round was frozen")
        return
    if sha256(canonical(one["hashed"])) != one["sha256"]:
        yield "the SHA-256 is not that of what was hashed"
    rows, statements, vignettes = hashed_rows(one), one["statements"], one["vignettes"]
    if one["hashed"][0] != one["id"] or len(rows) != len(statements) + len(vignettes):
        yield "another round was hashed, or more or fewer results"
    for place, statement in enumerate(statements):
        values = dict(enumerate(rows[place]))
        values[4] = exact(values[4])
        for column, key in enumerate(HASHED):
            if not same(statement[key], values[column]):
                yield f"statement {statement['number']}: {key} is not what was hashed"
    for place, vignette in enumerate(vignettes, start=len(statements)):
        for key in differing(vignette, *rows[place]):
            yield f"vignette {vignette['number']}: {key} is not what was hashed"


def differing(vignette: Data, number: int, hashed: Data) -> Iterator[str]:
    """The figures of a vignette and of its options that are not those that were hashed."""
    figures = {**hashed, "kendalls_w": exact(hashed["kendalls_w"])}
    if vignette["kept"] is None and hashed["kept"] == 0:  # where nobody could keep answers for the base case
        figures["kept"] = None
    yield from (key for key in VIGNETTE_FIGURES if not same(vignette[key], figures[key]))
    nothing = dict.fromkeys(OPTION_FIGURES)
    options = hashed["options"] or [{**nothing, "number": place + 1} for place in range(len(vignette["options"]))]
    if number != vignette["number"] or len(options) != len(vignette["options"]):
        yield "its number, or that of its options,"
    for place, option in enumerate(vignette["options"]):
        for key in OPTION_FIGURES:
            value = options[place][key]
            if not same(option[key], value if key in ("number", "levels") else exact(value)):
                yield f"{key} of option {option['number']}"


def check_receipts(one: Data) -> Iterator[str]:
    """They are hashes, each stands once, in order, and there are no more than sheets."""
    receipts = one["receipts"]
    if not all(re.fullmatch("[0-9a-f]{64}", receipt) for receipt in receipts) or receipts != sorted(set(receipts)):
        yield "one is no SHA-256, or stands twice, or not in its place"
    if len(receipts) > one["submitted"]:
        yield f"there are {len(receipts)} for {one['submitted']} sheets"


# The tables of the paper.


def check_table_3(data: Data) -> Iterator[str]:
    """Each row is the last result of a statement, and every statement of a vignette's last round has its row."""
    last: dict[tuple[str, str], list[Any]] = {}
    newest: dict[str, set[str]] = {}
    for one in data["rounds"]:
        asked = [(statement["vignette"], statement["statement"]) for statement in one["statements"]]
        last.update({key: [] for key in asked})
        newest.update({vignette: {text for title, text in asked if title == vignette} for vignette, _text in asked})
        for statement in one["statements"]:
            last[statement["vignette"], statement["statement"]].append(recommendation(data, one, statement))
    gone = {text for step in data["lineage"] if step["kind"] == "statement" for text in step["from"]}
    needed = [row for (vignette, text), rows in last.items() for row in rows if text in newest[vignette] - gone]
    printed = [[row[key] for key in TABLE_3] for row in data["tables"]["table_3"]]
    yield from compared(data, printed, [row for rows in last.values() for row in rows], needed)


def recommendation(data: Data, one: Data, statement: Data) -> list[Any]:
    """A row of Table 3."""
    known, above = known_of(one, rule_of(data, one), statement), None
    if statement["n"] is not None:
        above = UNKNOWN if known["least"] is None else known["least"] > NEUTRAL
    printed = None if statement["mean"] is None else math.floor(known["mean"] * 100 + Fraction(1, 2)) / 100
    return [statement["vignette"], statement["n"], printed, above]


def check_table_4(data: Data) -> Iterator[str]:
    """Each row is an option that at least half would not recommend when it was last asked, and none is left out."""
    last: dict[str, list[Any]] = {}
    for one in data["rounds"]:
        for vignette in one["vignettes"] if "against" in one["questions"] else ():
            shares = [row[1]["options"] for row in hashed_rows(one) if len(row) == 2 and row[0] == vignette["number"]]
            last[vignette["vignette"]] = [
                [vignette["vignette"], option["option"],
                 float((exact(shares[0][place]["against"]) if shares else Fraction(option["against"])) * 100)]
                for place, option in enumerate(vignette["options"]) if (option["against"] or 0) >= 0.5
            ]  # fmt: skip
    printed = [[row["vignette"], row["option"], row["percent"]] for row in data["tables"]["table_4"]]
    possible = [row for rows in last.values() for row in rows]
    yield from compared(data, printed, possible, list(possible))


def compared(data: Data, printed: list[Any], possible: list[Any], needed: list[Any]) -> Iterator[str]:
    """What is printed and not possible, and what is needed, of a vignette that is still asked, and not printed."""

    def fits(row: list[Any], other: list[Any]) -> bool:
        return all(other[place] is UNKNOWN or same(row[place], other[place]) for place in range(len(other)))

    here = {row["vignette"] for row in data["tables"]["table_1"]}
    yield from (f"the row of {plain(row[0])} is missing" for row in needed
                if row[0] in here and not any(fits(one, row) for one in printed))  # fmt: skip
    for number, row in enumerate(printed, start=1):
        places = [place for place, other in enumerate(possible) if fits(row, other)]
        if places:
            del possible[places[0]]
        else:
            yield f"row {number}, {plain(row[0])}, is not the last result"


# The chain of what staff did, and receipts.


def check_chain(entries: list[Data], study: str) -> Iterator[str]:
    """Every entry is in its place, names the digest before it, and carries its own."""
    previous = ""
    for number, entry in enumerate(entries, start=1):
        if entry["number"] != number or entry["study"] != study or entry["previous"] != previous:
            yield f"entry {number} does not follow the one before it"
        previous = entry["digest"]
        if sha256(entry["previous"].encode() + canonical([entry[key] for key in ENTRY])) != previous:
            yield f"entry {number} is not what its digest was made of"


def check_head(data: Data, entries: list[Data], held: str) -> Iterator[str]:
    """The head that the export names, and the one that somebody holds, are in the chain."""
    number = data["audit"]["entries"]
    if (entries[number - 1]["digest"] if 0 < number <= len(entries) else None) != data["audit"]["head"]:
        yield f"it is not that of entry {plain(number)}, which the export names"
    if held and held not in [entry["digest"] for entry in entries]:
        yield f"{plain(held, 64)} is not in the chain: what led to it was changed or taken out"


def check_locked(data: Data, entries: list[Data]) -> Iterator[str]:
    """The rules, the fewest answers and the notice are those that were locked, but for recorded amendments."""
    details = [entry["detail"] for entry in entries if entry["action"] == "protocol locked"]
    amended = amendments(data, entries)
    if len(details) != (1 if data["protocol"]["sha256"] else 0):
        yield "a protocol is locked once"
    yield from check_deviations(data, amended)
    for detail in details:
        digest = data["protocol"]["sha256"]
        if detail["sha256"] != digest:
            yield "the SHA-256 of the protocol is not that of the locked one"
        if detail.get("notice_sha256") != data["notice"]["sha256"]:
            yield "the notice is not the locked one"
        if "facts" not in detail:
            yield Gap("what was locked was not kept with its SHA-256")
            continue
        facts = detail["facts"]
        if sha256(canonical(facts)) != digest:
            yield "the SHA-256 of the protocol is not that of what was locked"
        last = amended[-1]["detail"]["after"] if amended else facts
        if normal(last["rule"]) != normal(data["rule"]["definition"]):
            yield "the rule is not the locked one"
        if "stopping" in data and "stable_percent" in last and not stops(data, data["stopping"], last):
            yield "the stopping rule is not the locked one"
        if facts["least_answers"] != data["protocol"]["least_answers"]:
            yield "the fewest answers for a result are not the locked ones"


def amendments(data: Data, entries: list[Data]) -> list[Data]:
    return [entry for entry in entries[: data["audit"]["entries"]] if entry["action"] == "protocol amended"]


def check_deviations(data: Data, amended: list[Data]) -> Iterator[str]:
    """They are the amendments of the chain, with the same times, reasons and rules."""
    if len(data.get("deviations", amended)) != len(amended):
        yield f"the chain has {len(amended)} amendments, which are not the deviations of the export"
    for entry, one in zip(amended, data.get("deviations", ())):  # noqa: B905  Python 3.9 has no strict.
        detail, at = entry["detail"], [dt.datetime.fromisoformat(text) for text in (one["at"], entry["at"])]
        is_same = [one["reason"], one["from_round"]] == [detail["reason"], detail["from_round"]]
        for when in ("before", "after"):
            is_same = is_same and normal(one[when]["rule"]["definition"]) == normal(detail[when]["rule"])
            is_same = is_same and stops(data, one[when]["stopping"], detail[when])
        if not (is_same and 0 <= (at[1] - at[0]).total_seconds() < 60):
            yield f"the deviation from round {plain(one['from_round'])} on is not what the chain recorded"


def stops(data: Data, stopping: Data, facts: Data) -> bool:
    """Whether a stopping rule is the one of a protocol's facts."""
    share = None if facts["stable_percent"] is None else Fraction(facts["stable_percent"], 100)
    numbers = [exact(stopping["stable_share"]), stopping["most_rounds"], stopping["least_pairs"]]
    return numbers == [share, facts["most_rounds"], data["protocol"]["least_answers"]]


def normal(part: Any, *, bare: bool = False) -> Any:
    """A rule without what is as by default; `bare` without its thresholds."""
    if isinstance(part, list):
        return [normal(one, bare=bare) for one in part]
    if not isinstance(part, dict):
        return part
    found = {key: normal(value, bare=bare) for key, value in part.items()
             if key not in DEFAULTS or value != DEFAULTS[key]}  # fmt: skip
    return {**found, "threshold": None if bare else in_round({}, part)} if "statistic" in part else found


def check_rules(data: Data, entries: list[Data]) -> Iterator[str]:
    """Every round was judged by the rule in force, with thresholds by round and by majority opinions as numbers."""
    locked = [entry["detail"].get("facts") for entry in entries if entry["action"] == "protocol locked"]
    for one in (one for one in data["rounds"] if one.get("rule")):
        name, number, shown = plain(one["name"]), one["kind_number"], one["rule"]["definition"]
        if type(number) is not int or not one["name"].endswith(f" {number}"):
            yield f"{name} has another number among its kind"
        in_force = [facts["rule"] for facts in locked if facts]
        in_force += [entry["detail"]["after"]["rule"] for entry in amendments(data, entries)
                     if entry["detail"]["from_round"] <= one["number"]]  # fmt: skip
        if not in_force:
            yield Gap(f"{name}: the rule was not kept when it was locked")
            continue
        law, theirs = in_force[-1], list(clauses(shown))
        numbers = [in_round(one, clause) for clause in clauses(law)]
        if normal(law, bare=True) != normal(shown, bare=True) or any(
            number not in (UNKNOWN, in_round({}, theirs[place])) for place, number in enumerate(numbers)
        ):
            yield f"{name} was judged by another rule than the one in force"
        elif UNKNOWN in numbers:
            yield Gap(f"{name}: counts are hidden on which a threshold hangs")


def in_round(one: Data, clause: Data) -> Any:
    """A clause's threshold, as a number in a round that is given; UNKNOWN where it hangs on counts that are hidden."""
    threshold = clause["threshold"]
    if one and isinstance(threshold, dict) and "rounds" in threshold:
        threshold = threshold["rounds"][min(one["kind_number"], len(threshold["rounds"])) - 1]
    elif one and threshold == {"from": "apmo"}:
        rows, (low, high) = [row for row in one["statements"] if row["n"] is not None], clause["band"]
        if any(row["counts"] is None for row in rows):
            return UNKNOWN
        sizes = [known_of(one, {}, row)[clause.get("denominator", "rated")] for row in rows]
        sides = [(within(row["counts"], band), sizes[place]) for place, row in enumerate(rows)
                 for band in {(low, high), (10 - high, 10 - low)}]  # fmt: skip
        threshold = str(Fraction(sum(count for count, size in sides if 2 * count > size), sum(sizes) or 1))
    return str(exact(threshold)) if isinstance(threshold, str) else threshold


def check_notice(notice: Data) -> Iterator[str]:
    """The notice is the text of its hash."""
    if notice["text"] is None:
        yield Gap("none was locked")
    elif sha256(canonical(notice["text"])) != notice["sha256"]:
        yield "the text is another one"


def check_frozen(data: Data, entries: list[Data]) -> Iterator[str]:
    """The chain has frozen these results and no others, from so many sheets, with these receipts."""
    entries = entries[: data["audit"]["entries"]]
    frozen = [entry["detail"] for entry in entries if entry["action"] == "result frozen"]
    rounds = {one["sha256"]: one for one in data["rounds"]}
    if len(rounds) == 1 < len(frozen) and entries[-1]["action"] == "result frozen":
        yield Gap(f"the export is of one round of {len(frozen)}")
        frozen = frozen[-1:]
    if [detail["sha256"] for detail in frozen] != [one["sha256"] for one in data["rounds"]]:
        yield f"{len(frozen)} results were frozen, which are not the {len(rounds)} of the export"
    for detail in frozen:
        one = rounds.get(detail["sha256"])
        if one and any(detail.get(key) != one[key] for key in ("submitted", "withdrew")):
            yield f"{plain(one['name'])}: other numbers submitted or withdrew"
        if one and "receipts_sha256" not in detail:
            yield Gap(f"{plain(one['name'])}: no receipts were kept when it was frozen")
        elif one and sha256(canonical(one["receipts"])) != detail["receipts_sha256"]:
            yield f"{plain(one['name'])}: the receipts are not those that were frozen"


def check_receipt(data: Data, given: Data) -> Iterator[str]:
    """A panelist's receipt is that of the choices in its file, and stands in the list of its round."""
    ids = uuid.UUID(given["study"]).bytes + uuid.UUID(given["round"]).bytes
    content = given["format"].encode() + ids + bytes.fromhex(given["nonce"]) + canonical(given["choices"])
    if sha256(content) != given["receipt"]:
        yield "it is not the receipt of the choices in its file"
    lists = [one["receipts"] for one in data["rounds"] if one["id"] == given["round"]]
    if given["study"] != data["study"]["id"] or not any(given["receipt"] in receipts for receipts in lists):
        yield "it is not in the list of its round"


def check_all(report: Report, data: Data, audit: Any, receipt: Any, held: str) -> None:
    """Check all that was given, a line each."""
    chain: list[tuple[str, Callable[[], Iterator[str]]]] = [
        ("The audit chain follows, entry by entry", lambda: check_chain(audit, data["study"]["id"])),
        ("The head is in the audit chain", lambda: check_head(data, audit, held)),
        ("The protocol and the notice are those that the chain locked", lambda: check_locked(data, audit)),
        ("Every round was judged by the rule in force", lambda: check_rules(data, audit)),
        ("The results and receipts are those that the chain froze", lambda: check_frozen(data, audit)),
    ]
    for what, find in chain:
        report.check(what, iter([Gap("give the chain with --audit audit.json")]) if audit is None else find())
    report.check("The notice is the one of its SHA-256", check_notice(data["notice"]))
    for one in data["rounds"]:
        name = plain(one["name"])
        report.check(f"{name}: the numbers add up, and what is hidden is empty", check_sums(data, one))
        report.check(f"{name}: the statistics are those of the counts", check_figures(data, one))
        report.check(f"{name}: the verdicts are those of the rule", check_verdicts(data, one))
        report.check(f"{name}: the SHA-256 is that of what is shown", check_hash(one))
        report.check(f"{name}: the list of receipts is whole and in order", check_receipts(one))
    if "what_if" in data:
        report.check("What other rules say is what they say of the counts", check_what_if(data))
    report.check("Table 3 is that of the last results", check_table_3(data))
    report.check("Table 4 is that of the last results", check_table_4(data))
    if receipt is not None:
        report.check("The receipt is that of its choices, and among the counted", check_receipt(data, receipt))


def main() -> int:
    """Read the files, check, sum up. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Checks the JSON export of a Delphi study, with Python alone.")
    parser.add_argument("study", metavar="STUDY.json", help="the study's JSON export")
    parser.add_argument("--audit", metavar="audit.json", help="what staff did, as exported with the study")
    parser.add_argument("--receipt", metavar="receipt.json", help="a panelist's receipt, from the page of results")
    parser.add_argument("--head", metavar="HEX", default="", help="the head of the chain, from a mail about results")
    options, report = parser.parse_args(), Report()
    try:
        data = read(options.study)
        audit, receipt = (read(path) if path else None for path in (options.audit, options.receipt))
        check_all(report, data, audit, receipt, options.head.strip().lower())
    except Unreadable as fault:
        print(plain(fault, 300), file=sys.stderr)
        return 2
    except BROKEN:
        print(f"{plain(options.study)} has not the shape of a study's JSON export.", file=sys.stderr)
        return 2
    print(", ".join(f"{number} {end}" for end, number in report.ended.items()) + ".")
    return 1 if report.ended["WRONG"] else 0


if __name__ == "__main__":
    sys.exit(main())
