"""One panelist's own sheet of a closed round as it was counted, and its receipt."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from surveys.panelist.preferences import TEXT_LABELS
from surveys.panelist.survey_feedback import own_answers, own_option_words, whole_words
from surveys.rounds.asked import asked_in
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.rounds.queries import Survey
from surveys.sheets.preferences import AGAINST, RANKING, VignetteAnswers
from surveys.sheets.queries import OwnSheet
from surveys.sheets.receipts import FORMAT, choices_of, receipt
from surveys.vignettes.queries import sentence_start


@dataclass(frozen=True)
class StatementCounted:
    """One statement, what was counted for it in words, and the own reason as it was written."""

    text: str
    answer: str
    reason: str


@dataclass(frozen=True)
class OptionsCounted:
    """What was counted about the options of one vignette.

    `whole` is about all of them, `options` pairs names and words, `notes` say what was not counted and why, `texts`
    pairs questions with what was written.
    """

    whole: str
    options: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    texts: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class VignetteCounted:
    """One vignette with its statements; `options` is None where the round asked nothing about options there."""

    vignette: AskedVignette
    statements: tuple[StatementCounted, ...]
    options: OptionsCounted | None


def answers_counted(round: Round, sheet: OwnSheet) -> list[VignetteCounted]:
    """A counted sheet vignette by vignette, in the order of the round; no query where the round was read before."""
    round_asked = asked_in(round)
    survey = round_asked.survey
    return [
        VignetteCounted(
            vignette,
            tuple(_statement(asked, sheet) for asked in vignette.statements.all()),
            _options(survey, vignette, sheet) if vignette in survey.vignettes else None,
        )
        for vignette in round_asked.vignettes
    ]


def _statement(asked: AskedStatement, sheet: OwnSheet) -> StatementCounted:
    own = sheet.answer_to(asked.number)
    if own.rating is not None:
        words = _("you rated %(rating)d.") % {"rating": own.rating}
    else:
        words = _("“I cannot rate this”.") if own.is_given else _("nothing given, so counted as missing.")
    return StatementCounted(asked.text, words, own.reason)


def _options(survey: Survey, vignette: AskedVignette, sheet: OwnSheet) -> OptionsCounted:
    own = own_answers(sheet, survey, vignette)
    said = [] if own.abstained else [(one.name, own_option_words(one.number, own)) for one in survey.options]
    return OptionsCounted(
        whole_words(own),
        tuple((sentence_start(name), words) for name, words in said if words),
        _notes(survey, own),
        tuple((str(TEXT_LABELS[name]), text) for name, text in own.texts.items()),
    )


def _notes(survey: Survey, own: VignetteAnswers) -> tuple[str, ...]:
    notes = []
    if own.abstained:
        return ()
    if RANKING in survey.questions and 0 < len(own.ranking) < len(survey.options):
        notes.append(_("You ranked some of the options, not all: such a ranking is not counted."))
    if AGAINST in survey.questions and own.is_given and not own.against:
        notes.append(_("You are counted as ruling out no option."))
    return tuple(notes)


def receipt_of(round: Round, sheet: OwnSheet) -> str:
    """The receipt of a submitted sheet, 64 hexadecimal digits; empty where it has none, as before there were any."""
    content = sheet.content
    if not (sheet.is_submitted and content.nonce):
        return ""
    choices = choices_of(content)
    return receipt(study_id=round.study_id, round_id=round.pk, nonce=content.nonce, choices=choices)


def receipt_file(round: Round, sheet: OwnSheet) -> Mapping[str, object]:
    """What anybody needs to compute the receipt of this sheet anew; its choices stand in it in the clear."""
    return {
        "format": FORMAT,
        "study": str(round.study_id),
        "round": str(round.pk),
        "nonce": sheet.content.nonce,
        "choices": choices_of(sheet.content),
        "receipt": receipt_of(round, sheet),
    }
