"""The administrator's pages on accounts."""

import re
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.accounts.models import User
from surveys.pages import mails
from tests.factories import make_administrator, make_facilitator, make_panel, make_study, signed_in
from tests.pages.waiting import wait_for_mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]

PASSWORD = "a quite different battery"


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "PAUSE", 0)


@pytest.fixture
def administrator() -> User:
    """Who looks at the pages."""
    return make_administrator(email="ada@example.org", name="Ada Admin")


@pytest.fixture
def client(administrator: User) -> Client:
    """The administrator's browser."""
    return signed_in(administrator)


def _invite(client: Client, email: str = "ben@example.org", role: str = "facilitator") -> Any:
    return client.post("/administration/invite/", {"name": "Ben", "email": email, "role": role}, follow=True)


def _link() -> str:
    found = re.search(r"http://127\.0\.0\.1:8000(/welcome/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


def _break_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)


def test_the_list_counts_everybody(client: Client) -> None:
    make_facilitator(name="Ben")
    page = client.get("/administration/").content.decode()
    assert '<h1 class="mb-0">2 people have an account</h1>' in page
    assert re.findall(r'scope="row"><a href="/administration/accounts/\d+/">(.*?)</a>', page) == ["Ada Admin", "Ben"]


def test_an_invitation_goes_from_the_form_to_a_first_sign_in(client: Client) -> None:
    page = _invite(client)
    assert page.redirect_chain == [("/administration/", 302)]
    assert "The invitation is on its way to ben@example.org." in page.content.decode()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["ben@example.org"], "Your account for Delphi panel studies")
    ]
    assert "Ada Admin has made an account for you at http://127.0.0.1:8000. Your role there: Facilitator." in str(
        mail.outbox[0].body
    )
    invited = Client()
    welcome = invited.get(_link(), follow=True)
    assert "<h1>Welcome, Ben: choose a password</h1>" in welcome.content.decode()
    chosen = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    assert invited.post(welcome.redirect_chain[-1][0], chosen)["Location"] == "/sign-in/"
    signed = invited.post("/sign-in/", {"username": "ben@example.org", "password": PASSWORD})
    assert signed.status_code == 302
    assert "This link does not work any more" in Client().get(_link()).content.decode()


def test_a_mail_server_that_does_not_answer_leaves_the_account_to_be_invited_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        _break_mail(broken)
        page = _invite(client).content.decode()
    sentence = (
        "The mail server did not take the invitation to ben@example.org; the account is there, send it again later."
    )
    assert sentence in page
    assert "Invited" in page
    invited = User.objects.get(email="ben@example.org")
    client.post(f"/administration/accounts/{invited.pk}/send-invitation/")
    assert [message.to for message in mail.outbox] == [["ben@example.org"]]


def test_an_invitation_sent_again_makes_the_earlier_link_void(client: Client) -> None:
    _invite(client)
    earlier = _link()
    invited = User.objects.get(email="ben@example.org")
    client.post(f"/administration/accounts/{invited.pk}/send-invitation/")
    assert _link() != earlier
    assert Client().get(earlier).status_code == 200
    assert Client().get(_link()).status_code == 302


def test_whoever_lost_the_invitation_asks_for_a_link_like_a_forgotten_password(client: Client) -> None:
    _invite(client)
    Client().post("/password/", {"email": "ben@example.org"})
    wait_for_mails()
    assert [message.subject for message in mail.outbox][1:] == ["Set a new password"]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        (
            {"name": "Ben", "email": "ADA@example.org", "role": "author"},
            "There is already an account with this address.",
        ),
        ({"name": "Ben", "email": "nowhere", "role": "author"}, "Enter a valid email address."),
        ({"name": "", "email": "ben@example.org", "role": "author"}, "This field is required."),
        ({"name": "Ben", "email": "ben@example.org", "role": "superuser"}, "Select a valid choice."),
    ],
)
def test_a_faulty_invitation_is_refused_in_words_and_mails_nobody(
    client: Client, form: dict[str, str], sentence: str
) -> None:
    page = client.post("/administration/invite/", form)
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert "<title>Error: Invite somebody</title>" in page.content.decode()
    assert mail.outbox == []
    assert User.objects.count() == 1


