"""What the demonstration consists of, loaded once: the published figures, exactly, and how the panel came to them.

Where each of the 24 process elements of the paper is shown:

1 a panel of ten, staff that does not rate  test_ten_invented_people_rate_and_those_who_run_the_study_do_not
2 half of them women  test_the_json_export_has_all_of_it
3 a base case and variations of one aspect  test_each_variation_marks_its_one_changed_aspect, Table 1
4 options reviewed before the first vote  test_ten_options_were_presented_each_by_one_panelist_in_ten_minutes
5 how likely each option is recommended  test_option_survey_1_asks_how_likely_a_ranking_and_what_a_variation_changes
6 a ranking of all options  the same
7 revise or keep the base case's answers  the same
8 suggested options  test_the_panel_writes_comments_and_suggestions_that_are_moderated_and_themed
9 suggested wording  the same
10 top 1 to 3, equally recommended  test_option_surveys_2_and_3_ask_for_1_to_3_top_choices
11 would not recommend  Table 4
12 anonymous comments with reasons  test_the_panel_writes_comments_and_suggestions_that_are_moderated_and_themed
13 factors that are left out  the same
14 aggregated results after each survey  the tests of the three surveys
15 meetings  test_two_meetings_in_person_and_one_online_decided_what_changed
16 options merged  test_the_papers_own_steps_stand_in_the_lineage_with_reasons_and_causes
17 a vignette clarified  the same, and test_the_clarified_wording_is_asked_from_the_second_survey_on
18 a vignette dropped, its answers kept  test_what_was_dropped_keeps_its_answers
19 statements from the top choices  test_the_proposals_are_the_papers_statements
20 ratings from 1 to 9  test_each_rating_round_has_its_means_and_its_verdicts
21 the rule, judged in each round  the same
22 rounds repeated, no number fixed  test_the_published_study_is_over_and_its_copy_goes_on
23 Tables 3 and 4  test_table_3_is_the_papers, test_table_4_is_the_papers
24 dates, numbers of surveys and meetings, declarations  test_the_json_export_has_all_of_it
"""

import json
from collections.abc import Iterator
from fractions import Fraction

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from surveys.exports.files import export_file
from surveys.exports.tables import table_1, table_2, table_3, table_4
from surveys.feedback.comments import possible_causes, theme_counts
from surveys.feedback.models import Comment
from surveys.feedback.queries import results_of
from surveys.feedback.survey_results import VignetteResult, proposals_of, survey_results_of
from surveys.meetings.queries import held_meetings, presentations_of
from surveys.operations.demonstration.answering import KEPT
from surveys.operations.demonstration.content import Content, read_content
from surveys.operations.demonstration.loading import Demonstration, load_demonstration
from surveys.pages.differences import marked_paragraphs
from surveys.panels.models import Message
from surveys.panels.queries import panel_of
from surveys.rounds.models import AskedVignette, Round
from surveys.rounds.queries import rounds_of
from surveys.sheets.models import Sheet
from surveys.studies.models import Study, StudyStaff
from surveys.vignettes.queries import lineage_of

# Whatever of this file runs, alone or with others, needs the database set up.
pytestmark = pytest.mark.django_db

SGA, KETAMINE, SRI, DXM = "FDA-approved SGA", "ketamine/esketamine", "SRI not yet tried", "dextromethorphan-bupropion"
STATEMENTS = [
    (SGA, "TMS", KETAMINE),
    (SGA, "TMS", SRI),
    (SGA, "TMS", "ECT"),
    ("TMS", SRI, DXM),
    ("TMS", SRI),
    (SGA, SRI),
    ("TMS",),
]
# Mean, ratings short of full consensus, consensus: statement by statement.
RATING_ROUNDS = [
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
        for round in rounds_of(study).filter(status=Round.Status.CLOSED, kind=Round.Kind.RATING)
    ]


def survey(study: Study, number: int) -> list[VignetteResult]:
    """The results of an option survey."""
    return survey_results_of(rounds_of(study).get(kind=Round.Kind.OPTION_SURVEY, kind_number=number))


def test_each_rating_round_has_its_means_and_its_verdicts(loaded: Demonstration) -> None:
    assert figures(loaded.study) == RATING_ROUNDS
    assert figures(loaded.open_study) == RATING_ROUNDS[:2]


