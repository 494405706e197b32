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
from pathlib import Path
from typing import Any

HASHED = ["number", "statement", "n", "counts", "mean", "abstained", "missing", "consensus"]
STATISTICS = [*HASHED[2:], "median", "minimum", "maximum", "sd", "iqr", "reasons"]
VIGNETTE_FIGURES = ["n", "abstained", "missing", "kept", "ranked", "topped", "kendalls_w"]
OPTION_FIGURES = ["number", "levels", "likely", "mean_rank", "median_rank", "top", "against"]
TABLE_3 = ["vignette", "n", "mean", "all_above_neutral"]
ENTRY = ["study", "number", "at", "actor", "action", "detail"]
COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
COUNTS_FROM, SPREAD_FROM = 7, 8
NEUTRAL, HIGH = 5, 7
UNKNOWN = object()
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
    return bool(one == (float(other) if isinstance(other, Fraction) else other))


# A round of the export: what counts give, what the rule says of it, and what was hashed.


def summary(counts: list[int], scale: Data) -> Data:
    """The statistics of counts, one for each point of the scale, exactly. Quartiles are of type 7."""
    if len(counts) != scale["high"] - scale["low"] + 1 or not all(type(n) is int and 0 <= n < 10**6 for n in counts):
        raise ValueError("no counts")
    ratings = [scale["low"] + place for place, count in enumerate(counts) for _each in range(count)]
    n, squares = len(ratings), sum(rating * rating for rating in ratings)
    return {
        "n": n,
        "mean": Fraction(sum(ratings), n),
        "median": quantile(ratings, Fraction(1, 2)),
        "share_high": Fraction(sum(rating >= HIGH for rating in ratings), n),
        "minimum": ratings[0],
        "maximum": ratings[-1],
        "sd": math.sqrt(Fraction(n * squares - sum(ratings) ** 2, n * (n - 1))) if n > 1 else None,
        "iqr": quantile(ratings, Fraction(3, 4)) - quantile(ratings, Fraction(1, 4)),
    }


def quantile(ratings: list[int], share: Fraction) -> Fraction:
    position = (len(ratings) - 1) * share
    below = math.floor(position)
    return ratings[below] + (position - below) * (ratings[min(below + 1, len(ratings) - 1)] - ratings[below])


def judge(condition: Data, known: Data) -> Any:
    """Whether a condition of the rule holds: true, false, or UNKNOWN where it hangs on what is not shown."""
    if "all" in condition:
        found = [judge(part, known) for part in condition["all"]]
        return False if False in found else UNKNOWN if UNKNOWN in found or not found else True
    observed = known.get(condition["statistic"])
    return UNKNOWN if observed is None else COMPARE[condition["operator"]](observed, exact(condition["threshold"]))


def known_of(data: Data, one: Data, statement: Data) -> Data:
    """What is known of that by which rules judge, exactly: by the counts, else as it was hashed, else as printed."""
    if statement["counts"] is not None:
        found = summary(statement["counts"], data["rule"]["definition"]["scale"])
        return {"mean": found["mean"], "least": found["minimum"]}
    means = [exact(row[4]) for row in hashed_rows(one) if len(row) == len(HASHED) and row[0] == statement["number"]]
    printed = None if statement["mean"] is None else Fraction(statement["mean"])
    return {"mean": means[0] if means else printed, "least": statement["minimum"]}


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
        empty = {key for key in (STATISTICS if is_statement else ["n"]) if row[key] is None} - {"consensus"}
        if empty - hidden or any(row.get(key) is not None for key in hidden):
            yield f"{name}: what is empty is not what is named as suppressed"
        if n is None:
            continue
        if n + row["abstained"] + row["missing"] != submitted or min(n, row["abstained"], row["missing"]) < 0:
            yield f"{name}: rated, abstained and missing do not add up to {submitted}"
        too_much = [key for key, enough in (("n", least), ("counts", COUNTS_FROM), ("sd", SPREAD_FROM))
                    if row.get(key) is not None and n < enough]  # fmt: skip
        if too_much:
            yield f"{name}: {', '.join(too_much)} shown of {n} answers"


def check_figures(data: Data, one: Data) -> Iterator[str]:
    """Every statistic of every statement, and of every group that is shown, from its counts."""
    rows = [(f"statement {row['number']}", row) for row in one["statements"]]
    rows += [(f"{name}, {plain(row['group'])}", row) for name, whole in rows for row in whole["groups"]]
    for name, row in rows:
        if row["counts"] is None:
            yield from [Gap(f"{name} shows no counts")] if row["n"] is not None else []
            continue
        for key, value in summary(row["counts"], data["rule"]["definition"]["scale"]).items():
            if key in row and key not in row["suppressed"] and not same(row[key], value):
                yield f"{name}: the {key} is {plain(row[key])}, and the counts give {plain(value)}"


def check_verdicts(data: Data, one: Data) -> Iterator[str]:
    """Every verdict, by the rule; where counts are hidden by the mean and the least rating, if these are enough."""
    rule = data["rule"]["definition"]
    for statement in one["statements"]:
        name, n, found = f"statement {statement['number']}", statement["n"], None
        if n is not None and n >= max(rule["quorum"], 1):
            found = judge(rule, known_of(data, one, statement))
        if found is UNKNOWN:
            yield Gap(f"{name} shows too little to judge it")
        elif statement["consensus"] is not found:
            yield f"{name}: consensus is {plain(statement['consensus'])}, and the rule says {found}"


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
    known, above = known_of(data, one, statement), None
    if statement["n"] is not None:
        above = UNKNOWN if known["least"] is None else known["least"] > NEUTRAL
    printed = None if known["mean"] is None else math.floor(known["mean"] * 100 + Fraction(1, 2)) / 100
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
    """The rule, the fewest answers and the notice are those that were locked when the first round opened."""
    details = [entry["detail"] for entry in entries if entry["action"] == "protocol locked"]
    if len(details) != (1 if data["protocol"]["sha256"] else 0):
        yield "a protocol is locked once"
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
        if canonical(facts["rule"]) != canonical(data["rule"]["definition"]):
            yield "the rule is not the locked one"
        if facts["least_answers"] != data["protocol"]["least_answers"]:
            yield "the fewest answers for a result are not the locked ones"


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
