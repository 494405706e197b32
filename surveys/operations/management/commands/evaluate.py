"""Judge a file of ratings by a consensus rule."""

import re
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from surveys.consensus import NAMED_RULES, Rule, Scale
from surveys.operations.evaluation import evaluate_ratings
from surveys.operations.evaluation_output import FORMATS
from surveys.operations.ratings import InputFault, quoted, read_ratings

BAD_INPUT = 2


class Command(BaseCommand):
    help = (
        "Judges ratings that came from anywhere, without a database. The CSV or XLSX file is long (columns "
        "statement, panelist, rating, optionally round and group) or wide (a row a panelist, a column a statement; "
        "columns panelist, round and group are optional), or an export of Microsoft Forms, REDCap or LimeSurvey. "
        "An empty rating, or a statement for which a panelist of the round has no row, is missing. With several "
        "rounds in the file the last one is judged."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take everything as text: what is wrong is then told in one sentence, without usage."""
        parser.add_argument("ratings", metavar="RATINGS")
        parser.add_argument("--rule", default="full-consensus", metavar="NAME", help=", ".join(NAMED_RULES))
        parser.add_argument("--round", metavar="N", help="the round to judge; the last one unless given")
        parser.add_argument("--format", default="table", help=", ".join(FORMATS))
        parser.add_argument("--scale", default="1-9", metavar="LOW-HIGH", help="the scale of the ratings")
        parser.add_argument(
            "--abstain",
            action="append",
            default=[],
            metavar="VALUE",
            help="a value that means abstaining; may be given several times",
        )
        parser.add_argument(
            "--ignore",
            action="append",
            default=[],
            metavar="COLUMN",
            help="a column to leave out, such as one of comments; may be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the evaluation; exit 2 with one sentence on standard error where the input is at fault."""
        try:
            printed = _evaluate(options)
        except InputFault as fault:
            self.stderr.write(str(fault))
            sys.exit(BAD_INPUT)
        self.stdout.write(printed)


def _evaluate(options: dict[str, Any]) -> str:
    write = FORMATS.get(options["format"])
    if write is None:
        known = ", ".join(FORMATS)
        raise InputFault(f"There is no format {quoted(options['format'])} here; the formats are {known}.")
    rule = _rule(options["rule"], options["scale"])
    round_number = _round(options["round"])
    abstentions = frozenset(value.strip(" \t") for value in options["abstain"])
    if "" in abstentions:
        raise InputFault("An empty cell is always missing and cannot mean abstaining.")
    ignored = [name.strip() for name in options["ignore"]]
    ratings = read_ratings(Path(options["ratings"]), rule.scale, abstentions, ignored)
    return write(evaluate_ratings(ratings, options["rule"], round_number))


def _rule(name: str, scale_text: str) -> Rule:
    rule = NAMED_RULES.get(name)
    if rule is None:
        raise InputFault(f"There is no rule {quoted(name)}; the rules are {', '.join(NAMED_RULES)}.")
    ends = re.fullmatch(r"([0-9]{1,3})-([0-9]{1,3})", scale_text, re.ASCII)
    if ends is None or int(ends[1]) >= int(ends[2]):
        raise InputFault(f"{quoted(scale_text)} is not a scale such as 1-9.")
    if Scale(int(ends[1]), int(ends[2])) != rule.scale:
        its = f"{rule.scale.low}-{rule.scale.high}"
        raise InputFault(f"The rule {name} is made for the scale {its}, not {scale_text}.")
    return rule


def _round(text: str | int | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,8}", str(text), re.ASCII):
        raise InputFault(f"{quoted(str(text))} is not the number of a round.")
    return int(text)