def test_table_3_is_the_papers(loaded: Demonstration) -> None:
    rows = [(row.recommendations, row.all_above_neutral, row.printed_mean, row.n) for row in table_3(loaded.study)]
    assert rows == [
        (STATEMENTS[0], True, "8.40", 10),
        (STATEMENTS[1], True, "8.30", 10),
        (STATEMENTS[2], True, "8.30", 10),
        (STATEMENTS[3], True, "8.44", 9),
        (STATEMENTS[4], True, "8.50", 10),
        (STATEMENTS[5], True, "8.40", 10),
        (STATEMENTS[6], True, "8.70", 10),
    ]


def test_table_4_is_the_papers(loaded: Demonstration) -> None:
    for study in (loaded.study, loaded.open_study):
        assert [(row.number, row.option, str(row.percent)) for row in table_4(study)] == [
            (1, "ECT", "60"),
            (1, "MAO-I", "70"),
            (2, KETAMINE, "100"),
            (2, DXM, "90"),
            (3, KETAMINE, "80"),
            (4, SGA, "90"),
            (4, "mirtazapine", "80"),
            (5, SGA, "90"),
            (5, KETAMINE, "50"),
            (6, "TMS", "90"),
            (7, "lithium", "80"),
            (7, "TCA", "70"),
            (7, "MAO-I", "70"),
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
        (SGA, "Add"),
        ("lithium", "Add"),
        ("thyroid hormone", "Add"),
        (KETAMINE, "Add"),
        ("TMS", "Add"),
        ("ECT", "Add"),
        (SRI, "Switch"),
        ("mirtazapine", "Switch"),
        ("TCA", "Switch"),
        ("MAO-I", "Switch"),
        (DXM, "Switch"),
    ]


def test_option_survey_1_asks_how_likely_a_ranking_and_what_a_variation_changes(loaded: Demonstration) -> None:
    results = survey(loaded.study, 1)
    assert [result.vignette.title for result in results][-1] == "Postpartum depression"
    assert [len(result.options) for result in results] == [13] * 8
    assert [(shown.n, shown.ranked, shown.suppressed) for shown in (one.shown for one in results)] == [(10, 10, ())] * 8
    assert [sum(option.levels or ()) for result in results for option in result.shown.options] == [10] * 104
    ranks = {option.name: shown.mean_rank for option, shown in results[0].rows}
    assert (ranks[SGA], ranks["TMS"], ranks["MAO-I"]) == (Fraction(18, 10), Fraction(18, 10), Fraction(116, 10))
    assert all((result.shown.kendalls_w or 0) > Fraction(3, 10) for result in results)
    assert [result.shown.kept for result in results] == [0, 0, None, 0, None, 0, 0, 7]


def test_option_surveys_2_and_3_ask_for_1_to_3_top_choices(loaded: Demonstration, content: Content) -> None:
    for number in (2, 3):
        results = survey(loaded.study, number)
        assert [(one.shown.n, one.shown.topped, len(one.options)) for one in results] == [(10, 10, 11)] * 7
        chosen = [code.split("-")[0] for codes in content.rounds[number - 1].sheets.values() for code in codes]
        assert {len(letters) for letters in chosen} == {1, 2, 3}
        # Each share is of 10 panelists, so the shares of a vignette add up to what they named together.
        named = sum(option.top or 0 for one in results for option in one.shown.options)
        assert named * 10 == len("".join(chosen))


def test_nobody_both_recommends_an_option_and_rules_it_out(content: Content) -> None:
    codes = [code for asked in content.rounds[1:3] for line in asked.sheets.values() for code in line]
    assert len(codes) == 140
    assert [code for code in codes if set(code.split("-")[0]) & set(code.split("-")[1])] == []


def test_every_ranking_has_all_options_once(content: Content) -> None:
    letters = sorted(option.code for option in content.options)
    codes = [code for line in content.rounds[0].sheets.values() for code in line if code != KEPT]
    assert [code for code in codes if sorted(code.replace("/", "")) != letters] == []


def test_every_round_has_a_line_for_each_panelist_and_a_column_for_each_vignette(content: Content) -> None:
    for number, asked in enumerate(content.rounds):
        assert list(asked.sheets) == [person.surname for person in content.panel]
        assert {len(line) for line in asked.sheets.values()} == {7 if number else 8}


