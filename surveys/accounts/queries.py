"""Reads of staff accounts; for administrators, but for the two that sign-in asks."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import User


class Standing(TextChoices):
    """How far an account has come."""

    INVITED = "invited", _("Invited")
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Not active")


@dataclass(frozen=True)
class StaffMember:
    """One line of the list of staff. `last_seen` is a day, in UTC: nobody needs the hour."""

    user: User
    standing: Standing
    last_seen: dt.date | None


def no_account_yet() -> bool:
    """Whether the installation is new: nobody can have signed in."""
    return not User.objects.exists()


def active_account(email: str) -> User | None:
    """The account that may sign in with this address, however it is capitalised."""
    return User.objects.filter(email__iexact=email.strip(), is_active=True).first()


def standing_of(user: User) -> Standing:
    """An account is invited until its owner has chosen a password."""
    if not user.is_active:
        return Standing.INACTIVE
    return Standing.ACTIVE if user.has_usable_password() else Standing.INVITED


def staff_member(user: User) -> StaffMember:
    """What an administrator sees of one account."""
    last_seen = user.last_login.astimezone(dt.UTC).date() if user.last_login else None
    return StaffMember(user, standing_of(user), last_seen)


def staff_members() -> list[StaffMember]:
    """Everybody with an account, by name."""
    return [staff_member(user) for user in User.objects.order_by("name", "email")]
