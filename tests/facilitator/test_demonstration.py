import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from surveys.accounts.models import User
from surveys.panels.queries import panel_of
from surveys.studies.models import Study
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def study(settings: Settings) -> Study:
    """A demonstration, in the demonstration."""
    settings.DELPHI_DEMO = True
    made = factories.make_study(statements=1)
    made.is_demonstration = True
    made.save(update_fields=["is_demonstration"])
    return made


def address(study: Study) -> str:
    return reverse("facilitator:demonstration_mail", args=[study.slug])


def facilitator(study: Study) -> Client:
    return factories.signed_in(factories.facilitator_of(study))


def send(to: str, body: str) -> None:
    EmailMessage("About the study", body, to=[to]).send()


def test_it_shows_the_panels_mails_with_their_links_newest_first(study: Study) -> None:
    first, second = panel_of(study)[:2]
    send(first.email, "Your link:\nhttp://127.0.0.1:8000/panel/#t=one")
    send(second.email.upper(), "Your link:\nhttp://127.0.0.1:8000/panel/#t=two")
    page = facilitator(study).get(address(study))
    assert page.status_code == 200
    assert [one.to for one in page.context["mails"]] == [[second.email.upper()], [first.email]]
    assert b'href="http://127.0.0.1:8000/panel/#t=one"' in page.content
    assert b"<h1>2 mails were sent</h1>" in page.content


def test_what_a_mail_says_cannot_become_markup(study: Study) -> None:
    send(panel_of(study)[0].email, "<script>alert(1)</script>")
    content = facilitator(study).get(address(study)).content
    assert b"<script>alert" not in content
    assert b"&lt;script&gt;alert(1)" in content


def test_it_keeps_mails_to_administrators_and_to_other_panels_to_itself(study: Study) -> None:
    other = factories.make_study(statements=1)
    author = factories.make_user(User.Role.AUTHOR)
    for to in (factories.make_administrator().email, panel_of(other)[0].email, "stranger@example.org", author.email):
        send(to, "Words")
    assert len(mail.outbox) == 4
    page = facilitator(study).get(address(study))
    assert [one.to for one in page.context["mails"]] == [[author.email]]


def test_before_any_mail_it_says_what_will_stand_there(study: Study) -> None:
    page = facilitator(study).get(address(study))
    assert b"<h1>No mail has been sent yet</h1>" in page.content
    assert reverse("facilitator:panel", args=[study.slug]).encode() in page.content


def test_every_page_of_the_demonstration_leads_to_it(study: Study) -> None:
    page = facilitator(study).get(reverse("facilitator:settings", args=[study.slug]))
    assert f'href="{address(study)}"'.encode() in page.content


@pytest.mark.parametrize("demo", [True, False])
def test_a_study_that_is_created_in_the_demonstration_is_one_too(settings: Settings, demo: bool) -> None:
    settings.DELPHI_DEMO = demo
    creator = factories.make_facilitator()
    named = {"title": "Our own", "question_stem": "is best.", "time_zone": "UTC", "about": ""}
    factories.signed_in(creator).post(reverse("facilitator:create_study"), named)
    made = Study.objects.get(title="Our own")
    page = factories.signed_in(creator).get(reverse("facilitator:settings", args=[made.slug]))
    assert made.is_demonstration is demo
    assert (f'href="{address(made)}"' in page.content.decode()) is demo


def test_a_study_that_is_no_demonstration_has_no_such_page(study: Study) -> None:
    Study.objects.filter(pk=study.pk).update(is_demonstration=False)
    assert facilitator(study).get(address(study)).status_code == 404


def test_outside_the_demonstration_there_is_no_such_page(study: Study, settings: Settings) -> None:
    settings.DELPHI_DEMO = False
    assert facilitator(study).get(address(study)).status_code == 404
    page = facilitator(study).get(reverse("facilitator:settings", args=[study.slug]))
    assert address(study).encode() not in page.content


def test_it_is_for_the_studys_facilitators_alone(study: Study) -> None:
    others = [factories.make_author(study), factories.make_facilitator(), factories.make_administrator()]
    assert [factories.signed_in(user).get(address(study)).status_code for user in others] == [404, 404, 404]
    assert Client().get(address(study)).status_code == 302
    assert facilitator(study).post(address(study)).status_code == 405