def test_the_proposals_are_the_papers_statements(loaded: Demonstration) -> None:
    for study in (loaded.study, loaded.open_study):
        proposals = proposals_of(study)
        assert [tuple(option.name for option in one.options) for one in proposals] == STATEMENTS
        others = [vote.share for one in proposals for vote in one.votes if vote not in one.speaking_for]
        assert max(others) == Fraction(4, 10)


def test_the_papers_own_steps_stand_in_the_lineage_with_reasons_and_causes(loaded: Demonstration) -> None:
    for study in (loaded.study, loaded.open_study):
        steps = list(lineage_of(study))
        wordings = [
            (step.kind, step.step, [one["wording"] for one in step.before], [one["wording"] for one in step.after])
            for step in steps[21:]
        ]
        assert [(step.kind, step.step) for step in steps[:21]] == [("vignette", "add")] * 8 + [("option", "add")] * 13
        assert wordings[:2] == [
            ("option", "merge", ["SSRI/SNRI not yet tried", "vilazodone", "vortioxetine"], [SRI]),
            ("vignette", "drop", ["Postpartum depression"], []),
        ]
        assert [made[:2] for made in wordings[2:]] == [("vignette", "reword")] * 7 + [("statement", "add")] * 7
        written = {comment.pk: comment.body for comment in possible_causes(study)}
        assert [written[step.cause_id] for step in steps[21:30] if step.cause_id] == [
            "Vortioxetine and vilazodone are SRIs that she has not tried: three lines for one idea.",
            "Zuranolone, or brexanolone where it can be given.",
            *["Which SSRI was bupropion combined with? It reads as if there had been a second one."] * 7,
        ]
        agreed = "The panel already agrees: brexanolone or zuranolone, where nothing hinders prescribing."
        assert steps[22].reason == agreed
        shares = "FDA-approved SGA 90%, TMS 80%, ketamine/esketamine 60%"
        assert steps[30].reason == f"Proposed from option survey 3: top choices {shares} of 10."
        assert [round.after_step for round in rounds_of(study)] == [21, 30, 30, 37, 37, 37]


def test_the_clarified_wording_is_asked_from_the_second_survey_on(loaded: Demonstration, content: Content) -> None:
    asked = AskedVignette.objects.filter(round__study=loaded.study)
    old, new = content.clarify.before, content.clarify.after
    assert asked.filter(round__number=1, text__contains=old).count() == 8
    assert asked.filter(round__number__gt=1, text__contains=new).count() == asked.filter(round__number__gt=1).count()
    assert not asked.filter(round__number__gt=1, text__contains=old).exists()


def test_what_was_dropped_keeps_its_answers(loaded: Demonstration) -> None:
    last = survey(loaded.study, 1)[-1]
    assert (last.vignette.vignette.is_dropped, last.shown.n, last.shown.kept) == (True, 10, 7)
    assert "Postpartum depression" not in [one.vignette.title for one in survey(loaded.study, 2)]


def test_the_panel_writes_comments_and_suggestions_that_are_moderated_and_themed(loaded: Demonstration) -> None:
    comments = Comment.objects.filter(vignette__round__study=loaded.study)
    assert comments.filter(asked=None).count() == 28
    assert set(comments.values_list("kind", flat=True)) == {"reason", "factor", "new_option", "clearer_wording"}
    assert not comments.filter(state=Comment.State.PENDING).exists()
    (hidden,) = comments.filter(state=Comment.State.HIDDEN)
    assert hidden.hidden_because == "It tells who wrote it."
    assert [(one.original, one.body) for one in comments if one.body != one.original] == [
        (
            "At our clinic in Duluth nobody gets ketamine within three months.",
            "Where I work nobody gets ketamine within three months.",
        )
    ]
    themes = {theme.name: n for theme, n in theme_counts(loaded.study)}
    assert themes["After childbirth"] == 5
    assert len(themes) == 13


