"""Forms of the administration."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from surveys.accounts.models import User
from surveys.pages.forms import fields_helper

# At run time Django's forms take no such brackets.
if TYPE_CHECKING:
    _UserForm = forms.ModelForm[User]
else:
    _UserForm = forms.ModelForm


class InvitationForm(_UserForm):
    """Whom to invite, and as what."""

    class Meta:
        model = User
        fields = ("name", "email", "role")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "off"}),
            "email": forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
        }
        help_texts = {
            "email": _("The link with which they choose a password goes there."),
            "role": _(
                "Facilitators run studies, authors help to write their questionnaires, "
                "administrators manage accounts and exports."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = fields_helper()


class RoleForm(forms.Form):
    """Another role for somebody."""

    role = forms.ChoiceField(label=_("Role"), choices=User.Role.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = fields_helper()
