"""Every page of the demonstration as each of its people sees it: accessible, quiet and never wider than the window."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import override_settings
from playwright.sync_api import Browser, Page, expect
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from surveys.accounts.models import User
from surveys.facilitator.agenda import proposed_agenda
from surveys.meetings.models import Decision, Meeting
from surveys.meetings.services.meetings import set_agenda
from surveys.operations.demonstration.content import read_content
from surveys.operations.demonstration.loading import Demonstration, load_demonstration
from surveys.pages import limits
from surveys.pages.mails import password_link
from surveys.panelist.views import start
from surveys.panels.models import LinkRequest, Panelist
from surveys.panels.services import mint_confirmation, mint_link
from surveys.rounds.services.addresses import call_off
from surveys.rounds.services.mailing import confirming_link, personal_link, send_due_messages
from surveys.rounds.services.opening import draft_round
from surveys.sheets.keystore import KeyStoreError
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.studies.services import create_study
from surveys.vignettes.models import Option, Statement, Vignette
from surveys.vignettes.queries import lineage_of
from tests.browsing import Watch, faults_in_every_light, window
from tests.factories import PASSWORD, STEM, facilitator_of, make_author
from tests.journeys.walking import addresses, names_in, walk
from tests.meetings.making import describe, make_decision, make_meeting, share_evidence_of
from tests.workbooks.making import book, packed

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

# What looks different once a study is finished.
SHOWN_AT_THE_END = {
    "copy_study", "declarations", "draft_round", "edit_option", "edit_panelist", "edit_vignette", "evidence", "finish",
    "lineage", "log", "meetings", "panel", "proposals", "protocol", "questionnaire", "release", "round", "rounds",
    "sealing", "settings", "staff", "statement", "study", "table_3", "table_4", "tables",
}  # fmt: skip

DOWNLOADS = (
    "table_3_file", "table_4_file", "workbook_template", "questionnaire_workbook", "evidence_file",
    "remove_evidence_file", "certificate_file", "dataset",
)  # fmt: skip


@dataclass(frozen=True)
class Site:
    """The running demonstration with an author of its open study, and a study in which nothing stands yet."""

    url: str
    loaded: Demonstration
    author: User
    empty: Study


@pytest.fixture
def _django_db_helper() -> None:
    """Keep what is loaded from test to test, where pytest-django would put each into a transaction that it undoes."""


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """Loaded once for all tests of this module; they only look."""
    with django_db_blocker.unblock():
        server = LiveServer("localhost")
        cache = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "every-page"}}
        try:
            with override_settings(DELPHI_BASE_URL=server.url, DELPHI_DEMO=True, CACHES=cache):
                loaded = load_demonstration(read_content())
                runs_it = loaded.facilitator.user
                empty = create_study(title="Empty", question_stem=STEM, facilitator=runs_it, now=database_now())
                _meet(loaded.open_study)
                yield Site(server.url, loaded, make_author(loaded.open_study), empty)
        finally:
            server.stop()
            call_command("flush", interactive=False, verbosity=0)
            connections.close_all()


def _meet(study: Study) -> None:
    """Evidence of one more option, three more meetings, and a decision with its step in the sixth."""
    option = Option.objects.filter(study=study)[0]
    describe(option)
    share_evidence_of(option)
    for mode in Meeting.Mode.values * 2:
        meeting = make_meeting(study, mode=mode, place="https://example.org/room")
        entries = [item.entry for item in proposed_agenda(study, 60)]
        set_agenda(meeting=meeting, actor=facilitator_of(study), entries=entries, now=database_now())
        if meeting.number == 6:
            make_decision(meeting, steps=list(lineage_of(study).reverse()[:1]))


@contextmanager
def signed_in(browser: Browser, site: Site, user: User, password: str) -> Iterator[tuple[Page, Watch]]:
    """A window in which this member of staff is signed in."""
    with window(browser, site.url) as (page, watch):
        page.goto("/sign-in/")
        page.get_by_label("E-mail address").fill(user.email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        yield page, watch


@contextmanager
def as_facilitator(browser: Browser, site: Site) -> Iterator[tuple[Page, Watch]]:
    """A window of the demonstration's facilitator."""
    account = site.loaded.facilitator
    with signed_in(browser, site, account.user, account.password) as (page, watch):
        yield page, watch


