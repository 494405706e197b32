"""How often somebody may try: counted by network or address, in the cache alone."""

import datetime as dt
import secrets
from typing import Any

import pytest
import time_machine
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest
from django.test import RequestFactory
from redis.exceptions import ConnectionError as RedisGone

from surveys.pages import limits

pytestmark = pytest.mark.usefixtures("own_cache")

MINUTE = dt.timedelta(minutes=1)
NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def _request(network: str = "192.0.2.1", forwarded: str = "") -> HttpRequest:
    extra = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    return RequestFactory().get("/", REMOTE_ADDR=network, **extra)


def _tries(number: int, request: HttpRequest, **limit: Any) -> list[bool]:
    return [limits.allow(request, "code", most=3, per=MINUTE, **limit) for _ in range(number)]


def test_the_fourth_of_three_tries_is_refused() -> None:
    assert _tries(4, _request()) == [True, True, True, False]


def test_another_network_is_counted_apart() -> None:
    _tries(4, _request())
    assert _tries(1, _request("192.0.2.2")) == [True]


def test_another_thing_to_try_is_counted_apart() -> None:
    _tries(4, _request())
    assert limits.allow(_request(), "link", most=3, per=MINUTE)


def test_an_address_is_counted_from_wherever_it_is_tried_and_however_it_is_capitalised() -> None:
    tried = [
        limits.allow(_request(f"192.0.2.{place}"), "code", most=2, per=MINUTE, address=address)
        for place, address in enumerate(["a@example.org", "A@example.org ", "a@EXAMPLE.org"])
    ]
    assert tried == [True, True, False]


@pytest.mark.parametrize("spelling", ["ａda.finn@example.org", "ada.ﬁnn@example.org", "ada.fınn@example.org\u3000"])
def test_an_address_in_letters_that_sign_in_takes_for_the_same_is_the_same(spelling: str) -> None:
    for place, address in enumerate(["ada.finn@example.org", spelling]):
        within = limits.allow(_request(f"192.0.2.{place}"), "code", most=1, per=MINUTE, address=address)
    assert not within


def test_a_machine_with_a_whole_ipv6_network_is_one_machine() -> None:
    tried = [_tries(1, _request(f"2001:db8:0:1::{place:x}"))[0] for place in range(1, 5)]
    assert tried == [True, True, True, False]
    assert _tries(1, _request("2001:db8:0:2::1")) == [True]


def test_tries_are_forgotten_little_by_little() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        assert _tries(4, _request()) == [True, True, True, False]
        clock.shift(MINUTE)
        assert _tries(1, _request()) == [False]
        clock.shift(2 * MINUTE)
        assert _tries(1, _request()) == [True]


def test_a_rightful_try_is_given_back() -> None:
    for _ in range(10):
        assert limits.allow(_request(), "code", most=3, per=MINUTE)
        limits.give_back(_request(), "code", per=MINUTE)


def test_giving_back_what_was_never_counted_changes_nothing() -> None:
    limits.give_back(_request(), "code", per=MINUTE)
    assert _tries(4, _request()) == [True, True, True, False]


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, "", "192.0.2.1"),
        (0, "203.0.113.9", "192.0.2.1"),
        (0, "203.0.113.9, 198.51.100.7", "192.0.2.1"),
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (1, "", "192.0.2.1"),
        (2, "198.51.100.7", "198.51.100.7"),
    ],
)
def test_only_what_trusted_proxies_vouch_for_is_believed(
    settings: Any, proxies: int, forwarded: str, client: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    assert limits.client_address(_request(forwarded=forwarded)) == client


def test_the_cache_never_holds_the_address_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    monkeypatch.setattr(LocMemCache, "incr", lambda _cache, name: names.append(name) or 1)
    limits.allow(_request("192.0.2.77"), "code", most=3, per=MINUTE)
    limits.allow(_request(), "code", most=3, per=MINUTE, address="ana@example.org")
    assert len(set(names)) == 2
    assert not any("192.0.2.77" in name or "ana" in name for name in names)


def test_where_the_cache_does_not_answer_nobody_is_kept_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_args: Any, **_kwargs: Any) -> None:
        raise RedisGone

    monkeypatch.setattr(LocMemCache, "get_or_set", gone)
    assert _tries(5, _request()) == [True] * 5


@pytest.mark.django_db
def test_the_refusal_is_a_page_with_status_429() -> None:
    response = limits.refuse(_request())
    assert response.status_code == 429
    assert response["Retry-After"] == "60"
    assert "Too many tries: wait a few minutes, then try again" in response.content.decode()


class TestOnTheInstallationsOwnCache:
    """The same on Redis, where the tests run with it."""

    @pytest.fixture(autouse=True)
    def own_cache(self) -> None:
        """Take the cache of the settings."""

    def test_the_fourth_of_three_tries_is_refused(self) -> None:
        assert _tries(4, _request(), address=secrets.token_hex(8)) == [True, True, True, False]
