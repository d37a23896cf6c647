"""What she types when she changes her address, hands her seat on, or takes a colleague's."""

from hashlib import sha256
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired

from webinar_hub.core.errors import HubError, Invalid
from webinar_hub.core.language import gettext, lazy_gettext
from webinar_hub.documents.names import plain_name
from webinar_hub.web.current import house
from webinar_hub.web.forms import checks
from webinar_hub.web.forms.sign_up import NEWS_CHANGED, PROFESSIONS
from webinar_hub.web.forms.zone_choices import zone_choices


class AnsweredForm(FlaskForm):
    """A form that can show what a service said to it."""

    problem = ""

    def note(self, said: HubError) -> None:
        """Beside the field it names, or above the form."""
        field = said.field if isinstance(said, Invalid) else ""
        if field in self._fields:
            self._fields[field].errors = [said.message]
        else:
            self.problem = said.message


class AddressForm(AnsweredForm):
    """The new address, and whether her calendar subscription moves along."""

    email = StringField(lazy_gettext("Your new e-mail address"), [checks.email])
    new_feed = BooleanField(lazy_gettext("End the address of my calendar subscription, too"))


class HandOnForm(AnsweredForm):
    """Who is to have the seat; `once` makes two presses one."""

    name = StringField(lazy_gettext("Your colleague's name"), [checks.name])
    email = StringField(lazy_gettext("Your colleague's e-mail address"), [checks.email])
    once = HiddenField()

    @property
    def clean_name(self) -> str:
        """The name on one line."""
        return plain_name(self.name.data or "")


class TakeSeatForm(AnsweredForm):
    """What the colleague says of herself, and whether she wants news."""

    name = StringField(lazy_gettext("Your name"), [checks.name])
    profession = SelectField(
        lazy_gettext("Your profession"),
        [InputRequired(lazy_gettext("Choose what describes you best.")), checks.offered],
        choices=list(PROFESSIONS),
        validate_choice=False,
    )
    zone = SelectField(lazy_gettext("Your time zone"), [checks.time_zone], validate_choice=False)
    news = BooleanField(lazy_gettext("News about new webinars"))

    def __init__(self, home_zone: str, **values: Any) -> None:
        super().__init__(**values)
        self.zone.data = self.zone.data or home_zone
        self.zone.choices = zone_choices(home_zone, self.zone.data)

    @property
    def clean_name(self) -> str:
        """The name on one line."""
        return plain_name(self.name.data or "")

    @property
    def news_words(self) -> str:
        """What stands beside the box for news, as the owner has set it."""
        return house().news_said

    @property
    def news_version(self) -> str:
        """What a ticked box sends, so that nobody is recorded with words she has not seen."""
        return sha256(self.news_words.encode()).hexdigest()[:12]

    def validate(self, extra_validators: object = None) -> bool:
        """Every field, and that the words beside the box are those she saw."""
        is_right = bool(super().validate())
        if self.news.data and self.news.raw_data != [self.news_version]:
            self.news.data, self.news.errors, is_right = False, [gettext(NEWS_CHANGED)], False
        return is_right
