"""That the benchmark measures what is really run, and its yardstick on the same terms."""

import json
import os
import subprocess
import sys

from delphi import settings
from tests.bench.installation import composed, secrets_of
from tests.bench.programs import ROOT

URL = "postgres://delphi:secret@127.0.0.1:5432/delphi"


def test_the_servers_are_started_as_the_compose_file_says() -> None:
    assert composed("web") == [
        "gunicorn", "delphi.wsgi", "--worker-class", "gthread", "--workers", "2", "--threads", "8",
        "--graceful-timeout", "30", "--worker-tmp-dir", "/dev/shm",
    ]  # fmt: skip
    assert composed("worker")[:4] == ["celery", "-A", "delphi", "worker"]
    assert composed("redis")[0] == "redis-server"
    assert "log_statement=none" in composed("db")


def test_the_yardstick_reaches_the_database_as_ours_does() -> None:
    script = "import json; from tests.bench.bare.settings import DATABASES; print(json.dumps(DATABASES))"
    variables = {**os.environ, "DATABASE_URL": URL}
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=variables, capture_output=True, check=True)
    assert json.loads(done.stdout)["default"] == settings._postgresql(URL)


def test_links_are_read_for_their_secrets() -> None:
    study = {"panelists": [{"link": f"http://127.0.0.1:8000/panel/#t={secret}"} for secret in ("a_b", "c-d", "e")]}
    assert secrets_of(study, 2) == ["a_b", "c-d"]
