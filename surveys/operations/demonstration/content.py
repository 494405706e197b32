"""What the demonstration is made of, read from `fixtures/demonstration.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from surveys.sheets.boxes import Answer


@dataclass(frozen=True)
class Person:
    """Somebody with an invented name and an address under the reserved domain `.example`."""

    name: str
    email: str


@dataclass(frozen=True)
class OptionContent:
    """An option, its category, and what an abbreviation stands for."""

    name: str
    category: str
    explanation: str


@dataclass(frozen=True)
class VignetteContent:
    """A vignette, the options that its statement names, and what was answered.

    `answers[round][place]` is the answer of the panelist at that place of the panel; both count from 0.
    """

    title: str
    aspect: str
    text: str
    recommendations: tuple[str, ...]
    answers: tuple[tuple[Answer, ...], ...]


@dataclass(frozen=True)
class Content:
    """The whole study as data."""

    title: str
    question_stem: str
    time_zone: str
    about: str
    finish_reason: str
    messages: tuple[str, ...]
    facilitator: Person
    administrator: Person
    panel: tuple[Person, ...]
    options: tuple[OptionContent, ...]
    vignettes: tuple[VignetteContent, ...]


def read_content() -> Content:
    """Read the fixture."""
    with (settings.BASE_DIR / "fixtures" / "demonstration.toml").open("rb") as file:
        data = tomllib.load(file)
    return Content(
        title=data["title"],
        question_stem=data["question_stem"],
        time_zone=data["time_zone"],
        about=data["about"],
        finish_reason=data["finish_reason"],
        messages=tuple(data["messages"]),
        facilitator=Person(**data["facilitator"]),
        administrator=Person(**data["administrator"]),
        panel=tuple(Person(**person) for person in data["panel"]),
        options=tuple(
            OptionContent(option["name"], option["category"], option.get("explanation", ""))
            for option in data["options"]
        ),
        vignettes=tuple(_vignette(vignette) for vignette in data["vignettes"]),
    )


def _vignette(data: Mapping[str, Any]) -> VignetteContent:
    reasons = {
        (reason["round"] - 1, reason["panelist"] - 1): reason["text"].strip() for reason in data.get("reasons", ())
    }
    return VignetteContent(
        title=data["title"],
        aspect=data.get("aspect", ""),
        text=data["text"],
        recommendations=tuple(data["recommendations"]),
        answers=tuple(
            tuple(Answer(str(choice), reasons.get((number, place), "")) for place, choice in enumerate(choices))
            for number, choices in enumerate(data["ratings"])
        ),
    )
