"""How often somebody may try: sign-in, password resets, codes.

Counted in the cache alone, under an HMAC of the address with a random key that lives for a day, so that
neither the database nor the cache tells who tried.
"""

import contextlib
import datetime as dt
import hashlib
import hmac
import ipaddress
import logging
import math
import secrets
import time
import unicodedata

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)

DAY = 24 * 3600
# A network of this size is commonly given to a single household.
IPV6_PREFIX = 64


def allow(request: HttpRequest, what: str, *, most: int, per: dt.timedelta, address: str = "") -> bool:
    """Count one try of `what`, and say whether it is still within `most` tries in any span of `per`.

    Tries are counted by the client's address on the network, or by `address` (of a person, say) where one is given.
    Where the cache does not answer everything is allowed: a lost Redis must keep nobody out.
    """
    try:
        return _count(_key(request, what, address), most, per)
    except _faults_of_cache():
        logger.warning("The cache does not answer; %s is not limited.", what)
        return True


def give_back(request: HttpRequest, what: str, *, per: dt.timedelta, address: str = "") -> None:
    """Uncount one try that turned out to be rightful, such as a sign-in with the right password."""
    try:
        window, _share = _window(per)
        name = f"{_key(request, what, address)}:{window}"
        if cache.get(name, 0) > 0:
            # Gone meanwhile, it has nothing to take back.
            with contextlib.suppress(ValueError):
                cache.decr(name)
    except _faults_of_cache():
        logger.warning("The cache does not answer; a try of %s was not given back.", what)


def _faults_of_cache() -> tuple[type[Exception], ...]:
    """What a cache raises that does not answer. Asked for when something is raised: most installations have no Redis,
    and its client takes a tenth of the time in which they start."""
    return (OSError, import_string("redis.exceptions.RedisError"))


def refuse(request: HttpRequest) -> HttpResponse:
    """The page for whoever tried too often."""
    response = render(request, "429.html", {"has_errors": True}, status=429)
    response["Retry-After"] = "60"
    return response


def client_address(request: HttpRequest) -> str:
    """The client's address on the network: the right-most one that no trusted proxy vouches for.

    Entries of X-Forwarded-For count only from the right, and only TRUSTED_PROXY_COUNT of them: a client may
    write whatever it likes to their left.
    """
    forwarded = str(request.META.get("HTTP_X_FORWARDED_FOR", ""))
    chain = [part.strip() for part in forwarded.split(",") if part.strip()]
    chain.append(str(request.META.get("REMOTE_ADDR", "")))
    trusted = min(settings.TRUSTED_PROXY_COUNT, len(chain) - 1)
    return str(chain[-1 - trusted])


def _network(address: str) -> str:
    """The address, or for IPv6 its network: one machine there may use any of 2 ** 64 addresses."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, IPV6_PREFIX), strict=False))
    return str(found)


def _key(request: HttpRequest, what: str, address: str) -> str:
    day = int(time.time() // DAY)
    fresh = secrets.token_bytes(32)
    secret: bytes = cache.get_or_set(f"limits:key:{day}", fresh, timeout=2 * DAY) or fresh
    of_whom = f"person:{_person(address)}" if address else f"network:{_network(client_address(request))}"
    digest = hmac.new(secret, f"{what}:{of_whom}".encode(), hashlib.sha256).hexdigest()
    return f"limits:{what}:{digest}"


def _person(address: str) -> str:
    """What all spellings have in common that the sign-in form and the database take for one address."""
    return unicodedata.normalize("NFKC", address).strip().upper().casefold()


def _window(per: dt.timedelta) -> tuple[int, float]:
    """The number of the present span of time, and the share of it that has passed."""
    share, number = math.modf(time.time() / per.total_seconds())
    return int(number), share


def _count(key: str, most: int, per: dt.timedelta) -> bool:
    """Add one to the present span; the last span counts for as much of it as still lies within `per`."""
    number, share = _window(per)
    now, before = f"{key}:{number}", f"{key}:{number - 1}"
    cache.add(now, 0, timeout=int(2 * per.total_seconds()))
    try:
        tried = cache.incr(now)
    except ValueError:
        # It expired, or was pushed out of a full cache, between the two calls.
        tried = 1
    earlier: int = cache.get(before, 0)
    return tried + earlier * (1 - share) <= most
