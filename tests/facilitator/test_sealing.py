"""The pages of sealing: what is missing, who is asked next, and what a sealed study still shows."""

import datetime as dt
import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from surveys.facilitator.course import course_of
from surveys.facilitator.next_step import next_step
from surveys.feedback.models import Sealing
from surveys.panels.queries import panel_of
from surveys.panels.services import mint_link
from surveys.sheets.keystore import study_keys
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from tests.factories import facilitator_of, hold_round, make_study, signed_in
from tests.feedback.sealing import announced, confirmed_by_a_second, exported, finished, fresh, sealed, second_of
from tests.feedback.test_disclosing import held, promised
from tests.panelist.browsing import enter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]


def page(client: Client, name: str, study: Study, *more: Any) -> Any:
    """A page of the facilitator's."""
    return client.get(reverse(f"facilitator:{name}", args=[study.slug, *more]))


def told(response: Any) -> str:
    """What a page says, with single spaces."""
    return " ".join(response.content.decode().split())


def a_week_later(study: Study) -> None:
    """The announcement as if it had been made a week ago."""
    sealing = Sealing.objects.get(study=study)
    sealing.announced_at -= dt.timedelta(days=7)
    sealing.not_before -= dt.timedelta(days=7)
    sealing.save()


def make_finished() -> Study:
    """A finished study with one released round."""
    study = make_study(panelists=5, statements=1)
    hold_round(study)
    return finished(study)


def test_a_finished_study_is_led_to_its_sealing() -> None:
    study = make_finished()
    step = next_step(course_of(study, database_now()))
    assert step.heading == "Next: seal the study"
    assert step.address == reverse("facilitator:sealing", args=[study.slug])


def test_the_page_names_what_is_missing_and_offers_no_button_yet() -> None:
    study = make_finished()
    client = signed_in(facilitator_of(study))
    text = told(page(client, "sealing", study))
    assert "What must be done first" in text
    assert "Have an administrator of this installation download an export of the results" in text
    assert "Announce the sealing" not in text
    refused = client.post(reverse("facilitator:announce_sealing", args=[study.slug]), follow=True)
    assert "Have an administrator of this installation download an export of the results." in told(refused)
    exported(study)
    assert "Announce the sealing to the panel" in told(page(client, "sealing", study))


def test_of_a_running_study_it_says_that_it_must_be_finished() -> None:
    study = make_study(panelists=5, statements=1)
    text = told(page(signed_in(facilitator_of(study)), "sealing", study))
    assert "A study can be sealed once it is finished" in text


def test_announced_and_called_off() -> None:
    study = make_finished()
    exported(study)
    client = signed_in(facilitator_of(study))
    client.post(reverse("facilitator:announce_sealing", args=[study.slug]))
    text = told(page(client, "sealing", study))
    assert "The panel has a week" in text
    assert "Seal the study and destroy its key" not in text
    client.post(reverse("facilitator:call_off_sealing", args=[study.slug]))
    assert not Sealing.objects.exists()


def test_whoever_announced_it_is_told_that_somebody_else_confirms_it() -> None:
    study = announced()
    a_week_later(study)
    client = signed_in(facilitator_of(study))
    text = told(page(client, "sealing", study))
    assert "You announced it, so somebody else confirms it" in text
    assert "Seal the study and destroy its key" not in text
    place = reverse("facilitator:confirm_sealing", args=[study.slug])
    refused = client.post(place, {"copies_until": database_now().date()})
    assert refused.status_code == 422
    assert "It takes a second person" in told(refused)
    study_keys(study.pk)


def test_the_second_facilitator_names_the_day_and_seals() -> None:
    study = announced()
    a_week_later(study)
    client = signed_in(second_of(study))
    assert "Seal the study and destroy its key" in told(page(client, "sealing", study))
    place = reverse("facilitator:confirm_sealing", args=[study.slug])
    for wrong, sentence in (("", "Name the day"), ("soon", "Enter a day"), ("2000-01-01", "today or later")):
        refused = client.post(place, {"copies_until": wrong})
        assert refused.status_code == 422
        assert sentence in told(refused)
    assert client.post(place, {"copies_until": database_now().date() + dt.timedelta(days=30)}).status_code == 302
    assert fresh(study).status == Study.Status.SEALED
    text = told(page(client, "sealing", study))
    assert "Sealed on" in text
    assert "After that day nobody can join an answer to a person." in text
    Sealing.objects.update(copies_until=database_now().date() - dt.timedelta(days=1))
    assert "Nobody can join an answer to a person any more" in told(page(client, "sealing", study))


