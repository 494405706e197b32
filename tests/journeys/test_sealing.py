"""A study is sealed by two people at their own windows, and its certificate is read."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from surveys.accounts.models import User
from surveys.sheets.keystore import KeyDestroyed, study_keys
from surveys.studies.models import Study
from tests.browsing import faults_in_every_light, window
from tests.facilitator.test_sealing import a_week_later
from tests.factories import PASSWORD, facilitator_of, make_administrator
from tests.feedback.sealing import exported, finished, fresh
from tests.feedback.test_disclosing import held, promised

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(page: Page, user: User) -> None:
    """Come in as this member of staff."""
    page.goto("/sign-in/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


@pytest.fixture
def study() -> Study:
    """Finished, with a dataset that was promised."""
    study = promised(panelists=10, statements=1)
    held(study, [[8]] * 10)
    return finished(study)


def test_a_study_is_sealed_by_two_people(site: str, browser: Browser, study: Study) -> None:
    with window(browser, site) as (page, watch):
        sign_in(page, facilitator_of(study))
        page.goto(reverse("facilitator:study", args=[study.slug]))
        page.get_by_role("link", name="Seal the study").click()
        expect(
            page.get_by_text("Have an administrator of this installation download an export of the results")
        ).to_be_visible()
        assert faults_in_every_light(page, watch) == []
        exported(study)
        page.reload()
        page.get_by_role("button", name="Announce the sealing to the panel").click()
        expect(page.get_by_role("heading", name="The panel has a week")).to_be_visible()
        assert faults_in_every_light(page, watch) == []
    a_week_later(study)
    with window(browser, site) as (page, watch):
        sign_in(page, make_administrator())
        page.goto(reverse("administrator:studies"))
        page.get_by_role("link", name="Confirm the sealing").click()
        field = page.get_by_label("Until when may copies of the keystore exist?")
        suggested = field.input_value()
        field.fill("")
        page.get_by_role("button", name="Seal the study and destroy its key").click()
        expect(page.get_by_role("alert")).to_contain_text("There is a problem")
        assert faults_in_every_light(page, watch) == []
        watch.forget()
        field.fill(suggested)
        page.get_by_role("button", name="Seal the study and destroy its key").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Sealed on")
        assert faults_in_every_light(page, watch) == []
        page.get_by_role("link", name="Look at the seal certificate").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("The key of this study was destroyed on")
        assert faults_in_every_light(page, watch) == []
    assert fresh(study).status == Study.Status.SEALED
    with pytest.raises(KeyDestroyed):
        study_keys(study.pk)
