"""Staff accounts. Panelists have personal links, never an account here."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """The account with this address, however it is capitalised. Raises User.DoesNotExist."""
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A member of staff: administrator, facilitator or author."""

    class Role(models.TextChoices):
        ADMINISTRATOR = "administrator", _("Administrator")
        FACILITATOR = "facilitator", _("Facilitator")
        AUTHOR = "author", _("Author")

    email = models.EmailField(_("e-mail address"), max_length=254)
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.FACILITATOR)
    is_active = models.BooleanField(_("may sign in"), default=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="accounts_one_account_an_address",
                violation_error_message=_("There is already an account with this address."),
            ),
        )

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_administrator(self) -> bool:
        return self.role == self.Role.ADMINISTRATOR

    @property
    def may_create_studies(self) -> bool:
        return self.role == self.Role.FACILITATOR
