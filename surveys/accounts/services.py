"""What may happen to staff accounts."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.accounts.queries import no_account_yet


class AccountError(Exception):
    """Why an account cannot be made or changed so; the message is a sentence for the page."""


class NotFirst(AccountError):
    """There is an account already, so nobody becomes administrator by being first."""


@transaction.atomic
def create_first_administrator(*, email: str, name: str, password: str) -> User:
    """Make the first account of an installation. Raises NotFirst, also for the slower of two, or AccountError."""
    _stand_alone()
    if not no_account_yet():
        raise NotFirst(_("This installation has an administrator already."))
    return _create(email=email, name=name, role=User.Role.ADMINISTRATOR, password=password)


def _stand_alone() -> None:
    """Keep others from making accounts until this transaction ends; on SQLite it stands alone as it is."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE accounts_user IN SHARE ROW EXCLUSIVE MODE")


@transaction.atomic
def create_administrator(*, email: str, name: str) -> User:
    """Make an administrator who has yet to choose a password; for whoever runs the server. Raises AccountError."""
    return _create(email=email, name=name, role=User.Role.ADMINISTRATOR)


@transaction.atomic
def invite_staff(*, email: str, name: str, role: str, invited_by: User) -> User:
    """Make an account whose owner has yet to choose a password; mail it with `pages.mails.send_staff_invitation`.

    Administrators invite anybody, facilitators invite facilitators and authors. Raises AccountError.
    """
    if not may_invite(invited_by, role):
        raise AccountError(_("You cannot invite somebody with this role."))
    return _create(email=email, name=name, role=role)


def may_invite(user: User, role: str) -> bool:
    """Whether this member of staff may make accounts with that role."""
    if user.role == User.Role.ADMINISTRATOR:
        return role in User.Role.values
    return user.role == User.Role.FACILITATOR and role in {User.Role.FACILITATOR, User.Role.AUTHOR}


def _create(*, email: str, name: str, role: str, password: str | None = None) -> User:
    user = User(email=email.strip(), name=" ".join(name.split()), role=role)
    user.set_password(password)
    try:
        user.full_clean()
    except ValidationError as fault:
        raise AccountError(" ".join(fault.messages)) from fault
    user.save(force_insert=True)
    return user


@transaction.atomic
def renew_invitation(*, user: User) -> None:
    """Make the links of earlier invitations void, before another is mailed. Raises AccountError."""
    account = User.objects.select_for_update().get(pk=user.pk)
    if not account.is_active:
        raise AccountError(_("This account is not active."))
    if account.has_usable_password():
        raise AccountError(_("%(name)s has chosen a password already.") % {"name": account})
    account.set_unusable_password()
    account.save(update_fields=["password"])
    user.password = account.password


@transaction.atomic
def deactivate(*, user: User, deactivated_by: User) -> None:
    """Refuse somebody from now on, and end their sessions.

    Raises AccountError for oneself and for the last administrator.
    """
    _must_administrate(deactivated_by)
    if user.pk == deactivated_by.pk:
        raise AccountError(_("You cannot deactivate your own account."))
    _must_leave_an_administrator(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    user.is_active = False
    end_sessions(user)


@transaction.atomic
def reactivate(*, user: User, reactivated_by: User) -> None:
    """Let somebody sign in again, with the password they had."""
    _must_administrate(reactivated_by)
    User.objects.filter(pk=user.pk).update(is_active=True)
    user.is_active = True


@transaction.atomic
def change_role(*, user: User, role: str, changed_by: User) -> None:
    """Give somebody another role; pages call `studies.services.change_staff_role`, which looks at their studies too.

    Raises AccountError for oneself, the last administrator or a role that is none.
    """
    _must_administrate(changed_by)
    if user.pk == changed_by.pk:
        raise AccountError(_("You cannot change your own role."))
    if role not in User.Role.values:
        raise AccountError(_("There is no such role."))
    if role != User.Role.ADMINISTRATOR:
        _must_leave_an_administrator(user)
    User.objects.filter(pk=user.pk).update(role=role)
    user.role = role


def _must_administrate(actor: User) -> None:
    """Read the actor afresh, under a lock that two administrators who demote each other both wait for."""
    administrators = _active_administrators()
    if actor.pk not in administrators:
        raise AccountError(_("Only an administrator can do this."))


def _must_leave_an_administrator(user: User) -> None:
    administrators = _active_administrators()
    if user.pk in administrators and len(administrators) == 1:
        raise AccountError(_("The installation needs at least one active administrator."))


def _active_administrators() -> set[int]:
    found = User.objects.select_for_update().filter(role=User.Role.ADMINISTRATOR, is_active=True).order_by("pk")
    return {user.pk for user in found}


def end_sessions(user: User) -> None:
    """Sign this member of staff out everywhere."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for session in Session.objects.all():
        if session.get_decoded().get(SESSION_KEY) == str(user.pk):
            store(session.session_key).delete()
