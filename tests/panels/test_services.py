"""Addresses and links: what staff do to them never hands a panelist's answers on, and never brings a link back."""

import pytest

from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import PanelError, correct_panelist, mint_link, panelist_with, revoke_links
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from tests.factories import facilitator_of, make_study, open_round

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    return make_study(panelists=5, statements=1)


def correct(panelist: Panelist, **changed: str) -> None:
    """Correct a panelist as it was read, in these fields."""
    facts = {"name": panelist.name, "email": panelist.email, "group": panelist.group} | changed
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


def test_an_address_that_was_read_before_the_first_round_opened_does_not_move_after_it(study: Study) -> None:
    as_read = Panelist.objects.select_related("study").get(pk=panel_of(study)[0].pk)
    open_round(study)
    with pytest.raises(PanelError, match="this address cannot be changed"):
        correct(as_read, email="elsewhere@example.org")


def test_an_address_that_moves_ends_the_links_to_the_old_one(study: Study) -> None:
    panelist = panel_of(study)[0]
    secret = mint_link(panelist=panelist, now=database_now())
    correct(panelist, email="elsewhere@example.org")
    kept = Panelist.objects.get(pk=panelist.pk)
    assert (kept.email, kept.token_epoch, panelist_with(secret=secret, now=database_now())) == (
        "elsewhere@example.org",
        1,
        None,
    )
