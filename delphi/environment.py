"""What the settings read from the environment, and what they refuse to start with."""

import base64
import binascii
import ipaddress
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ImproperlyConfigured

MASTER_KEY_BYTES = 32
SECRET_KEY_LEAST = 40


def whole_number(name: str, value: str, *, least: int, most: int) -> int:
    """The value of the variable `name` as a number within these bounds. Raises ImproperlyConfigured."""
    if not (value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name} must be a whole number from {least} to {most}.")
    return int(value)


def base_url(value: str) -> SplitResult:
    """Where people reach the installation, taken apart.

    Raises ImproperlyConfigured for anything but scheme, host and port: links are made by appending a path.
    """
    url = urlsplit(value.rstrip("/"))
    try:
        url.port  # noqa: B018  reading it is what checks it
    except ValueError:
        url = urlsplit("")
    plain = not (url.path or url.query or url.fragment or url.username or url.password)
    if url.scheme not in {"http", "https"} or not url.hostname or not plain:
        raise ImproperlyConfigured(
            "DELPHI_BASE_URL must be http:// or https://, a host and perhaps a port, without a path."
        )
    return url


def is_loopback(url: SplitResult) -> bool:
    """Whether only this machine can reach the address: plain http on 127.0.0.0/8, ::1 or localhost."""
    if url.scheme != "http" or not url.hostname:
        return False
    if url.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.hostname).is_loopback
    except ValueError:
        return False


def hosts_of(url: SplitResult) -> list[str]:
    """The Host headers to answer: the one of the base URL, and on loopback its other names as well."""
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname or ""
    if not is_loopback(url):
        return [host]
    return sorted({host, "127.0.0.1", "localhost", "[::1]"})


def private_folder(path: Path) -> Path:
    """The folder, made for the owner alone where it is not there yet."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in this file, made on first use with mode 0600.

    Two processes that start together end with the same one: the file appears whole, and only once.
    """
    if not path.exists():
        private_folder(path.parent)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def new_secret_key() -> str:
    """A fresh SECRET_KEY of 64 random bytes, as text."""
    return secrets.token_urlsafe(64)


def new_master_key() -> str:
    """A fresh DELPHI_MASTER_KEY: 32 random bytes as base64url."""
    return base64.urlsafe_b64encode(secrets.token_bytes(MASTER_KEY_BYTES)).decode()


def master_key(value: str) -> bytes:
    """The 32 bytes that a base64url text, padded or not, stands for. Raises ImproperlyConfigured."""
    text = value.strip()
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != MASTER_KEY_BYTES:
        raise ImproperlyConfigured("DELPHI_MASTER_KEY must be 32 random bytes written as base64url.")
    return key


def refuse_unsafe(url: SplitResult, *, debug: bool, self_made: Iterable[str]) -> None:
    """Refuse to serve other machines with DEBUG or with secrets that lie beside the data.

    self_made names the secrets that the environment did not give. Raises ImproperlyConfigured.
    """
    if is_loopback(url):
        return
    if debug:
        raise ImproperlyConfigured(f"DEBUG must be off when DELPHI_BASE_URL is {url.geturl()}.")
    missing = " and ".join(self_made)
    if missing:
        raise ImproperlyConfigured(
            f"Set {missing} in the environment: DELPHI_BASE_URL is {url.geturl()}, "
            "and only a loopback http address may run with secrets that the application made itself."
        )


def refuse_weak(*, secret_key: str, master: str) -> None:
    """Refuse a SECRET_KEY that is short, or that is also the master key. Raises ImproperlyConfigured."""
    if len(secret_key) < SECRET_KEY_LEAST:
        raise ImproperlyConfigured(f"SECRET_KEY must be at least {SECRET_KEY_LEAST} characters long.")
    if secret_key.strip().rstrip("=") == master.strip().rstrip("="):
        raise ImproperlyConfigured("SECRET_KEY and DELPHI_MASTER_KEY must not be the same.")


def keystore_folder(keystore: Path, *, database: Path | None, apart: Iterable[Path]) -> Path:
    """The keystore's folder, refused where a copy of the data would take the keys along.

    database is the SQLite file, if any; apart are the folders of media and backups.
    Raises ImproperlyConfigured.
    """
    folder = keystore.resolve()
    beside_database = database is not None and (
        folder == database.resolve().parent or folder in database.resolve().parents
    )
    nested = any(
        folder == other or other in folder.parents or folder in other.parents
        for other in (path.resolve() for path in apart)
    )
    if beside_database or nested:
        raise ImproperlyConfigured(
            "DELPHI_KEYSTORE must be a folder of its own, not the one of the database, media or backups."
        )
    return folder
