"""From the answers of an option survey to statements."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from surveys.facilitator.access import run_study, staff_of
from surveys.facilitator.course import course_of
from surveys.facilitator.proposals import proposal_cards, reason_words
from surveys.feedback.services.proposing import accept_proposals as accept
from surveys.rounds.models import Round
from surveys.studies.queries import database_now
from surveys.vignettes.services.steps import QuestionnaireError


@login_required
@require_safe
def proposals(request: HttpRequest, slug: str) -> HttpResponse:
    """For each vignette the statement that its top choices make, to accept, to edit, or to compose another instead."""
    study = run_study(request, slug)
    cards = proposal_cards(study)
    course = course_of(study, database_now())
    context = {
        "study": study,
        "cards": cards,
        "acceptable": [card for card in cards if card.can_be_accepted],
        "standing": sum(card.stands for card in cards),
        "course": course,
        "next_phrase": course.next_phrase(Round.Kind.RATING),
        "is_finished": study.is_over,
    }
    return render(request, "facilitator/proposals.html", context)


@login_required
@require_POST
def accept_proposals(request: HttpRequest, slug: str) -> HttpResponse:
    """Compose the statements of one proposal or of several, as the page showed them; all or none."""
    study = run_study(request, slug)
    try:
        seen = _seen(request.POST.getlist("accept"))
        made = accept(study=study, actor=staff_of(request), seen=seen, reason_of=reason_words, now=database_now())
    except ValueError:
        messages.error(request, _("The proposals have changed since. Look at them again."))
    except QuestionnaireError as fault:
        messages.error(request, str(fault))
    else:
        text = ngettext(
            "%(n)d statement is in the questionnaire.", "%(n)d statements are in the questionnaire.", len(made)
        )
        messages.success(request, text % {"n": len(made)})
    return redirect("facilitator:proposals", slug)


def _seen(values: list[str]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """By vignette the options that its page proposed. Raises ValueError for anything but ids."""
    found = {}
    for value in values:
        vignette, *options = (uuid.UUID(part) for part in value.split("/"))
        found[vignette] = options
    return found
