"""A study, its protocol, its staff, and the chain of what staff did."""

import pytest
from django.core.exceptions import ValidationError

from surveys.accounts.models import User
from surveys.panels.services import NewPanelist, PanelError, add_panelists, appoint_staff
from surveys.studies.models import AuditEntry, Protocol, Study, StudyStaff
from surveys.studies.queries import audit_digest, database_now, declarations_of, declared, role_in, studies_of
from surveys.studies.services import (
    StudyError,
    add_staff,
    create_study,
    declare,
    record,
    remove_staff,
    update_protocol,
    update_study,
)
from tests import factories

pytestmark = pytest.mark.django_db


def create(title: str) -> Study:
    facilitator = factories.make_facilitator()
    return create_study(title=title, question_stem="…", facilitator=facilitator, now=database_now())


@pytest.mark.parametrize(
    ("titles", "slugs"),
    [(["Next steps"] * 2, ["next-steps", "next-steps-2"]), (["New"], ["new-2"]), (["日本"], ["study"])],
)
def test_every_study_has_an_address_of_its_own(titles: list[str], slugs: list[str]) -> None:
    assert [create(title).slug for title in titles] == slugs


@pytest.mark.parametrize("role", [User.Role.ADMINISTRATOR, User.Role.AUTHOR])
def test_only_facilitators_create_studies(role: str) -> None:
    with pytest.raises(StudyError):
        create_study(title="x", question_stem="x", facilitator=factories.make_user(role), now=database_now())
    assert not Study.objects.exists()


def test_a_study_begins_with_the_paper_s_rule() -> None:
    rule = Protocol.objects.get(study=create("x")).rule
    assert [(part["statistic"], part["operator"], part["threshold"]) for part in rule["all"]] == [
        ("least", ">", "5"),
        ("mean", ">", "7"),
    ]


def test_a_rule_that_makes_no_sense_is_refused() -> None:
    study = create("x")
    with pytest.raises(ValueError, match="name"):
        update_protocol(
            study=study,
            actor=factories.facilitator_of(study),
            rule={"all": []},
            stable_percent=15,
            most_rounds=None,
            settled="ask_again",
            least_answers=5,
            shows_comments=True,
            groups="nobody",
            releases_rows=False,
            notice="",
            now=database_now(),
        )


def test_fewest_answers_is_never_below_five() -> None:
    study = create("x")
    protocol = study.protocol
    with pytest.raises(ValidationError, match="5"):
        update_protocol(
            study=study,
            actor=factories.facilitator_of(study),
            rule=protocol.rule,
            stable_percent=15,
            most_rounds=None,
            settled="ask_again",
            least_answers=4,
            shows_comments=True,
            groups="nobody",
            releases_rows=False,
            notice="",
            now=database_now(),
        )


def test_staff_reach_their_own_studies() -> None:
    study, other = create("one"), create("two")
    facilitator = factories.facilitator_of(study)
    author = factories.make_author(study)
    assert list(studies_of(facilitator)) == list(studies_of(author)) == [study]
    assert (role_in(study, facilitator), role_in(study, author), role_in(other, facilitator)) == (
        "facilitator",
        "author",
        None,
    )


def test_an_author_s_account_cannot_run_a_study_and_an_administrator_s_cannot_work_on_one() -> None:
    study = create("x")
    actor, now = factories.facilitator_of(study), database_now()
    with pytest.raises(StudyError, match="cannot be a facilitator"):
        add_staff(study=study, actor=actor, user=factories.make_user("author"), role="facilitator", now=now)
    with pytest.raises(StudyError, match="administrator"):
        add_staff(study=study, actor=actor, user=factories.make_administrator(), role="author", now=now)


def test_a_study_keeps_a_facilitator() -> None:
    study = create("x")
    actor, now = factories.facilitator_of(study), database_now()
    with pytest.raises(StudyError, match="at least one"):
        remove_staff(study=study, actor=actor, user=actor, now=now)
    second = factories.make_facilitator()
    add_staff(study=study, actor=actor, user=second, role="facilitator", now=now)
    remove_staff(study=study, actor=second, user=actor, now=now)
    assert list(StudyStaff.objects.filter(study=study).values_list("user_id", flat=True)) == [second.pk]


def test_nobody_runs_a_study_and_rates_in_it() -> None:
    study = create("x")
    actor, now = factories.facilitator_of(study), database_now()
    with pytest.raises(PanelError, match="cannot be one of its panelists"):
        add_panelists(study=study, actor=actor, rows=[NewPanelist("Me", actor.email.upper())], now=now)
    add_panelists(study=study, actor=actor, rows=[NewPanelist("She", "she@example.org")], now=now)
    colleague = factories.make_facilitator(email="She@example.org")
    with pytest.raises(PanelError, match="on this study's panel"):
        appoint_staff(study=study, actor=actor, user=colleague, role="author", now=now)


def test_each_entry_of_the_chain_follows_from_the_one_before() -> None:
    study = create("x")
    actor, now = factories.facilitator_of(study), database_now()
    update_study(
        study=study,
        actor=actor,
        title="y",
        question_stem="…",
        time_zone="Europe/Vienna",
        about="",
        names_at_meetings=False,
        now=now,
    )
    record(study=study, actor="schedule", action="something", now=now, detail={"n": 1})
    entries = list(AuditEntry.objects.filter(study=study))
    assert [entry.action for entry in entries] == ["study created", "study described", "something"]
    assert [entry.digest for entry in entries] == [audit_digest(entry) for entry in entries]
    entries[1].detail = {"before": {}, "after": {}}
    assert audit_digest(entries[1]) != entries[1].digest


def test_the_database_s_clock_is_aware_and_moves_on() -> None:
    first = database_now()
    assert first.utcoffset() is not None
    assert database_now() >= first


DECLARED = {
    "panel": "5 of 10 are women.",
    "conflicts_of_interest": "None.",
    "funding": "",
    "data_availability": "On request.",
    "ai_use": "None.",
}


@pytest.mark.parametrize("status", ["draft", "running", "finished"])
def test_a_study_declares_at_any_time_and_the_chain_remembers_each_change(status: str) -> None:
    study = create("Declaring")
    Study.objects.filter(pk=study.pk).update(status=status)
    actor = factories.facilitator_of(study)
    empty = declared(declarations_of(study))
    assert set(empty.values()) == {""}
    for texts in (DECLARED, DECLARED, {**DECLARED, "funding": "A grant."}):
        declare(study=study, actor=actor, now=database_now(), **texts)
        assert declared(declarations_of(study)) == texts
    entries = AuditEntry.objects.filter(study=study, action="declared").order_by("number")
    assert [entry.detail for entry in entries] == [
        {"before": empty, "after": DECLARED},
        {"before": DECLARED, "after": {**DECLARED, "funding": "A grant."}},
    ]


def test_a_declaration_that_is_too_long_is_refused_and_changes_nothing() -> None:
    study = create("Declaring")
    actor = factories.facilitator_of(study)
    with pytest.raises(StudyError):
        declare(study=study, actor=actor, now=database_now(), **{**DECLARED, "ai_use": "x" * 4001})
    assert set(declared(declarations_of(study)).values()) == {""}
