"""The one door to studies for facilitators and authors: lookup and permission together.

Whoever may not reach a thing gets the same 404 as for a thing that is not there.
"""

import uuid

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from surveys.accounts.models import User
from surveys.feedback.models import Comment
from surveys.meetings.models import Decision, Meeting, PresentationFile, PresentationLink
from surveys.panels.models import Panelist
from surveys.rounds.models import Round
from surveys.rounds.queries import rounds_of
from surveys.studies.models import Study, StudyStaff
from surveys.studies.queries import role_in
from surveys.vignettes.models import Option, Statement, Vignette
from surveys.vignettes.queries import Item

WRITERS = (StudyStaff.Role.FACILITATOR, StudyStaff.Role.AUTHOR)


def staff_of(request: HttpRequest) -> User:
    """Who is signed in; views of this package stand behind `login_required`."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def writer(request: HttpRequest) -> User:
    """Who is signed in, where the account may work on studies; 404 for administrators."""
    user = staff_of(request)
    if user.is_administrator:
        raise Http404
    return user


def study_creator(request: HttpRequest) -> User:
    """Who is signed in, where the account may create studies; 404 for others."""
    user = staff_of(request)
    if not user.may_create_studies:
        raise Http404
    return user


def run_study(request: HttpRequest, slug: str) -> Study:
    """The study, for its facilitators alone."""
    return _study(request, slug, (StudyStaff.Role.FACILITATOR,))


def write_study(request: HttpRequest, slug: str) -> Study:
    """The study, for its facilitators and its authors: the questionnaire, and nothing of the panel or the rounds."""
    return _study(request, slug, WRITERS)


def _study(request: HttpRequest, slug: str, roles: tuple[str, ...]) -> Study:
    study = get_object_or_404(Study.objects.select_related("protocol"), slug=slug)
    if role_in(study, staff_of(request)) not in roles:
        raise Http404
    return study


def round_in(study: Study, number: int) -> Round:
    """A round of this study that was not cancelled, by its number; 404 for another study's."""
    round = get_object_or_404(rounds_of(study), number=number)
    round.study = study
    return round


def panelist_in(study: Study, panelist_id: uuid.UUID) -> Panelist:
    """A panelist of this study; 404 for another study's."""
    return get_object_or_404(Panelist.objects.select_related("study"), study=study, pk=panelist_id)


def vignette_in(study: Study, vignette_id: uuid.UUID) -> Vignette:
    """A vignette of this study; 404 for another study's."""
    return get_object_or_404(Vignette, study=study, pk=vignette_id)


def option_in(study: Study, option_id: uuid.UUID) -> Option:
    """An option of this study; 404 for another study's."""
    return get_object_or_404(Option, study=study, pk=option_id)


def statement_in(study: Study, statement_id: uuid.UUID) -> Statement:
    """A statement of this study; 404 for another study's."""
    return get_object_or_404(Statement.objects.select_related("vignette"), vignette__study=study, pk=statement_id)


def comment_in(round: Round, comment_id: uuid.UUID) -> Comment:
    """A comment of a closed round; 404 for another round's."""
    comments = Comment.objects.select_related("asked", "theme", "vignette__round__study")
    return get_object_or_404(comments, vignette__round=round, pk=comment_id)


def evidence_file_in(study: Study, file_id: uuid.UUID) -> PresentationFile:
    """A file of this study's evidence; 404 for another study's."""
    files = PresentationFile.objects.select_related("presentation__option__study")
    return get_object_or_404(files, presentation__option__study=study, pk=file_id)


def evidence_link_in(study: Study, link_id: uuid.UUID) -> PresentationLink:
    """A link of this study's evidence; 404 for another study's."""
    links = PresentationLink.objects.select_related("presentation__option__study")
    return get_object_or_404(links, presentation__option__study=study, pk=link_id)


def meeting_in(study: Study, number: int) -> Meeting:
    """A meeting of this study, by its number; 404 for another study's."""
    return get_object_or_404(Meeting.objects.select_related("study"), study=study, number=number)


def decision_in(meeting: Meeting, decision_id: uuid.UUID) -> Decision:
    """A decision of this meeting; 404 for another meeting's."""
    return get_object_or_404(Decision.objects.select_related("meeting__study"), meeting=meeting, pk=decision_id)


def colleague_on(study: Study, user_id: int) -> StudyStaff:
    """Somebody who works on this study; 404 for anybody else."""
    return get_object_or_404(StudyStaff.objects.select_related("user"), study=study, user__pk=user_id)


def item_in(study: Study, kind: str, item_id: uuid.UUID) -> Item:
    """A vignette, option or statement of this study, by the plural that addresses name its kind with; else 404."""
    if kind == "vignettes":
        return vignette_in(study, item_id)
    if kind == "options":
        return option_in(study, item_id)
    if kind == "statements":
        return statement_in(study, item_id)
    raise Http404
