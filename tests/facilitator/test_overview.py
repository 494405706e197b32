"""The overview of a study, state by state; its end, and its log."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse

from surveys.feedback.services.closing import close_round
from surveys.feedback.services.releasing import finish_study, prepare_next_round
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.rounds.services.opening import cancel_round
from surveys.studies.models import AuditEntry, Protocol, Study
from surveys.studies.queries import audit_head, database_now
from surveys.studies.services import create_study
from surveys.vignettes.models import Statement
from surveys.vignettes.services.lineage import drop, split_statement
from tests import factories
from tests.facilitator.reading import button, heading, plain, queries_for

pytestmark = pytest.mark.django_db

ONE_SHORT = [[8] * 9 + [5], [8] * 10, [7, 6] * 5]
AGREED = [[8] * 6 + [9] * 4] * 3


def overview(study: Study) -> str:
    """The overview's HTML as the study's facilitator gets it."""
    response = factories.signed_in(factories.facilitator_of(study)).get(address(study))
    assert response.status_code == 200
    return response.content.decode()


def address(study: Study, name: str = "study", *rest: object) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *rest])


def tasks(html: str) -> list[str]:
    """The lines of the card that says what comes next."""
    found = re.search(r'<ul class="clauses">(.*?)</ul>', html, re.DOTALL)
    return [plain(line) for line in re.findall(r"<li>(.*?)</li>", found[1], re.DOTALL)] if found else []


def steps(html: str) -> list[tuple[str, str]]:
    """The course of the study: each step's class and words, without the days."""
    found = re.search(r'<ol class="steps"[^>]*>(.*?)</ol>', html, re.DOTALL)
    assert found
    days = re.compile(r"[A-Z][a-z]{2} \d{1,2}(?!\d)")
    lines = re.findall(r'<li class="([^"]*)"[^>]*>(.*?)</li>', found[1], re.DOTALL)
    return [(kind, days.sub("DAY", plain(words))) for kind, words in lines]


