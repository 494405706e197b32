"""Sending what waits in the outbox. Whether somebody still needs a reminder is decided at sending.

A link's secret is made here, at the moment of sending, and goes into the mail and nowhere else.
"""

import datetime as dt
import logging
import secrets
import smtplib
import time
import uuid
import zoneinfo
from collections.abc import Mapping

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from surveys.panels.models import LinkRequest, Message, Panelist
from surveys.panels.queries import panel_of, running_panelists_at, waiting_messages
from surveys.panels.services import (
    claim,
    finish,
    forget_expired_links,
    mark_unreachable,
    mint_confirmation,
    mint_link,
    mint_links,
    put_off,
)
from surveys.rounds.models import Round
from surveys.rounds.queries import sheet_state
from surveys.rounds.services import requests
from surveys.rounds.services.addresses import carry_out
from surveys.sheets.models import Sheet
from surveys.studies.models import Study
from surveys.studies.queries import release_entry

logger = logging.getLogger(__name__)

AT_ONCE = 50
MOST_ATTEMPTS = 12
LONGEST_SWEEP = 120
"""Seconds after which a sweep leaves the rest to the next one; a claim is taken for lost after 300."""


def personal_link(secret: str) -> str:
    """The address that a panelist opens; its secret stands in the fragment, which no request carries."""
    return f"{settings.DELPHI_BASE_URL}/panel/#t={secret}"


def confirming_link(secret: str) -> str:
    """The address at which whoever reads the old one confirms a new one."""
    return f"{settings.DELPHI_BASE_URL}/panel/address/#t={secret}"


def send_due_messages(*, now: dt.datetime) -> int:
    """Send up to fifty waiting messages; returns how many were dealt with. Safe to run twice at once.

    Where the mail server does not answer or breaks off, those that are left wait for the next time: a reminder that
    nobody needs must not end before one that could not be sent. A slow server's sweep ends long before its claims do.
    """
    waiting = waiting_messages(now, AT_ONCE)
    if not waiting:
        return 0
    dealt_with, end = 0, time.monotonic() + LONGEST_SWEEP
    try:
        with get_connection() as mail_server:
            for message in waiting:
                if time.monotonic() > end:
                    break
                if claim(message=message, now=now):
                    message.attempts += 1
                    _deal_with(message, now, mail_server)
                    dealt_with += 1
    except OSError as fault:
        logger.warning("the outbox waits: %s", type(fault).__name__)
    return dealt_with


def _deal_with(message: Message, now: dt.datetime, mail_server: BaseEmailBackend) -> None:
    try:
        secret = _fresh_secret(message, now)
        round = _round_of(message)
        state = _sheet_state(message, round)
        if secret and _is_wanted(message, round, state):
            _send(message, round, secret, mail_server, holds_draft=state == Sheet.State.DRAFT)
        finish(message=message)
    except smtplib.SMTPServerDisconnected:
        put_off(message=message, now=now)
        raise
    except smtplib.SMTPRecipientsRefused as fault:
        _refused(message, now, [code for code, _text in fault.recipients.values()])
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as fault:
        logger.warning("a message of kind %s was refused with code %d", message.kind, fault.smtp_code)
        _try_a_few_times(message, now)
    except Exception as fault:
        # A message that cannot be made or sent now must not keep the others from going out; a traceback may hold
        # what nobody should read.
        logger.error("a message of kind %s could not be sent: %s", message.kind, type(fault).__name__)
        put_off(message=message, now=now)


@transaction.atomic
def _fresh_secret(message: Message, now: dt.datetime) -> str:
    """The secret of a new link; empty once the study is sealed, and looked at under the lock that sealing takes.

    Empty as well where an old address would be asked about a change that was called off.
    """
    study = Study.objects.select_for_update().only("status").filter(pk=message.study_id).first()
    if study is None or study.status == Study.Status.SEALED:
        return ""
    if message.kind == Message.Kind.ADDRESS:
        return mint_confirmation(panelist=message.panelist) or ""
    return mint_link(panelist=message.panelist, now=now)


def _round_of(message: Message) -> Round | None:
    if message.round_id is None:
        return None
    return Round.objects.filter(pk=message.round_id).select_related("study").first()


def _refused(message: Message, now: dt.datetime, codes: list[int]) -> None:
    """A refusal for good (5xx) marks the address; any other is tried again."""
    _try_a_few_times(message, now, is_for_good=all(code >= 500 for code in codes))


