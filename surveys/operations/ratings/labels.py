"""From the text of a cell to a point of the scale."""

import re
from collections.abc import Set as AbstractSet

from surveys.consensus import Scale

MISSING = -1
ABSTAINED = -2

# What a spreadsheet makes of 7-9 reads 7-Sep, which is no label.
_DATE = r"[0-9]+-(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:-[0-9]+)?\Z"
_LABEL = re.compile(
    rf"(?!{_DATE})"
    r"(?P<point>[0-9]{1,3})(?:\s*[-–—:=]\s*(?=[^\W\d_]).*|\.\s+(?=[^\W\d_]).*|\s*\(.*[^\W\d_].*\))",
    re.DOTALL,
)


def point_of(text: str, scale: Scale, abstentions: AbstractSet[str]) -> int | None:
    """Return the point that a trimmed cell names, MISSING, ABSTAINED, or None where it names nothing of these.

    Only these very texts are ratings: no 08, no 8.0, no digit of another script, and no 7-Sep. Beside the plain number
    a label that starts with it is one: "9 - complete agreement", "9: complete agreement", "9 = complete agreement",
    "9. complete agreement", "9 (complete agreement)".
    """
    if text in abstentions:
        return ABSTAINED
    if not text:
        return MISSING
    label = _LABEL.fullmatch(text)
    number = label["point"] if label else text
    return next((point for point in scale.points if str(point) == number), None)
