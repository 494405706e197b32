"""What a workbook holds: the parts of a study that is not set up yet. Plain values, which know no database."""

from dataclasses import asdict, dataclass
from typing import Any

from surveys.panels.services import NewPanelist


@dataclass(frozen=True)
class StudyRow:
    """What the study is called and says of itself."""

    title: str
    question_stem: str
    time_zone: str = "UTC"
    about: str = ""


@dataclass(frozen=True)
class VignetteRow:
    """A vignette; the first of a workbook is the base case, and its aspect is empty."""

    title: str
    aspect: str
    text: str


@dataclass(frozen=True)
class OptionRow:
    """A course of action that can be recommended."""

    name: str
    category: str
    explanation: str = ""


@dataclass(frozen=True)
class StatementRow:
    """A statement: the place of its vignette and those of the options that it names, from 0; and its wording."""

    vignette: int
    options: tuple[int, ...]
    wording: str


@dataclass(frozen=True)
class Content:
    """All of it, in order."""

    study: StudyRow
    vignettes: tuple[VignetteRow, ...]
    options: tuple[OptionRow, ...]
    statements: tuple[StatementRow, ...]
    panelists: tuple[NewPanelist, ...] = ()


def content_to_json(content: Content) -> dict[str, Any]:
    """The content as JSON can hold it."""
    return asdict(content)


def content_from_json(data: dict[str, Any]) -> Content:
    """What `content_to_json` gave, after its way through JSON. Raises KeyError or TypeError for anything else."""
    return Content(
        study=StudyRow(**data["study"]),
        vignettes=tuple(VignetteRow(**row) for row in data["vignettes"]),
        options=tuple(OptionRow(**row) for row in data["options"]),
        statements=tuple(
            StatementRow(row["vignette"], tuple(row["options"]), row["wording"]) for row in data["statements"]
        ),
        panelists=tuple(NewPanelist(**row) for row in data["panelists"]),
    )
