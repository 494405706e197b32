"""Signing in and out: staff alone, one answer for whoever is refused, and a limit on tries."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from surveys.accounts.models import User
from surveys.pages import views
from tests.factories import PASSWORD, make_administrator, make_facilitator, make_user, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]

PAGE = "/sign-in/"
REFUSED = "This address and this password do not belong together."


def _sign_in(client: Client, email: str, password: str = PASSWORD, **extra: str) -> "object":
    return client.post(PAGE, {"username": email, "password": password, **extra})


def test_the_page_says_where_panelists_go(client: Client) -> None:
    page = client.get(PAGE).content.decode()
    assert f'Open your personal link, or <a href="{reverse("panelist:start")}">enter its code here</a>' in page


@pytest.mark.parametrize(
    ("role", "place"),
    [("administrator", "/administration/"), ("facilitator", "/studies/"), ("author", "/studies/")],
)
def test_each_role_is_sent_to_where_it_works(client: Client, role: str, place: str) -> None:
    user = make_user(role)
    assert _sign_in(client, user.email)["Location"] == "/"
    assert client.get("/")["Location"] == place


def test_whoever_is_not_signed_in_is_sent_from_the_front_door_to_the_sign_in_page(client: Client) -> None:
    make_facilitator()
    assert client.get("/")["Location"] == PAGE


def test_capitals_and_spaces_around_the_address_do_not_matter(client: Client) -> None:
    make_facilitator(email="ana@example.org")
    assert _sign_in(client, " Ana@Example.ORG ").status_code == 302


def test_the_unknown_the_mistaken_and_the_inactive_get_the_same_answer() -> None:
    make_facilitator(email="known@example.org")
    inactive = make_facilitator(email="inactive@example.org")
    User.objects.filter(pk=inactive.pk).update(is_active=False)
    invited = make_facilitator(email="invited@example.org")
    invited.set_unusable_password()
    invited.save()
    tries = [
        ("known@example.org", "wrong"),
        ("nobody@example.org", PASSWORD),
        ("inactive@example.org", PASSWORD),
        ("invited@example.org", invited.password),
    ]
    pages = set()
    for email, password in tries:
        response = _sign_in(Client(), email, password)
        assert response.status_code == 200
        assert REFUSED in response.content.decode()
        assert "_auth_user_id" not in response.client.session
        without_token = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
        pages.add(without_token.replace(email, "ADDRESS"))
    assert len(pages) == 1


def test_the_title_of_a_refused_form_begins_with_error(client: Client) -> None:
    assert "<title>Error: Sign in</title>" in _sign_in(client, "nobody@example.org").content.decode()
    assert "<title>Sign in</title>" in client.get(PAGE).content.decode()


def test_a_session_that_was_preset_is_worth_nothing_after_signing_in() -> None:
    client, user = Client(), make_facilitator()
    client.session.save()
    preset = Client()
    session = preset.session
    session["planted"] = True
    session.save()
    client.cookies = preset.cookies
    before = client.session.session_key
    _sign_in(client, user.email)
    assert client.session.session_key != before
    attacker = Client()
    attacker.cookies["sessionid"] = before
    assert attacker.get("/studies/").status_code == 302


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("/help/", "/help/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("https:///evil.example", "/"),
        ("", "/"),
    ],
)
def test_next_leads_nowhere_but_back_into_this_site(client: Client, asked: str, place: str) -> None:
    user = make_facilitator()
    assert _sign_in(client, user.email, next=asked)["Location"] == place


def test_whoever_is_signed_in_does_not_see_the_page_again() -> None:
    assert signed_in(make_facilitator()).get(PAGE)["Location"] == "/"


def test_a_page_that_needs_a_sign_in_comes_back_after_it(client: Client) -> None:
    user = make_facilitator()
    asked = client.get("/account/")
    assert asked["Location"] == "/sign-in/?next=/account/"
    assert 'name="next" value="/account/"' in client.get(asked["Location"]).content.decode()
    assert _sign_in(client, user.email, next="/account/")["Location"] == "/account/"


def test_signing_out_is_a_post_and_ends_the_session() -> None:
    client = signed_in(make_facilitator())
    assert client.get("/sign-out/").status_code == 405
    assert client.get("/account/").status_code == 200
    assert client.post("/sign-out/")["Location"] == PAGE
    assert client.get("/account/").status_code == 302


def test_an_account_that_was_deactivated_is_out_at_once() -> None:
    user = make_facilitator()
    client = signed_in(user)
    assert client.get("/account/").status_code == 200
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert client.get("/account/").status_code == 302


def test_after_twenty_failures_a_network_has_to_wait_and_others_need_not() -> None:
    user = make_facilitator()
    attacker = Client(REMOTE_ADDR="192.0.2.66")
    statuses = [_sign_in(attacker, f"guess{number}@example.org").status_code for number in range(21)]
    assert statuses == [200] * 20 + [429]
    assert _sign_in(attacker, user.email).status_code == 429
    assert _sign_in(Client(REMOTE_ADDR="192.0.2.67"), user.email).status_code == 302


def test_a_forged_header_does_not_open_another_network() -> None:
    statuses = [
        _sign_in(Client(REMOTE_ADDR="192.0.2.66", headers={"X-Forwarded-For": f"198.51.100.{number}"}), "x@example.org")
        for number in range(21)
    ]
    assert [response.status_code for response in statuses] == [200] * 20 + [429]


def test_signing_in_rightly_as_often_as_one_likes_is_no_attack() -> None:
    user = make_administrator()
    assert {_sign_in(Client(), user.email).status_code for _ in range(60)} == {302}


def test_one_address_tried_from_everywhere_is_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "INTO_ONE_ACCOUNT", 9)
    user = make_facilitator()
    tries = [Client(REMOTE_ADDR=f"198.51.{number}.1") for number in range(10)]
    statuses = [_sign_in(client, user.email, "wrong").status_code for client in tries]
    assert statuses == [200] * 9 + [429]


def test_nobody_alone_locks_a_colleague_out() -> None:
    assert views.FROM_ONE_NETWORK * (views.HOUR / views.MINUTES_5) < views.INTO_ONE_ACCOUNT


def test_a_new_installation_begins_with_its_first_administrator(client: Client) -> None:
    assert client.get("/")["Location"] == "/first-run/"


def test_help_is_for_everybody(client: Client) -> None:
    assert client.get("/help/").status_code == 200
    assert signed_in(make_facilitator()).get("/help/").status_code == 200
