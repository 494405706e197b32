"""The sheets of a workbook and their columns: one table, by which workbooks are written, explained and read.

Names of sheets and columns are the same in every language, so that a workbook can be read wherever it was written.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from surveys.panels.models import Panelist
from surveys.studies.models import Study
from surveys.vignettes.models import Option, Statement, Vignette
from surveys.vignettes.services.writing import MOST_OPTIONS, MOST_STATEMENTS, MOST_VIGNETTES

MOST_PANELISTS = 2000
LONGEST_LIST = 32_000
"""Of options in one cell: as much as a cell holds."""
EXPLANATION = "Explanation"


@dataclass(frozen=True)
class Column:
    """A column: its heading, whether every row must fill it in, its longest text, and what it is for."""

    heading: str
    is_needed: bool
    longest: int
    explanation: Promise
    has_lines: bool = False


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, the most rows below its headings, its columns, and what a row is."""

    name: str
    most: int
    columns: Sequence[Column]
    explanation: Promise
    is_needed: bool = True

    def column(self, heading: str) -> Column:
        """The column with this heading."""
        return next(column for column in self.columns if column.heading == heading)


def _longest(model: type[Model], name: str) -> int:
    return int(getattr(model._meta.get_field(name), "max_length", None) or 0)


STUDY = Sheet(
    "Study",
    1,
    (
        Column("title", True, _longest(Study, "title"), _("What the study is called.")),
        Column(
            "question stem",
            True,
            _longest(Study, "question_stem"),
            _("What follows the options in a composed statement."),
        ),
        Column(
            "time zone",
            False,
            _longest(Study, "time_zone"),
            _("Such as America/Chicago. Empty: UTC."),
        ),
        Column("about", False, _longest(Study, "about"), _("Shown to panelists on their first page."), has_lines=True),
    ),
    _("One row: the study."),
)
VIGNETTES = Sheet(
    "Vignettes",
    MOST_VIGNETTES,
    (
        Column("title", True, _longest(Vignette, "title"), _("A short title, such as “Aged 70”; each once.")),
        Column(
            "aspect",
            False,
            _longest(Vignette, "aspect"),
            _("What is changed from the base case, such as “70 years old, not 30”. Empty for the base case."),
        ),
        Column("text", True, _longest(Vignette, "text"), _("The case, as panelists read it."), has_lines=True),
    ),
    _("A row for each vignette. The first row is the base case."),
)
OPTIONS = Sheet(
    "Options",
    MOST_OPTIONS,
    (
        Column("name", True, _longest(Option, "name"), _("The course of action; each once.")),
        Column("category", True, _longest(Option, "category"), _("Such as Add or Switch.")),
        Column("explanation", False, _longest(Option, "explanation"), _("What an abbreviation stands for.")),
    ),
    _("A row for each option."),
)
STATEMENTS = Sheet(
    "Statements",
    MOST_STATEMENTS,
    (
        Column("vignette title", True, _longest(Vignette, "title"), _("A title of the sheet Vignettes.")),
        Column(
            "options",
            False,
            LONGEST_LIST,
            _("Names of the sheet Options, with semicolons between them. Empty for a statement in your own words."),
        ),
        Column(
            "wording",
            False,
            _longest(Statement, "text"),
            _("Empty: composed from the options and the question stem."),
        ),
    ),
    _("A row for each statement that the panel rates."),
)
PANEL = Sheet(
    "Panel",
    MOST_PANELISTS,
    (
        Column("name", True, _longest(Panelist, "name"), _("The panelist's name.")),
        Column("email", True, _longest(Panelist, "email"), _("The panelist's e-mail address; each once.")),
        Column(
            "group",
            False,
            _longest(Panelist, "group"),
            _("Such as a profession or a site, where the study compares groups."),
        ),
    ),
    _("A row for each panelist. The sheet may be empty or left out."),
    is_needed=False,
)
SHEETS = (STUDY, VIGNETTES, OPTIONS, STATEMENTS, PANEL)
