"""Somebody whom the registration desk adds by hand."""

from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired

from webinar_hub.documents.names import plain_name
from webinar_hub.services.people import Added
from webinar_hub.web.forms import checks
from webinar_hub.web.forms.answered import AnsweredForm
from webinar_hub.web.forms.professions import PROFESSIONS
from webinar_hub.web.forms.zone_choices import ZoneForm


class AddedPersonForm(ZoneForm, AnsweredForm):
    """What is asked of her. CSRFProtect has looked at the token before this form is made."""

    name = StringField("Her name", [checks.name])
    email = StringField("Her e-mail address", [checks.email])
    profession = SelectField(
        "Her profession",
        [InputRequired("Choose what describes her best."), checks.offered],
        choices=list(PROFESSIONS),
        validate_choice=False,
    )
    zone = SelectField("Her time zone", [checks.time_zone], validate_choice=False)
    tell = BooleanField("Send her the confirmation with the invites now")

    def added(self) -> Added:
        """What was typed, for the service."""
        return Added(
            plain_name(self.name.data or ""), (self.email.data or "").strip(), self.profession.data,
            self.zone.data or "",
        )  # fmt: skip