def table(html: str) -> list[list[str]]:
    """The rows of the table of statements."""
    found = re.search(r'<table class="heat".*?<tbody[^>]*>(.*?)</tbody>', html, re.DOTALL)
    assert found
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", found[1], re.DOTALL)
    return [[plain(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


def test_a_new_study_says_what_is_missing_before_its_first_round() -> None:
    study = create_study(
        title="New", question_stem="would do.", facilitator=factories.make_facilitator(), now=database_now()
    )
    html = overview(study)
    assert heading(html) == "This study has no round yet."
    assert tasks(html) == [
        "Missing: Write the base vignette",
        "Missing: There is no statement to ask",
        "Missing: The panel has 0 of the at least 5 panelists that a result needs",
    ]
    assert "3 things are still missing." in html
    assert button(html) == "Prepare rating round 1"
    assert steps(html) == [("now", "Set-up you are here"), ("todo", "Finish when all agree")]
    assert "Or stop" not in html
    assert "It is locked when the first round opens." in html


def test_each_missing_thing_leads_to_the_page_that_mends_it() -> None:
    study = create_study(
        title="New", question_stem="would do.", facilitator=factories.make_facilitator(), now=database_now()
    )
    prepare_next_round(study=study, actor=factories.facilitator_of(study), now=database_now())
    html = overview(study)
    links = re.findall(r'<li><svg.*?<a href="([^"]+)">', html, re.DOTALL)
    assert links == [
        address(study, "round", 1),
        address(study, "questionnaire"),
        address(study, "questionnaire"),
        address(study, "panel"),
    ]


def test_a_draft_leads_to_the_check_and_is_never_disabled() -> None:
    study = factories.make_study(statements=3)
    prepare_next_round(study=study, actor=factories.facilitator_of(study), now=database_now())
    html = overview(study)
    assert heading(html) == "Rating round 1 is being prepared."
    assert "1 thing is still missing." in html
    assert tasks(html) == ["Missing: Choose a closing time", "Done: 3 statements to ask", "Done: 10 panelists"]
    assert button(html) == "Check and open rating round 1"
    assert f'<a class="btn btn-primary w-100" href="{address(study, "open_round", 1)}">' in html
    assert "disabled" not in html


def test_an_open_round_says_how_many_have_submitted_and_shows_no_result() -> None:
    study = factories.make_study(statements=3)
    round = factories.open_round(study)
    for panelist in panel_of(study)[:7]:
        factories.fill_sheet(panelist, round, [8, 8, 8])
    html = overview(study)
    assert heading(html) == "Rating round 1 is open. 7 of 10 have submitted."
    assert "Results appear only after the round closes, to you as well." in html
    assert button(html) == "Look after rating round 1"
    assert "8.00" not in html
    assert steps(html) == [
        ("last", "Set-up protocol locked DAY"),
        ("now", "Round 1 open until DAY · you are here"),
        ("todo", "Finish when all agree"),
    ]


def test_a_deadline_with_too_few_answers_offers_to_extend() -> None:
    study = factories.make_study(statements=3)
    round = factories.open_round(study)
    for panelist in panel_of(study)[:4]:
        factories.fill_sheet(panelist, round, [8, 8, 8])
    Round.objects.filter(pk=round.pk).update(closes_at=database_now() - dt.timedelta(hours=1))
    html = overview(study)
    assert "The closing time has passed, and 4 have submitted where a result needs at least 5." in html
    assert button(html) == "Extend rating round 1"


def test_a_closing_round_says_that_its_answers_are_being_counted() -> None:
    study = factories.make_study(statements=3)
    round = factories.open_round(study)
    factories.agree(round)
    close_round(round_id=round.pk, actor=factories.facilitator_of(study))
    html = overview(study)
    assert heading(html) == "Rating round 1 is closing. Its answers are being counted."
    assert "8.00" not in html


def test_a_closed_round_is_a_table_with_the_reason_why_not_yet() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study, ONE_SHORT, released=False)
    html = overview(study)
    assert heading(html) == "Rating round 1 is closed. 1 of 3 statements has full consensus."
    assert table(html) == [
        ["1. Vignette 1", "7.70 1 short", "1 of 10 ratings is 5 or lower. The mean, 7.70, is above 7."],
        ["2. Vignette 2", "8.00 reached", "Full consensus."],
        ["3. Vignette 3", "6.50 2 short", "The mean is 6.50 and must be above 7. All ratings are 6 or higher."],
    ]
    assert "<b>The mean is 6.50 and must be above 7.</b> All ratings are 6 or higher." in html
    assert tasks(html) == [
        "Done: No comment waits to be looked at",
        "Missing: Look at what the panel will see, and release it",
    ]
    assert button(html) == "Look at the results of rating round 1"
    assert "Stop the study here" in html
    assert "and record why." in html


def test_comments_that_wait_are_counted_before_the_release() -> None:
    study = factories.make_study(statements=3)
    round = factories.open_round(study)
    factories.agree(round)
    for panelist in panel_of(study)[:2]:
        factories.fill_sheet(panelist, round, [8, 8, 8], reasons={1: f"Reason of {panelist.pk}."})
    factories.close_and_freeze(round)
    assert tasks(overview(study))[0] == "Missing: Publish or hide 2 comments"


def test_abstentions_are_said_beside_the_reason() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[7] * 8 + [4, "abstain"]])
    assert table(overview(study)) == [
        [
            "1. Vignette 1",
            "6.67 1 short",
            "1 of 9 ratings is 5 or lower. The mean is 6.67 and must be above 7. 1 panelist could not rate this.",
        ]
    ]


def test_below_the_threshold_a_cell_shows_nothing_but_that() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, [[9] * 4 + ["abstain"] * 6, [8] * 10])
    html = overview(study)
    assert table(html)[0] == ["1. Vignette 1", "fewer than 5 answers", "Too few answers to say."]
    assert "9.00" not in html


