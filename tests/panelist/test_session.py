"""Coming in with a personal link, staying, and leaving."""

import datetime as dt
import re

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.panelist.views.entering import WRONG_CODES, link
from surveys.panelist.views.rating import rate
from surveys.panelist.views.start import start
from surveys.panels.models import LinkToken
from surveys.panels.services import revoke_links
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.factories import facilitator_of, make_study, open_round, signed_in
from tests.panelist.browsing import enter, first_panelist, heading_of, link_of, title_of, words_of

pytestmark = pytest.mark.django_db


def small_study() -> Study:
    """The least that can open."""
    return make_study(panelists=5, statements=1)


def test_without_a_session_the_page_asks_for_the_code() -> None:
    response = Client().get("/panel/")
    assert response.status_code == 200
    assert heading_of(response) == "Sign in with your personal link"
    page = response.content.decode()
    assert '<form id="code-form" method="post" action="/panel/"' in page
    assert 'name="code"' in page
    assert "panelist/sign-in.js" in page


def test_the_code_signs_in_and_lays_one_cookie() -> None:
    client = Client()
    response = client.post("/panel/", {"code": link_of(first_panelist(small_study()))})
    assert (response.status_code, response["Location"]) == (302, "/panel/")
    assert set(response.cookies) == {"panel"}
    cookie = response.cookies["panel"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Strict", "/", "")
    assert cookie["max-age"] == 12 * 3600
    assert not cookie["secure"]


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(settings) -> None:
    settings.DELPHI_BASE_URL = "https://delphi.example.org"
    response = Client().post("/panel/", {"code": link_of(first_panelist(small_study()))})
    cookie = response.cookies["__Host-panel"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


@pytest.mark.parametrize("around", ["%s", "  %s\n", "#t=%s", "t=%s", "https://delphi.example.org/panel/#t=%s"])
def test_the_secret_may_come_with_its_link_around_it(around: str) -> None:
    client = Client()
    client.post("/panel/", {"code": around % link_of(first_panelist(small_study()))})
    assert client.get("/panel/practice/").status_code == 200


def test_signing_in_writes_nothing() -> None:
    secret = link_of(first_panelist(small_study()))
    with CaptureQueriesContext(connection) as queries:
        Client().post("/panel/", {"code": secret})
    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "SELECT"]
    assert Session.objects.count() == 0


def test_no_page_of_a_panelist_makes_a_staff_session() -> None:
    study = small_study()
    open_round(study)
    client = enter(first_panelist(study))
    for address in ("/panel/", "/panel/vignette/1/", "/panel/submit/", "/panel/practice/", "/panel/scale/"):
        assert client.get(address).status_code == 200
    client.post("/panel/vignette/1/", {"action": "save", "s1": "8"})
    client.post("/panel/sign-out/")
    assert Session.objects.count() == 0


def test_the_same_link_works_on_a_second_device_and_again() -> None:
    secret = link_of(first_panelist(small_study()))
    first, second = Client(), Client()
    for client in (first, second, first):
        assert client.post("/panel/", {"code": secret}).status_code == 302
    assert first.get("/panel/practice/").status_code == 200
    assert second.get("/panel/practice/").status_code == 200


def test_opening_the_address_with_the_secret_in_it_signs_nobody_in() -> None:
    secret = link_of(first_panelist(small_study()))
    client = Client()
    for address in (f"/panel/?t={secret}", f"/panel/?code={secret}"):
        response = client.get(address)
        assert heading_of(response) == "Sign in with your personal link"
        assert secret not in response.content.decode()
    assert "panel" not in client.cookies


@pytest.mark.parametrize("code", ["nonsense", "#t=", "https://delphi.example.org/panel/", "ü" * 40])
def test_a_wrong_code_is_said_to_be_wrong_and_how_to_get_a_new_one(code: str) -> None:
    client = Client()
    response = client.post("/panel/", {"code": code})
    assert response.status_code == 422
    assert title_of(response) == "Error: Sign in with your personal link"
    assert "This code opens nothing: it is mistyped, too old, or was replaced." in words_of(response)
    assert 'href="/panel/link/"' in response.content.decode()
    assert "panel" not in client.cookies


def test_an_empty_code_is_asked_for() -> None:
    response = Client().post("/panel/", {"code": " "})
    assert response.status_code == 422
    assert "Enter the code from your mail, or paste your personal link." in words_of(response)


def test_a_link_that_is_too_old_opens_nothing() -> None:
    secret = link_of(first_panelist(small_study()))
    LinkToken.objects.update(expires_on=database_now().date() - dt.timedelta(days=1))
    assert Client().post("/panel/", {"code": secret}).status_code == 422


def test_revoking_ends_links_and_sessions_at_once() -> None:
    study = small_study()
    panelist = first_panelist(study)
    secret = link_of(panelist)
    client = enter(panelist)
    assert client.get("/panel/practice/").status_code == 200
    revoke_links(panelist=panelist, actor=facilitator_of(study), now=database_now())
    assert client.get("/panel/practice/")["Location"] == "/panel/"
    assert heading_of(client.get("/panel/")) == "Sign in with your personal link"
    assert Client().post("/panel/", {"code": secret}).status_code == 422


def test_a_session_ends_after_twelve_hours() -> None:
    client = enter(first_panelist(small_study()))
    now = dt.datetime.now(dt.UTC)
    with time_machine.travel(now + dt.timedelta(hours=11, minutes=59)):
        assert client.get("/panel/practice/").status_code == 200
    with time_machine.travel(now + dt.timedelta(hours=12, minutes=1)):
        client.cookies["panel"]["max-age"] = ""
        client.cookies["panel"]["expires"] = ""
        assert client.get("/panel/practice/").status_code == 302


def test_a_session_ends_with_its_panelist() -> None:
    panelist = first_panelist(small_study())
    client = enter(panelist)
    panelist.delete()
    assert client.get("/panel/practice/").status_code == 302


@pytest.mark.parametrize("cookie", ["", "nonsense", "a.b.c", "eyJwYW5lbGlzdCI6IjEifQ:1abc:xyz"])
def test_a_cookie_of_somebody_elses_making_is_no_session(cookie: str) -> None:
    small_study()
    client = Client()
    client.cookies["panel"] = cookie
    assert heading_of(client.get("/panel/")) == "Sign in with your personal link"


def test_a_cookie_that_was_signed_for_something_else_is_no_session(settings) -> None:
    panelist = first_panelist(small_study())
    content = {"study": panelist.study_id.hex, "panelist": panelist.pk.hex, "epoch": 0, "nonce": "x"}
    client = Client()
    client.cookies["panel"] = signing.dumps(content, salt="something else")
    assert client.get("/panel/practice/").status_code == 302
    client.cookies["panel"] = signing.dumps(content, salt="surveys.panelist.session")
    assert client.get("/panel/practice/").status_code == 200
    content["study"] = small_study().pk.hex
    client.cookies["panel"] = signing.dumps(content, salt="surveys.panelist.session")
    assert client.get("/panel/practice/").status_code == 302


def test_staff_are_nobody_here() -> None:
    study = small_study()
    open_round(study)
    client = signed_in(facilitator_of(study))
    assert heading_of(client.get("/panel/")) == "Sign in with your personal link"
    assert client.get("/panel/vignette/1/")["Location"] == "/panel/"


def test_signing_out_ends_the_session_in_this_browser() -> None:
    client = enter(first_panelist(small_study()))
    assert client.get("/panel/sign-out/").status_code == 405
    response = client.post("/panel/sign-out/")
    assert (response.status_code, response["Location"]) == (302, "/panel/")
    assert response.cookies["panel"]["max-age"] == 0
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert heading_of(client.get("/panel/")) == "Sign in with your personal link"


def test_every_form_needs_its_token() -> None:
    panelist = first_panelist(small_study())
    secret = link_of(panelist)
    client = Client(enforce_csrf_checks=True)
    assert client.post("/panel/", {"code": secret}).status_code == 403
    token = client.get("/panel/").context["csrf_token"]
    assert client.post("/panel/", {"code": secret, "csrfmiddlewaretoken": str(token)}).status_code == 302
    for address in ("/panel/vignette/1/", "/panel/submit/", "/panel/link/", "/panel/sign-out/"):
        assert client.post(address).status_code == 403


def test_a_page_that_was_drawn_before_signing_in_again_may_still_save() -> None:
    study = small_study()
    round = open_round(study)
    panelist = first_panelist(study)
    client = Client(enforce_csrf_checks=True)
    token = str(client.get("/panel/").context["csrf_token"])
    client.post("/panel/", {"code": link_of(panelist), "csrfmiddlewaretoken": token})
    page = client.get("/panel/vignette/1/").content.decode()
    [drawn] = re.findall('name="csrfmiddlewaretoken" value="([^"]+)"', page)
    client.post("/panel/", {"code": link_of(panelist), "csrfmiddlewaretoken": drawn})
    response = client.post(
        "/panel/vignette/1/", {"s1": "8", "action": "save", "round": round.pk, "csrfmiddlewaretoken": drawn}
    )
    assert response.status_code == 302


@pytest.mark.parametrize("address", ["vignette/1/", "submit/", "results/1/", "practice/", "scale/"])
def test_whoever_is_not_signed_in_is_sent_to_the_code_form(address: str) -> None:
    response = Client().get(f"/panel/{address}")
    assert (response.status_code, response["Location"]) == (302, "/panel/")


def test_a_page_that_saves_by_script_is_told_so_in_json() -> None:
    response = Client().post("/panel/vignette/1/", {"s1": "8"}, headers={"X-Requested-With": "fetch"})
    assert (response.status_code, response.json()) == (401, {})


def test_no_page_is_kept_in_a_cache_or_told_to_another_site() -> None:
    study = small_study()
    open_round(study)
    client = enter(first_panelist(study))
    for address in ("", "vignette/1/", "submit/", "practice/", "scale/", "link/"):
        response = client.get(f"/panel/{address}")
        assert (response["Cache-Control"], response["Referrer-Policy"]) == ("no-store", "same-origin")


def test_no_posted_value_is_reported_with_an_error(rf) -> None:
    for view, arguments in ((start, ()), (rate, (1,)), (link, ())):
        request = rf.post("/panel/", {"code": "x", "s1": "8"})
        view(request, *arguments)
        assert request.sensitive_post_parameters == "__ALL__"


def test_an_open_page_takes_another_persons_link() -> None:
    study = small_study()
    client = enter(first_panelist(study))
    page = client.get("/panel/").content.decode()
    assert '<form id="code-form" method="post" action="/panel/" hidden>' in page
    assert "panelist/sign-in.js" in page


@pytest.mark.usefixtures("own_cache")
def test_wrong_codes_are_refused_after_a_while_and_right_ones_never() -> None:
    client = Client()
    tried = [client.post("/panel/", {"code": f"wrong-{number}"}).status_code for number in range(WRONG_CODES + 1)]
    assert tried == [422] * WRONG_CODES + [429]
    assert client.post("/panel/", {"code": link_of(first_panelist(small_study()))}).status_code == 302
