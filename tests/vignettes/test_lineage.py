"""The steps by which a questionnaire changes once its study has begun."""

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from surveys.rounds.models import AskedOption, AskedStatement, AskedVignette, Round
from surveys.studies.models import AuditEntry, Study
from surveys.studies.queries import database_now
from surveys.vignettes.models import LineageStep, Option, Statement, Vignette
from surveys.vignettes.queries import facts_of, lineage_of, options_of, statements_of, vignettes_of
from surveys.vignettes.services import lineage, writing
from surveys.vignettes.services.lineage import OptionTexts, VignetteTexts
from surveys.vignettes.services.steps import QuestionnaireError, Why
from tests.factories import facilitator_of, make_option, make_study, open_round

pytestmark = pytest.mark.django_db

WHY = Why("The panel asked for it.")


def begun(options: int = 3, vignettes: int = 3) -> Study:
    """A study whose first round is open: options A, B, … and a statement for each vignette."""
    study = make_study(panelists=5, statements=vignettes)
    for number in range(options):
        make_option(study, chr(ord("A") + number))
    open_round(study)
    return Study.objects.get(pk=study.pk)


def by(study: Study, why: Why = WHY) -> dict[str, object]:
    return {"actor": facilitator_of(study), "why": why, "now": database_now()}


def last_step(study: Study) -> LineageStep:
    step = lineage_of(study).last()
    assert step is not None
    return step


def wordings(items: list[dict[str, str]]) -> list[str]:
    return [item["wording"] for item in items]


def names(study: Study) -> list[str]:
    return [option.name for option in options_of(study)]


def last_action(study: Study) -> str:
    return AuditEntry.objects.filter(study=study).order_by("number").values_list("action", flat=True).last() or ""


def test_the_lineage_begins_with_what_the_first_round_found() -> None:
    study = begun(options=2, vignettes=2)
    steps = list(lineage_of(study))
    assert [(step.kind, step.step) for step in steps] == [
        (kind, "add") for kind in ("vignette",) * 2 + ("option",) * 2 + ("statement",) * 2
    ]
    assert [step.number for step in steps] == [1, 2, 3, 4, 5, 6]
    assert Round.objects.get(study=study).after_step == 6


def test_while_a_study_is_being_prepared_nothing_is_recorded() -> None:
    study = make_study(panelists=0, statements=1)
    option = make_option(study)
    writing.update_option(option=option, actor=facilitator_of(study), name="B", category="Add", now=database_now())
    assert not lineage_of(study).exists()


def test_two_options_become_one_in_the_place_of_the_first() -> None:
    study = begun()
    first, second, _third = options_of(study)
    merged = lineage.merge_options(options=[second, first], into=OptionTexts("AB", "Add"), **by(study))
    step = last_step(study)
    assert names(study) == ["AB", "C"]
    assert (step.step, wordings(step.before), wordings(step.after), step.reason) == (
        "merge",
        ["B", "A"],
        ["AB"],
        WHY.reason,
    )
    assert (merged.category, last_action(study)) == ("Add", "option merged")


def test_a_merged_option_may_keep_the_name_of_one_of_them_but_not_of_another() -> None:
    study = begun()
    first, second, _third = options_of(study)
    with pytest.raises(QuestionnaireError, match="already an option with this name"):
        lineage.merge_options(options=[first, second], into=OptionTexts("C", "Add"), **by(study))
    assert names(study) == ["A", "B", "C"]
    lineage.merge_options(options=[first, second], into=OptionTexts("A", "Add"), **by(study))
    assert names(study) == ["A", "C"]
    with pytest.raises(QuestionnaireError, match="already an option with this name"):
        lineage.restore(item=first, **by(study))


def test_two_statements_become_one_that_compares_with_one_of_them() -> None:
    study = begun()
    first = statements_of(study)[0]
    second = writing.write_statement(vignette=first.vignette, text="Second.", **by(study))
    merged = lineage.merge_statements(statements=[first, second], text="Both.", compares_with=first, **by(study))
    assert list(statements_of(study).filter(vignette=first.vignette)) == [merged]
    assert last_step(study).compares_with == first.pk


