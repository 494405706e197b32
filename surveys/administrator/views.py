"""Accounts of staff, exports of closed rounds, and the second person of a sealing.

No page here shows a panel, or who answered what.
"""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.accounts import services as accounts
from surveys.accounts.models import User
from surveys.accounts.queries import Standing, staff_member, staff_members
from surveys.accounts.services import AccountError
from surveys.administrator import access
from surveys.administrator.forms import InvitationForm, RoleForm
from surveys.exports.certificates import certificate_file
from surveys.exports.files import CONTENT_TYPES, export_file, verifier_file
from surveys.pages.attachments import attached
from surveys.pages.mails import MailNotSent, send_staff_invitation
from surveys.pages.sealing import CopiesForm, certificate_in, confirmed, dataset_attachment, sealing_on_page
from surveys.rounds.models import Round
from surveys.studies.models import Study
from surveys.studies.queries import EXPORTED, database_now
from surveys.studies.services import StudyError, change_staff_role, note_export


@login_required
@require_safe
def staff(request: HttpRequest) -> HttpResponse:
    """Everybody with an account."""
    access.administrator_of(request)
    return render(request, "administrator/staff.html", {"members": staff_members(), "tab": "staff"})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Make an account, and mail its owner the link that sets a password."""
    administrator = access.administrator_of(request)
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            invited = accounts.invite_staff(
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                role=form.cleaned_data["role"],
                invited_by=administrator,
            )
        except AccountError as fault:
            form.add_error(None, str(fault))
        else:
            _mail_invitation(request, invited, administrator)
            return redirect("administrator:staff")
    context = {"form": form, "has_errors": bool(form.errors), "tab": "staff"}
    return render(request, "administrator/invite.html", context)


def _mail_invitation(request: HttpRequest, invited: User, administrator: User) -> None:
    """Mail the link, and say how that went; an account whose mail failed stays, to be mailed again."""
    try:
        send_staff_invitation(invited, invited_by=administrator)
    except MailNotSent:
        refusal = _(
            "The mail server did not take the invitation to %(email)s; the account is there, send it again later."
        )
        messages.error(request, refusal % {"email": invited.email})
    else:
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invited.email})


@login_required
@require_safe
def account(request: HttpRequest, user_id: int) -> HttpResponse:
    """One account, and what an administrator may do with it."""
    administrator, user = access.account(request, user_id)
    context = {
        "member": staff_member(user),
        "standings": Standing,
        "is_own": user.pk == administrator.pk,
        "form": RoleForm(initial={"role": user.role}),
        "tab": "staff",
    }
    return render(request, "administrator/account.html", context)


@login_required
@require_POST
def send_invitation(request: HttpRequest, user_id: int) -> HttpResponse:
    """Mail the invitation again; the links of earlier ones are void."""
    administrator, user = access.account(request, user_id)
    try:
        accounts.renew_invitation(user=user)
    except AccountError as fault:
        messages.error(request, str(fault))
    else:
        _mail_invitation(request, user, administrator)
    return redirect("administrator:account", user.pk)


@login_required
@require_POST
def deactivate(request: HttpRequest, user_id: int) -> HttpResponse:
    """Keep somebody out from now on."""
    administrator, user = access.account(request, user_id)
    try:
        accounts.deactivate(user=user, deactivated_by=administrator)
    except AccountError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("%(name)s can no longer sign in, and is signed out everywhere.") % {"name": user})
    return redirect("administrator:account", user.pk)


@login_required
@require_POST
def reactivate(request: HttpRequest, user_id: int) -> HttpResponse:
    """Let somebody in again."""
    administrator, user = access.account(request, user_id)
    try:
        accounts.reactivate(user=user, reactivated_by=administrator)
    except AccountError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("%(name)s can sign in again.") % {"name": user})
    return redirect("administrator:account", user.pk)


@login_required
@require_POST
def change_role(request: HttpRequest, user_id: int) -> HttpResponse:
    """Give somebody another role."""
    administrator, user = access.account(request, user_id)
    try:
        change_staff_role(user=user, role=request.POST.get("role", ""), changed_by=administrator)
    except (AccountError, StudyError) as fault:
        messages.error(request, str(fault))
    else:
        shown = {"name": user, "role": user.get_role_display()}
        messages.success(request, _("%(name)s has the role %(role)s now.") % shown)
    return redirect("administrator:account", user.pk)


@login_required
@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    """All studies of the installation."""
    return render(request, "administrator/studies.html", {"studies": access.studies(request), "tab": "studies"})


@login_required
@require_safe
def study(request: HttpRequest, slug: str) -> HttpResponse:
    """The exports of one study."""
    _administrator, study = access.study(request, slug)
    rounds = list(access.closed_rounds(study))
    context = {"study": study, "rounds": rounds, "forms": list(CONTENT_TYPES), "tab": "studies"}
    return render(request, "administrator/study.html", context)


@login_required
@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The program that checks a JSON export, alone; every archive holds it as well."""
    access.administrator_of(request)
    return attached(verifier_file())


