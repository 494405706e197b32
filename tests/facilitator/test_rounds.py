"""Rounds in the browser: planned, checked, opened, watched over, extended, cancelled, closed."""

import datetime as dt
import re
import zoneinfo
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from surveys.feedback.models import PartialTally
from surveys.feedback.services import tallying
from surveys.feedback.services.closing import close_round, finish_closing
from surveys.feedback.services.releasing import finish_study, prepare_next_round
from surveys.panels.models import Message, Panelist
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.rounds.services.opening import draft_round
from surveys.sheets.keystore import KeyStoreError
from surveys.sheets.models import Sheet
from surveys.studies.models import AuditEntry, Protocol, Study
from surveys.studies.queries import database_now
from tests import factories
from tests.facilitator.reading import button, heading, main, plain, queries_for

pytestmark = pytest.mark.django_db

ZONE = zoneinfo.ZoneInfo("America/New_York")


def address(study: Study, name: str, *rest: object) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *rest])


def browser(study: Study) -> Client:
    return factories.signed_in(factories.facilitator_of(study))


def drafted(study: Study) -> Round:
    return draft_round(study=study, actor=factories.facilitator_of(study), now=database_now())


def submitted_by(study: Study, round: Round, number: int) -> None:
    statements = round.asked_statements.count()
    for panelist in panel_of(study)[:number]:
        factories.fill_sheet(panelist, round, [8] * statements)


# ---- the list, and a new draft ----


def test_the_list_of_rounds_is_empty_at_first_and_says_what_will_stand_there() -> None:
    study = factories.make_study(statements=1)
    html = browser(study).get(address(study, "rounds")).content.decode()
    assert heading(html) == "There is no round yet"
    assert "Each round stands here with what became of it." in html
    assert button(html) == "Prepare rating round 1"


def test_the_list_names_every_round_with_what_became_of_it() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    factories.open_round(study)
    html = browser(study).get(address(study, "rounds")).content.decode()
    assert heading(html) == "Rating round 2 is open"
    lines = [plain(line) for line in re.findall(r"<li>(.*?)</li>", html, re.DOTALL)]
    day = r"[A-Z][a-z]+ \d+, \d{4}"
    assert len(lines) == 2
    assert re.fullmatch(f"Rating round 2 open until {day}", lines[0])
    assert re.fullmatch(f"Rating round 1 closed {day}, released", lines[1])


def test_preparing_the_next_round_is_one_action_and_leads_to_its_plan() -> None:
    study = factories.make_study(statements=2)
    response = browser(study).post(address(study, "draft_round"))
    assert (response.status_code, response["Location"]) == (302, address(study, "round", 1))
    assert Round.objects.get(study=study).status == Round.Status.DRAFT


def test_preparing_twice_leaves_one_draft() -> None:
    study = factories.make_study(statements=2)
    client = browser(study)
    for _time in range(2):
        response = client.post(address(study, "draft_round"))
        assert (response.status_code, response["Location"]) == (302, address(study, "round", 1))
    assert Round.objects.filter(study=study).count() == 1


def test_a_finished_study_prepares_no_further_round_and_says_so() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    finish_study(study=study, actor=factories.facilitator_of(study), reason="Enough.", now=database_now())
    client = browser(study)
    response = client.post(address(study, "draft_round"), follow=True)
    assert "This study is finished; it has no further round." in response.content.decode()
    assert Round.objects.filter(study=study).count() == 1


def test_a_get_alone_prepares_nothing() -> None:
    study = factories.make_study(statements=1)
    html = browser(study).get(address(study, "draft_round")).content.decode()
    assert heading(html) == "Prepare rating round 1?"
    assert not Round.objects.filter(study=study).exists()


# ---- the plan ----


def plan(study: Study, **fields: object) -> dict[str, object]:
    statements = [str(pk) for pk in study.vignettes.values_list("statements__pk", flat=True)]
    return {"closes_at": "", "opens_at": "", "message": "", "asked": statements, **fields}


