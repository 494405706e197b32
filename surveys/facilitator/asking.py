"""What a draft asks: the choices of its plan, statements with what their last rating came to."""

from collections.abc import Collection

from django.utils.html import format_html
from django.utils.translation import gettext as _

from surveys.feedback.queries import StatementResult, latest_results, rule_of
from surveys.pages.round_words import round_phrase
from surveys.pages.verdict_words import rule_name
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.vignettes.models import Statement, Vignette
from surveys.vignettes.queries import statements_of, vignette_numbers, vignettes_of


def statement_choices(study: Study) -> list[tuple[str, str]]:
    """(id, words) of every statement, in the questionnaire's order; those that reached consensus say so."""
    numbers = vignette_numbers(study)
    latest = {result.asked.statement_id: result for result in latest_results(study)}
    name = rule_name(rule_of(study))
    return [
        (str(statement.pk), _words(statement, numbers[statement.vignette_id], latest.get(statement.pk), name))
        for statement in statements_of(study)
    ]


def _words(statement: Statement, number: int, latest: StatementResult | None, rule: str) -> str:
    settled = ""
    if latest and latest.is_settled:
        words = {"rule": rule, "round": round_phrase(latest.asked.round)}
        settled = format_html(" <b>{}</b>", _("Reached %(rule)s in %(round)s.") % words)
    return format_html(
        '<span class="muted">{number}. {vignette}:</span> {text}{settled}',
        number=number,
        vignette=statement.vignette.title,
        text=statement.text,
        settled=settled,
    )


def left_out_ids(round: Round) -> set[str]:
    """The ids of the statements that a draft does not ask."""
    return {str(pk) for pk in round.left_out.values_list("pk", flat=True)}


def statements_left_out(study: Study, asked: Collection[str] | None) -> list[Statement]:
    """The study's statements that are not among these ids; None leaves none out."""
    if asked is None:
        return []
    return [statement for statement in statements_of(study) if str(statement.pk) not in asked]


def vignette_choices(study: Study) -> list[tuple[str, str]]:
    """(id, words) of every vignette, in the questionnaire's order."""
    return [(str(vignette.pk), f"{number}. {vignette.title}") for number, vignette in enumerate(vignettes_of(study), 1)]


def vignettes_left_out(study: Study, asked: Collection[str]) -> list[Vignette]:
    """The study's vignettes that are not among these ids."""
    return [vignette for vignette in vignettes_of(study) if str(vignette.pk) not in asked]
