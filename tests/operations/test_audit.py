# ruff: noqa: S608  It changes rows behind the database's back, and nobody hands it text.
"""`manage.py audit verify`: it computes every chain anew, and says in a sentence what does not agree."""

from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from surveys.feedback.models import Commitment, Result, RoundResult, SurveyResult
from surveys.rounds.models import AskedStatement
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import audit_head
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    """A study with a released option survey and two rating rounds, the second not released."""
    made = factories.make_survey_study(options=3)
    for vignette in made.vignettes.all():
        factories.make_statement(vignette)
    factories.hold_survey(made, [{"v1-ranking": "2,1,3", "v2-abstain": "yes"}] * 10, ["ranking"])
    factories.hold_round(made)
    factories.hold_round(made, released=False)
    return made


def audit(*arguments: str) -> tuple[str, str, int | str | None]:
    """What it says on standard output and on standard error, and its exit code."""
    out, err = StringIO(), StringIO()
    try:
        call_command("audit", *arguments, stdout=out, stderr=err)
    except SystemExit as left:
        return out.getvalue(), err.getvalue(), left.code
    return out.getvalue(), err.getvalue(), 0


def past_the_database(table: str, statement: str) -> None:
    """Change rows as somebody would who may take the database's own guard away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Checks that wait for the end of the transaction would keep the table from being altered.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        else:
            cursor.execute(f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute(statement)


def test_it_prints_the_head_of_each_study(study: Study) -> None:
    other = factories.make_study(title="Another", statements=0)
    out, err, code = audit("verify")
    numbers = [AuditEntry.objects.filter(study=one).count() for one in (other, study)]
    assert (err, code) == ("", 0)
    assert out.splitlines() == [
        f"another: the chain of {numbers[0]} entries holds. Head: {audit_head(other.pk)}",
        f"first-choices: the chain of {numbers[1]} entries holds. Head: {audit_head(study.pk)}",
    ]
    assert audit("verify", "first-choices")[0].count("\n") == 1


def test_a_head_that_somebody_holds_is_looked_up(study: Study) -> None:
    entries = list(AuditEntry.objects.filter(study=study).order_by("number"))
    out, _err, code = audit("verify", "first-choices", "--since", entries[4].digest.upper())
    assert (code, out.endswith(f"Entries since the head that was given: {len(entries) - 5}\n")) == (0, True)
    AuditEntry.objects.filter(pk=entries[-1].pk).delete()
    out, err, code = audit("verify", "first-choices", "--since", entries[-1].digest)
    assert (out, code) == ("", 1)
    assert err.startswith(f"first-choices: The chain does not hold the digest {entries[-1].digest}")


def edit_an_entry() -> None:
    past_the_database("studies_auditentry", "UPDATE studies_auditentry SET actor = 'else' WHERE number = 3")


def edit_counts() -> None:
    row = Result.objects.order_by("asked__round__number", "asked__number")[1]
    counts, table = "'[0,0,0,0,0,0,0,1,9]'", "feedback_result"
    asked = row.asked_id if connection.vendor == "postgresql" else row.asked_id.hex
    past_the_database(table, f"UPDATE {table} SET counts = {counts} WHERE asked_id = '{asked}'")


def edit_wording() -> None:
    past_the_database("rounds_askedstatement", "UPDATE rounds_askedstatement SET text = 'Another.' WHERE number = 1")


def edit_a_survey() -> None:
    past_the_database("feedback_surveyresult", "UPDATE feedback_surveyresult SET missing = 1")


def edit_what_was_hashed() -> None:
    past_the_database("feedback_roundresult", "UPDATE feedback_roundresult SET hashed = '[]'")


def edit_a_hash() -> None:
    past_the_database("feedback_roundresult", f"UPDATE feedback_roundresult SET digest = '{'0' * 64}'")


def edit_submitted() -> None:
    past_the_database("feedback_roundresult", "UPDATE feedback_roundresult SET submitted = 11")


def delete_a_receipt() -> None:
    Commitment.objects.order_by("round__number", "digest")[0].delete()


@pytest.mark.parametrize(
    ("tamper", "sentence"),
    [
        (edit_an_entry, "Entry 3 ("),
        (edit_counts, "The results of Rating round 1 are not those that were hashed."),
        (edit_wording, "The results of Rating round 1 are not those that were hashed."),
        (edit_a_survey, "The results of Option survey 1 are not those that were hashed."),
        (edit_what_was_hashed, "What was hashed of Option survey 1 is not what its hash was made of."),
        (edit_a_hash, "The hash of Option survey 1 stands in no entry of the chain."),
        (edit_submitted, "The number of sheets of Option survey 1 is not what was frozen."),
        (delete_a_receipt, "The receipts of Option survey 1 are not those that were frozen."),
        (lambda: RoundResult.objects.all().delete(), "Option survey 1 is closed and has no frozen result."),
    ],
)
def test_what_was_changed_past_the_application_is_named(
    study: Study, tamper: Callable[[], object], sentence: str
) -> None:
    assert SurveyResult.objects.exists()
    assert AskedStatement.objects.exists()
    tamper()
    out, err, code = audit("verify", "first-choices")
    assert (out, code) == ("", 1)
    assert err.startswith(f"first-choices: {sentence}")
    assert err.count("\n") == 1


def test_one_broken_study_does_not_keep_the_others_from_being_told_of(study: Study) -> None:
    other = factories.make_study(title="Another", statements=0)
    AuditEntry.objects.filter(study=study, number=2).delete()
    out, err, code = audit("verify")
    assert (out.split(":")[0], err, code) == (other.slug, "first-choices: Entry 2 is missing from the chain.\n", 1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "nowhere"], "There is no study “nowhere”."),
        (["look"], "There is no “audit look”; say “audit verify”."),
        (
            ["verify", "first-choices", "--since", "abc"],
            "--since takes a head of an audit chain: 64 signs, each 0 to 9 or a to f.",
        ),
        (["verify", "--since", "a" * 64], "Name the study to which this head belongs."),
    ],
)
def test_bad_input_is_refused_in_one_sentence(study: Study, arguments: list[str], sentence: str) -> None:
    assert audit(*arguments) == ("", f"{sentence}\n", 2)
