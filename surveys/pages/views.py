"""Signing in and out, passwords, the first run, help, and the way from the front door to where somebody works."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordResetConfirmView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from surveys.accounts.models import User
from surveys.accounts.queries import active_account, no_account_yet
from surveys.accounts.services import AccountError, NotFirst, create_first_administrator
from surveys.pages import limits
from surveys.pages.forms import ChangePasswordForm, FirstRunForm, NewPasswordForm, PasswordResetForm, SignInForm
from surveys.pages.mails import send_password_reset_later
from surveys.pages.setup_code import forget_setup_code

MINUTES_5, MINUTES_10, HOUR = dt.timedelta(minutes=5), dt.timedelta(minutes=10), dt.timedelta(hours=1)

FROM_ONE_NETWORK = 20
"""Failed sign-ins in five minutes."""

INTO_ONE_ACCOUNT = 300
"""Failed sign-ins in an hour, from everywhere: more than one network has, or it alone would lock a colleague out."""


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send everybody to where they work."""
    if isinstance(request.user, User):
        return redirect("administrator:staff" if request.user.is_administrator else "facilitator:studies")
    return redirect("pages:first_run" if no_account_yet() else "pages:sign_in")


class SignIn(LoginView):
    """Django's own sign-in, with our form and a limit on what fails."""

    authentication_form = SignInForm
    template_name = "pages/sign_in.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign somebody in. A try counts when it begins, so that many at once cannot slip through."""
        address = request.POST.get("username", "") or "-"
        by_network = limits.allow(request, "sign-in", most=FROM_ONE_NETWORK, per=MINUTES_5)
        if not (by_network and limits.allow(request, "sign-in", most=INTO_ONE_ACCOUNT, per=HOUR, address=address)):
            return limits.refuse(request)
        response = super().post(request, *args, **kwargs)
        if request.user.is_authenticated:
            limits.give_back(request, "sign-in", per=MINUTES_5)
            limits.give_back(request, "sign-in", per=HOUR, address=address)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say in the title when the form was refused."""
        context = super().get_context_data(**kwargs)
        return {**context, "has_errors": bool(context["form"].errors)}


sign_in = SignIn.as_view()
sign_out = LogoutView.as_view()


@require_http_methods(["GET", "HEAD", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """Mail a link that sets a new password, with the same answer at the same time for known and unknown addresses."""
    form = PasswordResetForm(request.POST or None)
    if not (request.method == "POST" and form.is_valid()):
        return render(request, "pages/password_reset.html", {"form": form, "has_errors": bool(form.errors)})
    email = form.cleaned_data["email"]
    by_network = limits.allow(request, "password-reset", most=10, per=MINUTES_10)
    if not (by_network and limits.allow(request, "password-reset", most=5, per=HOUR, address=email)):
        return limits.refuse(request)
    send_password_reset_later(active_account(email))
    return redirect("pages:password_reset_sent")


@require_safe
def password_reset_sent(request: HttpRequest) -> HttpResponse:
    """What happens next, whether or not the address is known."""
    return render(request, "pages/password_reset_sent.html")


class SetPassword(PasswordResetConfirmView):
    """Choose a password through a link that works once; for forgotten passwords and for new accounts."""

    form_class = NewPasswordForm
    template_name = "pages/set_password.html"
    success_url = reverse_lazy("pages:sign_in")

    def get_user(self, uidb64: str) -> User | None:
        """The account of the link, unless it was deactivated since."""
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        """Say on the sign-in page that the password is set."""
        messages.success(self.request, _("Your password is set. Sign in with it."))
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Say in the title when the form was refused, or the link is worth nothing any more."""
        context = super().get_context_data(**kwargs)
        form = context["form"]
        refused = not context["validlink"] or bool(form and form.errors)
        return {**context, "has_errors": refused, "account": self.user if context["validlink"] else None}


set_password = SetPassword.as_view()
welcome = SetPassword.as_view(template_name="pages/welcome.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def account(request: HttpRequest) -> HttpResponse:
    """Change one's own password; every other session of the account ends."""
    if not isinstance(request.user, User):
        raise Http404
    form = ChangePasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, _("Your password is changed. You are signed out everywhere else."))
        return redirect("pages:account")
    return render(request, "pages/account.html", {"form": form, "has_errors": bool(form.errors)})


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
def first_run(request: HttpRequest) -> HttpResponse:
    """Make the first administrator; there is no such page once there is any account."""
    if not no_account_yet():
        raise Http404
    if request.method == "POST" and not limits.allow(request, "first-run", most=10, per=MINUTES_5):
        return limits.refuse(request)
    form = FirstRunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = _first_administrator(form)
        if made is not None:
            forget_setup_code()
            login(request, made)
            return redirect("administrator:staff")
    return render(request, "pages/first_run.html", {"form": form, "has_errors": bool(form.errors)})


def _first_administrator(form: FirstRunForm) -> User | None:
    """The account; None where the form was found at fault after all. Raises Http404 for whoever came second."""
    given = form.cleaned_data
    try:
        return create_first_administrator(email=given["email"], name=given["name"], password=given["password1"])
    except NotFirst as fault:
        raise Http404 from fault
    except AccountError as fault:
        form.add_error(None, str(fault))
        return None


@require_safe
def help(request: HttpRequest) -> HttpResponse:  # noqa: A001  one word for address, view and template
    """How a study goes, how the scale and the rule work, and who can see what; for everybody."""
    return render(request, "pages/help.html")
