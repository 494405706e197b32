"""The one door for panelists: who is signed in, and with that the key to their own sheets and to nobody else's."""

import hmac
import logging
import uuid
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.db import OperationalError, models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_post_parameters

from surveys.panelist.session import claim_in
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.rounds.services.saving import ConsentMissing, HasWithdrawn, SessionEnded, SheetBusy
from surveys.sheets.boxes import BoxTampered
from surveys.sheets.keystore import KeyStoreError
from surveys.sheets.queries import SheetHolder
from surveys.studies.models import Study
from surveys.studies.prepared import Prepared

logger = logging.getLogger(__name__)

SIGNED_IN = Prepared(
    lambda study, panelist, epoch: Panelist.objects.select_related("study__protocol").filter(
        study=study, pk=panelist, token_epoch=epoch
    ),
    models.UUIDField(),
    models.UUIDField(),
    models.IntegerField(),
)
"""The panelist whom a session names, while it holds, with study and protocol."""

_OPENED = Prepared(
    lambda study, round: Round.objects.filter(study=study, pk=round).exclude(status=Round.Status.DRAFT),
    models.UUIDField(),
    models.UUIDField(),
)

Rest = ParamSpec("Rest")


class NobodySignedIn(Exception):
    """The request carries no session that holds: none, an old one, or one whose links were revoked."""


@dataclass(frozen=True)
class Seat:
    """Who is signed in: the panelist, with study and protocol, and what opens that panelist's own sheets."""

    panelist: Panelist
    holder: SheetHolder

    @property
    def study(self) -> Study:
        """The one study that this panelist reaches."""
        return self.panelist.study

    @property
    def mark(self) -> str:
        """What a form carries to say for whom it was drawn: says nothing to others, and lets nobody in."""
        return _mark(self.holder)

    def must_be(self, mark: str) -> None:
        """Raise NobodySignedIn where a form was drawn for somebody else, who used this browser before."""
        must_be(self.holder, mark)


def _mark(holder: SheetHolder) -> str:
    return salted_hmac("surveys.panelist.mark", str(holder.panelist_id), algorithm="sha256").hexdigest()


def must_be(holder: SheetHolder, mark: str) -> None:
    """Raise NobodySignedIn where a form was drawn for somebody else than the holder."""
    if mark and not hmac.compare_digest(mark.encode(), _mark(holder).encode()):
        raise NobodySignedIn


def holder_in(request: HttpRequest) -> SheetHolder:
    """Whom the request's cookie was given to; no query. Raises NobodySignedIn without one.

    Whether it still holds is seen where anything is read or written with it: by `seat_of`, and by each save under its
    round's lock.
    """
    claim = claim_in(request)
    if claim is None:
        raise NobodySignedIn
    return SheetHolder(study_id=claim.study_id, panelist_id=claim.panelist_id, epoch=claim.epoch)


def seat_of(request: HttpRequest) -> Seat:
    """Who is signed in; one query. Raises NobodySignedIn, which a `panelists_page` answers with the code form."""
    holder = holder_in(request)
    return seated(holder, SIGNED_IN.first(holder.study_id, holder.panelist_id, holder.epoch))


def seated(holder: SheetHolder, panelist: Panelist | None) -> Seat:
    """The seat of the holder, who was found by SIGNED_IN, and the study's time zone for this request.

    Raises NobodySignedIn where nobody was found.
    """
    if panelist is None:
        raise NobodySignedIn
    timezone.activate(zoneinfo.ZoneInfo(panelist.study.time_zone))
    return Seat(panelist, holder)


def opened_round(seat: Seat, round_id: uuid.UUID) -> Round | None:
    """The opened round of the seat's own study with this id, whatever became of it; None where there is none."""
    round = _OPENED.first(seat.study.pk, round_id)
    if round:
        round.study = seat.study
    return round


def is_fetched(request: HttpRequest) -> bool:
    """Whether the page's script asks, and wants JSON."""
    # Asked of every save, and `request.headers` would read all the others as well.
    return request.META.get("HTTP_X_REQUESTED_WITH") == "fetch"


def panelists_page(
    view: Callable[Concatenate[HttpRequest, Rest], HttpResponse],
) -> Callable[Concatenate[HttpRequest, Rest], HttpResponse]:
    """A page behind the door: nobody signed in goes to the code form, and no posted value is ever reported.

    Who has not agreed to the notice goes to the notice, and who has withdrawn reads that they have, and nothing else.
    Where the sheets, or a database that is busy or away, cannot be reached the answer is 503: nothing was saved, and
    trying again is safe.
    """

    @sensitive_post_parameters()
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Rest.args, **kwargs: Rest.kwargs) -> HttpResponse:
        # `seated` turns the clocks to the study's time zone; leaving this block turns them back.
        with timezone.override(None):
            try:
                return view(request, *args, **kwargs)
            except (NobodySignedIn, SessionEnded):
                return JsonResponse({}, status=401) if is_fetched(request) else redirect("panelist:start")
            except ConsentMissing:
                return notice_first(request)
            except HasWithdrawn:
                return withdrawn(request, status=410)
            except (KeyStoreError, BoxTampered, SheetBusy, OperationalError) as fault:
                logger.error("a panelist's page could not reach the sheets: %s", type(fault).__name__)
                return unavailable(request)

    return guarded


def notice_first(request: HttpRequest) -> HttpResponse:
    """To the notice; for the page's script 403 with a note that keeps what was entered in its page."""
    if is_fetched(request):
        return JsonResponse({"html": render_to_string("panelist/_notice_first.html")}, status=403)
    return redirect("panelist:notice")


def withdrawn(request: HttpRequest, *, status: int = 200) -> HttpResponse:
    """The one page that is left to whoever withdrew while a round is open; for the page's script the same as a note."""
    if is_fetched(request):
        return JsonResponse({"html": render_to_string("panelist/_withdrawn.html")}, status=status)
    return render(request, "panelist/withdrawn.html", status=status)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503, as JSON for the page's script."""
    if is_fetched(request):
        return JsonResponse({}, status=503, headers={"Retry-After": "5"})
    response = render(request, "panelist/unavailable.html", {"has_errors": True}, status=503)
    response["Retry-After"] = "5"
    return response
