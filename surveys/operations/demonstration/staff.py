"""The demonstration's accounts. Their passwords are random, made once and kept beside the data."""

import secrets
from dataclasses import dataclass

from django.conf import settings

from delphi.environment import kept_secret
from surveys.accounts.models import User
from surveys.operations.demonstration.content import Person


@dataclass(frozen=True)
class Account:
    """An account and the password with which it signs in."""

    user: User
    password: str


def staff_account(person: Person, role: str) -> Account:
    """The account at this address with this role and its kept password; made anew where it is not so."""
    password = kept_secret(settings.DELPHI_DATA / "demonstration" / f"{role}_password", _new_password)
    user = User.objects.filter(email__iexact=person.email).first() or User(email=person.email)
    user.name, user.role, user.is_active = person.name, role, True
    if not user.check_password(password):
        user.set_password(password)
    user.save()
    return Account(user, password)


def author_account(person: Person) -> User:
    """The account of somebody who helped to write the questionnaire; it has no password, so nobody signs in with it."""
    user = User.objects.filter(email__iexact=person.email).first() or User(email=person.email)
    user.name, user.role = person.name, User.Role.AUTHOR
    user.set_unusable_password()
    user.save()
    return user


def _new_password() -> str:
    """96 random bits, in groups that can be typed."""
    return "-".join(secrets.token_hex(3) for _group in range(4))
