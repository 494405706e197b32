"""Style sheets and scripts as the services mode serves them: hashed, compressed, and kept for good."""

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.test import Client

# A request that ends looks after the database's connection, where an earlier test left one open.
pytestmark = pytest.mark.django_db

YEAR = 365 * 24 * 3600


@pytest.fixture
def collected(settings: Any, tmp_path: Path) -> Client:
    """A client of a site that serves what was collected, as DELPHI_STATIC_MANIFEST=1 has it."""
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    backend = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STORAGES = configured.STORAGES | {"staticfiles": {"BACKEND": backend}}
    call_command("collectstatic", interactive=False, verbosity=0)
    return Client()


def body_of(response: Any) -> bytes:
    """All of a streamed answer."""
    return b"".join(response.streaming_content)


@pytest.mark.parametrize("name", ["app.css", "panelist/rate.js", "js-lib-bootstrap5/css/bootstrap.min.css"])
def test_a_file_has_its_hash_in_its_name_and_is_kept_for_a_year_or_longer(collected: Client, name: str) -> None:
    url = staticfiles_storage.url(name)
    assert re.search(r"\.[0-9a-f]{12}\.(css|js)$", url)
    response = collected.get(url, headers={"accept-encoding": "gzip"})
    assert response.status_code == 200
    age = re.fullmatch(r"max-age=(\d+), public, immutable", response["Cache-Control"])
    assert age is not None
    assert int(age[1]) >= YEAR
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(body_of(response)) == body_of(collected.get(url, headers={"accept-encoding": "identity"}))


def test_under_its_plain_name_it_is_asked_for_anew(collected: Client) -> None:
    response = collected.get("/static/app.css")
    assert response.status_code == 200
    assert response["Cache-Control"] == "max-age=60, public"
    response.close()
