"""What a panelist asks of their address, also while a round is open: sealed, of one length, served in slow ticks."""

import logging

from surveys.panels.models import LinkRequest
from surveys.sheets.boxes import BoxTampered, seal, unseal
from surveys.sheets.keystore import installation_key

logger = logging.getLogger(__name__)

ADDRESS = "address"
"""A new link for whoever has this address."""
PANELIST = "panelist"
"""A new link for the panelist with this id."""
CONFIRMS = "confirms"
"""A new address was confirmed with the secret of this hash."""

_PLACE = b"link-request-v1"


def keep(wish: str, value: str) -> None:
    """Keep what somebody asked until the next tick, sealed; all wishes look alike."""
    LinkRequest.objects.create(box=_sealed(wish, value))


def exchange(request: LinkRequest, wish: str, value: str) -> None:
    """Put another wish in the place of one that was served."""
    request.box = _sealed(wish, value)
    request.save(update_fields=["box"])


def wish_of(request: LinkRequest) -> tuple[str, str]:
    """What is asked, and of what; twice "" where the box does not open, under another master key for instance."""
    try:
        wish, value = unseal(installation_key("link-request"), bytes(request.box), _PLACE)
    except (BoxTampered, ValueError):
        logger.error("a request for a link does not open, and is dropped")
        return "", ""
    return str(wish), str(value)


def _sealed(wish: str, value: str) -> bytes:
    return seal(installation_key("link-request"), [wish, value], _PLACE)
