"""What the demonstration consists of, loaded once: the published figures, exactly."""

from collections.abc import Iterator
from fractions import Fraction

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from surveys.exports.tables import table_1, table_2, table_3
from surveys.feedback.queries import results_of
from surveys.operations.demonstration.content import Content, read_content
from surveys.operations.demonstration.loading import Demonstration, load_demonstration
from surveys.pages.differences import marked_paragraphs
from surveys.panels.models import Message
from surveys.rounds.models import Round
from surveys.rounds.queries import rounds_of
from surveys.sheets.models import Sheet
from surveys.studies.models import Study

# Whatever of this file runs, alone or with others, needs the database set up.
pytestmark = pytest.mark.django_db

# Mean, ratings short of full consensus, consensus: statement by statement.
ROUNDS = [
    [
        (Fraction(71, 10), 2, False),
        (Fraction(70, 10), 1, False),
        (Fraction(65, 10), 2, False),
        (Fraction(59, 9), 2, False),
        (Fraction(75, 10), 1, False),
        (Fraction(67, 10), 2, False),
        (Fraction(77, 10), 0, True),
    ],
    [
        (Fraction(78, 10), 1, False),
        (Fraction(79, 10), 0, True),
        (Fraction(73, 10), 1, False),
        (Fraction(67, 9), 1, False),
        (Fraction(81, 10), 0, True),
        (Fraction(69, 10), 1, False),
        (Fraction(84, 10), 0, True),
    ],
    [
        (Fraction(84, 10), 0, True),
        (Fraction(83, 10), 0, True),
        (Fraction(83, 10), 0, True),
        (Fraction(76, 9), 0, True),
        (Fraction(85, 10), 0, True),
        (Fraction(84, 10), 0, True),
        (Fraction(87, 10), 0, True),
    ],
]


@pytest.fixture(scope="module")
def content() -> Content:
    return read_content()


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker, content: Content) -> Iterator[Demonstration]:
    """Both studies, for all tests of this file, which only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield load_demonstration(content)
        transaction.set_rollback(True)


def figures(study: Study) -> list[list[tuple[Fraction | None, int | None, bool | None]]]:
    return [
        [(result.shown.mean, result.shown.short, result.shown.consensus) for result in results_of(round)]
        for round in rounds_of(study).filter(status=Round.Status.CLOSED)
    ]


def test_each_round_has_its_means_and_its_verdicts(loaded: Demonstration) -> None:
    assert figures(loaded.study) == ROUNDS
    assert figures(loaded.open_study) == ROUNDS[:2]


def test_table_3_is_the_papers(loaded: Demonstration) -> None:
    rows = [(row.recommendations, row.all_above_neutral, row.printed_mean, row.n) for row in table_3(loaded.study)]
    assert rows == [
        (("FDA-approved SGA", "TMS", "ketamine/esketamine"), True, "8.40", 10),
        (("FDA-approved SGA", "TMS", "SRI not yet tried"), True, "8.30", 10),
        (("FDA-approved SGA", "TMS", "ECT"), True, "8.30", 10),
        (("TMS", "SRI not yet tried", "dextromethorphan-bupropion"), True, "8.44", 9),
        (("TMS", "SRI not yet tried"), True, "8.50", 10),
        (("FDA-approved SGA", "SRI not yet tried"), True, "8.40", 10),
        (("TMS",), True, "8.70", 10),
    ]


def test_tables_1_and_2_are_the_papers(loaded: Demonstration) -> None:
    assert [row.vignette for row in table_1(loaded.study)] == [
        "Base case",
        "Substance use disorder",
        "Aged 70",
        "Diabetes and BMI above 40",
        "Coronary artery disease",
        "History of seizures",
        "Sensitivity to medications",
    ]
    assert [(row.option, row.category) for row in table_2(loaded.study)] == [
        ("FDA-approved SGA", "Add"),
        ("lithium", "Add"),
        ("thyroid hormone", "Add"),
        ("ketamine/esketamine", "Add"),
        ("TMS", "Add"),
        ("ECT", "Add"),
        ("SRI not yet tried", "Switch"),
        ("mirtazapine", "Switch"),
        ("TCA", "Switch"),
        ("MAO-I", "Switch"),
        ("dextromethorphan-bupropion", "Switch"),
    ]


def test_the_published_study_is_over_and_its_copy_goes_on(loaded: Demonstration) -> None:
    study, copy = loaded.study, loaded.open_study
    assert (study.status, study.finish_reason) == (Study.Status.FINISHED, "Every statement has full consensus.")
    assert [(r.status, r.is_released) for r in rounds_of(study)] == [("closed", True)] * 3
    assert copy.status == Study.Status.RUNNING
    assert [(r.status, r.is_released) for r in rounds_of(copy)] == [("closed", True)] * 2 + [("open", False)]
    third = rounds_of(copy).get(status=Round.Status.OPEN)
    assert (third.number, third.asked_statements.count()) == (3, 7)
    assert not Sheet.objects.filter(round_id=third.pk).exists()
    assert study.is_demonstration
    assert copy.is_demonstration


def test_only_the_open_rounds_mails_are_waiting(loaded: Demonstration) -> None:
    waiting = Message.objects.exclude(state=Message.State.DONE)
    third = rounds_of(loaded.open_study).get(status=Round.Status.OPEN)
    assert set(waiting.values_list("study_id", "round_id")) == {(loaded.open_study.pk, third.pk)}
    assert sorted(waiting.values_list("kind", flat=True)) == ["invitation"] * 10 + ["reminder"] * 10


def test_one_and_the_same_panelist_cannot_rate_vignette_4(content: Content) -> None:
    abstaining = [
        (place, number, who)
        for place, vignette in enumerate(content.vignettes, start=1)
        for number, answers in enumerate(vignette.answers, start=1)
        for who, answer in enumerate(answers)
        if answer.choice == "abstain"
    ]
    assert abstaining == [(4, 1, 6), (4, 2, 6), (4, 3, 6)]


def test_the_panel_is_ten_invented_people_under_a_reserved_domain(content: Content) -> None:
    assert len({person.name for person in content.panel}) == 10
    assert len({person.email for person in content.panel}) == 10
    everybody = [*content.panel, content.facilitator, content.administrator]
    assert [person.email for person in everybody if not person.email.endswith(".example")] == []
    authors = {"Marques", "Özerdem", "Ozerdem", "Kung"}
    assert [person.name for person in everybody if authors & set(person.name.split())] == []


def test_each_variation_marks_its_one_changed_aspect(content: Content) -> None:
    base = content.vignettes[0].text
    marks = [
        [part.text for segments in marked_paragraphs(base, vignette.text) for part in segments if part.marked]
        for vignette in content.vignettes
    ]
    assert marks == [
        [],
        ["Comorbid"],
        ["70"],
        ["Diabetes", "above 40"],
        ["Coronary", "of moderate severity"],
        ["History of", ", off anticonvulsants on her neurologist's advice"],
        [". Sensitivity to medications has hurt her adherence"],
    ]
    assert [vignette.title for vignette in content.vignettes if len(vignette.text.split()) > 110] == []
