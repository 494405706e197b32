"""The pages of meetings: their plan, agenda, notes and decisions."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from surveys.facilitator.agenda import proposed_agenda
from surveys.meetings.models import AgendaItem, Decision, Meeting
from surveys.meetings.services.meetings import AgendaEntry, set_agenda
from surveys.rounds.models import AskedStatement, AskedVignette, Round
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import Statement, Vignette
from tests.facilitator.reading import button, heading, main, plain, queries_for
from tests.factories import (
    close_and_freeze,
    facilitator_of,
    fill_all,
    hold_round,
    hold_survey,
    make_author,
    make_study,
    make_survey_study,
    open_round,
    release_round,
    signed_in,
)
from tests.meetings.making import NOON, hold_meeting, make_decision, make_meeting, make_step

pytestmark = pytest.mark.django_db

PAYLOAD = "<script>alert(1)</script>"
PLAN = {"held_at": "2097-05-04T07:00", "minutes_planned": "60", "mode": "online", "place": "Room 4", "after_round": ""}
SPLIT, NEAR, AGREED = [2] * 4 + [8] * 6, [4] + [8] * 9, [8] * 10


@pytest.fixture
def study() -> Study:
    study = make_study(panelists=0, statements=0)
    study.time_zone = "America/Chicago"
    study.save(update_fields=["time_zone"])
    return study


@pytest.fixture
def client(study: Study) -> Client:
    return signed_in(facilitator_of(study))


def at(name: str, study: Study, *things: object) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *things])


def rows(*items: tuple[str, str, str], ids: tuple[str, ...] = (), initial: int = 0) -> dict[str, Any]:
    """The form of an agenda: (place, title, minutes) a row."""
    form: dict[str, Any] = {"form-TOTAL_FORMS": len(items), "form-INITIAL_FORMS": initial}
    for number, (place, title, minutes) in enumerate(items):
        form |= {f"form-{number}-place": place, f"form-{number}-title": title, f"form-{number}-minutes": minutes}
    form |= {f"form-{number}-item": item for number, item in enumerate(ids)}
    return form


def titles(meeting: Meeting) -> list[tuple[str, int]]:
    return list(AgendaItem.objects.filter(meeting=meeting).values_list("title", "minutes"))


def test_an_author_sees_no_meeting(study: Study) -> None:
    make_meeting(study)
    author = signed_in(make_author(study))
    assert author.get(at("meetings", study)).status_code == 404
    assert at("meetings", study) not in author.get(at("questionnaire", study)).content.decode()
    assert at("evidence", study) not in author.get(at("questionnaire", study)).content.decode()


def test_the_list_says_what_will_stand_there(study: Study, client: Client) -> None:
    page = client.get(at("meetings", study)).content.decode()
    assert (heading(page), button(page)) == ("There is no meeting yet", "Plan a meeting")


def test_the_list_has_the_next_one_first_and_counts_those_that_were_held(study: Study, client: Client) -> None:
    for days, mode, minutes in ((1, "in_person", 180), (2, "in_person", 180), (3, "online", 60)):
        meeting = make_meeting(study, NOON - dt.timedelta(days=days), minutes, mode)
        hold_meeting(meeting, minutes)
    assert heading(client.get(at("meetings", study)).content.decode()) == "3 meetings were held, 7 hours in all"
    make_meeting(study, NOON + dt.timedelta(days=7))
    make_meeting(study)
    page = client.get(at("meetings", study)).content.decode()
    assert heading(page) == "The next meeting is on Saturday, May 4, 07:00"
    words = main(page)
    places = [words.index(f"Meeting {number} ") for number in (5, 4, 1, 2, 3)]
    assert places == sorted(places)
    assert "Meeting 5 1 hour in person next , planned for May 4, 2097" in words
    assert "Held: 2 meetings of 3 hours in person, 1 meeting of 1 hour online." in words


@pytest.mark.parametrize("meetings", [1, 5])
def test_the_list_asks_the_database_as_often_for_many_meetings_as_for_one(study: Study, meetings: int) -> None:
    for _ in range(meetings):
        make_meeting(study)
    assert queries_for(signed_in(facilitator_of(study)), at("meetings", study)) == 6


def test_a_meeting_is_planned_on_the_studys_clocks(study: Study, client: Client) -> None:
    response = client.post(at("plan_meeting", study), PLAN)
    meeting = Meeting.objects.get()
    assert response["Location"] == at("meeting", study, 1)
    assert (meeting.held_at, meeting.minutes_planned, meeting.mode, meeting.place, meeting.after_round_id) == (
        NOON, 60, "online", "Room 4", None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("held_at", "", "Begins: Choose a day and a time."),
        ("held_at", "soon", "Begins: Enter a day and a time, such as 2026-10-04 17:00."),
        ("minutes_planned", "2", "Minutes: Enter a whole number of minutes from 3 to 1440."),
        ("minutes_planned", "1441", "Minutes: Enter a whole number of minutes from 3 to 1440."),
        ("minutes_planned", "an hour", "Minutes: Enter a whole number of minutes from 3 to 1440."),
        ("mode", "by_post", "How: Select a valid choice."),
        ("place", "a\x00b", "Place or link: Remove the invisible control characters."),
        ("place", "a\u202eb", "Place or link: Remove the invisible control characters."),
        ("after_round", "nonsense", "Looks at the results of:"),
    ],
)
def test_a_wrong_plan_is_refused_with_what_was_typed(
    study: Study, client: Client, field: str, value: str, sentence: str
) -> None:
    response = client.post(at("plan_meeting", study), {**PLAN, field: value})
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Plan a meeting" in page
    assert sentence in plain(page)
    assert not Meeting.objects.exists()


def test_a_new_meeting_looks_at_the_last_results(client: Client) -> None:
    study = make_study(panelists=5, statements=1)
    closed = hold_round(study)
    client = signed_in(facilitator_of(study))
    assert f'<option value="{closed.pk}" selected>' in client.get(at("plan_meeting", study)).content.decode()
    client.post(at("plan_meeting", study), {**PLAN, "after_round": str(closed.pk)})
    page = client.get(at("meeting", study, 1)).content.decode()
    assert f'<a href="{at("round", study, 1)}">Rating round 1</a>' in page


def test_a_meeting_does_not_look_at_another_studys_round(study: Study, client: Client) -> None:
    foreign = hold_round(make_study(panelists=5, statements=1))
    response = client.post(at("plan_meeting", study), {**PLAN, "after_round": str(foreign.pk)})
    assert (response.status_code, Meeting.objects.count()) == (422, 0)


def test_a_meeting_is_moved_and_deleted_until_something_is_written_down(study: Study, client: Client) -> None:
    meeting = make_meeting(study)
    client.post(at("edit_meeting", study, 1), {**PLAN, "minutes_planned": "90"})
    meeting.refresh_from_db()
    assert meeting.minutes_planned == 90
    assert at("delete_meeting", study, 1) in client.get(at("meeting", study, 1)).content.decode()
    hold_meeting(meeting)
    assert at("delete_meeting", study, 1) not in client.get(at("meeting", study, 1)).content.decode()
    page = client.post(at("delete_meeting", study, 1), follow=True).content.decode()
    assert "This meeting has notes or decisions, so it stays." in page
    make_meeting(study)
    assert heading(client.get(at("delete_meeting", study, 2)).content.decode()) == "Delete meeting 2?"
    client.post(at("delete_meeting", study, 2))
    assert list(Meeting.objects.all()) == [meeting]


def test_the_agenda_runs_with_the_clock_of_the_study(study: Study, client: Client) -> None:
    client.post(at("plan_meeting", study), PLAN)
    form = rows(("2", "Second", "25"), ("1", "First", "20"), ("", "", ""), ("", "Last", "10"))
    client.post(at("edit_agenda", study, 1), form)
    page = main(client.get(at("meeting", study, 1)).content.decode())
    assert "07:00 First 20 min 07:20 Second 25 min 07:45 Last 10 min" in page
    assert "The items take 55 minutes; the meeting is planned to take 1 hour." in page


def test_an_item_keeps_what_it_speaks_of_when_the_agenda_changes() -> None:
    study = make_study(panelists=0, statements=1)
    meeting, statement = make_meeting(study), Statement.objects.get()
    entries = [AgendaEntry("One", 10, statement_id=statement.pk, vignette_id=statement.vignette_id)]
    set_agenda(meeting=meeting, actor=facilitator_of(study), entries=entries, now=database_now())
    item = AgendaItem.objects.get()
    form = rows(("1", "New", "5"), ("2", "One, reworded", "15"), ids=("", str(item.pk)), initial=1)
    client = signed_in(facilitator_of(study))
    assert client.post(at("edit_agenda", study, 1), form).status_code == 302
    kept = list(AgendaItem.objects.values_list("title", "statement_id", "vignette_id"))
    assert kept == [("New", None, None), ("One, reworded", statement.pk, statement.vignette_id)]
    assert at("statement", study, statement.pk) in client.get(at("meeting", study, 1)).content.decode()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("1", "One", ""), "Item 1, minutes: Say how many minutes it gets."),
        (("1", "One", "0"), "Item 1, minutes: Enter a whole number of minutes from 1 to 1440."),
        (("first", "One", "10"), "Item 1, place: Enter a whole number."),
        (("1", "x" * 301, "10"), "Item 1, title: Ensure this value has at most 300 characters"),
    ],
)
def test_a_wrong_agenda_is_refused_as_a_whole(
    study: Study, client: Client, row: tuple[str, str, str], sentence: str
) -> None:
    meeting = make_meeting(study)
    response = client.post(at("edit_agenda", study, 1), rows(row, ("2", "Two", "10")))
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Agenda" in page
    assert sentence in plain(page)
    assert 'value="Two"' in page
    assert titles(meeting) == []


@pytest.mark.parametrize(
    "form", [{}, {"form-TOTAL_FORMS": "x", "form-INITIAL_FORMS": "0"}, rows(*[("", "x", "1")] * 64)]
)
def test_a_form_that_is_none_is_refused(study: Study, client: Client, form: dict[str, Any]) -> None:
    meeting = make_meeting(study)
    assert client.post(at("edit_agenda", study, 1), form).status_code == 422
    assert titles(meeting) == []


def test_what_came_of_it_is_written_down_by_role(study: Study, client: Client) -> None:
    meeting = make_meeting(study, minutes=60)
    page = client.get(at("write_up_meeting", study, 1)).content.decode()
    assert 'name="names"' not in page
    form = {"minutes_held": "75", "panelists_present": "9", "facilitators_present": "1", "others_present": "0"}
    client.post(at("write_up_meeting", study, 1), {**form, "notes": "It was said.", "names": "Dr. Zebrafinch"})
    words = main(client.get(at("meeting", study, 1)).content.decode())
    assert "1 hour 15 minutes (planned: 1 hour)" in words
    assert "9 panelists, 1 facilitator, 0 others" in words
    assert "It was said." in words
    meeting.refresh_from_db()
    assert meeting.names == ""


def test_names_stand_on_the_page_only_as_long_as_the_study_says_so(study: Study, client: Client) -> None:
    make_meeting(study)
    Study.objects.filter(pk=study.pk).update(names_at_meetings=True)
    form = {"minutes_held": "60", "names": "Dr. Zebrafinch"}
    client.post(at("write_up_meeting", study, 1), form)
    assert "Dr. Zebrafinch" in main(client.get(at("meeting", study, 1)).content.decode())
    Study.objects.filter(pk=study.pk).update(names_at_meetings=False)
    for name in ("meeting", "write_up_meeting"):
        assert "Zebrafinch" not in client.get(at(name, study, 1)).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [("minutes_held", "0"), ("minutes_held", "1.5"), ("panelists_present", "-1"), ("others_present", "many"),
     ("notes", "x" * 20_001), ("notes", "\x07")],
)  # fmt: skip
def test_wrong_notes_are_refused(study: Study, client: Client, field: str, value: str) -> None:
    meeting = make_meeting(study)
    response = client.post(at("write_up_meeting", study, 1), {"minutes_held": "60", field: value})
    meeting.refresh_from_db()
    assert (response.status_code, meeting.minutes_held) == (422, None)


def test_a_decision_names_the_steps_that_it_caused(study: Study, client: Client) -> None:
    meeting, step = make_meeting(study), make_step(study)
    told = "1. Option merged: vortioxetine; vilazodone → an SRI not yet tried"
    assert told in plain(client.get(at("record_decision", study, 1)).content.decode())
    response = client.post(at("record_decision", study, 1), {"text": "Merge them.", "steps": [str(step.pk)]})
    assert response["Location"] == at("meeting", study, 1)
    decision = Decision.objects.get(meeting=meeting)
    words = main(client.get(at("meeting", study, 1)).content.decode())
    assert f"Merge them. {told}" in words
    edit = at("edit_decision", study, 1, decision.pk)
    assert f'value="{step.pk}"' in client.get(edit).content.decode()
    client.post(edit, {"text": "Leave them."})
    decision.refresh_from_db()
    assert (decision.text, decision.steps.count()) == ("Leave them.", 0)
    client.post(at("remove_decision", study, 1, decision.pk))
    assert not Decision.objects.exists()


def test_another_studys_steps_and_another_meetings_decisions_are_not_there(study: Study, client: Client) -> None:
    make_meeting(study)
    make_step(study)
    foreign = make_step(make_study(panelists=0, statements=0))
    response = client.post(at("record_decision", study, 1), {"text": "x", "steps": [str(foreign.pk)]})
    assert (response.status_code, Decision.objects.count()) == (422, 0)
    decision = make_decision(make_meeting(study))
    assert client.get(at("edit_decision", study, 1, decision.pk)).status_code == 404
    assert client.get(at("edit_decision", study, 2, decision.pk)).status_code == 200


def test_what_was_typed_is_shown_as_text(study: Study, client: Client) -> None:
    meeting = make_meeting(study, place=PAYLOAD)
    Study.objects.filter(pk=study.pk).update(names_at_meetings=True)
    meeting.study.refresh_from_db()
    hold_meeting(meeting, names=PAYLOAD, notes=PAYLOAD)
    decision = make_decision(meeting, PAYLOAD)
    entries = [AgendaEntry(PAYLOAD, 10, PAYLOAD)]
    set_agenda(meeting=meeting, actor=facilitator_of(study), entries=entries, now=database_now())
    for address in (
        at("meeting", study, 1),
        at("edit_meeting", study, 1),
        at("edit_agenda", study, 1),
        at("write_up_meeting", study, 1),
        at("edit_decision", study, 1, decision.pk),
    ):
        page = client.get(address).content.decode()
        assert "alert(1)" in page
        assert "<script>alert" not in page


def test_in_a_finished_study_meetings_are_read_and_not_changed(study: Study, client: Client) -> None:
    make_meeting(study)
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    page = client.get(at("meeting", study, 1)).content.decode()
    assert [
        name for name in ("edit_agenda", "make_agenda", "edit_meeting", "record_decision") if at(name, study, 1) in page
    ] == []
    assert at("plan_meeting", study) not in client.get(at("meetings", study)).content.decode()
    response = client.post(at("plan_meeting", study), PLAN)
    assert (response.status_code, Meeting.objects.count()) == (422, 1)
    assert client.post(at("edit_agenda", study, 1), rows(("1", "One", "5"))).status_code == 422


def test_the_agenda_is_made_from_the_last_released_results() -> None:
    study = make_study(panelists=10, statements=4)
    hold_round(study, [AGREED, SPLIT, NEAR, AGREED])
    meeting = make_meeting(study, minutes=60)
    client = signed_in(facilitator_of(study))
    page = client.get(at("make_agenda", study, 1)).content.decode()
    assert heading(page) == "An agenda from the last results"
    assert "1 rating short of consensus; 1 rated below 5, 9 above." in plain(page)
    assert titles(meeting) == []
    client.post(at("make_agenda", study, 1))
    # Weights 2.36 (1 short, 1 against 9), 2.21 (4 short, 4 against 6) and 1.
    stem = "would be my main choice(s) as the next treatment recommendation for this patient."
    assert titles(meeting) == [
        (f"Vignette 3 (Vignette 3): Option 3 {stem}", 25),
        (f"Vignette 2 (Vignette 2): Option 2 {stem}", 23),
        ("The other statements, briefly", 12),
    ]
    near, split = AgendaItem.objects.filter(meeting=meeting)[:2]
    asked = dict(AskedStatement.objects.values_list("number", "statement_id"))
    assert (near.statement_id, split.statement_id) == (asked[3], asked[2])
    assert "It replaces the agenda" in client.get(at("make_agenda", study, 1)).content.decode()


def test_results_that_are_not_released_are_not_in_an_agenda_that_the_panel_reads() -> None:
    study = make_study(panelists=10, statements=2)
    round = open_round(study)
    fill_all(round, [SPLIT, NEAR])
    close_and_freeze(round)
    make_meeting(study)
    client = signed_in(facilitator_of(study))
    assert at("make_agenda", study, 1) not in client.get(at("meeting", study, 1)).content.decode()
    page = client.get(at("make_agenda", study, 1)).content.decode()
    assert heading(page) == "No results are released yet"
    assert "The results of Rating round 1 are not released." in page
    client.post(at("make_agenda", study, 1))
    assert not AgendaItem.objects.exists()


def test_an_agenda_is_made_of_the_last_results_that_are_released() -> None:
    study = make_study(panelists=10, statements=2)
    hold_round(study, [SPLIT, AGREED])
    before = proposed_agenda(study, 60)
    hold_round(study, [AGREED, SPLIT], released=False)
    assert proposed_agenda(study, 60) == before
    release_round(Round.objects.get(study=study, number=2))
    assert proposed_agenda(study, 60) != before


def test_counts_that_may_not_be_shown_do_not_show_in_the_order_either() -> None:
    """Six rated each: neither how near a statement is nor how divided may move it."""
    tables = ([SPLIT[3:9], [4, *[8] * 5]], [[4, *[8] * 5], SPLIT[3:9]])
    made = []
    for table in tables:
        study = make_study(panelists=6, statements=2)
        hold_round(study, table)
        made.append([(item.entry.title.partition(":")[0], item.entry.minutes) for item in proposed_agenda(study, 61)])
    assert made[0] == made[1] == [("Vignette 1 (Vignette 1)", 31), ("Vignette 2 (Vignette 2)", 30)]


def test_where_too_few_answered_a_statement_comes_last() -> None:
    study = make_study(panelists=8, statements=2)
    few: list[int | str] = [8] * 4 + ["abstain"] * 4
    hold_round(study, [few, [2] * 4 + [8] * 4])
    assert [item.entry.title.partition(":")[0] for item in proposed_agenda(study, 60)] == [
        "Vignette 2 (Vignette 2)",
        "Vignette 1 (Vignette 1)",
    ]


def test_a_dropped_statement_is_not_talked_about() -> None:
    study = make_study(panelists=10, statements=2)
    hold_round(study, [SPLIT, NEAR])
    Statement.objects.filter(vignette__is_base=True).update(is_dropped=True)
    assert [item.entry.title.partition(":")[0] for item in proposed_agenda(study, 60)] == ["Vignette 2 (Vignette 2)"]


def test_after_an_option_survey_each_vignette_has_an_item() -> None:
    study = make_study(panelists=5, statements=3)
    closed = hold_round(study)
    Round.objects.filter(pk=closed.pk).update(kind=Round.Kind.OPTION_SURVEY)
    vignettes = list(AskedVignette.objects.filter(round=closed).order_by("number"))
    proposed = [item.entry for item in proposed_agenda(study, 62)]
    assert [(entry.title, entry.minutes, entry.vignette_id) for entry in proposed] == [
        ("Vignette 1 (Vignette 1)", 21, vignettes[0].vignette_id),
        ("Vignette 2 (Vignette 2)", 21, vignettes[1].vignette_id),
        ("Vignette 3 (Vignette 3)", 20, vignettes[2].vignette_id),
    ]


def test_a_dropped_vignette_is_not_talked_about_and_the_others_have_the_numbers_of_all_pages() -> None:
    study = make_survey_study(vignettes=3)
    hold_survey(study, [{"v1-top": "1", "v2-top": "1", "v3-top": "1"}] * 10)
    Vignette.objects.filter(title="Vignette 2").update(is_dropped=True)
    titles = [item.entry.title for item in proposed_agenda(study, 60)]
    assert titles == ["Vignette 1 (Vignette 1)", "Vignette 2 (Vignette 3)"]
