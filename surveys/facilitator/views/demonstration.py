"""The mail of the demonstration, which is sent to nobody and kept in memory. Nowhere else is there such a page."""

from django.contrib.auth.decorators import login_required
from django.core import mail
from django.core.mail import EmailMessage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from surveys.accounts.models import User
from surveys.facilitator.access import run_study
from surveys.facilitator.demonstration import keeps_mail
from surveys.panels.queries import panel_of
from surveys.studies.models import Study


@login_required
@require_safe
def demonstration_mail(request: HttpRequest, slug: str) -> HttpResponse:
    """The mails of a demonstration, personal links and all, newest first; 404 for any other study."""
    study = run_study(request, slug)
    if not keeps_mail(study):
        raise Http404
    return render(request, "facilitator/demonstration_mail.html", {"study": study, "mails": _kept_mails(study)})


def _kept_mails(study: Study) -> list[EmailMessage]:
    """What this process sent to the study's panel and to staff, administrators apart: their links open more."""
    sent: list[EmailMessage] = getattr(mail, "outbox", [])
    panel = {email.lower() for email in panel_of(study).values_list("email", flat=True)}
    staff = User.objects.exclude(role=User.Role.ADMINISTRATOR).values_list("email", flat=True)
    readable = panel | {email.lower() for email in staff}
    return [one for one in reversed(sent) if {address.lower() for address in one.recipients()} <= readable]
