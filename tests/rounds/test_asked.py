"""What an opened round asks is read once by each process, and says nothing that still moves."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.feedback.own_feedback import earlier_feedback
from surveys.panels.queries import panel_of
from surveys.rounds.asked import asked_in
from surveys.rounds.models import Round
from surveys.rounds.queries import asked_vignettes, forebears, survey_of
from tests import factories

pytestmark = pytest.mark.django_db


def test_it_has_what_the_round_asks_and_reads_it_once() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study)
    round = factories.open_round(study)
    asked = asked_in(round)
    assert list(asked.vignettes) == list(asked_vignettes(round))
    assert asked.places == {1: 1, 2: 2, 3: 3}
    assert asked.survey == survey_of(round)
    assert asked.forebears == forebears(round)
    assert [seen.round.number for seen in asked.seen_before.values()] == [1, 1, 1]
    with CaptureQueriesContext(connection) as queries:
        again = asked_in(Round.objects.get(pk=round.pk))
        assert [len(vignette.statements.all()) for vignette in again.vignettes] == [1, 1, 1]
    assert len(queries) == 1


def test_a_draft_asks_nothing_yet() -> None:
    with pytest.raises(ValueError, match="draft"):
        asked_in(factories.draft(factories.make_study()))


def test_whether_an_earlier_round_is_released_is_read_afresh() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    round = factories.open_round(study)
    round.study = study
    holder = factories.holder_of(panel_of(study)[0])
    assert earlier_feedback(holder, round)
    Round.objects.filter(study=study, number=1).update(released_at=None)
    assert earlier_feedback(holder, round) == {}
