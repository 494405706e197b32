"""Who works on a study."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from surveys.accounts.models import User
from surveys.accounts.services import AccountError, invite_staff
from surveys.facilitator.access import colleague_on, run_study, staff_of
from surveys.facilitator.forms.study import StaffMemberForm
from surveys.pages.mails import MailNotSent, send_staff_invitation
from surveys.panels.services import PanelError, appoint_staff
from surveys.studies.models import Study, StudyStaff
from surveys.studies.queries import database_now, role_in
from surveys.studies.services import StudyError
from surveys.studies.services import remove_staff as remove_staff_service


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def staff(request: HttpRequest, slug: str) -> HttpResponse:
    """The facilitators and authors of a study, and one more by address."""
    study, actor = run_study(request, slug), staff_of(request)
    form = StaffMemberForm(request.POST or None)
    if form.is_valid():
        try:
            colleague, is_new = _join(study, actor, form)
        except (AccountError, PanelError, StudyError) as fault:
            form.add_error("email", str(fault))
        else:
            _tell(request, colleague, invited_by=actor if is_new else None)
            return redirect("facilitator:staff", study.slug)
    context = {
        "study": study,
        "form": form,
        "has_errors": bool(form.errors),
        "colleagues": StudyStaff.objects.filter(study=study).select_related("user").order_by("user__name", "pk"),
    }
    return render(request, "facilitator/staff.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _join(study: Study, actor: User, form: StaffMemberForm) -> tuple[User, bool]:
    """Find the account or make it, and let it work on the study; both or neither. True for a new account."""
    email, role = form.cleaned_data["email"], form.cleaned_data["role"]
    user = User.objects.filter(email__iexact=email).first()
    is_new = user is None
    if user is None:
        if not form.cleaned_data["name"]:
            raise AccountError(_("There is no account with this address. Fill in the name too, to invite them."))
        user = invite_staff(email=email, name=form.cleaned_data["name"], role=role, invited_by=actor)
    if not user.is_active:
        raise AccountError(_("This account is not active. An administrator can make it so."))
    if role_in(study, user) is not None:
        raise StudyError(_("%(name)s works on this study already.") % {"name": user})
    appoint_staff(study=study, actor=actor, user=user, role=role, now=database_now())
    return user, is_new


def _tell(request: HttpRequest, colleague: User, invited_by: User | None) -> None:
    if invited_by is None:
        messages.success(request, _("%(name)s now works on this study.") % {"name": colleague})
        return
    try:
        send_staff_invitation(colleague, invited_by=invited_by)
    except MailNotSent:
        messages.error(
            request,
            _("%(name)s is added, but the invitation could not be sent. An administrator can send it again.")
            % {"name": colleague},
        )
    else:
        messages.success(request, _("%(name)s is added, and invited by mail.") % {"name": colleague})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove_staff(request: HttpRequest, slug: str, user_id: int) -> HttpResponse:
    """Take somebody off the study, after asking once."""
    study, actor = run_study(request, slug), staff_of(request)
    colleague = colleague_on(study, user_id).user
    if request.method == "POST":
        try:
            remove_staff_service(study=study, actor=actor, user=colleague, now=database_now())
        except StudyError as fault:
            messages.error(request, str(fault))
            return redirect("facilitator:staff", study.slug)
        messages.success(request, _("%(name)s no longer works on this study.") % {"name": colleague})
        return redirect("facilitator:studies") if colleague == actor else redirect("facilitator:staff", study.slug)
    context = {"study": study, "colleague": colleague, "is_oneself": colleague == actor}
    return render(request, "facilitator/remove_staff.html", context)