@contextmanager
def as_panelist(browser: Browser, site: Site, link: str) -> Iterator[tuple[Page, Watch]]:
    """A window in which this personal link was opened."""
    with window(browser, site.url) as (page, watch):
        page.goto(link)
        expect(page.get_by_role("button", name="Sign out on this device")).to_be_visible()
        yield page, watch


def things_of(study: Study, *numbers: int) -> Mapping[str, Sequence[object]]:
    """What the addresses of a study name: each of its rounds with these numbers, one of everything else."""
    variation = Vignette.objects.filter(study=study).order_by("position")[2]
    return {
        "slug": [study.slug],
        "number": numbers,
        "vignette_id": [variation.pk],
        "statement_id": Statement.objects.filter(vignette=variation).values_list("pk", flat=True),
        "kind": ["vignettes"],
        "item_id": [variation.pk],
        "option_id": Option.objects.filter(study=study).values_list("pk", flat=True)[:1],
        "panelist_id": Panelist.objects.filter(study=study).values_list("pk", flat=True)[:1],
        "user_id": User.objects.filter(role=User.Role.AUTHOR).values_list("pk", flat=True)[:1],
        "comment_id": [uuid.uuid4()],
        "link_id": [uuid.uuid4()],
        "decision_id": Decision.objects.filter(meeting__study=study, meeting__number__in=numbers).values_list(
            "pk", flat=True
        ),
    }


def test_the_pages_of_an_open_study(site: Site, browser: Browser) -> None:
    send_due_messages(now=database_now())
    known = things_of(site.loaded.open_study, 6)
    rounds = f"/studies/{site.loaded.open_study.slug}/rounds/"
    closed = [f"{rounds}1/", f"{rounds}1/wall/", f"{rounds}3/", f"{rounds}5/", f"{rounds}5/release/"]
    with as_facilitator(browser, site) as (page, watch):
        assert walk(page, watch, [*addresses("facilitator", known), *closed]) == [
            f"/studies/{site.loaded.open_study.slug}/sealing/certificate/: answered 404",
        ]


def test_no_address_of_facilitators_is_left_out(site: Site) -> None:
    walked = len(list(addresses("facilitator", things_of(site.loaded.open_study, 6))))
    assert walked == len([name for name in names_in("facilitator") if name not in DOWNLOADS])


def test_the_pages_of_a_finished_study(site: Site, browser: Browser) -> None:
    known = things_of(site.loaded.study, 6)
    with as_facilitator(browser, site) as (page, watch):
        assert walk(page, watch, addresses("facilitator", known, SHOWN_AT_THE_END)) == []


def test_the_pages_of_a_study_in_which_nothing_stands_yet(site: Site, browser: Browser) -> None:
    with as_facilitator(browser, site) as (page, watch):
        known = {"slug": [site.empty.slug]}
        assert walk(page, watch, addresses("facilitator", known)) == [
            "/studies/empty/demonstration-mail/: answered 404",
            "/studies/empty/sealing/certificate/: answered 404",
        ]
        draft_round(study=site.empty, actor=site.loaded.facilitator.user, now=database_now())
        drafted = {**known, "number": [1]}
        assert walk(page, watch, addresses("facilitator", drafted, {"study", "rounds", "round", "open_round"})) == []


def test_the_pages_of_an_author(site: Site, browser: Browser) -> None:
    known = things_of(site.loaded.open_study, 6)
    # The forms behind these are the facilitator's own.
    written = {"studies", "questionnaire", "edit_vignette", "compose_statement"}
    with signed_in(browser, site, site.author, PASSWORD) as (page, watch):
        assert walk(page, watch, addresses("facilitator", known, written)) == []


def test_the_pages_of_an_administrator(site: Site, browser: Browser) -> None:
    account = site.loaded.administrator
    known = {
        "slug": [site.loaded.study.slug, site.empty.slug],
        "user_id": [site.author.pk, account.user.pk],
        "number": [1],
    }
    with signed_in(browser, site, account.user, account.password) as (page, watch):
        assert walk(page, watch, [*addresses("administrator", known), "/account/"]) == [
            f"/administration/studies/{slug}/sealing/certificate/: answered 404" for slug in known["slug"]
        ]


