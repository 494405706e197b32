"""A study with a round of each kind of result: shown whole, without SD, without counts, hidden."""

from collections.abc import Sequence

import pytest

from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Statement, Vignette
from surveys.vignettes.services.lineage import drop
from surveys.vignettes.services.steps import Why
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


def make_study_of(text: str) -> Study:
    """A study with this text, as it is, wherever staff can write some, and rounds that asked it in both ways.

    It is put there past the forms that would clean it, before anything is asked.
    """
    study = factories.make_survey_study(options=3)
    for option in study.options.all():
        option.name, option.category, option.explanation = f"{text[:110]}{option.position}", text[:60], text
        option.save()
    for vignette in study.vignettes.all():
        factories.make_statement(vignette)
    Statement.objects.filter(vignette__study=study).update(text=text)
    Vignette.objects.filter(study=study).update(title=text[:120], aspect=text[:200])
    sheet = {"v1-top": "1", "v1-against": "2", "v2-top": "1", "v2-against": "2"}
    factories.hold_survey(study, [sheet] * 10, ["top", "against"])
    actor, now = factories.facilitator_of(study), database_now()
    drop(item=study.options.get(position=1), actor=actor, why=Why(f"{text}."), now=now)
    factories.hold_round(study)
    Study.objects.filter(pk=study.pk).update(title=text)
    study.refresh_from_db()
    return study


def names_and_addresses(study: Study) -> list[str]:
    """What no file may hold."""
    return [text for one in panel_of(study) for text in (one.name, one.email)]
