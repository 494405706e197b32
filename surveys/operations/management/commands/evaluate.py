"""Judge a file of ratings by a consensus rule."""

import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from surveys.consensus import BUILT_IN
from surveys.operations.evaluation import evaluate_ratings
from surveys.operations.evaluation_output import FORMATS
from surveys.operations.ratings import InputFault, quoted, read_ratings
from surveys.operations.rule_options import (
    DEFAULT_RULE,
    DENOMINATORS,
    HALF_MEDIANS,
    POPULATIONS,
    QUANTILES,
    RuleOptions,
    rule_asked_for,
)

BAD_INPUT = 2
_SEVERAL = "; may be given several times"


class Command(BaseCommand):
    help = (
        "Judges ratings that came from anywhere, without a database. The CSV or XLSX file is long (columns "
        "statement, panelist, rating, optionally round and group) or wide (a row a panelist, a column a statement; "
        "columns panelist, round and group are optional), or an export of Microsoft Forms, REDCap or LimeSurvey. "
        "An empty rating, or a statement for which a panelist of the round has no row, is missing. With several "
        "rounds in the file the last one is judged, and compared with the round before."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take everything as text: what is wrong is then told in one sentence, without usage."""
        add = parser.add_argument
        add("ratings", metavar="RATINGS")
        add("--rule", metavar="NAME", help=f"{', '.join(BUILT_IN)}; {DEFAULT_RULE} unless given")
        add("--rule-file", metavar="FILE", help="a rule as JSON, instead of a name")
        add("--scale", metavar="LOW-HIGH", help="the scale of the ratings; 1-9 unless given")
        add("--band", metavar="LOW-HIGH", help="the ratings that agree, such as 7-9")
        add("--threshold", metavar="N", help="of a share in percent, of an interquartile range in points")
        add("--denominator", metavar="WHO", help=f"{', '.join(DENOMINATORS)}: asked adds abstentions and missing")
        add("--half-medians", metavar="WHERE", help=f"{', '.join(HALF_MEDIANS)}: the band of a median of 6.5")
        add("--quantile", metavar="TYPE", help=f"the type of quantiles: {', '.join(QUANTILES)}")
        add("--population", metavar="WHO", help=f"whose ratings must meet the rule: {', '.join(POPULATIONS)}")
        add("--round", metavar="N", help="the round to judge; the last one unless given")
        add("--format", default="table", help=", ".join(FORMATS))
        several: dict[str, Any] = {"action": "append", "default": []}
        add("--abstain", **several, metavar="VALUE", help=f"a value that means abstaining{_SEVERAL}")
        add("--ignore", **several, metavar="COLUMN", help=f"a column to leave out, such as comments{_SEVERAL}")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the evaluation; exit 2 with one sentence on standard error where the input is at fault."""
        try:
            printed = _evaluate(options)
        except InputFault as fault:
            self.stderr.write(str(fault))
            sys.exit(BAD_INPUT)
        # A terminal without dashes or accents shows their codes, as it does on standard error.
        encoding = getattr(self.stdout, "encoding", None) or "utf-8"
        self.stdout.write(printed.encode(encoding, "backslashreplace").decode(encoding))


def _evaluate(options: dict[str, Any]) -> str:
    write = FORMATS.get(options["format"])
    if write is None:
        known = ", ".join(FORMATS)
        raise InputFault(f"There is no format {quoted(options['format'])} here; the formats are {known}.")
    asked_for = rule_asked_for(RuleOptions(**{field.name: _text(options[field.name]) for field in fields(RuleOptions)}))
    round_number = _round(options["round"])
    abstentions = frozenset(value.strip(" \t") for value in options["abstain"])
    if "" in abstentions:
        raise InputFault("An empty cell is always missing and cannot mean abstaining.")
    ignored = [name.strip() for name in options["ignore"]]
    ratings = read_ratings(Path(options["ratings"]), asked_for.rule.scale, abstentions, ignored)
    return write(evaluate_ratings(ratings, asked_for, round_number))


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _round(text: str | int | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,8}", str(text), re.ASCII):
        raise InputFault(f"{quoted(str(text))} is not the number of a round.")
    return int(text)
