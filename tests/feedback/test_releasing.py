"""From the frozen result to the panel: moderated, released, and on to the next round or the end."""

import pytest

from surveys.feedback.models import Comment
from surveys.feedback.services.releasing import (
    finish_study,
    hide_comment,
    prepare_next_round,
    publish_comment,
    release,
)
from surveys.panels.models import Message
from surveys.panels.queries import panel_of
from surveys.rounds.checklist import blockers_to_opening
from surveys.rounds.models import Round
from surveys.rounds.queries import statements_to_ask
from surveys.rounds.services.opening import RoundError, draft_round
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from surveys.studies.services import StudyError
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return factories.make_study(statements=2)


def with_comment(study: Study) -> tuple[Round, Comment]:
    round = factories.open_round(study)
    for place, panelist in enumerate(panel_of(study)):
        factories.fill_sheet(panelist, round, [8, 5], reasons=None if place else {1: "as written"})
    return factories.close_and_freeze(round), Comment.objects.get()


def test_nothing_is_released_before_every_comment_was_looked_at(study: Study) -> None:
    round, comment = with_comment(study)
    actor, now = factories.facilitator_of(study), database_now()
    with pytest.raises(RoundError, match="Publish or hide 1 comment first"):
        release(round=round, actor=actor, now=now)
    publish_comment(comment=comment, actor=actor, body="as edited", now=now)
    release(round=round, actor=actor, now=now)
    comment.refresh_from_db()
    assert (comment.original, comment.body, comment.state) == ("as written", "as edited", "published")


def test_everybody_is_told_once_that_results_are_there(study: Study) -> None:
    round = factories.hold_round(study)
    assert Message.objects.filter(kind=Message.Kind.RESULTS).count() == 10
    with pytest.raises(RoundError, match="released already"):
        release(round=round, actor=factories.facilitator_of(study), now=database_now())
    assert Message.objects.filter(kind=Message.Kind.RESULTS).count() == 10


def test_an_open_round_has_nothing_to_release(study: Study) -> None:
    round = factories.open_round(study)
    with pytest.raises(RoundError, match="Only a closed round"):
        release(round=round, actor=factories.facilitator_of(study), now=database_now())


def test_what_the_panel_was_shown_stays(study: Study) -> None:
    round, comment = with_comment(study)
    factories.release_round(round)
    comment = Comment.objects.select_related("asked", "vignette__round__study").get()
    actor, now = factories.facilitator_of(study), database_now()
    with pytest.raises(RoundError, match="are released"):
        publish_comment(comment=comment, actor=actor, body="rewritten", now=now)
    with pytest.raises(RoundError, match="are released"):
        hide_comment(comment=comment, actor=actor, reason="late regret", now=now)


def test_hiding_needs_a_reason_and_publishing_needs_words(study: Study) -> None:
    _round, comment = with_comment(study)
    actor, now = factories.facilitator_of(study), database_now()
    with pytest.raises(RoundError, match="Say why"):
        hide_comment(comment=comment, actor=actor, reason=" ", now=now)
    with pytest.raises(RoundError, match="needs words"):
        publish_comment(comment=comment, actor=actor, body=" ", now=now)
    assert Comment.objects.get().state == Comment.State.PENDING


def test_the_next_round_waits_for_the_release(study: Study) -> None:
    factories.hold_round(study, released=False)
    drafted = draft_round(study=study, actor=factories.facilitator_of(study), now=database_now())
    assert "Release the results of Rating round 1" in blockers_to_opening(drafted, database_now())


@pytest.mark.parametrize(("policy", "asked"), [(Protocol.Settled.ASK_AGAIN, 2), (Protocol.Settled.SET_ASIDE, 1)])
def test_the_next_round_follows_the_policy(study: Study, policy: str, asked: int) -> None:
    Protocol.objects.filter(study=study).update(settled=policy)
    factories.hold_round(study, [[8] * 10, [5] * 10])
    study = Study.objects.select_related("protocol").get(pk=study.pk)
    drafted = prepare_next_round(study=study, actor=factories.facilitator_of(study), now=database_now())
    assert statements_to_ask(drafted).count() == asked


def test_a_study_is_finished_for_a_reason(study: Study) -> None:
    factories.hold_round(study)
    actor, now = factories.facilitator_of(study), database_now()
    with pytest.raises(StudyError, match="Say why"):
        finish_study(study=study, actor=actor, reason="", now=now)
    finish_study(study=study, actor=actor, reason="Every statement has full consensus.", now=now)
    study.refresh_from_db()
    assert (study.status, study.finish_reason) == ("finished", "Every statement has full consensus.")
    with pytest.raises(RoundError, match="finished"):
        draft_round(study=study, actor=actor, now=now)


def test_a_comment_that_was_read_before_the_release_is_not_moderated_after_it(study: Study) -> None:
    round = factories.open_round(study)
    for panelist in panel_of(study):
        factories.fill_sheet(panelist, round, [8, 8], reasons={1: "because"})
    closed = factories.close_and_freeze(round)
    late = Comment.objects.select_related("asked", "vignette__round__study").filter(vignette__round=closed)[0]
    factories.release_round(closed)
    actor, now = factories.facilitator_of(study), database_now()
    with pytest.raises(RoundError, match="are released"):
        hide_comment(comment=late, actor=actor, reason="late", now=now)
    with pytest.raises(RoundError, match="are released"):
        publish_comment(comment=late, actor=actor, body="in other words", now=now)


def test_a_study_with_an_open_or_unreleased_round_is_not_finished(study: Study) -> None:
    actor, now = factories.facilitator_of(study), database_now()
    round = factories.open_round(study)
    with pytest.raises(RoundError, match="is open"):
        finish_study(study=study, actor=actor, reason="enough", now=now)
    factories.agree(round)
    factories.close_and_freeze(round)
    with pytest.raises(RoundError, match="Release the results"):
        finish_study(study=study, actor=actor, reason="enough", now=now)


def test_finishing_drops_a_draft(study: Study) -> None:
    factories.hold_round(study)
    drafted = factories.draft(study)
    finish_study(study=study, actor=factories.facilitator_of(study), reason="enough", now=database_now())
    assert Round.objects.get(pk=drafted.pk).status == Round.Status.CANCELLED
