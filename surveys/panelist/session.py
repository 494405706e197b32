"""A panelist's session: one signed cookie, and no row anywhere that would tell when somebody came."""

import secrets
import uuid
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from surveys.panels.models import Panelist

LASTS = 12 * 3600
"""Seconds for which a session is good, counted from signing in."""

_SALT = "surveys.panelist.session"


@dataclass(frozen=True)
class Claim:
    """Who the cookie says is here. It holds while `epoch` is the panelist's: revoking their links ends it."""

    study_id: uuid.UUID
    panelist_id: uuid.UUID
    epoch: int


def cookie_name() -> str:
    """Over https a name that a browser accepts for this one host alone."""
    return "__Host-panel" if _is_secure() else "panel"


def _is_secure() -> bool:
    return settings.DELPHI_BASE_URL.startswith("https://")


def begin(response: HttpResponse, panelist: Panelist) -> None:
    """Sign this panelist in, in the browser that gets the response."""
    content = {
        "study": panelist.study_id.hex,
        "panelist": panelist.pk.hex,
        "epoch": panelist.token_epoch,
        "nonce": secrets.token_urlsafe(9),
    }
    response.set_cookie(
        cookie_name(),
        signing.dumps(content, salt=_SALT),
        max_age=LASTS,
        path="/",
        secure=_is_secure(),
        httponly=True,
        samesite="Strict",
    )


def end(response: HttpResponse) -> None:
    """Sign out the browser that gets the response."""
    response.set_cookie(cookie_name(), "", max_age=0, path="/", secure=_is_secure(), httponly=True, samesite="Strict")


def claim_in(request: HttpRequest) -> Claim | None:
    """What the request's cookie claims, where it is our own and not too old."""
    try:
        content = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=_SALT, max_age=LASTS)
        study, panelist = (uuid.UUID(hex=content[name]) for name in ("study", "panelist"))
        return Claim(study, panelist, int(content["epoch"]))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return None