def test_the_plan_takes_times_on_the_study_s_own_clocks() -> None:
    study = factories.make_study(statements=2)
    Study.objects.filter(pk=study.pk).update(time_zone="America/New_York")
    drafted(study)
    client = browser(study)
    fields = plan(study, closes_at="2090-07-04T17:00", opens_at="2090-07-01T09:30", message="Please rate.")
    response = client.post(address(study, "round", 1), fields)
    assert (response.status_code, response["Location"]) == (302, address(study, "open_round", 1))
    round = Round.objects.get(study=study)
    assert round.closes_at == dt.datetime(2090, 7, 4, 17, 0, tzinfo=ZONE)
    assert round.opens_at == dt.datetime(2090, 7, 1, 9, 30, tzinfo=ZONE)
    assert round.message == "Please rate."
    html = client.get(address(study, "round", 1)).content.decode()
    assert 'type="datetime-local"' in html
    assert 'value="2090-07-04T17:00"' in html
    assert 'value="2090-07-01T09:30"' in html
    assert "All times are New York time, the study's own." in unescape(html)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"closes_at": "2020-01-01T10:00"}, "Closes: Choose a closing time that is later than now."),
        (
            {"opens_at": "2020-01-01T10:00"},
            "Opens by itself: Choose an opening time that is later than now, or leave it empty.",
        ),
        (
            {"closes_at": "2090-01-01T10:00", "opens_at": "2090-01-01T10:00"},
            "Closes: Choose a closing time that is later than the opening.",
        ),
        ({"closes_at": "soon"}, "Closes: Enter a day and a time, such as 2026-10-04 17:00."),
        ({"closes_at": "9999-12-31T23:59"}, "Closes: Enter a day and a time, such as 2026-10-04 17:00."),
        ({"closes_at": "0001-01-01T00:00"}, "Closes: Enter a day and a time, such as 2026-10-04 17:00."),
        ({"asked": []}, "Statements to ask: Choose at least one statement."),
        ({"message": "x" * 2001}, "Message to the panel: "),
    ],
)
def test_a_plan_with_a_fault_is_not_saved_and_says_what_to_do(fields: dict[str, object], sentence: str) -> None:
    study = factories.make_study(statements=2, panelists=0)
    drafted(study)
    response = browser(study).post(address(study, "round", 1), plan(study, **{"message": "Kept.", **fields}))
    html = unescape(response.content.decode())
    assert response.status_code == 422
    assert "<title>Error: Plan: Rating round 1</title>" in html
    assert sentence in html
    round = Round.objects.get(study=study)
    assert (round.closes_at, round.opens_at, round.message) == (None, None, "")


def test_an_hour_that_the_clocks_skip_is_refused() -> None:
    study = factories.make_study(statements=1, panelists=0)
    Study.objects.filter(pk=study.pk).update(time_zone="America/New_York")
    drafted(study)
    html = browser(study).post(address(study, "round", 1), plan(study, closes_at="2027-03-14T02:30")).content.decode()
    assert "couldn’t be interpreted in time zone America/New_York" in unescape(html).replace("'", "’")
    assert Round.objects.get(study=study).closes_at is None


def test_statements_can_be_left_out() -> None:
    study = factories.make_study(statements=3, panelists=0)
    drafted(study)
    fields = plan(study)
    first, *others = fields["asked"]  # type: ignore[misc]
    browser(study).post(address(study, "round", 1), {**fields, "asked": others})
    assert [str(pk) for pk in Round.objects.get(study=study).left_out.values_list("pk", flat=True)] == [first]


def checked(html: str) -> list[bool]:
    return ["checked" in tag for tag in re.findall(r'<input type="checkbox" name="asked"[^>]*>', html)]


@pytest.mark.parametrize(
    ("settled", "expected"), [(Protocol.Settled.ASK_AGAIN, [True, True]), (Protocol.Settled.SET_ASIDE, [False, True])]
)
def test_settled_statements_are_marked_and_preset_by_the_protocol(settled: str, expected: list[bool]) -> None:
    study = factories.make_study(statements=2)
    Protocol.objects.filter(study=study).update(settled=settled)
    factories.hold_round(study, [[8] * 10, [7] * 10])
    study.protocol.refresh_from_db()
    prepare_next_round(study=study, actor=factories.facilitator_of(study), now=database_now())
    html = browser(study).get(address(study, "round", 2)).content.decode()
    assert checked(html) == expected
    assert html.count("<b>Reached full consensus in rating round 1.</b>") == 1


def test_a_plan_for_a_round_that_has_opened_is_refused_with_a_sentence() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    response = browser(study).post(address(study, "round", 1), plan(study, message="Late."), follow=True)
    assert "This round has opened; only its closing time can be moved." in response.content.decode()
    round.refresh_from_db()
    assert round.message == ""


# ---- check and open ----