def test_a_statement_that_was_set_aside_keeps_its_last_result() -> None:
    study = factories.make_study(statements=2)
    Protocol.objects.filter(study=study).update(settled=Protocol.Settled.SET_ASIDE)
    study.protocol.refresh_from_db()
    factories.hold_round(study, [[8] * 10, [7] * 10])
    first = study.rounds.get(number=1).asked_statements.get(number=1).statement
    round = factories.open_round(study, left_out=[first])
    factories.fill_all(round, [[6] * 10])
    factories.release_round(factories.close_and_freeze(round))
    html = overview(study)
    assert table(html)[0] == ["1. Vignette 1", "8.00 reached", "not asked", "Full consensus."]
    assert heading(html) == "Rating round 2 is closed. 1 of 2 statements has full consensus."


def test_after_the_release_the_next_round_is_one_button() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study, ONE_SHORT)
    html = overview(study)
    assert button(html) == "Prepare rating round 2"
    assert steps(html) == [
        ("", "Set-up protocol locked DAY"),
        ("last", "Round 1 closed DAY · 1 of 3"),
        ("now", "Round 2 next · you are here"),
        ("todo", "Finish when all 3 agree"),
    ]


def test_consensus_everywhere_asks_for_the_release_first() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study, AGREED, released=False)
    html = overview(study)
    assert heading(html) == "Every statement has full consensus. Release the results, then you can finish the study."
    assert button(html) == "Look at the results of rating round 1"


def test_consensus_everywhere_offers_to_finish() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study, ONE_SHORT)
    factories.hold_round(study, AGREED)
    html = overview(study)
    assert heading(html) == "Every statement has full consensus. You can finish the study."
    assert button(html) == "Finish the study"
    assert "The stopping rule is met: every statement has full consensus." in html
    assert [row[-1] for row in table(html)] == ["Full consensus.", "Full consensus in both rounds.", "Full consensus."]
    assert steps(html)[-1] == ("now", "Finish all agree · you are here")


def test_a_statement_that_was_never_rated_stands_between_a_study_and_its_end() -> None:
    study = factories.make_study(statements=3)
    round = factories.hold_round(study, ONE_SHORT)
    short, *_others = [asked.statement for asked in round.asked_statements.order_by("number")]
    parts = ["Lithium is recommended.", "TMS is recommended."]
    split_statement(
        statement=short, into=parts, actor=factories.facilitator_of(study), why=factories.WHY, now=database_now()
    )
    other = Statement.objects.get(vignette__title="Vignette 3")
    drop(item=other, actor=factories.facilitator_of(study), why=factories.WHY, now=database_now())
    html = overview(study)
    assert heading(html) == "Rating round 1 is closed. 1 of 3 statements has full consensus."
    assert button(html) == "Prepare rating round 2"
    assert "2 statements are still open." in html
    # What the round found stays as it was.
    assert steps(html)[1:] == [
        ("last", "Round 1 closed DAY · 1 of 3"),
        ("now", "Round 2 next · you are here"),
        ("todo", "Finish when all 3 agree"),
    ]


def test_a_study_of_one_statement_speaks_of_the_statement() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[7] * 10])
    assert heading(overview(study)) == "Rating round 1 is closed. The statement has no full consensus yet."


def test_an_author_and_a_stranger_are_told_that_there_is_no_such_page() -> None:
    study = factories.make_study(statements=1)
    for user in (factories.make_author(study), factories.make_facilitator(), factories.make_administrator()):
        client = factories.signed_in(user)
        for name in ("study", "finish", "log"):
            assert client.get(address(study, name)).status_code == 404


def test_nobody_signed_in_is_sent_to_the_sign_in_page() -> None:
    study = factories.make_study(statements=1, panelists=0)
    for name in ("study", "finish", "log"):
        response = Client().get(address(study, name))
        assert (response.status_code, response["Location"]) == (
            302,
            f"{reverse('pages:sign_in')}?next={address(study, name)}",
        )


