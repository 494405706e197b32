"""A study with a round of each kind of result: shown whole, without SD, without counts, hidden."""

from collections.abc import Sequence

import pytest

from surveys.feedback.models import Result
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Vignette
from surveys.vignettes.services.writing import compose_statement
from tests import factories

# A row for each statement, a column for each panelist: 9, 7, 5 and 4 ratings, with what is left abstained.
TABLE: Sequence[Sequence[int | str]] = (
    [8, 8, 8, 8, 8, 9, 9, 9, 9, "abstain"],
    [6, 6, 7, 7, 8, 8, 9, "abstain", "abstain", ""],
    [5, 6, 7, 8, 9, "abstain", "abstain", "abstain", "abstain", "abstain"],
    [9, 9, 9, 9, "abstain", "abstain", "abstain", "abstain", "abstain", "abstain"],
)


@pytest.fixture
def study(db: None) -> Study:
    """A study in Chicago time whose first round is closed and not released."""
    study = factories.make_study(title="Four statements", statements=0)
    Study.objects.filter(pk=study.pk).update(time_zone="America/Chicago")
    study.refresh_from_db()
    options = [factories.make_option(study, name) for name in ("lithium", "TMS", "ECT")]
    for place in range(4):
        vignette = factories.make_vignette(study)
        compose_statement(
            vignette=vignette,
            actor=factories.facilitator_of(study),
            options=options[: 1 + place % 3],
            now=database_now(),
        )
    factories.hold_round(study, TABLE, released=False)
    return study


@pytest.fixture
def round(study: Study) -> Round:
    """Its closed round."""
    return Round.objects.get(study=study)


def set_text(study: Study, text: str) -> None:
    """Put this text, as it is, wherever staff can write some, past the forms that would clean it."""
    Study.objects.filter(pk=study.pk).update(title=text, time_zone=study.time_zone)
    Vignette.objects.filter(study=study).update(title=text[:120], aspect=text[:200])
    for result in Result.objects.filter(asked__round__study=study).select_related("asked__vignette"):
        asked = result.asked
        asked.text, asked.recommendations = text, [text]
        asked.save(update_fields=["text", "recommendations"])
        asked.vignette.title = text[:120]
        asked.vignette.save(update_fields=["title"])
    for option in study.options.all():
        option.name, option.category = f"{text[:110]}{option.position}", text[:60]
        option.explanation = text
        option.save(update_fields=["name", "category", "explanation"])
    study.refresh_from_db()


def names_and_addresses(study: Study) -> list[str]:
    """What no file may hold."""
    return [text for one in panel_of(study) for text in (one.name, one.email)]
