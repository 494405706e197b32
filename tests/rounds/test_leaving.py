"""Consent and withdrawal stand in the sheet alone while a round is open, and take effect at the freeze."""

import pytest

from surveys.feedback.models import Commitment, Participation, RoundResult
from surveys.feedback.queries import results_of
from surveys.panels.models import LinkToken, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link, revoke_links
from surveys.rounds.models import Round
from surveys.rounds.services.leaving import BeingCounted, withdraw
from surveys.rounds.services.mailing import send_due_messages
from surveys.rounds.services.merging import Change
from surveys.rounds.services.opening import cancel_round, extend_round, open_round, remind
from surveys.rounds.services.saving import (
    ConsentMissing,
    HasWithdrawn,
    RoundNotOpen,
    SessionEnded,
    give_consent,
    save_sheet,
)
from surveys.sheets.boxes import Answer, SheetContent
from surveys.sheets.models import Sheet
from surveys.sheets.queries import SheetHolder, own_sheet
from surveys.sheets.receipts import choices_of, receipt
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from tests import factories

pytestmark = pytest.mark.django_db

RATING = [Change(1, Answer("8"))]


def opened(panelists: int = 7) -> tuple[Round, list[Panelist]]:
    """A first round, open, whose panel has agreed to nothing yet."""
    study = factories.make_study(panelists=panelists, statements=1)
    drafted = factories.draft(study)
    round = open_round(round=drafted, actor=factories.facilitator_of(study), now=database_now())
    return round, list(panel_of(study))


def stranger(panelist: Panelist) -> SheetHolder:
    """A session whose panelist agreed to nothing in an earlier round."""
    return SheetHolder(panelist.study_id, panelist.pk)


def agreed_and_submitted(round: Round) -> None:
    """Everybody has agreed in an earlier round, and submits."""
    factories.have_agreed(round.study_id)
    factories.agree(round)


def leave(panelist: Panelist) -> None:
    withdraw(panelist=panelist, holder=stranger(panelist), now=database_now())


def test_nobody_answers_before_they_agreed() -> None:
    round, (panelist, *_others) = opened()
    with pytest.raises(ConsentMissing):
        save_sheet(holder=stranger(panelist), round_id=round.pk, changes=RATING)
    assert not Sheet.objects.exists()
    give_consent(holder=stranger(panelist), round_id=round.pk)
    save_sheet(holder=stranger(panelist), round_id=round.pk, changes=RATING, submit=True)
    sheet = own_sheet(stranger(panelist), round.pk)
    assert (sheet.is_submitted, sheet.version, sheet.answers[1].choice) == (True, 2, "8")
    assert sheet.content.consent == factories.notice_digest(round.study_id)


def test_agreeing_twice_writes_once_and_keeps_the_answers() -> None:
    round, (panelist, *_others) = opened()
    give_consent(holder=stranger(panelist), round_id=round.pk)
    save_sheet(holder=stranger(panelist), round_id=round.pk, changes=RATING, submit=True)
    assert give_consent(holder=stranger(panelist), round_id=round.pk) == own_sheet(stranger(panelist), round.pk)
    assert own_sheet(stranger(panelist), round.pk).version == 2


def test_consent_to_another_notice_is_none() -> None:
    round, (panelist, *_others) = opened()
    Panelist.objects.filter(pk=panelist.pk).update(consent="0" * 64)
    with pytest.raises(ConsentMissing):
        save_sheet(holder=stranger(panelist), round_id=round.pk, changes=RATING)


def test_consent_moves_to_the_panel_at_the_freeze_of_whoever_submitted() -> None:
    round, panel = opened()
    for place, panelist in enumerate(panel):
        give_consent(holder=stranger(panelist), round_id=round.pk)
        save_sheet(holder=stranger(panelist), round_id=round.pk, changes=RATING, submit=place > 0)
        assert not Panelist.objects.exclude(consent="").exists()
    factories.close_and_freeze(round)
    digest = factories.notice_digest(round.study_id)
    asked_again = Panelist.objects.get(study=round.study, consent="")
    assert asked_again == panel[0]
    assert Panelist.objects.filter(study=round.study, consent=digest).count() == 6


def test_a_withdrawn_sheet_is_empty_takes_nothing_more_and_is_not_counted() -> None:
    round, panel = opened()
    agreed_and_submitted(round)
    leave(panel[0])
    leave(panel[0])
    sheet = own_sheet(stranger(panel[0]), round.pk)
    assert (sheet.is_withdrawn, sheet.content) == (True, SheetContent())
    for deed in (
        lambda: save_sheet(holder=factories.holder_of(panel[0]), round_id=round.pk, changes=RATING, submit=True),
        lambda: give_consent(holder=stranger(panel[0]), round_id=round.pk),
    ):
        with pytest.raises(HasWithdrawn):
            deed()
    assert Panelist.objects.filter(pk=panel[0].pk).exists()
    closed = factories.close_and_freeze(round)
    assert results_of(closed)[0].shown.n == 6
    result = RoundResult.objects.get(round=closed)
    assert (result.invited, result.submitted, result.withdrew) == (7, 6, 1)
    assert not Panelist.objects.filter(pk=panel[0].pk).exists()
    assert Sheet.objects.filter(round_id=round.pk).count() == Commitment.objects.count() == 6
    assert Participation.objects.filter(round=round).count() == 6


