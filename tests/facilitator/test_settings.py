"""What a study is called, and its protocol before and after it is locked."""

import re

import pytest
from django.urls import reverse

from surveys.consensus import FULL_CONSENSUS, rule_to_json
from surveys.studies.models import AuditEntry, Protocol, Study
from surveys.studies.queries import declarations_of, declared
from tests.factories import STEM, facilitator_of, make_author, make_facilitator, make_study, open_round, signed_in

pytestmark = pytest.mark.django_db

DESCRIBED = {"title": "Another", "question_stem": "is right.", "time_zone": "America/Chicago", "about": ""}
PAPERS = {
    "stable_percent": "15",
    "most_rounds": "",
    "settled": "ask_again",
    "least_answers": "5",
    "shows_comments": "on",
    "groups": "nobody",
}


def settings_of(study: Study) -> str:
    return reverse("facilitator:settings", args=[study.slug])


def protocol_of(study: Study) -> str:
    return reverse("facilitator:protocol", args=[study.slug])


def test_only_facilitators_of_the_study_reach_it() -> None:
    study = make_study(panelists=0, statements=0)
    for stranger in (make_facilitator(), make_author(study)):
        for address in (settings_of(study), protocol_of(study)):
            assert signed_in(stranger).get(address).status_code == 404
            assert signed_in(stranger).post(address, {**DESCRIBED, **PAPERS}).status_code == 404
    study.refresh_from_db()
    assert study.title == "Next steps"


def test_a_study_is_described_anew() -> None:
    study = make_study(panelists=0, statements=0)
    response = signed_in(facilitator_of(study)).post(settings_of(study), DESCRIBED)
    study.refresh_from_db()
    assert response.status_code == 302
    assert (study.title, study.question_stem, study.time_zone) == ("Another", "is right.", "America/Chicago")


def test_whether_meetings_note_names_is_the_studys_to_say_and_stands_in_its_log() -> None:
    study = make_study(panelists=0, statements=0)
    client = signed_in(facilitator_of(study))
    assert study.names_at_meetings is False
    client.post(settings_of(study), {**DESCRIBED, "names_at_meetings": "on"})
    study.refresh_from_db()
    assert study.names_at_meetings is True
    assert re.search(
        r'<input[^>]* name="names_at_meetings"[^>]* checked', client.get(settings_of(study)).content.decode()
    )
    last = AuditEntry.objects.filter(study=study).last()
    assert last is not None
    assert (last.detail["before"]["names_at_meetings"], last.detail["after"]["names_at_meetings"]) == (False, True)


def test_a_description_without_a_title_is_refused() -> None:
    study = make_study(panelists=0, statements=0)
    response = signed_in(facilitator_of(study)).post(settings_of(study), {**DESCRIBED, "title": ""})
    study.refresh_from_db()
    assert (response.status_code, study.title, study.question_stem) == (422, "Next steps", STEM)
    assert "<title>Error: Settings: Next steps</title>" in response.content.decode()


@pytest.mark.parametrize("status", [Study.Status.FINISHED, Study.Status.SEALED])
def test_a_study_that_is_over_shows_its_settings_and_keeps_them(status: str) -> None:
    study = make_study(panelists=0, statements=0)
    Study.objects.filter(pk=study.pk).update(status=status)
    client = signed_in(facilitator_of(study))
    assert 'name="title"' not in client.get(settings_of(study)).content.decode()
    response = client.post(settings_of(study), DESCRIBED)
    study.refresh_from_db()
    assert (response.status_code, study.title) == (422, "Next steps")
    assert "This study is finished; nothing in it changes any more." in response.content.decode()


def test_the_rule_of_a_new_study_is_the_papers_and_reads_as_a_sentence() -> None:
    study = make_study(panelists=0, statements=0)
    page = signed_in(facilitator_of(study)).get(protocol_of(study)).content.decode()
    assert "Full consensus: every rating is above 5 and the mean is above 7." in page


def test_saving_the_protocol_unchanged_keeps_the_papers_rule_exactly() -> None:
    study = make_study(panelists=0, statements=0)
    signed_in(facilitator_of(study)).post(protocol_of(study), PAPERS)
    study.protocol.refresh_from_db()
    assert study.protocol.rule == rule_to_json(FULL_CONSENSUS)


