"""What the settings read and refuse, case by case."""

import base64
import stat
import threading
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from delphi import environment

KEY = bytes(range(32))
MASTER_KEY = base64.urlsafe_b64encode(KEY).decode()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://127.0.0.2", "http://localhost:9000", "http://[::1]:9000"]
)
def test_plain_http_on_this_machine_is_loopback(url: str) -> None:
    assert environment.is_loopback(environment.base_url(url)) is True


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1", "https://localhost", "http://192.0.2.7", "http://localhost.example", "http://0.0.0.0"],
)
def test_nothing_else_is_loopback(url: str) -> None:
    assert environment.is_loopback(environment.base_url(url)) is False


@pytest.mark.parametrize(
    "url",
    ["a.example", "ftp://a.example", "https://a.example/x", "http://a:b", "http://u@a.example", "https://", ""],
)
def test_a_base_url_is_refused_when_links_cannot_start_with_it(url: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        environment.base_url(url)


def test_a_slash_at_the_end_of_a_base_url_is_dropped() -> None:
    assert environment.base_url("https://a.example/").geturl() == "https://a.example"


def test_hosts_are_the_one_of_the_base_url() -> None:
    assert environment.hosts_of(environment.base_url("https://a.example:8443")) == ["a.example"]
    assert environment.hosts_of(environment.base_url("https://[2001:db8::1]")) == ["[2001:db8::1]"]


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DELPHI_MASTER_KEY"])
def test_a_refusal_names_the_one_secret_that_is_missing(missing: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"Set {missing} in the environment:"):
        environment.refuse_unsafe(environment.base_url("https://a.example"), debug=False, self_made=[missing])


@pytest.mark.parametrize("value", ["short", MASTER_KEY[:20], "ä" * 43, MASTER_KEY + "AAAA", "%" * 43, ""])
def test_a_master_key_that_is_not_32_bytes_is_refused(value: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        environment.master_key(value)


@pytest.mark.parametrize("value", [MASTER_KEY, MASTER_KEY.rstrip("="), f" {MASTER_KEY}\n"])
def test_a_master_key_is_read_with_and_without_padding(value: str) -> None:
    assert environment.master_key(value) == KEY


def test_a_fresh_master_key_is_one() -> None:
    assert len(environment.master_key(environment.new_master_key())) == 32


def test_a_short_secret_key_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="at least 40 characters"):
        environment.refuse_weak(secret_key="changeme", master=MASTER_KEY)


def test_the_master_key_is_refused_as_secret_key_padded_or_not() -> None:
    with pytest.raises(ImproperlyConfigured, match="must not be the same"):
        environment.refuse_weak(secret_key=MASTER_KEY.rstrip("="), master=MASTER_KEY)


@pytest.mark.parametrize("folder", [".", "media", "backups", "media/keys", "backups/keys", ".."])
def test_a_keystore_is_refused_where_a_copy_of_the_data_takes_it_along(tmp_path: Path, folder: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        environment.keystore_folder(
            tmp_path / folder,
            database=tmp_path / "delphi.sqlite3",
            apart=[tmp_path / "media", tmp_path / "backups"],
        )


def test_a_keystore_is_refused_behind_a_link_to_the_data(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "keys").symlink_to(tmp_path / "media")
    with pytest.raises(ImproperlyConfigured):
        environment.keystore_folder(tmp_path / "keys", database=None, apart=[tmp_path / "media"])


def test_a_keystore_of_its_own_is_taken(tmp_path: Path) -> None:
    taken = environment.keystore_folder(
        tmp_path / "keystore", database=tmp_path / "delphi.sqlite3", apart=[tmp_path / "media"]
    )
    assert taken == tmp_path / "keystore"


def test_a_secret_made_by_many_at_once_is_one_and_private(tmp_path: Path) -> None:
    path = tmp_path / "data" / "secret_key"
    gate = threading.Barrier(8)
    seen: list[str] = []

    def take() -> None:
        gate.wait()
        seen.append(environment.kept_secret(path, environment.new_secret_key))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [path.read_text()] * 8
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret_key"]
