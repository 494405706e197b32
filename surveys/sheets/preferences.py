"""What a sheet says of options: one value for each question about a vignette, under the name of its form field.

`v2-likelihood-5` is how likely option 5 would be recommended in vignette 2: one of LEVELS. `v2-ranking`, `v2-top` and
`v2-against` are options by number, such as `5,1,3`; the ranking's order counts, that of the others does not.
`v2-keep` says whether a variation is answered as the base case: `keep` or `revise`. `v2-abstain` is `yes`. The rest
are texts. Vignettes and options go by their numbers in the round.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

LEVELS = ("definitely", "likely", "likely_not", "will_not")
LIKELIHOOD, RANKING, TOP, AGAINST = "likelihood", "ranking", "top", "against"
KEEP, ABSTAIN = "keep", "abstain"
TEXTS = ("reasons", "factors", "new_options", "clearer_wording")
LONGEST_TEXT = 4000
NONE = "none"
"""What `against` says where somebody would rule out no option."""

Preferences = Mapping[str, str]

_NAME = re.compile(r"v(?P<vignette>[1-9][0-9]{0,3})-(?P<question>[a-z_]+)(?:-(?P<option>[1-9][0-9]{0,3}))?")
_CHOSEN = re.compile(r"[1-9][0-9]{0,3}(,[1-9][0-9]{0,3})*")


@dataclass(frozen=True)
class Field:
    """One question about a vignette; `option` is 0 where the question is not about a single one."""

    vignette: int
    question: str
    option: int = 0

    @property
    def name(self) -> str:
        """The name of the form field and of the value in the sheet."""
        return f"v{self.vignette}-{self.question}" + (f"-{self.option}" if self.option else "")


def field_named(name: str) -> Field | None:
    """The field with this name, or None for a name that none has."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    field = Field(int(match["vignette"]), match["question"], int(match["option"] or 0))
    known = field.question in (LIKELIHOOD, RANKING, TOP, AGAINST, KEEP, ABSTAIN, *TEXTS)
    return field if known and (field.question == LIKELIHOOD) == bool(field.option) else None


def is_text(name: str) -> bool:
    """Whether the field with this name holds what somebody wrote."""
    field = field_named(name)
    return field is not None and field.question in TEXTS


def is_value(field: Field, value: str) -> bool:
    """Whether a field can hold this value; every field can be empty."""
    if value == "":
        return True
    if field.question == LIKELIHOOD:
        return value in LEVELS
    if field.question == KEEP:
        return value in ("keep", "revise")
    if field.question == ABSTAIN:
        return value == "yes"
    if field.question in TEXTS:
        return len(value) <= LONGEST_TEXT
    if field.question == AGAINST and value == NONE:
        return True
    return _CHOSEN.fullmatch(value) is not None and len(set(chosen(value))) == len(chosen(value))


def chosen(value: str) -> tuple[int, ...]:
    """The numbers of the options in `5,1,3`; none in an empty value and in `none`."""
    return () if value in ("", NONE) else tuple(int(number) for number in value.split(","))


def room_for(statements: int, vignettes: int, options: int) -> int:
    """How many bytes a sheet's answers can take at most, its texts apart."""
    numbers = len(",".join(map(str, range(1, options + 1))))
    levels = options * len('"v1000-likelihood-1000":"likely_not",')
    lists = len('"v1000-ranking":"","v1000-top":"","v1000-against":"",') + 3 * numbers
    return statements * len('"1000":["abstain",""],') + vignettes * (
        levels + lists + len('"v1000-keep":"revise","v1000-abstain":"yes",')
    )


@dataclass(frozen=True)
class VignetteAnswers:
    """What one sheet says of one vignette, with what it took over from the base case.

    `likelihood` is a level by option number. `against` is None where nothing was said of it. `kept` is true where the
    base case's answers were kept.
    """

    likelihood: Mapping[int, str]
    ranking: tuple[int, ...]
    top: tuple[int, ...]
    against: tuple[int, ...] | None
    texts: Mapping[str, str]
    kept: bool = False
    abstained: bool = False

    @property
    def is_given(self) -> bool:
        """Whether anything is said of an option."""
        return bool(self.likelihood or self.ranking or self.top or self.against is not None)


def fields_of(preferences: Preferences, vignette: int, base: int = 0) -> dict[str, str]:
    """The values that hold for a vignette by question (`likelihood-5` for an option's), keeping the base case's.

    `base` is the base case's number where this vignette may keep its answers, else 0. Texts are never taken over.
    """
    own = _own_fields(preferences, vignette)
    mode = own.get(KEEP, "")
    if not base or not mode:
        return own
    shared = {
        question: value
        for question, value in _own_fields(preferences, base).items()
        if question not in (KEEP, ABSTAIN, *TEXTS)
    }
    if mode == "keep":
        own = {question: value for question, value in own.items() if question in (KEEP, ABSTAIN, *TEXTS)}
    return {**shared, **own}


def _own_fields(preferences: Preferences, vignette: int) -> dict[str, str]:
    prefix = f"v{vignette}-"
    return {
        name.removeprefix(prefix): value for name, value in preferences.items() if name.startswith(prefix) and value
    }


def answers_to(preferences: Preferences, vignette: int, base: int = 0) -> VignetteAnswers:
    """What a sheet says of a vignette; `base` as in `fields_of`."""
    values = fields_of(preferences, vignette, base)
    levels = {
        int(question.removeprefix(f"{LIKELIHOOD}-")): value
        for question, value in values.items()
        if question.startswith(f"{LIKELIHOOD}-")
    }
    against = values.get(AGAINST, "")
    return VignetteAnswers(
        likelihood=levels,
        ranking=chosen(values.get(RANKING, "")),
        top=chosen(values.get(TOP, "")),
        against=chosen(against) if against else None,
        texts={question: values[question] for question in TEXTS if values.get(question, "").strip()},
        kept=bool(base) and values.get(KEEP) == "keep",
        abstained=ABSTAIN in values,
    )