@pytest.mark.parametrize("statements", [1, 7])
def test_the_overview_takes_as_many_queries_for_one_statement_as_for_seven(statements: int) -> None:
    study = factories.make_study(statements=statements)
    factories.hold_round(study, [[7] * 10] * statements)
    client = factories.signed_in(factories.facilitator_of(study))
    assert queries_for(client, address(study)) == 26


def test_finishing_is_offered_with_a_reason_where_every_statement_has_consensus() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study, AGREED)
    client = factories.signed_in(factories.facilitator_of(study))
    html = client.get(address(study, "finish")).content.decode()
    assert heading(html) == "Every statement has full consensus. Finish the study?"
    assert "Every statement has full consensus: the stopping rule is met.</textarea>" in html
    reason = "Every statement has full consensus: the stopping rule is met."
    response = client.post(address(study, "finish"), {"reason": reason})
    assert (response.status_code, response["Location"]) == (302, address(study))
    study.refresh_from_db()
    assert (study.status, study.finish_reason) == (Study.Status.FINISHED, reason)
    after = overview(study)
    assert heading(after) == "This study is finished. 3 of 3 statements have full consensus."
    assert reason in after
    assert button(after) == "Seal the study"
    assert "Look at Table 3" in after


def test_stopping_early_needs_a_reason() -> None:
    study = factories.make_study(statements=3)
    factories.hold_round(study, ONE_SHORT)
    client = factories.signed_in(factories.facilitator_of(study))
    response = client.post(address(study, "finish"), {"reason": "  "})
    html = response.content.decode()
    assert response.status_code == 200
    assert "<title>Error: Finish the study</title>" in html
    assert heading(html) == "Stop with 2 statements still without full consensus?"
    assert "Say why the study stops here." in html
    study.refresh_from_db()
    assert study.status == Study.Status.RUNNING


def test_a_study_with_an_open_round_cannot_finish_and_says_why() -> None:
    study = factories.make_study(statements=1)
    factories.open_round(study)
    client = factories.signed_in(factories.facilitator_of(study))
    html = client.post(address(study, "finish"), {"reason": "Enough."}).content.decode()
    assert "Rating round 1 is open. Close or cancel it first." in html
    study.refresh_from_db()
    assert study.status == Study.Status.RUNNING


def test_a_study_without_a_round_has_nothing_to_finish() -> None:
    study = factories.make_study(statements=1)
    client = factories.signed_in(factories.facilitator_of(study))
    html = client.get(address(study, "finish")).content.decode()
    assert heading(html) == "There is nothing to finish yet"
    assert "Only a running study can be finished." in client.post(
        address(study, "finish"), {"reason": "Enough."}, follow=True
    ).content.decode().replace("&#x27;", "'")


def test_finishing_twice_is_harmless() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    client = factories.signed_in(factories.facilitator_of(study))
    for _time in range(2):
        response = client.post(address(study, "finish"), {"reason": "Enough."})
        assert (response.status_code, response["Location"]) == (302, address(study))
    assert AuditEntry.objects.filter(study=study, action="study finished").count() == 1


def log_lines(html: str) -> list[str]:
    found = re.search(r'<ol class="tasks log".*?</ol>', html, re.DOTALL)
    assert found
    return [plain(line) for line in re.findall(r"<b>(.*?)</b>", found[0])]


def test_the_log_says_what_staff_did_newest_first() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    facilitator = factories.facilitator_of(study)
    finish_study(study=study, actor=facilitator, reason="Enough.", now=database_now())
    html = factories.signed_in(facilitator).get(address(study, "log")).content.decode()
    assert log_lines(html) == [
        "Study finished",
        "Results released",
        "Result frozen",
        "Round closed",
        "Round opened",
        "Key made",
        "Protocol locked",
        "Round planned",
        "Round prepared",
        "Panelists added",
        "Statement written",
        "Vignette added",
        "Study created",
    ]
    assert heading(html) == "13 things were done to this study"
    assert "The schedule" in html
    assert facilitator.email in html
    assert "<dt>reason</dt><dd>Enough.</dd>" in html
    assert "(UTC)" in html