def test_the_pages_of_a_panelist_while_a_round_is_open(site: Site, browser: Browser) -> None:
    with as_panelist(browser, site, site.loaded.panel[0].link) as (page, watch):
        assert walk(page, watch, addresses("panelist", {"number": [1, 5, 7]})) == [
            "/panel/results/7/: answered 404",
            "/panel/results/7/counted/: answered 404",
        ]


def test_the_pages_of_a_panelist_when_the_study_is_finished(site: Site, browser: Browser) -> None:
    panelist = Panelist.objects.filter(study=site.loaded.study)[0]
    link = personal_link(mint_link(panelist=panelist, now=database_now()))
    with as_panelist(browser, site, link) as (page, watch):
        assert walk(page, watch, ["/panel/", "/panel/results/3/", "/panel/results/6/"]) == []


def test_the_pages_on_which_an_address_changes(site: Site, browser: Browser) -> None:
    panelist = Panelist.objects.filter(study=site.loaded.open_study).select_related("study").reverse()[0]
    panel = f"/studies/{site.loaded.open_study.slug}/panel/"
    actor = site.loaded.facilitator.user
    try:
        with as_facilitator(browser, site) as (page, watch):
            page.goto(f"{panel}{panelist.pk}/address/")
            page.get_by_label("New e-mail address").fill("new@example.org")
            page.get_by_role("button", name="Change the address").click()
            expect(page.get_by_role("status")).to_contain_text("A mail is on its way to")
            waits = [panel, f"{panel}{panelist.pk}/", f"{panel}{panelist.pk}/address/"]
            assert walk(page, watch, waits) == []
        with window(browser, site.url) as (page, watch):
            page.goto(confirming_link(mint_confirmation(panelist=panelist) or ""))
            expect(page.get_by_role("heading", level=1)).to_have_text("Is this your new e-mail address?")
            expect(page).to_have_url(f"{site.url}/panel/address/")
            assert faults_in_every_light(page, watch) == []
            page.get_by_role("button", name="Yes, move my sheets there").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Your new address is confirmed")
            assert faults_in_every_light(page, watch) == []
    finally:
        LinkRequest.objects.all().delete()
        call_off(panelist=panelist, actor=actor, now=database_now())


def test_the_pages_of_whoever_is_signed_in_nowhere(site: Site, browser: Browser) -> None:
    welcome = password_link(site.author, page="pages:welcome")
    spent = {"uidb64": ["MQ"], "token": ["spent-link"]}
    with window(browser, site.url) as (page, watch):
        assert walk(page, watch, ["/panel/", "/panel/link/", welcome]) == []
        assert walk(page, watch, addresses("pages", spent)) == ["/first-run/: answered 404"]


def test_an_address_that_is_nobodys(site: Site, browser: Browser) -> None:
    with window(browser, site.url) as (page, watch):
        assert walk(page, watch, ["/first-run/", "/nowhere/"], status=404) == []


TYPED_INTO = "main :is([type=text]:not([hidden]), [type=email], [type=datetime-local], textarea)"
FORMS = {
    "/studies/new/": "Create the study",
    "/studies/new/workbook/": "See what would be created",
    "/studies/{open}/settings/": "Save",
    "/studies/{open}/copy/": "Create the new study",
    "/studies/{open}/staff/": "Add",
    "/studies/{open}/questionnaire/vignettes/new/": "Save the vignette",
    "/studies/{open}/questionnaire/options/new/": "Save the option",
    "/studies/{open}/questionnaire/vignettes/{vignette}/compose/": "See the statement",
    "/studies/{open}/questionnaire/vignettes/{vignette}/write/": "Save the statement",
    "/studies/{open}/rounds/6/extend/": "Extend the round",
    "/studies/{open}/rounds/6/cancel/": "Cancel rating round 3",
    "/studies/{open}/finish/": "Finish the study",
    "/studies/{open}/meetings/new/": "Plan the meeting",
    "/studies/{open}/meetings/3/decisions/new/": "Save the decision",
    "/studies/{empty}/panel/new/": "Add to the panel",
    "/studies/{empty}/panel/import/": "See what would be added",
    "/studies/{empty}/protocol/": "Save the protocol",
    "/account/": "Change the password",
}