def test_the_check_lists_what_is_missing_and_offers_no_button_to_open() -> None:
    study = factories.make_study(statements=1, panelists=0)
    drafted(study)
    client = browser(study)
    html = client.get(address(study, "open_round", 1)).content.decode()
    assert heading(html) == "Rating round 1 cannot open yet: 2 things are missing"
    assert [plain(line) for line in re.findall(r"<li>(.*?)</li>", html, re.DOTALL)] == [
        "Missing: Choose a closing time",
        "Missing: The panel has 0 of the at least 5 panelists that a result needs",
        "Done: 1 statement to ask",
    ]
    assert "Open rating round 1 now" not in html


def test_opening_anyway_opens_nothing_and_lists_what_is_missing() -> None:
    study = factories.make_study(statements=1, panelists=0)
    drafted(study)
    response = browser(study).post(address(study, "open_round", 1))
    html = response.content.decode()
    assert response.status_code == 409
    assert "<title>Error: Check and open rating round 1</title>" in html
    assert "The round did not open: something is missing." in html
    assert heading(html) == "Rating round 1 cannot open yet: 2 things are missing"
    assert Round.objects.get(study=study).status == Round.Status.DRAFT


def test_the_check_says_exactly_what_opening_will_do() -> None:
    study = factories.make_study(statements=2)
    factories.draft(study)
    html = browser(study).get(address(study, "open_round", 1)).content.decode()
    assert heading(html) == "Nothing is missing. Open rating round 1?"
    what = html[html.index("What happens when you open it") :]
    lines = [plain(line) for line in re.findall(r"<li>(.*?)</li>", what, re.DOTALL)]
    assert lines[:5] == [
        "10 panelists are invited by mail, each with a personal link.",
        "2 statements are asked. Their wording is frozen for this round.",
        (
            "The protocol is locked: its rule and policies cannot be changed after that. "
            "Full consensus: every rating is above 5 and the mean is above 7."
        ),
        "The notice is locked too. Each panelist agrees to it before the first answer. Read the notice first",
        "A result needs at least 5 answers. With fewer, the round can be extended or cancelled, not closed.",
    ]
    assert lines[5].startswith("The round closes on ")
    assert lines[5].endswith("A day before, whoever has not submitted is reminded.")
    assert lines[6] == "Who belongs to the panel cannot change until the round has closed."
    assert button(html) == "Open rating round 1 now"


def test_a_later_round_says_that_the_protocol_stays_locked() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    factories.draft(study)
    html = browser(study).get(address(study, "open_round", 2)).content.decode()
    assert "The protocol stays as it was locked on " in html
    assert "The protocol is locked:" not in html
    assert "Read the notice first" not in html


def test_opening_invites_the_panel_and_locks_the_protocol() -> None:
    study = factories.make_study(statements=2)
    factories.draft(study)
    response = browser(study).post(address(study, "open_round", 1), follow=True)
    assert "Rating round 1 is open." in response.content.decode()
    round = Round.objects.get(study=study)
    assert round.status == Round.Status.OPEN
    assert Protocol.objects.get(study=study).is_locked
    assert Message.objects.filter(round_id=round.pk, kind=Message.Kind.INVITATION).count() == 10


def test_pressing_open_twice_opens_once() -> None:
    study = factories.make_study(statements=1)
    factories.draft(study)
    client = browser(study)
    for _time in range(2):
        response = client.post(address(study, "open_round", 1))
        assert (response.status_code, response["Location"]) == (302, address(study, "round", 1))
    assert AuditEntry.objects.filter(study=study, action="round opened").count() == 1
    assert Message.objects.filter(study=study, kind=Message.Kind.INVITATION).count() == 10


# ---- an open round ----


def test_an_open_round_says_how_many_have_submitted() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    submitted_by(study, round, 7)
    html = browser(study).get(address(study, "round", 1)).content.decode()
    assert re.fullmatch(r"Rating round 1 is open until [A-Z][a-z]+, [A-Z][a-z]+ \d+, \d\d:\d\d \(UTC\)", heading(html))
    assert "7 of 10 panelists have submitted. Results appear only after the round closes, to you as well." in main(html)
    assert button(html) == "Remind these 3"
    listed = [plain(line) for line in re.findall(r"<li><span>(.*?)</li>", html, re.DOTALL)]
    assert listed == ["Panelist 08 not yet", "Panelist 09 not yet", "Panelist 10 not yet"]


