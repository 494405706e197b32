"""What all tests share: which of them run, and the browser's machine."""

import os
import shutil
import uuid
from typing import Any

import hypothesis
import pytest

SERVICES = ("DATABASE_URL", "REDIS_URL")

# A busy machine is no fault of the code, so no example has a deadline; and a run can be repeated to the letter.
hypothesis.settings.register_profile("house", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("house")


# A test that uses one of these asks the database; so does one that is marked so.
OF_DATABASES = {"db", "transactional_db", "django_db_setup", "live_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let CI leave out, on the second database, what would be the same on any."""
    parser.addoption("--asks-database", action="store_true", help="only tests that ask the database or a service")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is not asked for, and what needs PostgreSQL and Redis where they are not both named; never skip."""
    has_services = all(os.environ.get(name) for name in SERVICES)
    kept, left_out = [], []
    for item in items:
        runs = has_services or not item.get_closest_marker("services")
        if config.getoption("--asks-database"):
            runs = runs and asks_database(item)
        (kept if runs else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def asks_database(item: pytest.Item) -> bool:
    """Whether a test reaches the database of DATABASE_URL, by a fixture or a mark, or a service."""
    is_marked = any(item.get_closest_marker(name) for name in ("django_db", "services"))
    return is_marked or bool(OF_DATABASES & set(getattr(item, "fixturenames", ())))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, object]) -> dict[str, object]:
    """The system's Chromium where there is one, else Playwright's own; it calls nobody by itself."""
    names = ("chromium", "chromium-browser", "google-chrome")
    installed = next((path for path in map(shutil.which, names) if path), None)
    args = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-quic",
        "--disable-sync",
        "--no-first-run",
    ]
    if os.geteuid() == 0:
        args.append("--no-sandbox")
    chosen: dict[str, object] = {"executable_path": installed} if installed else {}
    return {**browser_type_launch_args, **chosen, "args": args}


@pytest.fixture
def own_cache(settings: Any) -> None:
    """A cache that no other test, and no other run on the same Redis, has counted tries in."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": uuid.uuid4().hex}}