@pytest.mark.parametrize("address", FORMS)
def test_a_form_that_is_sent_empty(site: Site, browser: Browser, address: str) -> None:
    vignette = Vignette.objects.filter(study=site.loaded.open_study).order_by("position")[1]
    filled = address.format(open=site.loaded.open_study.slug, empty=site.empty.slug, vignette=vignette.pk)
    with as_facilitator(browser, site) as (page, watch):
        page.goto(filled)
        for field in page.locator(TYPED_INTO).all():
            field.fill("")
        page.locator("main").get_by_role("button", name=FORMS[address], exact=True).click()
        expect(page.get_by_role("alert")).to_contain_text("There is a problem")
        assert page.title().startswith("Error: ")
        assert faults_in_every_light(page, watch) == []


def test_a_workbook_with_faults_and_the_preview_of_one_without(site: Site, browser: Browser) -> None:
    workbooks = {"would be created": book(), "Nothing was created": book({"Options!B4": "=A1", "Panel!B2": "anna"})}
    with as_facilitator(browser, site) as (page, watch):
        for told, made in workbooks.items():
            page.goto("/studies/new/workbook/")
            page.get_by_label("Workbook").set_input_files({"name": "a.xlsx", "mimeType": "", "buffer": packed(made)})
            page.get_by_role("button", name="See what would be created").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(told)
            assert faults_in_every_light(page, watch) == []
            watch.forget()


def test_the_forms_of_whoever_is_signed_in_nowhere_sent_empty(site: Site, browser: Browser) -> None:
    with window(browser, site.url) as (page, watch):
        for address in ("/sign-in/", "/password/", "/panel/link/", "/panel/", "/panel/address/"):
            page.goto(address)
            page.locator("main form").evaluate("form => { form.noValidate = true; }")
            page.locator("main form button").click()
            expect(page.get_by_role("alert")).to_contain_text("There is a problem")
            assert page.title().startswith("Error: ")
            assert faults_in_every_light(page, watch) == []


def test_the_site_when_it_cannot_answer(site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object, **_options: object) -> None:
        raise KeyStoreError

    with as_panelist(browser, site, site.loaded.panel[0].link) as (page, watch):
        monkeypatch.setattr(start, "sheet_in", fails)
        assert walk(page, watch, ["/panel/"], status=503) == []
        monkeypatch.setattr(start, "seat_and_course", lambda request: 1 / len(str(request)[:0]))
        assert walk(page, watch, ["/panel/"], status=500) == []


def test_too_many_tries_and_a_form_that_is_not_ours(
    site: Site, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with window(browser, site.url) as (page, watch):
        for told in ("Too many tries", "This page was open for too long"):
            page.goto("/sign-in/")
            page.get_by_label("E-mail address").fill("somebody@example.org")
            page.get_by_label("Password").fill("something")
            if told == "Too many tries":
                monkeypatch.setattr(limits, "allow", lambda *_args, **_options: False)
            else:
                page.context.clear_cookies()
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(told)
            assert faults_in_every_light(page, watch) == []


def test_table_3_on_paper(site: Site, browser: Browser) -> None:
    with as_facilitator(browser, site) as (page, _watch):
        page.goto(f"/studies/{site.loaded.study.slug}/tables/3/")
        page.emulate_media(media="print", color_scheme="dark")
        assert page.locator(".btn:visible, nav:visible, main a:visible").count() == 0
        expect(page.get_by_text("Demonstration. All answers are simulated.")).to_be_visible()
        assert page.locator("body").evaluate("body => getComputedStyle(body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.locator("h1").evaluate("one => getComputedStyle(one).color") == "rgb(0, 0, 0)"
        rows = page.locator("tbody tr")
        assert rows.evaluate_all("all => all.map(one => getComputedStyle(one).breakInside)") == ["avoid"] * 7
        means = page.locator('td[data-label="Mean"]').all_inner_texts()
        assert means == ["8.40", "8.30", "8.30", "8.44", "8.50", "8.40", "8.70"]