def test_who_withdrew_gets_no_reminder(mailoutbox: list[object]) -> None:
    round, panel = opened()
    send_due_messages(now=database_now())
    mailoutbox.clear()
    leave(panel[0])
    remind(round=round, actor=factories.facilitator_of(round.study), now=database_now())
    send_due_messages(now=database_now())
    assert len(mailoutbox) == 6
    assert panel[0].email not in str([mail.to for mail in mailoutbox])  # type: ignore[attr-defined]


def test_a_cancelled_round_lets_go_who_withdrew_in_it() -> None:
    round, panel = opened()
    leave(panel[0])
    actor = factories.facilitator_of(round.study)
    cancel_round(round=round, actor=actor, reason="Wrong vignette.", now=database_now())
    assert panel_of(round.study).count() == 6
    assert AuditEntry.objects.get(action="round cancelled").detail["withdrew"] == 1


def test_after_the_deadline_one_can_still_leave() -> None:
    round, panel = opened()
    Round.objects.filter(pk=round.pk).update(closes_at=database_now().replace(year=2020))
    with pytest.raises(RoundNotOpen):
        give_consent(holder=stranger(panel[0]), round_id=round.pk)
    leave(panel[0])
    assert own_sheet(stranger(panel[0]), round.pk).is_withdrawn


def test_a_session_that_has_ended_takes_nobody_out() -> None:
    study = factories.make_study(panelists=6, statements=1)
    factories.hold_round(study)
    panelist = panel_of(study).select_related("study")[0]
    holder = factories.holder_of(panelist)
    revoke_links(panelist=panelist, actor=factories.facilitator_of(study), now=database_now())
    with pytest.raises(SessionEnded):
        withdraw(panelist=panelist, holder=holder, now=database_now())
    assert panel_of(study).count() == 6


def test_between_rounds_one_leaves_at_once_and_results_stay() -> None:
    study = factories.make_study(panelists=8, statements=1)
    closed = factories.hold_round(study)
    before = results_of(closed)
    panelist = panel_of(study)[0]
    mint_link(panelist=panelist, now=database_now())
    leave(panelist)
    assert not Panelist.objects.filter(pk=panelist.pk).exists()
    assert not LinkToken.objects.filter(panelist_id=panelist.pk).exists()
    assert results_of(closed) == before
    entry = AuditEntry.objects.filter(study=study).latest("number")
    assert (entry.actor, entry.action, entry.detail) == ("panelist", "withdrew", {})


def test_nobody_leaves_while_a_round_is_tallied() -> None:
    round, panel = opened()
    agreed_and_submitted(round)
    Round.objects.filter(pk=round.pk).update(status=Round.Status.CLOSING)
    with pytest.raises(BeingCounted):
        leave(panel[0])
    Round.objects.filter(pk=round.pk).update(status=Round.Status.CLOSED)
    assert Study.objects.get(pk=round.study_id).roster_is_frozen
    with pytest.raises(BeingCounted):
        leave(panel[0])
    assert panel_of(round.study).count() == 7


def test_the_receipts_of_a_round_are_those_of_its_counted_sheets() -> None:
    round, panel = opened()
    agreed_and_submitted(round)
    half = "ab" * 16
    holder = factories.holder_of(panel[0])
    first = own_sheet(holder, round.pk).content
    assert (first.half, len(first.nonce)) == ("", 32)
    save_sheet(holder=holder, round_id=round.pk, changes=[Change(1, Answer("2"))], submit=True, half=half)
    extend_round(
        round=round,
        actor=factories.facilitator_of(round.study),
        closes_at=database_now().replace(year=2100),
        now=database_now(),
    )
    factories.close_and_freeze(round)
    expected = set()
    for panelist in panel:
        content = own_sheet(factories.holder_of(panelist), round.pk).content
        expected.add(
            receipt(study_id=round.study_id, round_id=round.pk, nonce=content.nonce, choices=choices_of(content))
        )
    assert set(Commitment.objects.values_list("digest", flat=True)) == expected
    assert len(expected) == 7
    assert own_sheet(holder, round.pk).content.nonce == first.nonce


def test_the_browser_s_half_is_kept_where_the_sheet_is_first_submitted_with_it() -> None:
    round, (panelist, *_others) = opened()
    holder = factories.holder_of(panelist)
    give_consent(holder=holder, round_id=round.pk)
    save_sheet(holder=holder, round_id=round.pk, changes=RATING, half="ab" * 16)
    assert own_sheet(holder, round.pk).content.nonce == ""
    save_sheet(holder=holder, round_id=round.pk, submit=True, half="ab" * 16)
    content = own_sheet(holder, round.pk).content
    assert (content.half, len(content.nonce)) == ("ab" * 16, 32)
    save_sheet(holder=holder, round_id=round.pk, submit=True, half="cd" * 16)
    assert own_sheet(holder, round.pk).content == content
