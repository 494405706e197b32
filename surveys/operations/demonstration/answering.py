"""From the fixture's codes to what a panelist's page would send."""

from collections.abc import Mapping, Sequence

from surveys.operations.demonstration.content import Content, RoundContent
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.rounds.queries import survey_of
from surveys.rounds.services.merging import Change, PreferenceChange
from surveys.rounds.services.saving import give_consent, save_sheet
from surveys.sheets.boxes import Answer
from surveys.sheets.preferences import AGAINST, KEEP, LEVELS, LIKELIHOOD, NONE, RANKING, TOP, Field
from surveys.sheets.queries import SheetHolder

KEPT = "="


def answer_round(round: Round, panel: Sequence[Panelist], content: Content, asked: RoundContent) -> None:
    """Submit everybody's sheet in an open round."""
    numbers = _numbers(round, content)
    for person, panelist in zip(content.panel, panel, strict=True):
        codes = asked.sheets[person.surname]
        holder = SheetHolder(study_id=round.study_id, panelist_id=panelist.pk, epoch=panelist.token_epoch)
        give_consent(holder=holder, round_id=round.pk)
        save_sheet(
            holder=holder,
            round_id=round.pk,
            changes=_ratings(asked, person.surname, codes) if round.is_rating else (),
            preferences=_preferences(asked, person.surname, codes, numbers) if round.asks_options else (),
            submit=True,
        )


def _numbers(round: Round, content: Content) -> dict[str, int]:
    """The number that each option has in this round, by the letter that the fixture has for it."""
    letters = {option.name: option.code for option in content.options}
    letters[content.merge.name] = content.merge.options[0]
    return {letters[option.name]: option.number for option in survey_of(round).options}


def _ratings(asked: RoundContent, surname: str, codes: Sequence[str]) -> list[Change]:
    """One statement a vignette, so the vignette's number is the statement's."""
    reasons = {comment.on: comment.text for comment in asked.comments_by(surname)}
    return [
        Change(number, Answer("abstain" if code == "-" else code, reasons.get(number, "")))
        for number, code in enumerate(codes, start=1)
    ]


def _preferences(
    asked: RoundContent, surname: str, codes: Sequence[str], numbers: Mapping[str, int]
) -> list[PreferenceChange]:
    """The fields about options and the comments, as one page a vignette would send them."""
    fields: dict[str, str] = {}
    base: dict[tuple[str, int], str] = {}
    for vignette, code in enumerate(codes, start=1):
        values = _ranked(code, numbers) if RANKING in asked.questions else _chosen(code, numbers)
        if vignette == 1:
            base = values
        elif asked.keeps_base:
            fields[Field(vignette, KEEP).name] = "keep" if code == KEPT else "revise"
            values = {key: value for key, value in values.items() if value != base[key]}
        fields |= {Field(vignette, question, option).name: value for (question, option), value in values.items()}
    fields |= {Field(comment.on, comment.kind).name: comment.text for comment in asked.comments_by(surname)}
    return [PreferenceChange(name, value) for name, value in fields.items()]


def _ranked(code: str, numbers: Mapping[str, int]) -> dict[tuple[str, int], str]:
    """`GT/KS/LHM/CO`: a ranking, cut into the four levels."""
    if code == KEPT:
        return {}
    levels = dict(zip(LEVELS, code.split("/"), strict=True))
    values = {(LIKELIHOOD, numbers[letter]): level for level, letters in levels.items() for letter in letters}
    return {**values, (RANKING, 0): _listed("".join(levels.values()), numbers)}


def _chosen(code: str, numbers: Mapping[str, int]) -> dict[tuple[str, int], str]:
    """`GKT-EO`: the top choices, and what is not recommended."""
    top, against = code.split("-")
    return {(TOP, 0): _listed(top, numbers), (AGAINST, 0): _listed(against, numbers) or NONE}


def _listed(letters: str, numbers: Mapping[str, int]) -> str:
    return ",".join(str(numbers[letter]) for letter in letters)
