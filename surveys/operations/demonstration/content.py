"""What the demonstration is made of, read from `fixtures/demonstration.toml`, whose header says how it is written."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings


@dataclass(frozen=True)
class Person:
    """Somebody with an invented name and an address under the reserved domain `.example`."""

    name: str
    email: str

    @property
    def surname(self) -> str:
        """The name under which the fixture tells this person's answers."""
        return self.name.split()[-1]


@dataclass(frozen=True)
class OptionContent:
    """An option, its category, what an abbreviation stands for, and the letter for it in answers.

    `presenter` is the surname of whoever reviewed it before the first vote, `evidence` the summary.
    """

    code: str
    name: str
    category: str
    explanation: str = ""
    presenter: str = ""
    evidence: str = ""


@dataclass(frozen=True)
class VignetteContent:
    """A vignette as option survey 1 asks it."""

    title: str
    aspect: str
    text: str


@dataclass(frozen=True)
class CommentContent:
    """What somebody wrote about the vignette with number `on`; in a rating round it is the reason for the rating.

    `edited` is what the panel is shown instead, `hidden` the reason why it is shown nothing.
    """

    by: str
    on: int
    text: str
    kind: str = "reasons"
    theme: str = ""
    edited: str = ""
    hidden: str = ""
    key: str = ""


@dataclass(frozen=True)
class RoundContent:
    """A round and what was answered: `sheets` has a code for each vignette, by surname."""

    kind: str
    message: str
    sheets: Mapping[str, tuple[str, ...]]
    comments: tuple[CommentContent, ...]
    questions: tuple[str, ...]
    keeps_base: bool

    def comments_by(self, surname: str) -> list[CommentContent]:
        """What this panelist wrote."""
        return [comment for comment in self.comments if comment.by == surname]


@dataclass(frozen=True)
class DecisionContent:
    """What a meeting decided; `caused` are the kind and the step of what followed in the lineage, or nothing."""

    text: str
    caused: tuple[str, ...] = ()


@dataclass(frozen=True)
class MeetingContent:
    """A meeting after the round with this number; the agenda has titles and minutes."""

    after: int
    minutes: int
    mode: str
    notes: str
    agenda: tuple[tuple[str, int], ...]
    decisions: tuple[DecisionContent, ...]


@dataclass(frozen=True)
class Merge:
    """Options, by their letters, that become one under the first one's letter; `cause` is a comment's `key`."""

    options: str
    name: str
    explanation: str
    reason: str
    cause: str


@dataclass(frozen=True)
class Drop:
    """A vignette, by its title, that is asked no more."""

    vignette: str
    reason: str
    cause: str


@dataclass(frozen=True)
class Clarify:
    """Words of the base case, and so of every variation, that are put more clearly."""

    before: str
    after: str
    reason: str
    reason_for_variations: str
    cause: str


@dataclass(frozen=True)
class Content:
    """The whole study as data."""

    title: str
    question_stem: str
    time_zone: str
    about: str
    finish_reason: str
    declarations: Mapping[str, str]
    facilitator: Person
    administrator: Person
    authors: tuple[Person, ...]
    panel: tuple[Person, ...]
    options: tuple[OptionContent, ...]
    vignettes: tuple[VignetteContent, ...]
    rounds: tuple[RoundContent, ...]
    meetings: tuple[MeetingContent, ...]
    merge: Merge
    drop: Drop
    clarify: Clarify


def read_content() -> Content:
    """Read the fixture."""
    with (settings.BASE_DIR / "fixtures" / "demonstration.toml").open("rb") as file:
        data = tomllib.load(file)
    base_text = data["vignettes"][0]["text"]
    return Content(
        title=data["title"],
        question_stem=data["question_stem"],
        time_zone=data["time_zone"],
        about=data["about"],
        finish_reason=data["finish_reason"],
        declarations=data["declarations"],
        facilitator=Person(**data["facilitator"]),
        administrator=Person(**data["administrator"]),
        authors=tuple(Person(**person) for person in data["authors"]),
        panel=tuple(Person(**person) for person in data["panel"]),
        options=tuple(OptionContent(**option) for option in data["options"]),
        vignettes=tuple(_vignette(vignette, base_text) for vignette in data["vignettes"]),
        rounds=tuple(_round(round) for round in data["rounds"]),
        meetings=tuple(_meeting(meeting) for meeting in data["meetings"]),
        merge=Merge(**data["merge"]),
        drop=Drop(**data["drop"]),
        clarify=Clarify(**data["clarify"]),
    )


def _vignette(data: Mapping[str, Any], base_text: str) -> VignetteContent:
    text = base_text
    for words, others in data.get("instead", {}).items():
        text = text.replace(words, others)
    return VignetteContent(data["title"], data.get("aspect", ""), text)


def _round(data: Mapping[str, Any]) -> RoundContent:
    _heading, *lines = data["sheets"].splitlines()
    sheets = {surname: tuple(codes) for surname, *codes in map(str.split, lines)}
    return RoundContent(
        kind=data["kind"],
        message=data["message"],
        sheets=sheets,
        comments=tuple(CommentContent(**comment) for comment in data.get("comments", ())),
        questions=tuple(data.get("questions", ())),
        keeps_base=data.get("keeps_base", False),
    )


def _meeting(data: Mapping[str, Any]) -> MeetingContent:
    return MeetingContent(
        after=data["after"],
        minutes=data["minutes"],
        mode=data["mode"],
        notes=data["notes"],
        agenda=tuple((item["title"], item["minutes"]) for item in data["agenda"]),
        decisions=tuple(DecisionContent(one["text"], tuple(one.get("caused", ()))) for one in data["decisions"]),
    )
