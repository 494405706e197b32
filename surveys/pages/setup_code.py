"""The one-time code that the first-run page asks for.

Whoever finds a new installation on the network must not become its administrator: the code lies in a file of
DELPHI_DATA, where only whoever runs the server can read it, and `manage.py up` prints it.
"""

import secrets
from pathlib import Path

from django.conf import settings
from django.utils.crypto import constant_time_compare

from delphi.environment import kept_secret

# Without letters and digits that look alike.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
GROUPS, GROUP_LENGTH = 4, 4


def code_file() -> Path:
    """Where the code lies while the installation has no account."""
    return Path(settings.DELPHI_DATA) / "setup_code"


def setup_code() -> str:
    """The code, such as 7KQM-2XWA-9HTB-C4ND, made on first use: 79 random bits."""
    return kept_secret(code_file(), _new_code)


def _new_code() -> str:
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))
    return "-".join(groups)


def is_setup_code(given: str) -> bool:
    """Whether this is the code, however it is spaced and capitalised."""
    return constant_time_compare(_plain(given), _plain(setup_code()))


def _plain(code: str) -> str:
    return "".join(character for character in code.upper() if character.isalnum())


def forget_setup_code() -> None:
    """Remove the code: the first administrator is there."""
    code_file().unlink(missing_ok=True)