def test_statements_of_two_vignettes_are_not_merged_nor_compared_with_a_third() -> None:
    study = begun()
    first, second, third = statements_of(study)
    with pytest.raises(QuestionnaireError, match="Only statements of one vignette"):
        lineage.merge_statements(statements=[first, second], text="Both.", **by(study))
    same = writing.write_statement(vignette=first.vignette, text="Same.", **by(study))
    with pytest.raises(QuestionnaireError, match="only with those of a statement that is merged"):
        lineage.merge_statements(statements=[first, same], text="Both.", compares_with=third, **by(study))
    assert not Statement.objects.filter(is_dropped=True).exists()


def test_variations_become_one_and_their_statements_go_with_them() -> None:
    study = begun()
    base, second, third = vignettes_of(study)
    texts = VignetteTexts("Older", "old, not young", "An old woman.")
    merged = lineage.merge_vignettes(vignettes=[second, third], into=texts, **by(study))
    assert list(vignettes_of(study)) == [base, merged]
    assert [statement.vignette for statement in statements_of(study)] == [base]


def test_the_base_case_stays() -> None:
    study = begun()
    base, second, _third = vignettes_of(study)
    with pytest.raises(QuestionnaireError, match="so it stays"):
        lineage.drop(item=base, **by(study))
    with pytest.raises(QuestionnaireError, match="so it stays"):
        lineage.merge_vignettes(vignettes=[base, second], into=VignetteTexts("x", "y", "z"), **by(study))


def test_an_option_a_variation_and_a_statement_are_split() -> None:
    study = begun()
    option, statement, vignette = options_of(study)[0], statements_of(study)[0], vignettes_of(study)[1]
    lineage.split_option(option=option, into=[OptionTexts("A1", "Add"), OptionTexts("A2", "Switch")], **by(study))
    assert names(study) == ["B", "C", "A1", "A2"]
    lineage.split_statement(statement=statement, into=["One.", "Two."], compares=True, **by(study))
    assert [one.text for one in statements_of(study).filter(vignette=statement.vignette)] == ["One.", "Two."]
    assert last_step(study).compares_with == statement.pk
    parts = [VignetteTexts(title, "an aspect", "A text.") for title in ("One", "Two")]
    lineage.split_vignette(vignette=vignette, into=parts, **by(study))
    assert [one.title for one in vignettes_of(study)] == ["Vignette 1", "Vignette 3", "One", "Two"]


@pytest.mark.parametrize("into", [["One."], [], ["One.", " "]])
def test_a_split_needs_two_worded_parts(into: list[str]) -> None:
    study = begun()
    statement = statements_of(study)[0]
    with pytest.raises(QuestionnaireError, match=r"at least two parts|wording of every part"):
        lineage.split_statement(statement=statement, into=into, **by(study))
    assert statements_of(study).count() == 3


def test_what_is_dropped_can_be_restored_but_neither_twice() -> None:
    study = begun()
    option = options_of(study)[0]
    lineage.drop(item=option, **by(study))
    assert (names(study), last_step(study).after) == (["B", "C"], [])
    with pytest.raises(QuestionnaireError, match="“A” is dropped"):
        lineage.drop(item=option, **by(study))
    lineage.restore(item=option, **by(study))
    assert (names(study), last_step(study).before, last_action(study)) == (["A", "B", "C"], [], "option restored")
    with pytest.raises(QuestionnaireError, match="asked already"):
        lineage.restore(item=option, **by(study))


def test_a_statement_comes_back_only_where_its_vignette_is_asked() -> None:
    study = begun()
    statement = statements_of(study)[1]
    lineage.drop(item=statement, **by(study))
    lineage.drop(item=statement.vignette, **by(study))
    with pytest.raises(QuestionnaireError, match="Its vignette is dropped"):
        lineage.restore(item=statement, **by(study))


def test_what_is_dropped_is_neither_reworded_nor_composed_of_nor_added_to() -> None:
    study = begun()
    option, vignette = options_of(study)[0], vignettes_of(study)[1]
    lineage.drop(item=option, **by(study))
    lineage.drop(item=vignette, **by(study))
    with pytest.raises(QuestionnaireError, match="Restore it first"):
        writing.update_option(option=option, name="Z", category="Add", **by(study))
    with pytest.raises(QuestionnaireError, match="Restore it first"):
        writing.compose_statement(vignette=vignettes_of(study)[0], options=[option], **by(study))
    with pytest.raises(QuestionnaireError, match="Restore it first"):
        writing.write_statement(vignette=vignette, text="x", **by(study))


