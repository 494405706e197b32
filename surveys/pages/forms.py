"""Forms of signing in, passwords and the first run."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    SetPasswordForm,
    SetPasswordMixin,
    UsernameField,
)
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import User
from surveys.pages.setup_code import is_setup_code

PASSWORD_RULE = _("At least 12 characters, not digits alone, no common password, and unlike your name and address.")


def fields_helper() -> FormHelper:
    """How crispy draws fields inside a form whose tag, token and buttons stand in the template."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    return helper


class SignInForm(AuthenticationForm):
    """Address and password. One sentence refuses whoever is unknown, mistaken or not active."""

    username = UsernameField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    error_messages = {
        "invalid_login": _("This address and this password do not belong together."),
        "inactive": _("This address and this password do not belong together."),
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.helper = fields_helper()


class PasswordResetForm(forms.Form):
    """Which account's password is forgotten."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = fields_helper()


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg]  # it takes no argument when it runs
    """A password, twice; from a link."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.helper = fields_helper()
        self.fields["new_password1"].label = _("Password")
        self.fields["new_password1"].help_text = PASSWORD_RULE
        self.fields["new_password2"].help_text = ""
        self.fields["new_password2"].label = _("The same password again")


class ChangePasswordForm(PasswordChangeForm):
    """The old password, and a new one twice."""

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.helper = fields_helper()
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["old_password"].label = _("Password until now")
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password1"].help_text = PASSWORD_RULE
        self.fields["new_password2"].help_text = ""
        self.fields["new_password2"].label = _("The new password again")


class FirstRunForm(SetPasswordMixin, forms.Form):  # type: ignore[type-arg]  # it takes no argument when it runs
    """The first administrator, and the code that proves access to the server."""

    code = forms.CharField(
        label=_("Set-up code"),
        max_length=40,
        help_text=_("Printed when the server started; it also lies in the file setup_code of its data folder."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password1, password2 = SetPasswordMixin.create_password_fields(
        label1=_("Password"), label2=_("The same password again")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = fields_helper()
        self.fields["password1"].help_text = PASSWORD_RULE
        self.fields["password2"].help_text = ""

    def clean_code(self) -> str:
        """Refuse a code that this server did not make."""
        code = str(self.cleaned_data["code"])
        if not is_setup_code(code):
            raise ValidationError(_("This is not the set-up code of this server."))
        return code

    def clean(self) -> dict[str, Any]:
        """Check the two passwords against each other and against what is easily guessed."""
        self.validate_passwords("password1", "password2")
        person = User(email=self.cleaned_data.get("email", ""), name=self.cleaned_data.get("name", ""))
        self.validate_password_for_user(person, "password1")
        return self.cleaned_data
