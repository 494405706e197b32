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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what needs PostgreSQL and Redis where they are not both named; never skip it."""
    if all(os.environ.get(name) for name in SERVICES):
        return
    needing = [item for item in items if item.get_closest_marker("services")]
    if needing:
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in set(needing)]


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