@login_required
@require_safe
def export_study(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """A file with every closed round of a study."""
    administrator, study = access.study(request, slug)
    return _export(administrator, study, form, None)


@login_required
@require_safe
def export_round(request: HttpRequest, slug: str, number: int, form: str) -> HttpResponse:
    """A file with one closed round."""
    administrator, study = access.study(request, slug)
    return _export(administrator, study, form, access.closed_round(study, number))


def _export(administrator: User, study: Study, form: str, round: Round | None) -> HttpResponse:
    """The file, written for this request alone and recorded in the study's audit chain. 404 for an unknown form."""
    try:
        file = export_file(study, form=form, round=round)
    except ValueError as fault:
        raise Http404 from fault
    detail = {"form": form, "round": round.number if round else None}
    note_export(study=study, actor=administrator, action=EXPORTED, detail=detail, now=database_now())
    return attached(file)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sealing(request: HttpRequest, slug: str) -> HttpResponse:
    """Where the sealing of a study stands; a POST confirms it as the second person."""
    administrator, study = access.study(request, slug)
    now = database_now()
    form = CopiesForm(request.POST) if request.method == "POST" else CopiesForm.from_day(now)
    if form.is_bound and confirmed(form, study=study, user=administrator, now=now):
        messages.success(request, _("The study is sealed."))
        return redirect("administrator:sealing", study.slug)
    context: dict[str, Any] = {
        "study": study,
        "sealing": sealing_on_page(study, administrator, now),
        "form": form,
        "has_errors": form.is_bound,
        "confirm": reverse("administrator:sealing", args=[study.slug]),
        "certificate": reverse("administrator:certificate", args=[study.slug]),
        "dataset": reverse("administrator:dataset", args=[study.slug, "csv"]),
        "dataset_json": reverse("administrator:dataset", args=[study.slug, "json"]),
        "tab": "studies",
    }
    return render(request, "administrator/sealing.html", context, status=422 if form.is_bound else 200)


@login_required
@require_safe
def certificate(request: HttpRequest, slug: str) -> HttpResponse:
    """The seal certificate, to read and to print; 404 before the key is destroyed."""
    _administrator, study = access.study(request, slug)
    context = {"study": study, "certificate": certificate_in(study), "tab": "studies"}
    context["certificate_json"] = reverse("administrator:certificate_file", args=[study.slug])
    return render(request, "administrator/certificate.html", context)


@login_required
@require_safe
def certificate_json(request: HttpRequest, slug: str) -> HttpResponse:
    """The seal certificate as JSON; 404 before the key is destroyed."""
    _administrator, study = access.study(request, slug)
    return attached(certificate_file(certificate_in(study)))


@login_required
@require_safe
def dataset(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The dataset with a row for each panelist, recorded in the audit chain; 404 where there is none."""
    administrator, study = access.study(request, slug)
    return dataset_attachment(study, administrator, form, database_now())