def test_a_restored_item_stands_apart_from_what_took_its_place() -> None:
    study = begun()
    first, second, _third = options_of(study)
    lineage.merge_options(options=[first, second], into=OptionTexts("AB", "Add"), **by(study))
    lineage.restore(item=first, **by(study))
    assert names(study) == ["AB", "C", "A"]
    positions = [option.position for option in options_of(study)]
    assert len(set(positions)) == len(positions)


def test_every_step_needs_a_reason_of_at_most_a_thousand_characters() -> None:
    study = begun()
    option = options_of(study)[0]
    for reason, message in (("", "Say why"), (" \x00 ", "Say why"), ("x" * 1001, "at most 1000")):
        with pytest.raises(QuestionnaireError, match=message):
            lineage.drop(item=option, **by(study, Why(reason)))
    assert not Option.objects.filter(is_dropped=True).exists()


def test_a_limit_counts_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    study = begun()
    monkeypatch.setattr(writing, "MOST_OPTIONS", 3)
    option = options_of(study)[0]
    lineage.drop(item=option, **by(study))
    writing.add_option(study=study, name="D", category="Add", **by(study))
    with pytest.raises(QuestionnaireError, match="at most 3 options"):
        lineage.restore(item=option, **by(study))
    assert names(study) == ["B", "C", "D"]


def test_a_reworded_statement_names_the_option_that_took_the_place_of_a_merged_one() -> None:
    study = make_study(panelists=5, statements=1)
    lithium, tms, ect = (make_option(study, name) for name in ("Lithium", "TMS", "ECT"))
    actor = facilitator_of(study)
    vignette = Vignette.objects.get(study=study)
    statement = writing.compose_statement(vignette=vignette, actor=actor, options=[lithium, ect], now=database_now())
    open_round(study)
    study.refresh_from_db()
    lineage.merge_options(options=[lithium, tms], into=OptionTexts("a booster", "Add"), **by(study))
    assert [link.option.name for link in statement.named_options.order_by("position")] == ["Lithium", "ECT"]
    writing.update_statement(statement=statement, text="A booster or ECT first.", **by(study))
    assert [link.option.name for link in statement.named_options.order_by("position")] == ["ECT", "a booster"]


def test_parts_and_merged_statements_keep_the_options_that_they_name() -> None:
    study = make_study(panelists=5, statements=1)
    options = [make_option(study, name) for name in ("Lithium", "TMS")]
    vignette, actor = Vignette.objects.get(study=study), facilitator_of(study)
    statement = writing.compose_statement(vignette=vignette, actor=actor, options=options, now=database_now())
    open_round(study)
    study.refresh_from_db()
    parts = lineage.split_statement(statement=statement, into=["Lithium first.", "TMS first."], **by(study))
    named = [[link.option.name for link in part.named_options.all()] for part in parts]
    assert named == [["Lithium"], ["TMS"]]
    merged = lineage.merge_statements(statements=parts, text="TMS, then rTMS.", **by(study))
    assert [link.option.name for link in merged.named_options.all()] == ["TMS"]


def test_two_writers_in_a_row_leave_a_chain_of_wordings() -> None:
    """The second one's page was drawn before the first one saved."""
    study = begun()
    stale = Option.objects.get(pk=options_of(study)[0].pk)
    writing.update_option(option=options_of(study)[0], name="A1", category="Add", **by(study))
    writing.update_option(option=stale, name="A2", category="Add", **by(study))
    assert (wordings(last_step(study).before), wordings(last_step(study).after)) == (["A1"], ["A2"])


def test_a_rewording_that_changes_nothing_is_no_step() -> None:
    study = begun()
    number = last_step(study).number
    writing.update_option(option=options_of(study)[0], name="A", category="Add", **by(study, Why("")))
    assert last_step(study).number == number


def test_the_database_refuses_to_change_a_step_and_what_was_asked() -> None:
    study = begun()
    changes: list[Callable[[], object]] = [
        lambda: LineageStep.objects.filter(study=study).update(reason="Another."),
        lambda: AskedStatement.objects.filter(round__study=study).update(text="Another."),
        lambda: AskedVignette.objects.filter(round__study=study).update(text="Another."),
    ]
    for change in changes:
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