def test_policies_and_when_to_stop_can_be_changed() -> None:
    study = make_study(panelists=0, statements=0)
    changed = {**PAPERS, "stable_percent": "", "most_rounds": "4", "settled": "set_aside", "least_answers": "8"}
    del changed["shows_comments"]
    client = signed_in(facilitator_of(study))
    assert client.post(protocol_of(study), changed).status_code == 302
    study.protocol.refresh_from_db()
    protocol = study.protocol
    assert protocol.rule == rule_to_json(FULL_CONSENSUS)
    assert (protocol.stable_percent, protocol.most_rounds) == (None, 4)
    assert (protocol.settled, protocol.least_answers, protocol.shows_comments) == ("set_aside", 8, False)
    assert AuditEntry.objects.filter(study=study, action="protocol changed").count() == 1


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("stable_percent", "51", "Enter a whole number from 0 to 50, or nothing."),
        ("stable_percent", "1.5", "Enter a whole number from 0 to 50, or nothing."),
        ("most_rounds", "0", "Enter a whole number from 1 to 100, or nothing."),
        ("most_rounds", "many", "Enter a whole number from 1 to 100, or nothing."),
        ("settled", "forget", "Select a valid choice"),
        ("least_answers", "4", "Enter a whole number from 5 up."),
        ("least_answers", "5.5", "Enter a whole number from 5 up."),
    ],
)
def test_a_protocol_that_cannot_be_is_refused_and_nothing_changes(field: str, value: str, sentence: str) -> None:
    study = make_study(panelists=0, statements=0)
    response = signed_in(facilitator_of(study)).post(protocol_of(study), {**PAPERS, field: value})
    study.protocol.refresh_from_db()
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert study.protocol.rule == rule_to_json(FULL_CONSENSUS)
    assert study.protocol.least_answers == 5


def test_a_locked_protocol_is_shown_with_its_hash_and_does_not_change() -> None:
    study = make_study(panelists=5, statements=1)
    open_round(study)
    study.protocol.refresh_from_db()
    client = signed_in(facilitator_of(study))
    page = client.get(protocol_of(study)).content.decode()
    assert "<h1>The protocol is locked</h1>" in page
    assert study.protocol.digest in page
    assert 'name="stable_percent"' not in page
    for words in (
        "Nobody: there are no results by group",
        "None: files hold counts alone",
        "With fewer than 5 ratings",
    ):
        assert words in page
    response = client.post(protocol_of(study), {**PAPERS, "stable_percent": "2"})
    study.protocol.refresh_from_db()
    assert response.status_code == 422
    assert "The protocol was locked when the first round opened." in response.content.decode()
    assert study.protocol.rule == rule_to_json(FULL_CONSENSUS)


def test_the_declarations_are_written_even_when_the_study_is_finished() -> None:
    study = make_study(panelists=0, statements=0)
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    client = signed_in(facilitator_of(study))
    address = reverse("facilitator:declarations", args=[study.slug])
    assert address in client.get(settings_of(study)).content.decode()
    assert client.post(address, {"panel": "5 of 10\r\nare women.", "funding": " None. "})["Location"] == address
    assert declared(declarations_of(study)) == {
        "panel": "5 of 10\nare women.",
        "conflicts_of_interest": "",
        "funding": "None.",
        "data_availability": "",
        "ai_use": "",
    }
    refused = client.post(address, {"panel": "x" * 4001, "funding": "Kept."})
    assert (refused.status_code, "Kept." in refused.content.decode()) == (422, True)
    assert declared(declarations_of(study))["funding"] == "None."
    log = client.get(reverse("facilitator:log", args=[study.slug])).content.decode()
    assert "Declarations written" in log


def test_groups_dataset_and_own_words_are_the_protocols() -> None:
    study = make_study(panelists=0, statements=0)
    client = signed_in(facilitator_of(study))
    changed = {**PAPERS, "groups": "panel", "releases_rows": "on", "notice": "Ask Dr. Berg."}
    assert client.post(protocol_of(study), changed).status_code == 302
    study.protocol.refresh_from_db()
    assert (study.protocol.groups, study.protocol.releases_rows) == ("panel", True)
    page = client.get(protocol_of(study)).content.decode()
    assert re.search(r'value="panel"[^>]*checked', page)
    assert "Ask Dr. Berg.</textarea>" in page


def test_the_notice_is_read_as_panelists_will_read_it_before_and_after_it_is_locked() -> None:
    study = make_study(panelists=5, statements=1)
    client = signed_in(facilitator_of(study))
    address = reverse("facilitator:notice", args=[study.slug])
    assert address in client.get(protocol_of(study)).content.decode()
    assert address in client.get(settings_of(study)).content.decode()
    client.post(protocol_of(study), {**PAPERS, "groups": "panel", "notice": "Ask Dr. Berg."})
    page = client.get(address).content.decode()
    assert "It also sees results by group" in page
    assert '<p class="mb-0">Ask Dr. Berg.</p>' in page
    assert "written from the protocol as it is saved now" in page
    open_round(study)
    study.protocol.refresh_from_db()
    page = client.get(address).content.decode()
    assert "Ask Dr. Berg." in page
    assert "cannot change any more" in page
    assert study.protocol.notice_digest in page


def test_of_a_study_from_before_the_notice_nobody_is_told_that_it_was_locked() -> None:
    study = open_round(make_study(panelists=5, statements=1)).study
    Protocol.objects.filter(study=study).update(notice_digest="", locked_notice=[])
    page = signed_in(facilitator_of(study)).get(reverse("facilitator:notice", args=[study.slug])).content.decode()
    assert "This study began before there was a notice" in page
    assert "word for word" not in page