def test_a_sealed_study_s_pages_work_and_say_so() -> None:
    study = sealed()
    client = signed_in(facilitator_of(study))
    overview = told(page(client, "study", study))
    assert "This study is sealed." in overview
    assert "Sealed on" in overview
    for name in ("rounds", "tables", "table_3", "log", "questionnaire", "settings", "protocol", "staff", "lineage"):
        assert page(client, name, study).status_code == 200
    assert page(client, "round", study, 1).status_code == 200
    assert "Key destroyed" in told(page(client, "log", study))
    panel = told(page(client, "panel", study))
    assert "This study is sealed: its panel stays as it is" in panel
    panelist = panel_of(study)[0]
    one = told(page(client, "edit_panelist", study, panelist.pk))
    assert panelist.email in one
    assert "Send the link again" not in one
    for name in ("send_link", "revoke_links"):
        answer = client.post(reverse(f"facilitator:{name}", args=[study.slug, panelist.pk]), follow=True)
        assert "nobody gets a link any more" in told(answer)


def test_the_certificate_says_what_was_destroyed_by_whom_and_what_it_cannot_prove() -> None:
    study = sealed()
    client = signed_in(facilitator_of(study))
    sealing = Sealing.objects.get(study=study)
    head = AuditEntry.objects.get(study=study, action="key destroyed")
    text = told(page(client, "certificate", study))
    names = [facilitator_of(study).name, second_of(study).name]
    digest = study.rounds.get().result.digest
    for said in (*names, sealing.key_fingerprint, head.digest, digest, "overwriting proves nothing"):
        assert said in text
    data = json.loads(page(client, "certificate_file", study).content)
    assert data["format"] == "delphi-seal-v1"
    assert data["key"]["sha256"] == sealing.key_fingerprint
    assert sealing.copies_until is not None
    assert data["key"]["copies_until"] == sealing.copies_until.isoformat()
    assert data["audit"] == {"entries": head.number, "head": head.digest}
    assert [data["announced"]["by"], data["confirmed"]["by"]] == names
    assert data["rounds"] == [{"number": 1, "name": "Rating round 1", "result_sha256": digest}]


def test_the_certificate_stays_the_same_whatever_is_done_later() -> None:
    study = sealed()
    client = signed_in(facilitator_of(study))
    before = page(client, "certificate_file", study).content
    exported(study)
    assert page(client, "certificate_file", study).content == before


def test_before_the_key_is_destroyed_there_is_no_certificate() -> None:
    study = announced()
    client = signed_in(facilitator_of(study))
    assert page(client, "certificate", study).status_code == 404
    assert page(client, "certificate_file", study).status_code == 404


def test_the_dataset_is_handed_out_with_its_risk_and_recorded() -> None:
    study = promised(panelists=10, statements=1)
    held(study, [[8]] * 10)
    study = sealed(study)
    client = signed_in(facilitator_of(study))
    text = told(page(client, "sealing", study))
    assert "10 rows, of 10 panelists who answered" in text
    assert "about 87 of 100 cases" in text
    file = page(client, "dataset", study, "csv")
    assert file["Content-Disposition"] == f'attachment; filename="{study.slug}-rows.csv"'
    assert len(file.content.decode().splitlines()) == 11
    assert page(client, "dataset", study, "xlsx").status_code == 404
    entry = AuditEntry.objects.filter(study=study).order_by("number").last()
    assert entry is not None
    assert (entry.action, entry.detail) == ("dataset exported", {"form": "csv"})


def test_why_there_is_no_dataset_is_said() -> None:
    study = sealed(releases_rows=True)
    client = signed_in(facilitator_of(study))
    text = told(page(client, "sealing", study))
    assert "none was made: Fewer than 10 panelists answered in the same rounds." in text
    assert page(client, "dataset", study, "csv").status_code == 404


def test_the_link_of_a_sealed_study_opens_nothing_and_says_so() -> None:
    study = announced()
    panelist = panel_of(study)[0]
    browser, secret = enter(panelist), mint_link(panelist=panelist, now=database_now())
    assert browser.get("/panel/results/1/").status_code == 200
    confirmed_by_a_second(study)
    assert browser.get("/panel/results/1/")["Location"] == "/panel/"
    assert "the study is sealed, no link opens anything any more" in told(Client().post("/panel/", {"code": secret}))
