"""Where the installation would not keep its promise no round opens, by hand or by itself; and that alone stops."""

import datetime as dt
from typing import Any

import pytest

from surveys.consensus import NAMED_RULES, rule_to_json
from surveys.panels.models import Message
from surveys.panels.queries import panel_of
from surveys.panels.services import remove_panelist
from surveys.rounds.checklist import blockers_to_opening, checklist
from surveys.rounds.models import Round
from surveys.rounds.queries import attendance
from surveys.rounds.services.opening import NotReady, open_due_rounds, open_round
from surveys.studies.models import Protocol, Study
from surveys.studies.queries import database_now
from tests import factories
from tests.grouping import grouped_study

pytestmark = pytest.mark.django_db

MAILED = (
    "For the administrator: ADMINS get a mail of each fault, with what a panelist sent and whose session it was. "
    "Empty ADMINS; faults stand in the log. No round opens before that is done."
)


@pytest.fixture
def study() -> Study:
    """A study whose next round lacks nothing."""
    return factories.make_study(statements=1)


def undo_the_promise(settings: Any) -> None:
    """What a hurried administrator does to learn of faults."""
    settings.ADMINS = [("Ada", "ada@example.org")]


def test_where_nothing_is_refused_nothing_is_said_of_the_installation(study: Study) -> None:
    round = factories.draft(study)
    assert blockers_to_opening(round, database_now()) == []
    assert "installation" not in {item.place for item in checklist(round, database_now())}


def test_what_only_warns_stands_in_nobody_s_way(study: Study, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert blockers_to_opening(factories.draft(study), database_now()) == []


def test_a_round_does_not_open_and_nothing_is_changed(study: Study, settings: Any) -> None:
    round = factories.draft(study)
    undo_the_promise(settings)
    with pytest.raises(NotReady) as refusal:
        open_round(round=round, actor=factories.facilitator_of(study), now=database_now())
    assert refusal.value.blockers == [MAILED]
    round.refresh_from_db()
    assert round.status == Round.Status.DRAFT
    assert not Protocol.objects.get(study=study).is_locked
    assert not Message.objects.exists()


def test_the_schedule_opens_none_either_until_it_is_mended(study: Study, settings: Any) -> None:
    round = factories.draft(study)
    Round.objects.filter(pk=round.pk).update(opens_at=database_now())
    undo_the_promise(settings)
    later = database_now() + dt.timedelta(minutes=1)
    assert open_due_rounds(now=later) == 0
    settings.ADMINS = []
    assert open_due_rounds(now=later) == 1


def test_a_round_that_is_open_goes_on(study: Study, settings: Any) -> None:
    round = factories.open_round(study)
    undo_the_promise(settings)
    for panelist in panel_of(study):
        factories.fill_sheet(panelist, round, [7])
    assert attendance(round).submitted == panel_of(study).count()


def test_the_facilitator_reads_it_before_opening_and_is_refused_with_it(study: Study, settings: Any) -> None:
    round = factories.draft(study)
    undo_the_promise(settings)
    browser = factories.signed_in(factories.facilitator_of(study))
    address = f"/studies/{study.slug}/rounds/{round.number}/open/"
    assert MAILED in browser.get(address).content.decode()
    browser.post(address)
    assert Round.objects.get(pk=round.pk).status == Round.Status.DRAFT
    settings.ADMINS = []
    assert "For the administrator" not in browser.get(address).content.decode()


@pytest.mark.parametrize(
    ("sizes", "blockers"),
    [
        ({"Nurses": 5, "Physicians": 5}, []),
        ({"Nurses": 5, "": 5}, []),
        ({"Nurses": 10}, ["The rule judges by group, and everybody is in the same one"]),
        (
            {"Nurses": 6, "": 2},
            ["The rule judges by group, and 2 panelists are in none: too few to be left over"],
        ),
        ({"": 10}, ["The rule judges by group: put the panelists into groups"]),
        (
            {"Nurses": 6, "Physicians": 4, "Pharmacists": 1},
            ["The rule judges by group, and fewer than 5 panelists are in: Pharmacists, Physicians"],
        ),
    ],
    ids=["two", "one and others", "one", "few left over", "none", "small"],
)
def test_a_rule_by_group_opens_no_round_whose_groups_are_too_small(sizes: dict[str, int], blockers: list[str]) -> None:
    study = grouped_study(sizes, Protocol.Groups.PANEL)
    assert blockers_to_opening(factories.draft(study), database_now()) == []
    Protocol.objects.filter(study=study).update(rule=rule_to_json(NAMED_RULES["cos-70-15-every-group"]))
    round = Round.objects.get(study=study)
    assert blockers_to_opening(round, database_now()) == blockers
    if blockers:
        with pytest.raises(NotReady):
            open_round(round=round, actor=factories.facilitator_of(study), now=database_now())


def test_groups_that_lost_somebody_since_the_last_round_are_counted_anew() -> None:
    study = grouped_study({"Nurses": 5, "Physicians": 5}, Protocol.Groups.PANEL)
    Protocol.objects.filter(study=study).update(rule=rule_to_json(NAMED_RULES["cos-70-15-every-group"]))
    factories.hold_round(Study.objects.get(pk=study.pk))
    factories.make_panel(study, 1)
    remove_panelist(panelist=panel_of(study)[0], actor=factories.facilitator_of(study), now=database_now())
    found = blockers_to_opening(factories.draft(study), database_now())
    assert found == ["The rule judges by group, and fewer than 5 panelists are in: Nurses"]
