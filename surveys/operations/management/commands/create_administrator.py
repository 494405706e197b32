"""Make an administrator from the server's own command line."""

import sys
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.accounts.queries import Standing, active_account, standing_of
from surveys.accounts.services import AccountError, create_administrator, renew_invitation
from surveys.pages.mails import MailNotSent, password_link, send_staff_invitation
from surveys.pages.setup_code import forget_setup_code

BAD_INPUT = 2
CONSOLE = "django.core.mail.backends.console.EmailBackend"


class Command(BaseCommand):
    help = (
        "Makes an administrator and mails the link with which they choose a password; without EMAIL_URL, or where "
        "the mail server does not answer, the link is printed. Whoever is invited already gets a new link."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take everything as optional: what is missing is then told in one sentence, without usage."""
        parser.add_argument("email", nargs="?", default="", metavar="EMAIL")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the account; exit 2 with one sentence on standard error where that cannot be."""
        try:
            user = _invited(options["email"].strip(), options["name"])
        except AccountError as fault:
            self._refuse(str(fault))
        except DatabaseError:
            self._refuse(_("The database does not answer or has no tables yet: run `manage.py migrate` first."))
        forget_setup_code()
        self.stdout.write(_deliver(user))

    def _refuse(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        sys.exit(BAD_INPUT)


def _invited(email: str, name: str) -> User:
    """The new administrator, or one who never chose a password. Raises AccountError."""
    if not email:
        raise AccountError(_("Name the administrator's e-mail address, and the name with --name."))
    known = active_account(email)
    if known is not None and known.is_administrator and standing_of(known) == Standing.INVITED:
        renew_invitation(user=known)
        return known
    if not name.strip():
        raise AccountError(_("Give the administrator's name with --name."))
    return create_administrator(email=email, name=name)


def _deliver(user: User) -> str:
    """Mail the link, or put it into the sentence that is printed."""
    if settings.EMAIL_BACKEND != CONSOLE:
        try:
            send_staff_invitation(user)
        except MailNotSent:
            pass
        else:
            return _("%(email)s is an administrator; the link to choose a password is on its way there.") % {
                "email": user.email
            }
    shown = {
        "email": user.email,
        "link": password_link(user, page="pages:welcome"),
    }
    return _("%(email)s is an administrator. Within a day, choose the password at\n%(link)s") % shown
