"""Studies that had begun when lineage began to be recorded."""

from importlib import import_module

import pytest
from django.apps import apps

from surveys.facilitator.lineage import flow_of
from surveys.rounds.models import Round
from surveys.vignettes.models import LineageStep
from surveys.vignettes.queries import facts_of, last_step_number, options_of, statements_of, vignettes_of
from tests.factories import hold_round, make_option, make_study, open_round
from tests.panelist.browsing import enter, first_panelist, words_of

pytestmark = pytest.mark.django_db

MIGRATION = import_module("surveys.rounds.migrations.0004_origin_of_begun_studies")


def test_what_a_begun_study_asks_is_its_origin_and_no_news_to_its_panel() -> None:
    study, draft = make_study(statements=2), make_study(title="Being written", statements=1)
    make_option(study)
    hold_round(study)
    LineageStep.objects.all().delete()
    Round.objects.update(after_step=0)
    MIGRATION.record_origins(apps, None)
    items = [*vignettes_of(study), *options_of(study), *statements_of(study)]
    steps = LineageStep.objects.order_by("number")
    assert [(step.study, step.after) for step in steps] == [(study, [facts_of(item)]) for item in items]
    assert last_step_number(draft) == 0
    MIGRATION.record_origins(apps, None)
    assert open_round(study).after_step == len(items) == last_step_number(study)
    flow = flow_of(study)
    assert flow is not None
    assert [words for _x, words in flow.columns] == ["Set-up", "Round 1", "Round 2"]
    words = words_of(enter(first_panelist(study)).get("/panel/"))
    assert "The wording is the same." in words
