"""The command `demo`: the contract's JSON, reloading, synthetic studies, serving, and what a disk may hold of it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from surveys.accounts.models import User
from surveys.feedback.queries import results_of
from surveys.operations.demonstration.content import read_content
from surveys.operations.demonstration.loading import load_demonstration
from surveys.panels.models import Message, Panelist
from surveys.panels.services import panelist_with
from surveys.rounds.models import Round
from surveys.rounds.queries import rounds_of
from surveys.rounds.services.merging import Change
from surveys.rounds.services.saving import save_sheet
from surveys.sheets.boxes import Answer
from surveys.sheets.keystore import study_keys
from surveys.sheets.models import Sheet
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from tests import database_files, factories

SLUG = "next-step-treatment-in-treatment-resistant-depression"
ROOT = Path(__file__).resolve().parents[2]


def means(study: Study) -> list[list[str | None]]:
    """The means of each closed round's statements, to two decimals."""
    return [
        [None if result.shown.mean is None else f"{float(result.shown.mean):.2f}" for result in results_of(round)]
        for round in rounds_of(study).filter(status=Round.Status.CLOSED)
    ]


def demo(*arguments: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("demo", "--json", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> tuple[str, int | str | None]:
    """What the command says on standard error, and its exit code."""
    err = StringIO()
    with pytest.raises(SystemExit) as left:
        call_command("demo", *arguments, stderr=err)
    return err.getvalue().strip(), left.value.code


def test_json_is_the_contract_to_the_letter(db: None) -> None:
    printed = demo()
    assert printed.count("\n") == 1
    data = json.loads(printed)
    panel = list(Panelist.objects.filter(study__slug=f"{SLUG}-open").order_by("email"))
    assert data == {
        "facilitator": {"email": "facilitator@clinic.example", "password": data["facilitator"]["password"]},
        "administrator": {"email": "administrator@clinic.example", "password": data["administrator"]["password"]},
        "study": SLUG,
        "open_study": f"{SLUG}-open",
        "panelists": [
            {"email": one.email, "link": data["panelists"][place]["link"]} for place, one in enumerate(panel)
        ],
    }
    now = database_now()
    for place, one in enumerate(panel):
        start, secret = data["panelists"][place]["link"].split("#t=")
        assert start == f"{settings.DELPHI_BASE_URL}/panel/"
        assert panelist_with(secret=secret, now=now) == one
    for role in ("facilitator", "administrator"):
        user = User.objects.get(email=data[role]["email"])
        assert (user.role, user.check_password(data[role]["password"])) == (role, True)
    assert data["facilitator"]["password"] != data["administrator"]["password"]


def test_loading_again_makes_it_anew_and_leaves_everything_else(db: None) -> None:
    first = json.loads(demo())
    old = Study.objects.get(slug=first["open_study"])
    mine = factories.make_study(title="Next-step treatment in treatment-resistant depression")
    factories.hold_round(mine)
    old_round = rounds_of(old).get(status=Round.Status.OPEN)
    factories.agree(old_round)
    second = json.loads(demo())
    assert {key: second[key] for key in ("facilitator", "administrator", "study", "open_study")} == {
        key: first[key] for key in ("facilitator", "administrator", "study", "open_study")
    }
    assert not Study.objects.filter(pk=old.pk).exists()
    assert not Sheet.objects.filter(round_id=old_round.pk).exists()
    assert panelist_with(secret=first["panelists"][0]["link"].split("#t=")[1], now=database_now()) is None
    assert sorted(Study.objects.values_list("slug", flat=True)) == sorted([SLUG, f"{SLUG}-open", mine.slug])
    assert means(mine) == [["8.00"] * 7]
    assert means(Study.objects.get(slug=SLUG))[5] == ["8.40", "8.30", "8.30", "8.44", "8.50", "8.40", "8.70"]
    assert User.objects.filter(email__endswith="@clinic.example").count() == 4


@pytest.mark.django_db(transaction=True)
def test_an_earlier_demonstrations_key_is_destroyed() -> None:
    demo()
    keys = Path(settings.DELPHI_KEYSTORE)
    old = set(Study.objects.values_list("pk", flat=True))
    assert {path.name for path in keys.glob("*.key")} >= {f"{pk.hex}.key" for pk in old}
    demo()
    assert [pk for pk in old if (keys / f"{pk.hex}.key").exists()] == []
    for pk in Study.objects.values_list("pk", flat=True):
        study_keys(pk)


@pytest.mark.django_db(transaction=True)
def test_what_is_answered_in_the_open_round_is_nowhere_in_clear() -> None:
    """A reason of a frozen round is found, so the search is one that finds; the open round's is not."""
    copy = load_demonstration(read_content()).open_study
    third = rounds_of(copy).get(status=Round.Status.OPEN)
    canary = "CANARY-7f3a reason"
    panelist = factories.panel_of(copy)[0]
    change = Change(1, Answer("9", canary))
    saved = save_sheet(holder=factories.holder_of(panelist), round_id=third.pk, changes=[change], submit=True)
    assert saved.sheet.answers[1].reason == canary
    stored = everything_stored()
    assert b"Response to ECT tends to be better at this age." in stored
    assert canary.encode() not in stored
    assert canary.encode("utf-16-le") not in stored


def everything_stored() -> bytes:
    """Every value of every table; on SQLite the very files as well."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            found += [value for row in cursor.fetchall() for value in row]
    parts = [bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode() for value in found]
    return b"\0".join([*parts, database_files.content()])


def test_a_synthetic_study_has_the_size_that_was_asked_for(db: None) -> None:
    data = json.loads(demo("--panelists", "30", "--statements", "4", "--open"))
    study = Study.objects.get(slug=data["study"])
    assert (data["study"], data["open_study"]) == ("synthetic-30-by-4", "synthetic-30-by-4")
    assert study.is_demonstration
    assert study.vignettes.count() == 1
    round = Round.objects.get(study=study)
    assert (round.number, round.status, round.asked_statements.count()) == (1, "open", 4)
    assert [one["email"] for one in data["panelists"]] == [f"panelist{n:02d}@synthetic.example" for n in range(1, 31)]
    secret = data["panelists"][29]["link"].split("#t=")[1]
    panelist = panelist_with(secret=secret, now=database_now())
    assert panelist is not None
    assert (panelist.email, panelist.study) == ("panelist30@synthetic.example", study)
    assert not Message.objects.filter(study=study).exists()


def test_a_synthetic_study_can_be_answered_and_closed(db: None) -> None:
    data = json.loads(demo("--panelists", "12", "--statements", "2", "--open"))
    round = Round.objects.get(study__slug=data["study"])
    factories.agree(round)
    assert means(factories.close_and_freeze(round).study) == [["8.00"] * 2]


def test_a_synthetic_study_takes_the_place_of_one_of_its_size_and_of_no_other(db: None) -> None:
    demo()
    for panelists in ("10", "20", "10"):
        demo("--panelists", panelists, "--statements", "2", "--open")
    assert sorted(Study.objects.values_list("slug", flat=True)) == sorted(
        [SLUG, f"{SLUG}-open", "synthetic-10-by-2", "synthetic-20-by-2"]
    )


def test_without_open_the_synthetic_round_stays_a_draft(db: None) -> None:
    data = json.loads(demo("--panelists", "3", "--statements", "1"))
    assert Round.objects.get(study__slug=data["study"]).status == Round.Status.DRAFT


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--open"], "A synthetic study needs --panelists N."),
        (["--statements", "5"], "A synthetic study needs --panelists N."),
        (["--panelists", "0"], "“0” is not a number of panelists: give a whole number from 1 to 100000."),
        (["--panelists", "٣"], "“٣” is not a number of panelists: give a whole number from 1 to 100000."),
        (["--panelists", "100001"], "“100001” is not a number of panelists: give a whole number from 1 to 100000."),
        (
            ["--panelists", "9", "--statements", "4.5"],
            "“4.5” is not a number of statements: give a whole number from 1 to 2000.",
        ),
        (["--panelists", "4", "--open"], "The panel has 4 of the at least 5 panelists that a result needs."),
    ],
)
def test_bad_input_is_refused_in_one_sentence(db: None, arguments: list[str], sentence: str) -> None:
    assert refused("--json", *arguments) == (sentence, 2)
    assert not Study.objects.exists()


def test_where_no_round_may_open_it_says_why_and_loads_nothing(db: None, settings: Settings) -> None:
    settings.ADMINS = [("Ada", "ada@example.org")]
    for arguments in ([], ["--panelists", "9", "--open"]):
        said, code = refused("--json", *arguments)
        assert code == 2
        assert said.startswith("For the administrator: ADMINS get a mail of each fault")
        assert said.endswith(" No round opens before that is done.")
        assert not Study.objects.exists()


def test_it_is_refused_where_other_machines_can_reach_it(db: None, settings: Settings) -> None:
    settings.DELPHI_BASE_URL = "https://delphi.example.org"
    sentence = "The demonstration is for this machine alone, and DELPHI_BASE_URL is https://delphi.example.org."
    assert refused("--json") == (sentence, 2)
    assert refused() == (sentence, 2)
    assert not AuditEntry.objects.exists()


@pytest.fixture
def own_environment(tmp_path: Path) -> dict[str, str]:
    """An installation of its own, in a folder of its own, with nothing set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DELPHI_", "DJANGO_"))}
    for name in ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SECRET_KEY", "PORT"):
        kept.pop(name, None)
    return {**kept, "DELPHI_DATA": str(tmp_path / "data")}


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def served(own_environment: dict[str, str], free_port: int) -> Iterator[subprocess.Popen[str]]:
    """`manage.py demo`, serving."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo"],
        cwd=ROOT,
        env={**own_environment, "PORT": str(free_port)},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.wait()


def test_a_new_machine_prints_nothing_but_json_and_the_same_passwords_again(own_environment: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "demo", "--json"]
    first, second = (
        json.loads(subprocess.run(command, cwd=ROOT, env=own_environment, capture_output=True, check=True).stdout)
        for _ in range(2)
    )
    assert first["facilitator"] == second["facilitator"]
    assert first["study"] == SLUG
    kept = Path(own_environment["DELPHI_DATA"]) / "demonstration" / "facilitator_password"
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == (first["facilitator"]["password"], 0o600)


def test_it_serves_and_prints_where_to_sign_in_and_leaves_on_term(
    served: subprocess.Popen[str], free_port: int
) -> None:
    lines = []
    assert served.stdout is not None
    for line in served.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("Serving on"):
            break
    base = f"http://127.0.0.1:{free_port}"
    assert lines[0] == "The demonstration is loaded. All its answers are simulated."
    assert lines[2] == f"Sign in at {base}/"
    assert re.fullmatch(r"  Facilitator +facilitator@clinic\.example +[0-9a-f]{6}(-[0-9a-f]{6}){3}", lines[3])
    assert lines[4].startswith("  Administrator")
    links = [line for line in lines if f"{base}/panel/#t=" in line]
    assert len(links) == 10
    assert lines[-1] == f"Serving on {base}; Ctrl-C ends it."
    with urllib.request.urlopen(f"{base}/healthz", timeout=10) as answer:  # noqa: S310
        assert answer.status == 200
    served.send_signal(signal.SIGTERM)
    assert served.wait(timeout=20) == 0
