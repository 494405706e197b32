"""What journeys share: the site as people reach it, links that lead there included."""

from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer


@pytest.fixture
def site(live_server: LiveServer, settings: Any, own_cache: None) -> str:
    """The address of the running site, which its mails name too."""
    settings.DELPHI_BASE_URL = live_server.url
    return live_server.url
