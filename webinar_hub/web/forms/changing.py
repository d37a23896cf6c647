"""What she types when she changes her address, hands her seat on, or takes a colleague's."""

from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired

from webinar_hub.core.language import lazy_gettext
from webinar_hub.documents.names import plain_name
from webinar_hub.web.forms import checks
from webinar_hub.web.forms.answered import AnsweredForm
from webinar_hub.web.forms.consent_boxes import ConsentBoxes
from webinar_hub.web.forms.professions import PROFESSIONS
from webinar_hub.web.forms.zone_choices import ZoneForm


class AddressForm(AnsweredForm):
    """The new address, and whether her calendar subscription moves along."""

    email = StringField(lazy_gettext("Your new e-mail address"), [checks.email])
    new_feed = BooleanField(lazy_gettext("End the address of my calendar subscription, too"))


class HandOnForm(AnsweredForm):
    """Who is to have the seat; `form_token` makes two presses one."""

    name = StringField(lazy_gettext("Your colleague's name"), [checks.name])
    email = StringField(lazy_gettext("Your colleague's e-mail address"), [checks.email])
    form_token = HiddenField()

    @property
    def clean_name(self) -> str:
        """The name on one line."""
        return plain_name(self.name.data or "")


class TakeSeatForm(ConsentBoxes, ZoneForm, AnsweredForm):
    """What the colleague says of herself, and what she checks."""

    name = StringField(lazy_gettext("Your name"), [checks.name])
    profession = SelectField(
        lazy_gettext("Your profession"),
        [InputRequired(lazy_gettext("Choose what describes you best.")), checks.offered],
        choices=list(PROFESSIONS),
        validate_choice=False,
    )
    zone = SelectField(lazy_gettext("Your time zone"), [checks.time_zone], validate_choice=False)
    bonuses = BooleanField(lazy_gettext("Bonus mails"))
    news = BooleanField(lazy_gettext("News about new webinars"))

    def __init__(self, home_zone: str, **values: Any) -> None:
        super().__init__(**values)
        self.offer_zones(home_zone)

    @property
    def clean_name(self) -> str:
        """The name on one line."""
        return plain_name(self.name.data or "")
