"""Finding what a command names."""

from surveys.operations.refusal import Refusal
from surveys.rounds.models import Round
from surveys.rounds.queries import rounds_of
from surveys.studies.models import Study


def study_named(slug: str) -> Study:
    """The study with this short name. Raises Refusal."""
    study = Study.objects.select_related("protocol").filter(slug=slug).first()
    if study is None:
        raise Refusal(f"There is no study “{slug[:80]}”.")
    return study


def round_of_study(study: Study, number: int) -> Round:
    """The round with this number over all votes of the study, cancelled ones left out. Raises Refusal."""
    round = rounds_of(study).select_related("study__protocol").filter(number=number).first()
    if round is None:
        raise Refusal(f"The study “{study.slug}” has no round {number}.")
    return round
