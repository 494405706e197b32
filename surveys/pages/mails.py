"""Mails to staff: the invitation, and the link that sets a new password.

Links are made from DELPHI_BASE_URL, never from what a request claims as its host.
"""

import contextlib
import logging
import threading

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import get_language, override

from surveys.accounts.models import User

logger = logging.getLogger(__name__)

RESET_THREAD = "password-reset"
# Seconds: the answer is out before the work for those who have an account slows this process down.
PAUSE = 1.0


class MailNotSent(Exception):
    """The mail server did not take the mail."""


def password_link(user: User, *, page: str) -> str:
    """A link that sets this account's password once, within PASSWORD_RESET_TIMEOUT.

    `page` is the name of the address that it leads to: pages:welcome or pages:set_password.
    """
    place = {
        "uidb64": urlsafe_base64_encode(force_bytes(user.pk)),
        "token": default_token_generator.make_token(user),
    }
    return f"{settings.DELPHI_BASE_URL}{reverse(page, kwargs=place)}"


def send_staff_invitation(user: User, *, invited_by: User | None = None) -> None:
    """Mail a new account the link with which its owner chooses a password. Raises MailNotSent."""
    link = password_link(user, page="pages:welcome")
    _send("staff_invitation", user, {"link": link, "invited_by": invited_by})


def send_password_reset_later(user: User | None) -> None:
    """Mail the link that sets a new password, in a thread of its own that touches no database.

    Whoever asked gets the answer at once, so that neither its words nor its time tell whether there is an account;
    for the same reason None, for nobody, takes the same way. That a mail was not sent stands in the log alone.
    """
    thread = threading.Timer(PAUSE, _send_password_reset, args=[user, get_language()])
    thread.name, thread.daemon = RESET_THREAD, True
    thread.start()


def _send_password_reset(user: User | None, language: str | None) -> None:
    if user is None:
        return
    with override(language), contextlib.suppress(MailNotSent):
        _send("password_reset", user, {"link": password_link(user, page="pages:set_password")})


def _send(template: str, user: User, context: dict[str, object]) -> None:
    hours = settings.PASSWORD_RESET_TIMEOUT // 3600
    shown = {**context, "user": user, "hours": hours, "site": settings.DELPHI_BASE_URL}
    subject = render_to_string(f"emails/{template}_subject.txt", shown).strip()
    mail = EmailMessage(subject, render_to_string(f"emails/{template}.txt", shown), to=[user.email])
    try:
        mail.send()
    except OSError as fault:
        # Never the message of the fault: it may quote the address.
        logger.warning("A %s mail was not sent: %s", template, type(fault).__name__)
        raise MailNotSent from fault
