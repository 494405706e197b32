"""What may happen to staff accounts, and what may not."""

import threading

import pytest
from django.db import connection
from django.test import Client

from surveys.accounts.models import User
from surveys.accounts.queries import Standing, active_account, staff_members, standing_of
from surveys.accounts.services import (
    AccountError,
    change_role,
    create_administrator,
    deactivate,
    invite_staff,
    may_invite,
    reactivate,
    renew_invitation,
)
from surveys.studies.services import StudyError, change_staff_role
from tests.factories import make_administrator, make_author, make_facilitator, make_study, make_user, signed_in

pytestmark = pytest.mark.django_db


def test_an_invited_account_cannot_sign_in_before_a_password_is_chosen() -> None:
    invited = invite_staff(email="ana@example.org", name=" Ana  Lima ", role="author", invited_by=make_administrator())
    assert (invited.name, invited.role, standing_of(invited)) == ("Ana Lima", "author", Standing.INVITED)
    assert not Client().login(username="ana@example.org", password="")


@pytest.mark.parametrize(
    ("inviter", "roles"),
    [
        ("administrator", ["administrator", "author", "facilitator"]),
        ("facilitator", ["author", "facilitator"]),
        ("author", []),
    ],
)
def test_each_role_invites_only_what_it_may(inviter: str, roles: list[str]) -> None:
    user = make_user(inviter)
    offered = ["administrator", "author", "facilitator", "superuser", ""]
    assert [role for role in offered if may_invite(user, role)] == roles
    for role in set(offered) - set(roles):
        with pytest.raises(AccountError):
            invite_staff(email="new@example.org", name="New", role=role, invited_by=user)
    assert not User.objects.filter(email="new@example.org").exists()


@pytest.mark.parametrize(
    ("email", "name", "sentence"),
    [
        ("KNOWN@example.org", "Known", "There is already an account with this address."),
        ("nowhere", "No", "Enter a valid email address."),
        ("a@example.org\nBcc: b@example.org", "No", "Enter a valid email address."),
        ("new@example.org", "  ", "This field cannot be blank."),
    ],
)
def test_a_faulty_invitation_makes_no_account(email: str, name: str, sentence: str) -> None:
    make_facilitator(email="known@example.org")
    with pytest.raises(AccountError) as caught:
        invite_staff(email=email, name=name, role="author", invited_by=make_administrator())
    assert str(caught.value) == sentence
    assert User.objects.count() == 2


def test_the_list_of_staff_tells_the_standing_and_no_more_than_the_day() -> None:
    administrator = make_administrator(name="Ana")
    client = Client()
    client.force_login(administrator)
    invite_staff(email="ben@example.org", name="Ben", role="author", invited_by=administrator)
    gone = make_facilitator(name="Cho")
    deactivate(user=gone, deactivated_by=administrator)
    administrator.refresh_from_db()
    assert administrator.last_login is not None
    assert [(member.user.name, member.standing, member.last_seen) for member in staff_members()] == [
        ("Ana", Standing.ACTIVE, administrator.last_login.date()),
        ("Ben", Standing.INVITED, None),
        ("Cho", Standing.INACTIVE, None),
    ]


def test_a_renewed_invitation_makes_the_account_s_secret_anew() -> None:
    invited = create_administrator(email="ana@example.org", name="Ana")
    before = invited.password
    renew_invitation(user=invited)
    assert invited.password != before
    assert standing_of(invited) == Standing.INVITED


def test_only_who_has_no_password_yet_and_is_active_is_invited_again() -> None:
    administrator, user = make_administrator(), make_facilitator(name="Ana")
    with pytest.raises(AccountError, match="Ana has chosen a password already"):
        renew_invitation(user=user)
    invited = invite_staff(email="ben@example.org", name="Ben", role="author", invited_by=administrator)
    deactivate(user=invited, deactivated_by=administrator)
    with pytest.raises(AccountError, match="not active"):
        renew_invitation(user=invited)


def test_deactivating_ends_every_session_for_ever() -> None:
    administrator, user, other = make_administrator(), make_facilitator(), make_facilitator()
    client, bystander = signed_in(user), signed_in(other)
    deactivate(user=user, deactivated_by=administrator)
    assert active_account(user.email) is None
    assert client.get("/account/").status_code == 302
    reactivate(user=user, reactivated_by=administrator)
    assert client.get("/account/").status_code == 302
    assert bystander.get("/account/").status_code == 200
    assert signed_in(user).get("/account/").status_code == 200


def test_nobody_deactivates_or_demotes_themselves() -> None:
    administrator = make_administrator()
    make_administrator()
    with pytest.raises(AccountError, match="your own account"):
        deactivate(user=administrator, deactivated_by=administrator)
    with pytest.raises(AccountError, match="your own role"):
        change_role(user=administrator, role="author", changed_by=administrator)


@pytest.mark.parametrize("role", ["facilitator", "author"])
def test_only_administrators_change_accounts(role: str) -> None:
    actor, user = make_user(role), make_facilitator()
    make_administrator()
    for act in (
        lambda: deactivate(user=user, deactivated_by=actor),
        lambda: reactivate(user=user, reactivated_by=actor),
        lambda: change_role(user=user, role="author", changed_by=actor),
    ):
        with pytest.raises(AccountError, match="Only an administrator can do this"):
            act()


def test_an_administrator_who_was_demoted_meanwhile_changes_nothing() -> None:
    first, second = make_administrator(), make_administrator()
    change_role(user=second, role="author", changed_by=first)
    stale = User(pk=second.pk, role="administrator")
    with pytest.raises(AccountError, match="Only an administrator"):
        change_role(user=first, role="author", changed_by=stale)
    assert User.objects.get(pk=first.pk).is_administrator


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_each_other_at_once_leave_one() -> None:
    first, second = make_administrator(), make_administrator()
    start, refused = threading.Barrier(2), []

    def demote(user: User, actor: User) -> None:
        start.wait(5)
        try:
            change_role(user=user, role="author", changed_by=actor)
        except AccountError as fault:
            refused.append(str(fault))
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert User.objects.filter(role="administrator").count() == 1
    assert refused == ["Only an administrator can do this."]


def test_a_role_that_is_none_is_refused() -> None:
    user = make_facilitator()
    with pytest.raises(AccountError, match="There is no such role"):
        change_role(user=user, role="superuser", changed_by=make_administrator())
    assert User.objects.get(pk=user.pk).role == "facilitator"


def test_whoever_works_on_a_study_cannot_become_administrator() -> None:
    administrator, study = make_administrator(), make_study(panelists=0, statements=1)
    author = make_author(study, name="Ana")
    with pytest.raises(StudyError, match="Ana works on a study, which an administrator does not"):
        change_staff_role(user=author, role="administrator", changed_by=administrator)
    change_staff_role(user=author, role="facilitator", changed_by=administrator)
    assert User.objects.get(pk=author.pk).role == "facilitator"


def test_the_facilitator_of_a_study_cannot_become_an_author() -> None:
    facilitator = make_facilitator(name="Ana")
    make_study(facilitator, panelists=0, statements=1)
    with pytest.raises(StudyError, match="Ana is the facilitator of a study"):
        change_staff_role(user=facilitator, role="author", changed_by=make_administrator())
    assert User.objects.get(pk=facilitator.pk).role == "facilitator"
