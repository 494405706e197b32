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

_SIGNED_IN = Prepared(
    lambda panelist: Panelist.objects.select_related("study__protocol").filter(pk=panelist), models.UUIDField()
)
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
        return salted_hmac("surveys.panelist.mark", str(self.panelist.pk), algorithm="sha256").hexdigest()

    def must_be(self, mark: str) -> None:
        """Raise NobodySignedIn where a form was drawn for somebody else, who used this browser before."""
        if mark and not hmac.compare_digest(mark.encode(), self.mark.encode()):
            raise NobodySignedIn


def seat_of(request: HttpRequest) -> Seat:
    """Who is signed in; one query. Raises NobodySignedIn, which a `panelists_page` answers with the code form."""
    claim = claim_in(request)
    if claim is None:
        raise NobodySignedIn
    panelist = _SIGNED_IN.first(claim.panelist_id)
    if panelist is None or panelist.token_epoch != claim.epoch:
        raise NobodySignedIn
    timezone.activate(zoneinfo.ZoneInfo(panelist.study.time_zone))
    holder = SheetHolder(
        study_id=panelist.study_id, panelist_id=panelist.pk, consent=panelist.consent, epoch=claim.epoch
    )
    return Seat(panelist, holder)


def round_in(seat: Seat, round_id: str) -> Round | None:
    """The opened round of the seat's own study with this id, whatever became of it; None where there is none."""
    try:
        wanted = uuid.UUID(round_id)
    except ValueError:
        return None
    round = _OPENED.first(seat.study.pk, wanted)
    if round:
        round.study = seat.study
    return round


def is_fetched(request: HttpRequest) -> bool:
    """Whether the page's script asks, and wants JSON."""
    return request.headers.get("X-Requested-With") == "fetch"


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
        # `seat_of` turns the clocks to the study's time zone; leaving this block turns them back.
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
