"""What a check says: what it looked at, whether that keeps the promise, and what to do where it does not."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """What follows from a finding: nothing, a word to whoever runs the installation, or that no round opens."""

    OK = "ok"
    WARNS = "warns"
    REFUSES = "refuses"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `wrong` and `remedy` are a sentence each, and empty where nothing is wrong."""

    subject: str
    level: Level
    wrong: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Section:
    """What was found in one part of the installation."""

    title: str
    findings: tuple[Finding, ...]


def judged(subject: str, *, holds: bool, level: Level = Level.REFUSES, wrong: str, remedy: str) -> Finding:
    """The finding of a check: fine where it holds, and else of this level, with what is wrong and what to do."""
    if holds:
        return Finding(subject, Level.OK)
    return Finding(subject, level, str(wrong), str(remedy))
