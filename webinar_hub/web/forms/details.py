"""What a person may correct about herself."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from webinar_hub.core.language import lazy_gettext as _
from webinar_hub.documents.names import plain_name
from webinar_hub.web.forms import checks
from webinar_hub.web.forms.professions import PROFESSIONS
from webinar_hub.web.forms.zone_choices import zone_choices


class DetailsForm(FlaskForm):
    """Name, profession and zone. CSRFProtect has looked at the token before this form is made."""

    name = StringField(_("Your name"), [checks.name])
    profession = SelectField(
        _("Your profession"),
        [Optional(), checks.offered],
        choices=list(PROFESSIONS),
        validate_choice=False,
    )
    zone = SelectField(_("Your time zone"), [checks.time_zone], validate_choice=False)

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        # What somebody wrote for her long ago stays hers until she chooses another.
        known = values.get("profession", "")
        if known not in {choice.value for choice in PROFESSIONS}:
            self.profession.choices = [SelectChoice(known, known), *PROFESSIONS]
        self.zone.choices = zone_choices(*([self.zone.data] if self.zone.data else []))

    @property
    def clean_name(self) -> str:
        """The name on one line, without blanks around it."""
        return plain_name(self.name.data or "")

    @property
    def clean_zone(self) -> str:
        """The name of the zone; empty when none was sent, which the service refuses."""
        return self.zone.data or ""
