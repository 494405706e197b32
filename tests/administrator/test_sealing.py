"""An administrator as the second person of a sealing: the study, the day, and never the panel."""

import pytest
from django.urls import reverse

from surveys.panels.queries import panel_of
from surveys.sheets.keystore import KeyDestroyed, study_keys
from surveys.studies.queries import database_now
from tests.facilitator.test_sealing import a_week_later, told
from tests.factories import make_administrator, signed_in
from tests.feedback.sealing import announced, sealed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]


def test_an_administrator_finds_what_waits_and_confirms_it() -> None:
    study = announced()
    a_week_later(study)
    client = signed_in(make_administrator())
    place = reverse("administrator:sealing", args=[study.slug])
    assert f'href="{place}"' in client.get(reverse("administrator:studies")).content.decode()
    assert f'href="{place}"' in client.get(reverse("administrator:study", args=[study.slug])).content.decode()
    text = told(client.get(place))
    assert "Seal the study and destroy its key" in text
    assert not any(panelist.email in text or panelist.name in text for panelist in panel_of(study))
    assert client.post(place, {"copies_until": ""}).status_code == 422
    assert client.post(place, {"copies_until": database_now().date()}).status_code == 302
    with pytest.raises(KeyDestroyed):
        study_keys(study.pk)
    assert "Sealed on" in told(client.get(place))


def test_before_the_week_is_over_there_is_nothing_to_press() -> None:
    study = announced()
    client = signed_in(make_administrator())
    place = reverse("administrator:sealing", args=[study.slug])
    assert "Seal the study and destroy its key" not in told(client.get(place))
    assert client.post(place, {"copies_until": database_now().date()}).status_code == 422
    study_keys(study.pk)


def test_exports_and_certificate_of_a_sealed_study_are_there() -> None:
    study = sealed()
    client = signed_in(make_administrator())
    for name in ("certificate", "certificate_file", "study"):
        assert client.get(reverse(f"administrator:{name}", args=[study.slug])).status_code == 200
    for form in ("csv", "json", "xlsx"):
        assert client.get(reverse("administrator:export_study", args=[study.slug, form])).status_code == 200
    assert client.get(reverse("administrator:dataset", args=[study.slug, "csv"])).status_code == 404
