"""The forms by which staff come in and change their account: shape and types, the password's rules included."""

from typing import Any

from flask import current_app
from flask_security import Security, hash_password
from flask_wtf import FlaskForm
from wtforms import Field, Form, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from webinar_hub.documents.names import plain_name
from webinar_hub.rules.coming_in import EVERYWHERE
from webinar_hub.rules.staff import Role
from webinar_hub.web.forms import checks
from webinar_hub.web.forms.zone_choices import zone_choices

LONGEST_PASSWORD = 200
"""Characters: hashing more would only keep the machine busy."""


def a_new_password(form: Form, field: Field) -> None:
    """One that may be chosen; it is hashed as the sign-in will read it."""
    security: Security = current_app.extensions["security"]
    if len(field.data or "") > LONGEST_PASSWORD:
        raise ValidationError(f"A password can have at most {LONGEST_PASSWORD} characters.")
    problems, form.normal_password = security.password_util.validate(field.data or "", True)
    if problems:
        raise ValidationError(str(problems[0]))


class _ZonedForm(FlaskForm):
    """Offers the zones of the world."""

    zone: SelectField

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.zone.choices = zone_choices(*([self.zone.data] if self.zone.data else []))

    @property
    def clean_zone(self) -> str:
        """The name of the zone."""
        return self.zone.data or "UTC"


class _PasswordForm(FlaskForm):
    normal_password = ""

    @property
    def hashed_password(self) -> str:
        """Takes a twentieth of a second: ask before the transaction begins."""
        return str(hash_password(self.normal_password))


class NewPasswordForm(_PasswordForm):
    """A new password, once: whoever wants to can look at it."""

    password = PasswordField("New password", [a_new_password])


class AccountForm(_ZonedForm):
    """Name and zone."""

    name = StringField("Your name", [checks.name])
    zone = SelectField("Your time zone", [checks.time_zone], validate_choice=False)

    @property
    def clean_name(self) -> str:
        """On one line."""
        return plain_name(self.name.data or "")


class WelcomeForm(AccountForm, _PasswordForm):
    """What somebody who was invited says of herself."""

    password = PasswordField("Choose a password", [a_new_password])

    @property
    def answers(self) -> dict[str, Any]:
        """What the service asks for."""
        return {"name": self.clean_name, "zone": self.clean_zone, "password": self.hashed_password}


class OwnerForm(WelcomeForm):
    """What the first owner says of herself."""

    email = StringField("Your e-mail address", [checks.email])

    @property
    def answers(self) -> dict[str, Any]:
        """With the address."""
        return super().answers | {"email": self.email.data or ""}


class AddressForm(FlaskForm):
    """An address to write to."""

    email = StringField("Your e-mail address", [checks.email])


class InvitationForm(FlaskForm):
    """Whom to invite, as what, for which webinar."""

    email = StringField("E-mail address", [checks.email])
    role = SelectField("Role", [checks.offered], validate_choice=False)
    where = SelectField("For", [checks.offered], validate_choice=False)

    def offer(self, webinars: list[tuple[str, str]]) -> None:
        """Fill the lists; `webinars` are ids and titles."""
        self.role.choices = [SelectChoice(role.value, role.value.capitalize()) for role in Role]
        self.role.data = self.role.data or Role.ORGANIZER.value
        self.where.choices = [
            SelectChoice(EVERYWHERE, "Every webinar"),
            *(SelectChoice(*each) for each in webinars),
        ]
        self.where.data = self.where.data or EVERYWHERE