def test_of_many_who_have_not_submitted_the_names_stand_on_pages_and_one_button_reminds_all() -> None:
    study = factories.make_study(panelists=0, statements=1)
    Panelist.objects.bulk_create(
        Panelist(study=study, name=f"P {number:03d}", email=f"p{number}@example.org") for number in range(1, 124)
    )
    submitted_by(study, factories.open_round(study), 3)
    pages = [
        browser(study).get(address(study, "round", 1), {"page": page}).content.decode() for page in ("", "2", "99")
    ]
    names = [re.findall(r"<li><span>(P \d+)</span>", html) for html in pages]
    assert names[0] == [f"P {number:03d}" for number in range(4, 104)]
    assert names[1] == names[2] == [f"P {number:03d}" for number in range(104, 124)]
    assert {button(html) for html in pages} == {"Remind these 120"}
    assert 'href="?page=2">Next<' in pages[0]


def test_below_three_no_name_is_shown() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    submitted_by(study, round, 2)
    html = browser(study).get(address(study, "round", 1)).content.decode()
    assert "2 of 10 panelists have submitted." in main(html)
    assert "The names of those who have not submitted stand here once 3 have." in html
    assert "Panelist 0" not in html
    assert button(html) == "Remind those who have not submitted"


def test_a_draft_leaves_no_trace_on_the_page() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    client = browser(study)
    before = main(client.get(address(study, "round", 1)).content.decode())
    factories.fill_sheet(panel_of(study)[0], round, [8], submit=False)
    assert Sheet.objects.filter(round_id=round.pk).count() == 1
    assert main(client.get(address(study, "round", 1)).content.decode()) == before


def test_when_everybody_has_submitted_the_button_closes() -> None:
    study = factories.make_study(statements=1)
    factories.agree(factories.open_round(study))
    html = browser(study).get(address(study, "round", 1)).content.decode()
    assert "Everybody has submitted." in html
    assert button(html) == "Close the round now"


def test_a_passed_deadline_with_too_few_answers_offers_to_extend_or_cancel() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    submitted_by(study, round, 4)
    Round.objects.filter(pk=round.pk).update(closes_at=database_now() - dt.timedelta(hours=1))
    html = browser(study).get(address(study, "round", 1)).content.decode()
    assert heading(html) == "The closing time of rating round 1 has passed with too few answers"
    assert "A result needs at least 5 answers. The round takes no more answers until you extend it." in html
    assert button(html) == "Extend the round"


def test_a_reminder_is_a_row_for_everybody_and_a_second_one_waits_its_turn() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study, days=1)
    submitted_by(study, round, 7)
    client = browser(study)
    first = client.post(address(study, "remind", 1), follow=True).content.decode()
    assert "A reminder is on its way to everybody who has not submitted." in first
    second = client.post(address(study, "remind", 1), follow=True).content.decode()
    assert "A reminder is already on its way." in second
    assert Message.objects.filter(round_id=round.pk, kind=Message.Kind.REMINDER).count() == 10


def test_reminding_after_the_close_says_why_not() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    html = browser(study).post(address(study, "remind", 1), follow=True).content.decode()
    assert "Only in an open round can panelists be reminded." in html
    assert browser(study).get(address(study, "remind", 1)).status_code == 405


def test_extending_moves_the_closing_time_and_an_earlier_one_is_refused() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    client = browser(study)
    response = client.post(address(study, "extend_round", 1), {"closes_at": "2090-01-01T10:00"})
    assert (response.status_code, response["Location"]) == (302, address(study, "round", 1))
    round.refresh_from_db()
    assert round.closes_at == dt.datetime(2090, 1, 1, 10, tzinfo=dt.UTC)
    html = client.post(address(study, "extend_round", 1), {"closes_at": "2089-01-01T10:00"}).content.decode()
    assert "Choose a time that is later than now and later than the present closing time." in html
    assert "<title>Error: Extend rating round 1</title>" in html
    html = client.post(address(study, "extend_round", 1), {"closes_at": ""}).content.decode()
    assert "Choose the new closing time." in html
    round.refresh_from_db()
    assert round.closes_at == dt.datetime(2090, 1, 1, 10, tzinfo=dt.UTC)


