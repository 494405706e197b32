"""The files as they are handed out: read back with other programs than those that wrote them."""

import csv
import datetime as dt
import io
import json
import math
import zipfile

import openpyxl
import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from surveys.consensus import NAMED_RULES
from surveys.exports.csv_files import written
from surveys.exports.files import export_file, table_3_file
from surveys.feedback.agreement import OF_COMPLETE
from surveys.feedback.models import Commitment, Participation, RoundResult
from surveys.feedback.services import closing
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.rounds.queries import closed_rounds
from surveys.sheets.models import Sheet
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import audit_head, database_now
from surveys.studies.services import declare, record
from tests import factories
from tests.exports.conftest import make_study_of, names_and_addresses

FORMS = ("csv", "xlsx", "json")
WITH_ARCHIVE = (*FORMS, "zip")
STEM = factories.STEM
HEADINGS = [
    "round",
    "kind",
    "closed (America/Chicago)",
    "invited",
    "submitted",
    "vignette",
    "statement_number",
    "statement",
    "n",
    "abstained",
    "missing",
    *(f"count_{point}" for point in range(1, 10)),
    "mean",
    "median",
    "minimum",
    "maximum",
    "sd",
    "iqr",
    "q1",
    "q3",
    "ipr",
    "ipras",
    "disagreement_index",
    "cv",
    "mad_median",
    "tastle_wierman",
    "consensus",
    "outcome",
    "classification",
    "reasons",
    "quantile_type",
    "stability_paired",
    "stability_changed",
    "stability_moved_band",
    "stability_weighted_kappa",
    "stability_wilcoxon_p",
    "stability_mcnemar_p",
    "stability_cv_change",
    "stability_scheibe",
    "suppressed",
    "note",
]
WITH_COUNTS = "ipr ipras disagreement_index cv mad_median tastle_wierman"
FROM_COUNTS = f"minimum maximum sd iqr q1 q3 {WITH_COUNTS}"
ALL_KEYS = f"n abstained missing counts mean median {FROM_COUNTS} consensus outcome reasons"
RULE = "Full consensus: every rating is above 5 and the mean is above 7."
# Of five ratings of 8 and four of 9.
FIRST = {
    "q1": 8, "q3": 9, "ipr": 1, "ipras": 7.6, "disagreement_index": 1 / 7.6, "cv": math.sqrt(5 / 18) / (76 / 9),
    "mad_median": 4 / 9, "tastle_wierman": 1 + (5 * math.log2(17 / 18) + 4 * math.log2(67 / 72)) / 9,
}  # fmt: skip