def test_fields_that_the_form_does_not_have_change_nothing(client: Client) -> None:
    sneaked = {"name": "Ben", "email": "ben@example.org", "role": "author", "is_active": "", "password": "x", "id": "1"}
    client.post("/administration/invite/", sneaked)
    invited = User.objects.get(email="ben@example.org")
    assert invited.is_active
    assert not invited.has_usable_password()


def test_deactivating_and_reactivating_stand_on_the_account_s_page(client: Client) -> None:
    user = make_facilitator(name="Ben")
    place = f"/administration/accounts/{user.pk}/"
    assert "<h1>Ben can sign in</h1>" in client.get(place).content.decode()
    assert client.post(f"{place}deactivate/")["Location"] == place
    assert "<h1>Ben can no longer sign in</h1>" in client.get(place).content.decode()
    assert client.post(f"{place}reactivate/")["Location"] == place
    assert "<h1>Ben can sign in</h1>" in client.get(place).content.decode()


def test_a_role_is_changed_on_the_account_s_page(client: Client) -> None:
    user = make_facilitator(name="Ben")
    page = client.post(f"/administration/accounts/{user.pk}/role/", {"role": "author"}, follow=True)
    assert "Ben has the role Author now." in page.content.decode()
    assert User.objects.get(pk=user.pk).role == "author"


def test_whoever_works_on_a_study_stays_what_they_are(client: Client) -> None:
    facilitator = make_facilitator(name="Ben")
    make_study(facilitator, panelists=0, statements=1)
    page = client.post(f"/administration/accounts/{facilitator.pk}/role/", {"role": "administrator"}, follow=True)
    assert "Ben works on a study, which an administrator does not." in page.content.decode()
    assert User.objects.get(pk=facilitator.pk).role == "facilitator"


def test_ones_own_account_has_neither_button_and_refuses_both(client: Client, administrator: User) -> None:
    place = f"/administration/accounts/{administrator.pk}/"
    page = client.get(place).content.decode()
    assert "deactivate/" not in page
    assert "role/" not in page
    client.post(f"{place}deactivate/")
    client.post(f"{place}role/", {"role": "author"})
    administrator.refresh_from_db()
    assert (administrator.is_active, administrator.role) == (True, "administrator")


@pytest.mark.parametrize("act", ["", "send-invitation/", "deactivate/", "reactivate/", "role/"])
def test_an_account_that_is_not_there_answers_404(client: Client, act: str) -> None:
    place = f"/administration/accounts/999999/{act}"
    assert (client.post(place) if act else client.get(place)).status_code == 404


def test_a_name_cannot_smuggle_anything_into_page_or_mail(client: Client) -> None:
    name = "<script>alert(1)</script>\r\nBcc: all@example.org"
    client.post("/administration/invite/", {"name": name, "email": "ben@example.org", "role": "author"})
    assert mail.outbox[0].to == ["ben@example.org"]
    assert "\nBcc:" not in mail.outbox[0].message().as_string()
    page = client.get("/administration/").content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page


def test_no_page_of_an_administrator_names_a_panelist(client: Client) -> None:
    study = make_study(panelists=0, statements=1)
    panel = make_panel(study, 6)
    pages = ["/administration/", "/administration/studies/", f"/administration/studies/{study.slug}/"]
    shown = "".join(client.get(page).content.decode() for page in pages)
    assert study.title in shown
    assert not [person for person in panel if person.name in shown or person.email in shown]


def test_the_list_costs_the_same_for_one_and_for_many(client: Client) -> None:
    costs = []
    for _ in range(2):
        make_facilitator()
        client.get("/administration/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/administration/")
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 3