def test_cancelling_needs_a_reason_says_what_is_lost_and_deletes_the_sheets() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    submitted_by(study, round, 2)
    client = browser(study)
    html = client.get(address(study, "cancel_round", 1)).content.decode()
    assert heading(html) == "Cancel rating round 1 without a result?"
    assert "Its sheets are deleted unseen: nobody will ever know what was answered in it" in html
    html = client.post(address(study, "cancel_round", 1), {"reason": ""}).content.decode()
    assert "Say why this round is cancelled." in html
    assert Sheet.objects.filter(round_id=round.pk).count() == 2
    response = client.post(address(study, "cancel_round", 1), {"reason": "Wrong wording."}, follow=True)
    assert "Rating round 1 is cancelled." in response.content.decode()
    assert Sheet.objects.filter(round_id=round.pk).count() == 0
    round.refresh_from_db()
    assert round.status == Round.Status.CANCELLED
    assert client.get(address(study, "cancel_round", 1)).status_code == 404


def test_a_draft_is_dropped_without_talk_of_sheets() -> None:
    study = factories.make_study(statements=1)
    drafted(study)
    html = browser(study).get(address(study, "cancel_round", 1)).content.decode()
    assert heading(html) == "Drop rating round 1? Nobody has been invited"
    assert "sheets" not in main(html)


def test_a_closed_round_cannot_be_cancelled_and_says_so() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    html = browser(study).post(address(study, "cancel_round", 1), {"reason": "No."}, follow=True).content.decode()
    assert "A round that is closing or closed cannot be cancelled." in html
    assert Round.objects.get(study=study).status == Round.Status.CLOSED


# ---- the close ----


def test_closing_asks_first_and_says_what_it_means() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    submitted_by(study, round, 7)
    html = browser(study).get(address(study, "close_round", 1)).content.decode()
    assert heading(html) == "Close rating round 1 now?"
    assert "7 of 10 panelists have submitted. What 3 others would send later does not count." in main(html)
    round.refresh_from_db()
    assert round.status == Round.Status.OPEN


def test_with_too_few_answers_the_close_offers_to_extend_or_cancel() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    submitted_by(study, round, 4)
    html = browser(study).get(address(study, "close_round", 1)).content.decode()
    assert heading(html) == "Rating round 1 cannot be closed yet"
    assert "4 have submitted, and a result needs at least 5. Extend the round, or cancel it." in main(html)
    assert button(html) == "Extend the round"
    assert "<form method" not in html[html.index("<main") :]


def test_closing_anyway_with_too_few_answers_is_an_error_page_and_changes_nothing() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    submitted_by(study, round, 4)
    response = browser(study).post(address(study, "close_round", 1))
    html = response.content.decode()
    assert response.status_code == 409
    assert "<title>Error: Close rating round 1</title>" in html
    assert main(html).count("4 have submitted, and a result needs at least 5. Extend the round, or cancel it.") == 1
    round.refresh_from_db()
    assert round.status == Round.Status.OPEN


def test_after_the_close_the_page_waits_for_the_tally_and_shows_no_figure() -> None:
    study = factories.make_study(statements=1)
    factories.agree(factories.open_round(study))
    client = browser(study)
    response = client.post(address(study, "close_round", 1))
    assert (response.status_code, response["Location"]) == (302, address(study, "round", 1))
    html = client.get(address(study, "round", 1)).content.decode()
    assert heading(html) == "Rating round 1 is closed to answers. They are being counted"
    assert 'hx-trigger="every 2s"' in html
    assert "8.00" not in html


def test_the_waiting_page_asks_again_and_is_renewed_when_the_result_is_there() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    factories.agree(round)
    close_round(round_id=round.pk, actor=factories.facilitator_of(study))
    client = browser(study)
    waiting = client.get(address(study, "round", 1), headers={"HX-Request": "true"})
    assert (waiting.status_code, "HX-Refresh" in waiting.headers) == (200, False)
    assert waiting.content.decode().startswith("<section")
    finish_closing(round_id=round.pk)
    done = client.get(address(study, "round", 1), headers={"HX-Request": "true"})
    assert done["HX-Refresh"] == "true"
    assert done.content == b""
    html = client.get(address(study, "round", 1)).content.decode()
    assert heading(html) == "Rating round 1 is closed. The statement has full consensus."


def test_pressing_close_twice_closes_once() -> None:
    study = factories.make_study(statements=1)
    factories.agree(factories.open_round(study))
    client = browser(study)
    for _time in range(2):
        response = client.post(address(study, "close_round", 1))
        assert (response.status_code, response["Location"]) == (302, address(study, "round", 1))
    assert AuditEntry.objects.filter(study=study, action="round closed").count() == 1


# ---- who may ----


