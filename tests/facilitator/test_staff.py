"""Who works on a study: adding by address, inviting, removing."""

import pytest
from django.core import mail
from django.urls import reverse

from surveys.accounts.models import User
from surveys.panels.models import Panelist
from surveys.studies.models import Study, StudyStaff
from tests.factories import (
    facilitator_of,
    make_administrator,
    make_author,
    make_facilitator,
    make_study,
    make_user,
    signed_in,
)

pytestmark = pytest.mark.django_db


def staff_of(study: Study) -> str:
    return reverse("facilitator:staff", args=[study.slug])


def removal_of(study: Study, user: User) -> str:
    return reverse("facilitator:remove_staff", args=[study.slug, user.pk])


def roles(study: Study) -> dict[str, str]:
    return dict(StudyStaff.objects.filter(study=study).values_list("user__email", "role"))


def test_only_facilitators_of_the_study_reach_it() -> None:
    study = make_study(panelists=0, statements=0)
    for stranger in (make_facilitator(), make_author(study), make_administrator()):
        client = signed_in(stranger)
        assert client.get(staff_of(study)).status_code == 404
        assert client.post(staff_of(study), {"email": stranger.email, "role": "facilitator"}).status_code == 404
        assert client.post(removal_of(study, facilitator_of(study))).status_code == 404


def test_an_account_is_added_by_its_address_however_it_is_capitalised() -> None:
    study = make_study(panelists=0, statements=0)
    colleague = make_facilitator("colleague@example.org")
    form = {"email": "Colleague@Example.org", "role": "facilitator"}
    signed_in(facilitator_of(study)).post(staff_of(study), form)
    assert roles(study)[colleague.email] == "facilitator"
    assert mail.outbox == []


def test_an_address_without_an_account_is_invited_by_mail() -> None:
    study = make_study(panelists=0, statements=0)
    form = {"email": "new@example.org", "role": "author", "name": "Nell New"}
    response = signed_in(facilitator_of(study)).post(staff_of(study), form)
    user = User.objects.get(email="new@example.org")
    assert response.status_code == 302
    assert (user.name, user.role, user.has_usable_password()) == ("Nell New", "author", False)
    assert roles(study)["new@example.org"] == "author"
    assert [message.to for message in mail.outbox] == [["new@example.org"]]


def test_an_unknown_address_without_a_name_is_refused() -> None:
    study = make_study(panelists=0, statements=0)
    form = {"email": "new@example.org", "role": "author"}
    response = signed_in(facilitator_of(study)).post(staff_of(study), form)
    assert response.status_code == 422
    assert "Fill in the name too" in response.content.decode()
    assert not User.objects.filter(email="new@example.org").exists()


def test_a_panelist_of_the_study_cannot_work_on_it_and_no_account_is_made() -> None:
    study = make_study(panelists=1, statements=0)
    address = Panelist.objects.get(study=study).email
    form = {"email": address.upper(), "role": "author", "name": "Pan Elist"}
    response = signed_in(facilitator_of(study)).post(staff_of(study), form)
    assert response.status_code == 422
    assert "cannot work on the study" in response.content.decode()
    assert not User.objects.filter(email__iexact=address).exists()
    assert mail.outbox == []


def test_administrators_and_authors_are_no_facilitators_of_a_study() -> None:
    study = make_study(panelists=0, statements=0)
    client = signed_in(facilitator_of(study))
    for user in (make_administrator(), make_user("author")):
        assert client.post(staff_of(study), {"email": user.email, "role": "facilitator"}).status_code == 422
        assert user.email not in roles(study)


def test_an_account_that_is_not_active_is_not_added() -> None:
    study = make_study(panelists=0, statements=0)
    user = make_facilitator()
    User.objects.filter(pk=user.pk).update(is_active=False)
    form = {"email": user.email, "role": "author"}
    assert signed_in(facilitator_of(study)).post(staff_of(study), form).status_code == 422
    assert user.email not in roles(study)


def test_whoever_works_on_the_study_is_not_added_again() -> None:
    study = make_study(panelists=0, statements=0)
    facilitator = facilitator_of(study)
    form = {"email": facilitator.email, "role": "author"}
    assert signed_in(facilitator).post(staff_of(study), form).status_code == 422
    assert roles(study) == {facilitator.email: "facilitator"}


def test_somebody_is_removed_after_asking_once() -> None:
    study = make_study(panelists=0, statements=0)
    author = make_author(study)
    client = signed_in(facilitator_of(study))
    assert f"Remove {author.name} from this study?" in client.get(removal_of(study, author)).content.decode()
    assert author.email in roles(study)
    client.post(removal_of(study, author))
    assert author.email not in roles(study)
    assert client.get(removal_of(study, author)).status_code == 404


def test_a_number_that_no_account_can_have_is_not_found() -> None:
    study = make_study(panelists=0, statements=0)
    address = reverse("facilitator:remove_staff", args=[study.slug, 10**25])
    assert signed_in(facilitator_of(study)).get(address).status_code == 404


def test_the_last_facilitator_stays() -> None:
    study = make_study(panelists=0, statements=0)
    facilitator = facilitator_of(study)
    client = signed_in(facilitator)
    response = client.post(removal_of(study, facilitator), follow=True)
    assert roles(study) == {facilitator.email: "facilitator"}
    assert 'role="alert"' in response.content.decode()


def test_one_of_two_facilitators_may_leave() -> None:
    study = make_study(panelists=0, statements=0)
    facilitator, other = facilitator_of(study), make_facilitator()
    client = signed_in(facilitator)
    client.post(staff_of(study), {"email": other.email, "role": "facilitator"})
    assert client.post(removal_of(study, facilitator))["Location"] == reverse("facilitator:studies")
    assert roles(study) == {other.email: "facilitator"}
