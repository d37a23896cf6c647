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
from webinar_hub.web.forms.sign_up import NEWS_CHANGED, PROFESSIONS, Box
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
    """What the colleague says of herself, and what she ticks."""

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
        self.zone.data = self.zone.data or home_zone
        self.zone.choices = zone_choices(home_zone, self.zone.data)

    @property
    def clean_name(self) -> str:
        """The name on one line."""
        return plain_name(self.name.data or "")

    @property
    def boxes(self) -> list[Box]:
        """The boxes nobody has to check, each with the words beside it, as the owner has set them."""
        own = house()
        asked = [(self.bonuses, own.bonus_said)] if own.asks_for_bonuses else []
        return [Box(field, words, _version(words)) for field, words in (*asked, (self.news, own.news_said))]

    def words_of(self, field: BooleanField) -> str | None:
        """The words beside a box that is ticked, "" for one that is not, None for one that is not there."""
        box = next((box for box in self.boxes if box.field is field), None)
        return None if box is None else box.words if field.data else ""

    def validate(self, extra_validators: object = None) -> bool:
        """Every field, and that the words beside each box are those she saw."""
        is_right = bool(super().validate())
        for box in self.boxes:
            if box.field.data and box.field.raw_data != [box.version]:
                box.field.data, box.field.errors, is_right = False, [gettext(NEWS_CHANGED)], False
        return is_right


def _version(words: str) -> str:
    """What a ticked box sends, so that nobody is recorded with words she has not seen."""
    return sha256(words.encode()).hexdigest()[:12]
