from io import StringIO

import pytest
from django.core.management import call_command

from surveys.feedback.models import Result, RoundResult
from surveys.feedback.services.closing import close_round
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.sheets.keystore import destroy_study_key
from surveys.sheets.models import Sheet
from surveys.studies.models import AuditEntry, Study
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return factories.make_study(title="Next steps", statements=2)


def close(study: str, number: str) -> tuple[str, str, int | str | None]:
    """What the command says on standard output and standard error, and its exit code."""
    out, err = StringIO(), StringIO()
    try:
        call_command("close_round", study, number, stdout=out, stderr=err)
    except SystemExit as left:
        return out.getvalue().strip(), err.getvalue().strip(), left.code
    return out.getvalue().strip(), err.getvalue().strip(), 0


def submit(round: Round, panelists: int) -> None:
    for panelist in panel_of(round.study)[:panelists]:
        factories.fill_sheet(panelist, round, [8, 5])


def test_it_closes_tallies_and_freezes_before_it_returns(study: Study) -> None:
    round = factories.open_round(study)
    submit(round, 6)
    said = "Rating round 1 is closed: 6 of 10 panelists submitted; 1 of 2 statements have consensus."
    assert close("next-steps", "1") == (said, "", 0)
    round.refresh_from_db()
    assert (round.status, round.is_released) == (Round.Status.CLOSED, False)
    assert [result.counts for result in Result.objects.all()] == [[0] * 7 + [6, 0], [0] * 4 + [6] + [0] * 4]
    assert AuditEntry.objects.get(action="round closed").actor == "close_round command"


def test_a_round_that_is_closed_already_stays_as_it_is(study: Study) -> None:
    factories.hold_round(study)
    before = RoundResult.objects.get()
    said = "Rating round 1 is closed already; its result stays as it is."
    assert close("next-steps", "1") == (said, "", 0)
    assert RoundResult.objects.get().digest == before.digest


def test_with_fewer_than_a_result_needs_nothing_changes(study: Study) -> None:
    round = factories.open_round(study)
    submit(round, 4)
    panelist = panel_of(study)[4]
    factories.fill_sheet(panelist, round, [8, 8], submit=False)
    entries = AuditEntry.objects.count()
    said = "4 have submitted, and a result needs at least 5. Extend the round, or cancel it."
    assert close("next-steps", "1") == ("", said, 3)
    round.refresh_from_db()
    assert (round.status, round.closed_at) == (Round.Status.OPEN, None)
    assert AuditEntry.objects.count() == entries
    assert not Result.objects.exists()
    factories.fill_sheet(panelist, round, [8, 5])
    assert close("next-steps", "1")[2] == 0


def test_a_round_that_was_left_closing_is_finished(study: Study) -> None:
    round = factories.open_round(study)
    factories.agree(round)
    close_round(round_id=round.pk, actor=factories.facilitator_of(study))
    said = "Rating round 1 is closed: 10 of 10 panelists submitted; 2 of 2 statements have consensus."
    assert close("next-steps", "1") == (said, "", 0)


def test_a_draft_cannot_be_closed(study: Study) -> None:
    factories.draft(study)
    assert close("next-steps", "1") == ("", "Rating round 1: Only an open round can be closed.", 2)
    assert Round.objects.get().status == Round.Status.DRAFT


def test_without_the_key_nothing_is_frozen_and_the_next_try_may_succeed(study: Study) -> None:
    round = factories.open_round(study)
    factories.agree(round)
    destroy_study_key(study.pk)
    out, err, code = close("next-steps", "1")
    start = "Rating round 1 takes no more answers, but its tally failed: There is no key for study "
    assert (out, err, code) == ("", f"{start}{study.pk}.", 1)
    round.refresh_from_db()
    assert round.status == Round.Status.CLOSING
    assert Sheet.objects.count() == 10
    assert not Result.objects.exists()


@pytest.mark.parametrize(
    ("slug", "number", "sentence"),
    [
        ("nowhere", "1", "There is no study “nowhere”."),
        ("next-steps", "2", "The study “next-steps” has no round 2."),
        ("next-steps", "0", "“0” is not the number of a round: give a whole number from 1 to 999999999."),
        ("next-steps", "١", "“١” is not the number of a round: give a whole number from 1 to 999999999."),
        ("next-steps", "1.0", "“1.0” is not the number of a round: give a whole number from 1 to 999999999."),
        ("next-steps", "-1", "“-1” is not the number of a round: give a whole number from 1 to 999999999."),
    ],
)
def test_bad_input_is_refused_in_one_sentence(study: Study, slug: str, number: str, sentence: str) -> None:
    round = factories.open_round(study)
    submit(round, 6)
    assert close(slug, number) == ("", sentence, 2)
    round.refresh_from_db()
    assert round.status == Round.Status.OPEN


def test_a_cancelled_round_is_no_round(study: Study) -> None:
    factories.open_round(study)
    Round.objects.update(status=Round.Status.CANCELLED)
    assert close("next-steps", "1") == ("", "The study “next-steps” has no round 1.", 2)
