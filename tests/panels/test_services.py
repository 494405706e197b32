"""Addresses and links: what staff do to them never hands a panelist's answers on, and never brings a link back."""

import pytest
from pytest_django import DjangoAssertNumQueries

from surveys.panels import services
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import (
    NewPanelist,
    PanelError,
    add_panelists,
    correct_panelist,
    revoke_links,
)
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.factories import facilitator_of, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return make_study(panelists=5, statements=1)


def correct(panelist: Panelist, **changed: str) -> None:
    """Correct a panelist as it was read, in these fields."""
    facts = {"name": panelist.name, "group": panelist.group} | changed
    correct_panelist(panelist=panelist, actor=facilitator_of(panelist.study), now=database_now(), **facts)


def test_a_name_that_is_mended_while_links_are_revoked_does_not_bring_them_back(study: Study) -> None:
    as_read, panelist = panel_of(study)[0], panel_of(study)[0]
    revoke_links(panelist=panelist, actor=facilitator_of(study), now=database_now())
    correct(as_read, name="Anna")
    kept = Panelist.objects.get(pk=panelist.pk)
    assert (kept.name, kept.token_epoch) == ("Anna", 1)


def test_revoking_twice_at_once_counts_twice(study: Study) -> None:
    for panelist in (panel_of(study)[0], panel_of(study)[0]):
        revoke_links(panelist=panelist, actor=facilitator_of(study), now=database_now())
    assert panelist.token_epoch == 2


def add(study: Study, *addresses: str) -> None:
    """Add panelists with these addresses."""
    rows = [NewPanelist("Anna", address) for address in addresses]
    add_panelists(study=study, actor=facilitator_of(study), rows=rows, now=database_now())


@pytest.mark.parametrize(
    ("addresses", "sentence"),
    [
        (["Anna@example.org", "anna@Example.org"], "anna@Example.org: This address is already on the panel."),
        (["{panelist}"], "{panelist}: This address is already on the panel."),
        (["anna@example.org", "{staff}"], "{staff} works on this study and cannot be one of its panelists."),
        (["anna@example.org", "anna"], "anna: Enter a valid email address."),
    ],
)
def test_of_a_list_with_one_who_cannot_join_nobody_joins(study: Study, addresses: list[str], sentence: str) -> None:
    names = {"panelist": panel_of(study)[0].email.upper(), "staff": facilitator_of(study).email.upper()}
    with pytest.raises(PanelError) as refusal:
        add(study, *(address.format(**names) for address in addresses))
    assert str(refusal.value) == sentence.format(**names)
    assert panel_of(study).count() == 5


def test_a_long_list_takes_as_many_queries_as_a_short_one(
    study: Study, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for most, first in ((1, 0), (50, 100)):
        with django_assert_num_queries(12):
            add(study, *(f"p{number}@example.org" for number in range(first, first + most)))
    assert panel_of(study).count() == 56


def test_of_a_large_panel_as_many_leave_at_once_as_want_to(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "AT_ONCE", 2)
    kept, *gone = panel_of(study).values_list("pk", flat=True)
    services.forget_panelists(study=study, panelist_ids=gone)
    assert len(gone) == 4
    assert list(panel_of(study).values_list("pk", flat=True)) == [kept]