def test_the_json_export_has_all_of_it(loaded: Demonstration) -> None:
    data = json.loads(export_file(loaded.study, form="json").content)
    assert [(one["number"], one["kind"], len(one["statements"]), len(one["vignettes"])) for one in data["rounds"]] == [
        (1, "option_survey", 0, 8),
        (2, "option_survey", 0, 7),
        (3, "option_survey", 0, 7),
        (4, "rating", 7, 0),
        (5, "rating", 7, 0),
        (6, "rating", 7, 0),
    ]
    assert all(one["opened_at"] and one["closed_at"] for one in data["rounds"])
    assert len(data["tables"]["table_4"]) == 13
    assert data["tables"]["table_4"][0] == {"vignette": "Base case", "option": "ECT", "percent": 60}
    reworded = next(step for step in data["lineage"] if step["step"] == "reword")
    assert "an SSRI with bupropion" in reworded["from"][0]
    assert "bupropion added to the same SSRI" in reworded["to"][0]
    assert "simulated" in data["study"]["about"]
    assert "five women and five men" in data["study"]["declarations"]["panel"]
    assert all(data["study"]["declarations"].values())
    assert [(one["minutes"], one["mode"]) for one in data["meetings"]] == [
        (180, "in_person"),
        (180, "in_person"),
        (60, "online"),
    ]


def test_the_published_study_is_over_and_its_copy_goes_on(loaded: Demonstration) -> None:
    study, copy = loaded.study, loaded.open_study
    assert (study.status, study.finish_reason) == (Study.Status.FINISHED, "Every statement has full consensus.")
    assert [(r.status, r.is_released) for r in rounds_of(study)] == [("closed", True)] * 6
    assert copy.status == Study.Status.RUNNING
    assert [(r.status, r.is_released) for r in rounds_of(copy)] == [("closed", True)] * 5 + [("open", False)]
    third = rounds_of(copy).get(status=Round.Status.OPEN)
    assert (str(third), third.number, third.asked_statements.count()) == ("Rating round 3", 6, 7)
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
        (number, surname, place)
        for number, asked in enumerate(content.rounds[3:], start=1)
        for surname, line in asked.sheets.items()
        for place, code in enumerate(line, start=1)
        if code == "-"
    ]
    assert abstaining == [(1, "Lindqvist", 4), (2, "Lindqvist", 4), (3, "Lindqvist", 4)]


def test_ten_invented_people_rate_and_those_who_run_the_study_do_not(loaded: Demonstration, content: Content) -> None:
    for study in (loaded.study, loaded.open_study):
        staff = set(StudyStaff.objects.filter(study=study).values_list("role", "user__name"))
        assert staff == {("facilitator", "Noor Halabi"), ("author", "Lieke Verhoeven"), ("author", "Tomás Aguirre")}
        panel = {panelist.name for panelist in panel_of(study)}
        assert len(panel) == 10
        assert not panel & {name for _role, name in staff}
    everybody = [*content.panel, *content.authors, content.facilitator, content.administrator]
    assert len({person.email for person in everybody}) == 14
    assert [person.email for person in everybody if not person.email.endswith(".example")] == []
    printed = {"Marques", "Özerdem", "Ozerdem", "Kung"}
    assert [person.name for person in everybody if printed & set(person.name.split())] == []


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
        [", since the birth of her child", "One pregnancy"],
    ]
    assert [vignette.title for vignette in content.vignettes if len(vignette.text.split()) > 110] == []


def test_ten_options_were_presented_each_by_one_panelist_in_ten_minutes(loaded: Demonstration) -> None:
    for study in (loaded.study, loaded.open_study):
        presentations = list(presentations_of(study))
        assert [one.minutes for one in presentations] == [10] * 10
        assert {one.panelist for one in presentations} == set(panel_of(study))
        assert all(one.is_shared and one.summary for one in presentations)


def test_two_meetings_in_person_and_one_online_decided_what_changed(loaded: Demonstration) -> None:
    for study in (loaded.study, loaded.open_study):
        meetings = list(held_meetings(study))
        assert [(meeting.minutes_held, meeting.mode) for meeting in meetings] == [
            (180, "in_person"),
            (180, "in_person"),
            (60, "online"),
        ]
        assert [sum(item.minutes for item in meeting.agenda.all()) for meeting in meetings] == [180, 180, 60]
        assert [[len(one.steps.all()) for one in meeting.decisions.all()] for meeting in meetings] == [
            [1, 1, 7],
            [0],
            [7],
        ]
        rounds = [rounds_of(study).get(pk=meeting.after_round_id) for meeting in meetings]
        assert [str(round) for round in rounds] == ["Option survey 1", "Option survey 2", "Option survey 3"]