def read_csv(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


def statement_rows(content: bytes) -> list[list[str]]:
    """The one table of a CSV, all its rows as long as its heading."""
    rows = read_csv(content)
    assert {len(row) for row in rows} == {len(rows[0])}
    return rows


def read_xlsx(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_csv_has_a_row_for_each_statement_and_blanks_for_what_may_not_be_shown(study: Study) -> None:
    heading, *rows = statement_rows(export_file(study, form="csv").content)
    assert heading == HEADINGS
    common = ["1", "rating", rows[0][2], "10", "10"]
    sd = repr(0.5270462766947299)
    figures, rows[0][26:34] = rows[0][26:34], [""] * 8
    assert [float(figure) for figure in figures] == pytest.approx(list(FIRST.values()), rel=1e-12)
    assert rows == [
        [
            *common, "Vignette 1", "1", f"Lithium {STEM}", "9", "1", "0",
            "0", "0", "0", "0", "0", "0", "0", "5", "4",
            "8.444444444444445", "8", "8", "9", sd, "1", *[""] * 8, "true", "in", "",
            "All ratings are 6 or higher. The mean, 8.44, is above 7.", "7", *[""] * 8, "", "",
        ],
        [
            *common, "Vignette 2", "2", f"Lithium or TMS {STEM}", "7", "2", "1",
            "0", "0", "0", "0", "0", "2", "2", "2", "1",
            "7.285714285714286", "7", "6", "9", "", "1.5", "6.5", "8", *[""] * 6, "true", "in", "",
            "All ratings are 6 or higher. The mean, 7.29, is above 7.", "7", *[""] * 8, f"sd {WITH_COUNTS}", "",
        ],
        [
            *common, "Vignette 3", "3", f"Lithium, TMS or ECT {STEM}", "5", "5", "0", *[""] * 9,
            "7.0", "7", *[""] * 12, "false", "none", "",
            "1 of 5 ratings is 5 or lower. The mean is 7.00 and must be above 7.", "7", *[""] * 8,
            f"counts {FROM_COUNTS}", "",
        ],
        [*common, "Vignette 4", "4", f"Lithium {STEM}", *[""] * 30, "7", *[""] * 8, ALL_KEYS, ""],
    ]  # fmt: skip


def test_times_stand_in_the_studys_zone(study: Study, round: Round) -> None:
    assert round.closed_at is not None
    Round.objects.filter(pk=round.pk).update(closed_at="2026-07-01T02:30:00+00:00")
    assert read_csv(export_file(study, form="csv").content)[1][2] == "2026-06-30 21:30"
    data = json.loads(export_file(study, form="json").content)
    assert data["rounds"][0]["closed_at"] == "2026-06-30T21:30-05:00"


def test_json_is_the_contract_to_the_letter(study: Study, round: Round) -> None:
    data = json.loads(export_file(study, form="json").content)
    opened, closed = data["rounds"][0].pop("opened_at"), data["rounds"][0].pop("closed_at")
    assert [step.pop("at") for step in data["lineage"]] == [opened] * 11
    assert opened[-6:] in {"-05:00", "-06:00"}
    assert closed >= opened
    study.protocol.refresh_from_db()
    frozen = RoundResult.objects.get(round=round)
    what_if = data.pop("what_if")
    stopping = data["stopping"]["sentence"]
    assert stopping.startswith("The study may stop when every statement has consensus or when ratings moved little")
    assert (what_if["label"].split(":")[0], [part["number"] for part in what_if["rounds"]]) == ("Post hoc", [1])
    told = {rule["name"]: rule["outcomes"] for rule in what_if["rounds"][0]["rules"]}
    assert list(told) == list(NAMED_RULES)
    assert told["full-consensus"] == ["in", "in", None, None]
    assert told["strong-consensus"] == ["in", "none", None, None]
    assert told["apmo"] == [None] * 4
    first = data["rounds"][0]["statements"][0]
    assert {key: first.pop(key) for key in FIRST} == pytest.approx(FIRST, rel=1e-12)
    shown = {"abstained": 1, "missing": 0, "median": 8, "minimum": 8, "maximum": 9, "iqr": 1}
    assert data == {
        "study": {
            "id": str(study.pk),
            "title": "Four statements",
            "slug": "four-statements",
            "about": "",
            "time_zone": "America/Chicago",
            "declarations": dict.fromkeys(
                ["panel", "conflicts_of_interest", "funding", "data_availability", "ai_use"], None
            ),
        },
        "rule": {"sentence": RULE, "definition": study.protocol.rule},
        "stopping": {"sentence": stopping, "stable_share": "0.15", "least_pairs": 5, "most_rounds": None},
        "deviations": [],
        "protocol": {"sha256": study.protocol.digest, "least_answers": 5, "settled": "ask_again"},
        "notice": {
            "version": 2,
            "sha256": study.protocol.notice_digest,
            "text": study.protocol.locked_notice,
        },
        "notes": [],
        "rounds": [
            {
                "id": str(round.pk),
                "number": 1,
                "kind": "rating",
                "kind_number": 1,
                "name": "Rating round 1",
                "questions": [],
                "keeps_base": False,
                "invited": 10,
                "submitted": 10,
                "withdrew": 0,
                "sha256": frozen.digest,
                "hashed": frozen.hashed,
                "receipts": list(Commitment.objects.order_by("digest").values_list("digest", flat=True)),
                "rule": {"sentence": RULE, "definition": study.protocol.rule, "groups": None},
                "quantile_type": 7,
                "agreement": None,
                "statements": [
                    {
                        "number": 1,
                        "vignette": "Vignette 1",
                        "statement": f"Lithium {STEM}",
                        "n": 9,
                        **shown,
                        "counts": [0, 0, 0, 0, 0, 0, 0, 5, 4],
                        "mean": 76 / 9,
                        "sd": 0.5270462766947299,
                        "reasons": ["All ratings are 6 or higher.", "The mean, 8.44, is above 7."],
                        "consensus": True,
                        "outcome": "in",
                        "stability": None,
                        "suppressed": [],
                        "groups": [],
                    },
                    {
                        "number": 2,
                        "vignette": "Vignette 2",
                        "statement": f"Lithium or TMS {STEM}",
                        "n": 7,
                        "abstained": 2,
                        "missing": 1,
                        "counts": [0, 0, 0, 0, 0, 2, 2, 2, 1],
                        "mean": 51 / 7,
                        "median": 7,
                        "minimum": 6,
                        "maximum": 9,
                        "sd": None,
                        "iqr": 1.5,
                        "q1": 6.5,
                        "q3": 8,
                        **dict.fromkeys(WITH_COUNTS.split()),
                        "consensus": True,
                        "outcome": "in",
                        "stability": None,
                        "reasons": ["All ratings are 6 or higher.", "The mean, 7.29, is above 7."],
                        "suppressed": ["sd", *WITH_COUNTS.split()],
                        "groups": [],
                    },
                    {
                        "number": 3,
                        "vignette": "Vignette 3",
                        "statement": f"Lithium, TMS or ECT {STEM}",
                        "n": 5,
                        "abstained": 5,
                        "missing": 0,
                        "counts": None,
                        "mean": 7.0,
                        "median": 7,
                        **dict.fromkeys(FROM_COUNTS.split()),
                        "consensus": False,
                        "outcome": "none",
                        "stability": None,
                        "reasons": ["1 of 5 ratings is 5 or lower.", "The mean is 7.00 and must be above 7."],
                        "suppressed": ["counts", *FROM_COUNTS.split()],
                        "groups": [],
                    },
                    {
                        "number": 4,
                        "vignette": "Vignette 4",
                        "statement": f"Lithium {STEM}",
                        **dict.fromkeys(ALL_KEYS.split()),
                        "stability": None,
                        "suppressed": ALL_KEYS.split(),
                        "groups": [],
                    },
                ],
                "vignettes": [],
                "themes": [],
            }
        ],
        "tables": {
            "table_1": [
                {"vignette": "Vignette 1", "variation": ""},
                {"vignette": "Vignette 2", "variation": "32 years old, not 30"},
                {"vignette": "Vignette 3", "variation": "33 years old, not 30"},
                {"vignette": "Vignette 4", "variation": "34 years old, not 30"},
            ],
            "table_2": [
                {"option": "lithium", "category": "Add"},
                {"option": "TMS", "category": "Add"},
                {"option": "ECT", "category": "Add"},
            ],
            "table_3": [
                recommendation("Vignette 1", ["lithium"], True, 8.44, 9),
                recommendation("Vignette 2", ["lithium", "TMS"], True, 7.29, 7),
                recommendation("Vignette 3", ["lithium", "TMS", "ECT"], False, 7.0, 5),
                recommendation("Vignette 4", ["lithium"], None, None, None),
            ],
            "table_4": [],
        },
        "lineage": [
            *(origin(n, "vignette", f"Vignette {n}", f"Vignette {n}") for n in (1, 2, 3, 4)),
            *(origin(n, "option", None, name) for n, name in enumerate(("lithium", "TMS", "ECT"), start=5)),
            origin(8, "statement", "Vignette 1", f"Lithium {STEM}"),
            origin(9, "statement", "Vignette 2", f"Lithium or TMS {STEM}"),
            origin(10, "statement", "Vignette 3", f"Lithium, TMS or ECT {STEM}"),
            origin(11, "statement", "Vignette 4", f"Lithium {STEM}"),
        ],
        "meetings": [],
        "audit": {"head": audit_head(study.pk), "entries": AuditEntry.objects.filter(study=study).count()},
    }


def origin(number: int, kind: str, vignette: str | None, wording: str) -> object:
    return {
        "number": number,
        "kind": kind,
        "step": "add",
        "vignette": vignette,
        "from": [],
        "to": [wording],
        "reason": "Part of the questionnaire when the first round opened.",
        "compares": None,
    }


def recommendation(vignette: str, named: list[str], above: bool | None, mean: float | None, n: int | None) -> object:
    return {"vignette": vignette, "recommendations": named, "all_above_neutral": above, "mean": mean, "n": n}


def test_xlsx_has_a_sheet_of_facts_one_a_round_and_one_a_table(study: Study) -> None:
    book = read_xlsx(export_file(study, form="xlsx").content)
    assert book.sheetnames == [
        *("Study", "Rating round 1", "Table 1", "Table 2", "Table 3", "Sensitivity", "Lineage", "Verification")
    ]
    heading, first, second, third, fourth = book["Rating round 1"].iter_rows(values_only=True)
    assert list(heading) == HEADINGS
    assert first[8:24] == (9, 1, 0, 0, 0, 0, 0, 0, 0, 0, 5, 4, 76 / 9, 8, 8, 9)
    assert first[34:36] == (True, "in")
    assert second[24] is None
    assert third[11:20] == (None,) * 9
    assert fourth[8:38] == (None,) * 30
    rows = list(book["Table 3"].iter_rows(values_only=True))
    assert rows == [
        ("Vignette", "Main recommendations", "All ratings 6 or higher?", "Mean", "n"),
        ("1. Vignette 1", "lithium", "Yes", 8.44, 9),
        ("2. Vignette 2", "lithium; TMS", "Yes", 7.29, 7),
        ("3. Vignette 3", "lithium; TMS; ECT", "No", 7, 5),
        ("4. Vignette 4", "lithium", "fewer than 5 answers", None, None),
    ]
    assert book["Table 3"]["D4"].number_format == "0.00"


def test_table_3_alone_prints_two_decimals(study: Study) -> None:
    file = table_3_file(study, "csv")
    assert (file.name, file.content_type) == ("four-statements-table-3.csv", "text/csv; charset=utf-8")
    assert read_csv(file.content) == [
        ["Vignette", "Main recommendations", "All ratings 6 or higher?", "Mean", "n"],
        ["1. Vignette 1", "lithium", "Yes", "8.44", "9"],
        ["2. Vignette 2", "lithium; TMS", "Yes", "7.29", "7"],
        ["3. Vignette 3", "lithium; TMS; ECT", "No", "7.00", "5"],
        ["4. Vignette 4", "lithium", "fewer than 5 answers", "", ""],
    ]
    assert read_xlsx(table_3_file(study, "xlsx").content).sheetnames == ["Table 3"]
    assert json.loads(table_3_file(study, "json").content)[0]["mean"] == 8.44


@pytest.mark.parametrize("form", FORMS)
def test_a_demonstrations_files_say_that_it_is_simulated(study: Study, form: str) -> None:
    words = "Demonstration. All answers are simulated."
    assert words not in readable(export_file(study, form=form).content)
    Study.objects.filter(pk=study.pk).update(is_demonstration=True)
    study.refresh_from_db()
    assert words in readable(export_file(study, form=form).content)
    if form != "json":
        assert words in readable(table_3_file(study, form).content)


def readable(content: bytes) -> str:
    """The file's text; the parts of a workbook, or the files of an archive, one after the other."""
    if not content.startswith(b"PK"):
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return "\n".join(readable(parts.read(name)) for name in parts.namelist())


@pytest.mark.parametrize("form", WITH_ARCHIVE)
def test_two_files_of_the_same_round_are_equal_byte_by_byte(study: Study, round: Round, form: str) -> None:
    first = export_file(study, form=form, round=round).content
    assert export_file(study, form=form, round=round).content == first
    whole = export_file(study, form=form).content
    with transaction.atomic():
        record(study=study, actor="administrator", action="exported", now=database_now(), detail={"form": form})
    assert export_file(study, form=form).content == whole
    with time_machine.travel(dt.datetime(2031, 5, 1, 12, tzinfo=dt.UTC)):
        assert export_file(study, form=form).content == whole
    factories.release_round(round)
    factories.hold_round(study)
    assert export_file(study, form=form, round=round).content == first


@pytest.mark.parametrize("form", WITH_ARCHIVE)
def test_no_file_holds_a_person(study: Study, form: str) -> None:
    text = readable(export_file(study, form=form).content)
    assert "Vignette 1" in text
    people = names_and_addresses(study)
    assert len(people) == 20
    assert [one for one in people if one in text] == []
    pseudonyms = [bytes(value).hex() for value in Sheet.objects.values_list("pseudonym", flat=True)]
    assert len(pseudonyms) == 10
    assert [one for one in pseudonyms if one in text] == []


def test_rounds_stand_in_their_order_and_open_ones_not_at_all(study: Study, round: Round) -> None:
    factories.release_round(round)
    second = factories.hold_round(study)
    third = factories.open_round(study)
    factories.agree(third, 2)
    rows = statement_rows(export_file(study, form="csv").content)[1:]
    assert [(row[0], row[6]) for row in rows] == [(str(r), str(s)) for r in (1, 2) for s in (1, 2, 3, 4)]
    book = read_xlsx(export_file(study, form="xlsx").content)
    assert book.sheetnames[:3] == ["Study", "Rating round 1", "Rating round 2"]
    file = export_file(study, form="csv", round=second)
    assert file.name == "four-statements-round-2.csv"
    assert {row[0] for row in statement_rows(file.content)[1:]} == {"2"}
    with pytest.raises(ValueError, match=r"^Rating round 3 has not closed; only closed rounds are exported\.$"):
        export_file(study, form="csv", round=third)


@pytest.mark.parametrize("form", WITH_ARCHIVE)
def test_a_study_without_a_closed_round_has_a_file_all_the_same(db: None, form: str) -> None:
    study = factories.make_study(statements=1)
    factories.open_round(study)
    assert export_file(study, form=form).content != b""


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ("sav", "SPSS files (sav) are not written yet; choose zip, csv, xlsx or json."),
        ("ods", "There is no form “ods”; choose zip, csv, xlsx or json."),
        ("", "There is no form “”; choose zip, csv, xlsx or json."),
        ("CSV", "There is no form “CSV”; choose zip, csv, xlsx or json."),
    ],
)
def test_another_form_is_refused_in_one_sentence(study: Study, form: str, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:
        export_file(study, form=form)
    assert str(refused.value) == sentence
    with pytest.raises(ValueError, match=rf"^There is no form “{form}”; choose csv, xlsx or json\.$"):
        table_3_file(study, form)


PAYLOADS = (
    "=1+1",
    '=HYPERLINK("http://x.example","y")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "\x01=1+1",
    "'=1+1",
    'a"b;=1+1',
    "mailto:x@y.example",
    "https://x.example/",
    "12",
    "1e5",
)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_cell_is_a_formula_whatever_staff_write(db: None, payload: str) -> None:
    study = make_study_of(payload)
    for file in (export_file(study, form="csv"), table_3_file(study, "csv")):
        cells = [cell for row in read_csv(file.content) for cell in row]
        assert [cell for cell in cells if cell.lstrip(" ").startswith(DANGEROUS)] == []
    texts = 0
    for file in (export_file(study, form="xlsx"), table_3_file(study, "xlsx")):
        for sheet in read_xlsx(file.content):
            for row in sheet.iter_rows():
                assert [cell.coordinate for cell in row if cell.data_type == "f" or cell.hyperlink] == []
                texts += sum(payload.strip("\x01\t\r\n ") in str(cell.value) for cell in row)
        assert "<f>" not in readable(file.content)
    assert texts > 20


def test_numbers_are_never_escaped() -> None:
    assert written(["-x", "y"], [[-1, -1.5]]) == b"'-x,y\r\n-1,-1.5\r\n"


def test_a_text_that_looks_like_a_number_stays_text_in_a_workbook(db: None) -> None:
    book = read_xlsx(export_file(make_study_of("12"), form="xlsx").content)
    for cell in (book["Rating round 1"]["H2"], book["Option survey 1"]["G2"]):
        assert (cell.value, cell.data_type) == ("12", "s")


def test_what_was_declared_stands_in_the_files_and_what_was_left_empty_in_none(study: Study) -> None:
    texts = {"panel": "5 of 10 are women.", "conflicts_of_interest": "", "data_availability": "", "ai_use": ""}
    actor = factories.facilitator_of(study)
    declare(study=study, actor=actor, funding="=A1", now=database_now(), **texts)
    exported = json.loads(export_file(study, form="json").content)
    assert exported["study"]["declarations"] == {
        "panel": "5 of 10 are women.",
        "conflicts_of_interest": None,
        "funding": "=A1",
        "data_availability": None,
        "ai_use": None,
    }
    facts = {row[0].value: row[1] for row in read_xlsx(export_file(study, form="xlsx").content)["Study"].iter_rows()}
    assert facts["Who the panel is"].value == "5 of 10 are women."
    assert (facts["Funding"].value, facts["Funding"].data_type) == ("=A1", "s")
    assert "Use of AI" not in facts
    for form in FORMS:
        assert export_file(study, form=form).content == export_file(study, form=form).content


def test_agreement_of_the_panel_stands_in_json_as_it_was_frozen(db: None) -> None:
    study = factories.make_study(panelists=12, statements=5)
    factories.hold_round(study, [[rating - number for rating in (8, 7, 9, 6, 5, 8) * 2] for number in range(5)])
    agreement = json.loads(export_file(study, form="json").content)["rounds"][0]["agreement"]
    # Every panelist ranks each statement above the next.
    assert (agreement["complete_raters"], agreement["kendalls_w"]) == (12, 1.0)
    assert agreement == RoundResult.objects.get().agreement


def test_agreement_that_an_earlier_version_froze_is_exported_as_it_may_be_shown(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_then = {"complete_raters": 10, **dict.fromkeys(OF_COMPLETE[1:], 0.4567), "gwet_ac1": 0.1234}
    monkeypatch.setattr(closing, "agreement_of", lambda *_args, **_named: as_then)
    study = factories.make_study(statements=2)
    factories.hold_round(study, [[8, 7, 9, 6, 5, 8, 9, 7, 8, 6], [3, 2, 5, 4, 1, 3, 6, 2, 4, 3]])
    for round in (None, closed_rounds(study).get()):
        data = json.loads(export_file(study, round=round, form="json").content)
        assert data["rounds"][0]["agreement"] == {**dict.fromkeys(OF_COMPLETE), "gwet_ac1": 0.1234}


@pytest.mark.parametrize("rounds", [1, 3])
def test_a_file_is_written_with_as_many_queries_whatever_the_rounds(
    db: None, rounds: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Seen to fail with one query a round for the themes."""
    study = factories.make_study(panelists=5, statements=2)
    for _number in range(rounds):
        factories.hold_round(study)
    with django_assert_num_queries(24):
        export_file(study, form="csv")
    with django_assert_num_queries(25):
        export_file(study, form="json")
    with CaptureQueriesContext(connection) as asked:
        export_file(study, form="csv")
    # These grow with the panel, and no table of results is made of them.
    grow = (Commitment, Panelist, Participation, Sheet)
    assert not any(one._meta.db_table in query["sql"] for query in asked.captured_queries for one in grow)