# ---- any sequence of steps ----

DEEDS = st.lists(
    st.tuples(
        st.sampled_from(["add", "reword", "merge", "split", "drop", "restore"]),
        st.sampled_from(["option", "vignette", "statement"]),
        st.integers(0, 50),
        st.integers(0, 50),
    ),
    max_size=12,
)


def replayed(study: Study) -> dict[str, dict[str, str]]:
    """What is asked, by the steps alone."""
    asked: dict[str, dict[str, str]] = {}
    for step in lineage_of(study):
        for item in step.before:
            del asked[item["id"]]
        asked |= {item["id"]: item for item in step.after}
    return asked


def asked_copies() -> list[tuple[object, ...]]:
    return [
        row
        for model in (AskedVignette, AskedStatement, AskedOption)
        for row in model.objects.order_by("pk").values_list()
    ]


class AnySequenceOfSteps(TestCase):
    """Whatever writers do, what was asked stays and the steps tell what is asked now."""

    @settings(max_examples=25)
    @given(DEEDS)
    def test_the_lineage_replays_to_the_present_questionnaire(self, deeds: list[tuple[str, str, int, int]]) -> None:
        study = begun()
        before = asked_copies()
        for place, deed in enumerate(deeds):
            try:
                take(study, place, *deed)
            except QuestionnaireError:
                continue
        assert asked_copies() == before
        assert [step.number for step in lineage_of(study)] == list(range(1, lineage_of(study).count() + 1))
        # A dropped vignette's statements rest with it, so they are no items of their own in the replay.
        items = [
            *vignettes_of(study),
            *options_of(study),
            *Statement.objects.filter(vignette__study=study, is_dropped=False),
        ]
        # A statement's facts name its vignette as it was called at the time.
        assert without_vignettes(replayed(study)) == without_vignettes({str(item.pk): facts_of(item) for item in items})


def without_vignettes(asked: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {key: {name: fact for name, fact in facts.items() if name != "vignette"} for key, facts in asked.items()}


def take(study: Study, place: int, step: str, kind: str, one: int, other: int) -> None:
    """One deed at items picked by two numbers, with words that no other deed uses."""
    items = list({"option": options_of, "vignette": vignettes_of, "statement": statements_of}[kind](study))
    first, second = items[one % len(items)], items[other % len(items)]
    model = type(first)
    gone = list(model._default_manager.filter(is_dropped=True).order_by("pk")) or [first]
    words = [f"{step} {place} {number}" for number in range(2)]
    options = [OptionTexts(word, "Add") for word in words]
    variations = [VignetteTexts(word, word, word) for word in words]
    named, titled = {"name": words[0], "category": "Add"}, {"title": words[0], "aspect": "x", "text": "x"}
    shared = by(study)
    deeds: dict[tuple[str, str], Callable[[], object]] = {
        ("drop", kind): lambda: lineage.drop(item=first, **shared),
        ("restore", kind): lambda: lineage.restore(item=gone[one % len(gone)], **shared),
        ("add", "option"): lambda: writing.add_option(study=study, **named, **shared),
        ("reword", "option"): lambda: writing.update_option(option=first, **named, **shared),
        ("merge", "option"): lambda: lineage.merge_options(options=[first, second], into=options[0], **shared),
        ("split", "option"): lambda: lineage.split_option(option=first, into=options, **shared),
        ("add", "vignette"): lambda: writing.add_vignette(study=study, **titled, **shared),
        ("reword", "vignette"): lambda: writing.update_vignette(vignette=first, **titled, **shared),
        ("merge", "vignette"): lambda: lineage.merge_vignettes(vignettes=[first, second], into=variations[0], **shared),
        ("split", "vignette"): lambda: lineage.split_vignette(vignette=first, into=variations, **shared),
        ("add", "statement"): lambda: writing.write_statement(vignette=first.vignette, text=words[0], **shared),
        ("reword", "statement"): lambda: writing.update_statement(statement=first, text=words[0], **shared),
        ("merge", "statement"): lambda: lineage.merge_statements(statements=[first, second], text=words[0], **shared),
        ("split", "statement"): lambda: lineage.split_statement(statement=first, into=words, **shared),
    }
    deeds[step, kind]()
