"""The one door for administrators: lookup and permission together.

Whoever is no administrator gets the same 404 as for a thing that is not there. Nothing here leads to a panel.
"""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from surveys.accounts.models import User
from surveys.feedback.models import Sealing
from surveys.rounds.models import Round
from surveys.studies.models import Study


def administrator_of(request: HttpRequest) -> User:
    """Who is signed in, if that is an administrator; views of this package stand behind `login_required`."""
    if not isinstance(request.user, User) or not request.user.is_administrator:
        raise Http404
    return request.user


def account(request: HttpRequest, user_id: int) -> tuple[User, User]:
    """The administrator, and the account that the page is about."""
    return administrator_of(request), get_object_or_404(User, pk=user_id)


def studies(request: HttpRequest) -> QuerySet[Study]:
    """All studies, each with the number of its `closed_rounds`, and whether it `awaits_sealing`; newest first."""
    administrator_of(request)
    announced = Sealing.objects.filter(study=OuterRef("pk"), confirmed_at__isnull=True)
    return Study.objects.annotate(
        closed_rounds=Count("rounds", filter=Q(rounds__status=Round.Status.CLOSED)), awaits_sealing=Exists(announced)
    )


def study(request: HttpRequest, slug: str) -> tuple[User, Study]:
    """The administrator, and any study of the installation."""
    return administrator_of(request), get_object_or_404(Study.objects.select_related("protocol"), slug=slug)


def closed_rounds(study: Study) -> QuerySet[Round]:
    """The rounds whose results are frozen, in order; no other round is ever exported."""
    return Round.objects.filter(study=study, status=Round.Status.CLOSED).order_by("number")


def closed_round(study: Study, number: int) -> Round:
    """A closed round of this study by its number; 404 for an open one and for another study's."""
    return get_object_or_404(closed_rounds(study), number=number)