def test_the_log_says_whether_the_chain_holds_and_prints_its_head() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    client = factories.signed_in(factories.facilitator_of(study))
    html = client.get(address(study, "log")).content.decode()
    assert "<h2>The chain holds</h2>" in html
    assert audit_head(study.pk) in html
    AuditEntry.objects.filter(study=study, number=3).delete()
    html = client.get(address(study, "log")).content.decode()
    assert "<h2>The chain does not hold</h2>" in html
    assert "Entry 3 is missing from the chain." in html
    assert "The chain holds" not in html


def test_the_log_tells_nothing_that_a_panelist_did() -> None:
    study = factories.make_study(statements=1)
    round = factories.open_round(study)
    facilitator = factories.facilitator_of(study)
    before = factories.signed_in(facilitator).get(address(study, "log")).content.decode()
    panelist = Panelist.objects.filter(study=study)[0]
    factories.fill_sheet(panelist, round, [8])
    after = factories.signed_in(facilitator).get(address(study, "log")).content.decode()
    assert log_lines(after) == log_lines(before)
    assert panelist.name not in after
    assert panelist.email not in after


def test_every_action_of_the_chain_has_words_of_its_own() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    html = factories.signed_in(factories.facilitator_of(study)).get(address(study, "log")).content.decode()
    actions = set(AuditEntry.objects.filter(study=study).values_list("action", flat=True))
    assert actions
    assert not actions & set(log_lines(html))


def test_a_study_whose_only_round_was_cancelled_goes_on_with_the_next() -> None:
    study = factories.make_study(statements=1)
    facilitator = factories.facilitator_of(study)
    cancel_round(round=factories.open_round(study), actor=facilitator, reason="Wrong wording.", now=database_now())
    study.refresh_from_db()
    html = overview(study)
    assert heading(html) == "This study has no round yet."
    assert steps(html) == [
        ("last", "Set-up protocol locked DAY"),
        ("now", "Round 1 next · you are here"),
        ("todo", "Finish when all agree"),
    ]
    finish_study(study=study, actor=facilitator, reason="No panel.", now=database_now())
    assert heading(overview(study)) == "This study is finished. No statement has a result."


def test_of_many_rounds_the_latest_stand_beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.facilitator.course.MOST_ROUNDS", 1)
    study = factories.make_study(statements=1, panelists=5)
    for rating in (6, 7, 6):
        factories.hold_round(study, [[rating] * 5])
    html = overview(study)
    assert table(html) == [
        ["1. Vignette 1", "6.00 not yet", "The mean is 6.00 and must be above 7. All ratings are 6 or higher."]
    ]
    assert "Earlier rounds stand on each statement" in html
    assert steps(html) == [
        ("", "Set-up protocol locked DAY"),
        ("", "Rounds 1 and 2 closed"),
        ("last", "Round 3 closed DAY · 0 of 1"),
        ("now", "Round 4 next · you are here"),
        ("todo", "Finish when all agree"),
    ]


def test_earlier_rounds_are_named_by_their_kind_where_they_share_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.facilitator.course.MOST_ROUNDS", 1)
    study = factories.make_survey_study(vignettes=1, panelists=5)
    for _time in range(3):
        factories.hold_survey(study, [{"v1-top": "1"}] * 5, ["top"])
    assert steps(overview(study))[1:3] == [
        ("", "Option surveys 1 and 2 closed"),
        ("last", "Option survey 3 closed DAY"),
    ]
    factories.make_statement(study.vignettes.get())
    for _time in range(2):
        factories.hold_round(study, [[6] * 5])
    assert steps(overview(study))[1:3] == [("", "4 earlier rounds closed"), ("last", "Round 2 closed DAY · 0 of 1")]