def _try_a_few_times(message: Message, now: dt.datetime, *, is_for_good: bool = False) -> None:
    """Only those who have not submitted are sent a reminder, so one that is refused is over without a mark: a marked
    address, or a row that waits longer than others, would tell who they are. The next mail to all will mark it."""
    if message.kind == Message.Kind.REMINDER:
        finish(message=message)
    elif is_for_good or message.attempts >= MOST_ATTEMPTS:
        mark_unreachable(panelist_id=message.panelist_id)
        finish(message=message)
    else:
        put_off(message=message, now=now)


def _sheet_state(message: Message, round: Round | None) -> Sheet.State | None:
    if message.kind != Message.Kind.REMINDER or round is None:
        return None
    return sheet_state(round, message.panelist_id)


def _is_wanted(message: Message, round: Round | None, state: Sheet.State | None) -> bool:
    """A reminder for nobody who has submitted or withdrawn; nothing about a round that is no longer open."""
    if message.kind in (Message.Kind.INVITATION, Message.Kind.REMINDER):
        is_over = state in (Sheet.State.SUBMITTED, Sheet.State.WITHDRAWN)
        return round is not None and round.status == Round.Status.OPEN and not is_over
    return True


def _send(
    message: Message, round: Round | None, secret: str, mail_server: BaseEmailBackend, *, holds_draft: bool
) -> None:
    context = {
        "study": message.study,
        "round": round,
        "panelist": message.panelist,
        "link": confirming_link(secret) if message.kind == Message.Kind.ADDRESS else personal_link(secret),
        "holds_draft": holds_draft,
        "release": release_entry(message.study_id, round.released_at) if round else None,
    }
    with timezone.override(zoneinfo.ZoneInfo(message.study.time_zone)):
        _mail(message.kind, message.panelist.email, context, message.id, mail_server)


def _mail(
    kind: str,
    address: str,
    context: Mapping[str, object],
    message_id: uuid.UUID,
    mail_server: BaseEmailBackend,
) -> None:
    subject = " ".join(render_to_string(f"emails/{kind}_subject.txt", context).split())
    body = render_to_string(f"emails/{kind}.txt", context)
    host = settings.DELPHI_BASE_URL.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    headers = {"Message-ID": f"<{message_id}@{host}>"}
    EmailMessage(subject, body, to=[address], headers=headers, connection=mail_server).send()


def request_link(*, address: str) -> None:
    """Keep a panelist's own request for a new link, sealed and of one length, for known and unknown alike."""
    requests.keep(requests.ADDRESS, address.strip()[:254])


def serve_link_requests(*, now: dt.datetime) -> int:
    """Answer what waits: a new token row for the whole panel, a mail for whoever asked or confirmed a new address.

    So the tokens do not tell who asked. Where the mail server does not answer, the requests wait for the next
    time; one that it refuses is over, and can be made again. Returns how many mails were tried.
    """
    forget_expired_links(now=now)
    waiting = list(LinkRequest.objects.all())
    if not waiting:
        return 0
    asked = {panelist for request in waiting for panelist in _askers(request)}
    try:
        with get_connection() as mail_server:
            studies = {panelist.study for panelist in asked}
            sent = sum(_send_fresh_links(study, asked, now, mail_server) for study in studies)
    except OSError as fault:
        logger.warning("requested links wait: %s", type(fault).__name__)
        return 0
    LinkRequest.objects.filter(pk__in=[request.pk for request in waiting]).delete()
    return sent


def _askers(request: LinkRequest) -> list[Panelist]:
    """Who gets a link for it; an address that was confirmed moves first."""
    wish, value = requests.wish_of(request)
    if wish == requests.ADDRESS:
        return running_panelists_at(value)
    if wish == requests.CONFIRMS:
        moved = carry_out(request=request, token_hash=bytes.fromhex(value))
    else:
        moved = uuid.UUID(value) if wish == requests.PANELIST else None
    return list(Panelist.objects.filter(pk=moved).select_related("study")) if moved else []


def _send_fresh_links(study: Study, asked: set[Panelist], now: dt.datetime, mail_server: BaseEmailBackend) -> int:
    panel = list(panel_of(study).select_related("study"))
    secrets.SystemRandom().shuffle(panel)
    links = mint_links(panelists=panel, now=now)
    wanted = [panelist for panelist in panel if panelist in asked]
    for panelist in wanted:
        context = {"study": study, "panelist": panelist, "link": personal_link(links[panelist.pk])}
        try:
            _mail(Message.Kind.LINK, panelist.email, context, uuid.uuid4(), mail_server)
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException as fault:
            # Tried again and again it would mint tokens without end, and mail everybody else who asked each time.
            logger.warning("a requested link was refused: %s", type(fault).__name__)
    return len(wanted)