NAMES = ("round", "open_round", "close_round", "extend_round", "cancel_round", "release")


def test_authors_strangers_and_administrators_reach_no_round() -> None:
    study = factories.make_study(statements=1)
    factories.open_round(study)
    for user in (factories.make_author(study), factories.make_facilitator(), factories.make_administrator()):
        client = factories.signed_in(user)
        found = [client.get(address(study, name, 1)).status_code for name in NAMES]
        found += [client.post(address(study, name, 1)).status_code for name in (*NAMES, "remind")]
        found += [client.get(address(study, name)).status_code for name in ("rounds", "draft_round")]
        assert found == [404] * 15
    assert Round.objects.get(study=study).status == Round.Status.OPEN


def test_nobody_signed_in_is_sent_to_the_sign_in_page() -> None:
    study = factories.make_study(statements=1)
    factories.draft(study)
    for name in (*NAMES, "remind"):
        response = Client().post(address(study, name, 1))
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("pages:sign_in"))


def test_a_round_that_does_not_exist_is_no_page() -> None:
    study = factories.make_study(statements=1)
    assert browser(study).get(address(study, "round", 7)).status_code == 404


@pytest.mark.parametrize("statements", [1, 7])
@pytest.mark.parametrize(("name", "queries"), [("round", 13), ("open_round", 22)])
def test_a_draft_takes_as_many_queries_for_one_statement_as_for_seven(statements: int, name: str, queries: int) -> None:
    study = factories.make_study(statements=statements)
    factories.draft(study)
    client = browser(study)
    assert queries_for(client, address(study, name, 1)) == queries


def test_without_the_keys_the_pages_say_so_and_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    study = factories.make_study(statements=1)
    factories.agree(factories.open_round(study))

    def lost(study_id: object) -> None:
        raise KeyStoreError("no such key")

    monkeypatch.setattr("surveys.rounds.queries.study_keys", lost)
    client = browser(study)
    for response in (
        client.get(address(study, "study")),
        client.get(address(study, "round", 1)),
        client.get(address(study, "close_round", 1)),
    ):
        assert response.status_code == 503
        assert heading(response.content.decode()) == "The sheets cannot be reached just now"
    assert Round.objects.get(study=study).status == Round.Status.OPEN


def test_the_next_round_opens_with_one_action() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study)
    client = factories.signed_in(factories.facilitator_of(study))
    closes = (database_now() + dt.timedelta(days=5)).replace(second=0, microsecond=0)
    answer = client.post(
        reverse("facilitator:draft_round", args=[study.slug]),
        {"then": "open", "closes_at": closes.strftime("%Y-%m-%dT%H:%M")},
    )
    assert answer["Location"] == reverse("facilitator:round", args=[study.slug, 2])
    opened = Round.objects.get(study=study, number=2)
    assert (opened.status, opened.closes_at, opened.asked_statements.count()) == (Round.Status.OPEN, closes, 2)


@pytest.mark.parametrize(
    ("closes_at", "sentence"),
    [("", "Choose a closing time."), ("2020-01-01T10:00", "Choose a closing time that is later than now.")],
)
def test_a_next_round_without_a_good_closing_time_is_not_even_drafted(closes_at: str, sentence: str) -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    client = factories.signed_in(factories.facilitator_of(study))
    answer = client.post(
        reverse("facilitator:draft_round", args=[study.slug]), {"then": "open", "closes_at": closes_at}
    )
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert Round.objects.filter(study=study).count() == 1


def test_a_next_round_to_which_something_is_missing_leaves_no_draft() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    factories.make_vignette(study, title="without a statement")
    client = factories.signed_in(factories.facilitator_of(study))
    closes_at = (database_now() + dt.timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    answer = client.post(
        reverse("facilitator:draft_round", args=[study.slug]), {"then": "open", "closes_at": closes_at}, follow=True
    )
    assert "The round did not open. Write a statement for: without a statement" in answer.content.decode()
    assert Round.objects.filter(study=study).count() == 1


def test_a_large_panel_s_tally_says_how_far_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallying, "SLICE", 4)
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    factories.agree(round)
    close_round(round_id=round.pk, actor=factories.facilitator_of(study))
    PartialTally.objects.filter(round=round, slice_number=0).update(is_counted=True)
    page = browser(study).get(address(study, "round", 1)).content.decode()
    assert "1 of 3 parts of the panel are counted" in page
    assert '<progress class="w-100" max="3" value="1"' in page
