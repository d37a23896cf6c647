"""The sign-up form: one screen, no password."""

from collections.abc import Mapping
from hashlib import sha256
from typing import NamedTuple

from flask_wtf import FlaskForm
from flask_wtf.csrf import validate_csrf
from wtforms import BooleanField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, ValidationError

from webinar_hub.core.language import current
from webinar_hub.core.language import lazy_gettext as _later
from webinar_hub.documents.names import plain_name
from webinar_hub.rules.house import BONUS_WORDS, NEWS_WORDS
from webinar_hub.services.registrations import SignUp
from webinar_hub.web.current import house
from webinar_hub.web.forms import checks, pace
from webinar_hub.web.forms.zone_choices import zone_choices

NEWS_CHANGED = _later(
    "The words beside this box have changed since you opened the page. Read them, and check it again."
)
STALE = _later(
    "This page was open for too long, or cookies are switched off in this browser. "
    "Nothing was lost: press the button again."
)
PROFESSIONS = (
    SelectChoice("", _later("Choose one")),
    SelectChoice("OT", _later("Occupational therapist (OT)")),
    SelectChoice("OTA", _later("Occupational therapy assistant (OTA)")),
    SelectChoice("PT", _later("Physical therapist (PT)")),
    SelectChoice("PTA", _later("Physical therapist assistant (PTA)")),
    SelectChoice("SLP", _later("Speech-language pathologist (SLP)")),
    SelectChoice("Nurse", _later("Nurse")),
    SelectChoice("LMT", _later("Massage therapist (LMT)")),
    SelectChoice("Parent", _later("Parent or caregiver")),
    SelectChoice("Other", _later("Something else")),
)

_OFFERED = frozenset(choice.value for choice in PROFESSIONS) - {""}
_UNTICKED = ("", "false", "False")


def is_by_robot(typed: Mapping[str, str]) -> bool:
    """Whether the field nobody sees was filled in."""
    return bool(typed.get("leave_empty"))


def read(typed: Mapping[str, str], *, page: str, source: str = "") -> SignUp | None:
    """What was typed, for the service; None where a form has to say what is wrong with it.

    Making the fields of a form takes longer than checking what is in them, and most sign-ups are right. Whatever
    is not passes the same checks again in SignUpForm, beside its field.
    """
    name, email, profession = (typed.get(field, "") for field in ("name", "email", "profession"))
    try:
        validate_csrf(typed.get("csrf_token"))
        checks.name_typed(name)
        checks.email_typed(email)
        checks.time_zone_typed(typed.get("zone", ""))
    except ValidationError:
        return None
    own = house()
    if profession not in _OFFERED or pace.problem(typed["csrf_token"]):
        return None
    news_words = _ticked(typed.get("news", ""), own.news_words, own.news_said)
    bonus_words = _ticked(typed.get("bonuses", ""), own.bonus_words, own.bonus_said) if own.asks_for_bonuses else ""
    if news_words is None or bonus_words is None:
        return None
    return SignUp(
        name=plain_name(name),
        email=email.strip(),
        profession=profession,
        zone=typed.get("zone", ""),
        news_words=news_words,
        page=page,
        source=source,
        language=current(),
        bonus_words=bonus_words if own.asks_for_bonuses else None,
    )


def _ticked(sent: str, words: str, said: str) -> str | None:
    """The words that stood beside a box, as they are `said` in her language: "" where it was left empty.

    None where others stood there.
    """
    if sent in _UNTICKED:
        return ""
    return said if sent == _version(words) else None


def _version(words: str) -> str:
    """What a ticked box sends, so that nobody is recorded with words she has not seen."""
    return "y" if words in (NEWS_WORDS, BONUS_WORDS) else sha256(words.encode()).hexdigest()[:12]


class Box(NamedTuple):
    """A box of the form, what stands beside it, and what it sends when it is ticked."""

    field: BooleanField
    words: str
    version: str


class SignUpForm(FlaskForm):
    """What is asked; the token against forged requests is checked like a field, so that nothing typed is lost."""

    name = StringField(_later("Your name"), [checks.name])
    email = StringField(_later("Your e-mail address"), [checks.email])
    profession = SelectField(
        _later("Your profession"),
        [InputRequired(_later("Choose what describes you best.")), checks.offered],
        choices=list(PROFESSIONS),
        validate_choice=False,
    )
    zone = SelectField(_later("Your time zone"), [checks.time_zone], validate_choice=False)
    bonuses = BooleanField(_later("Bonus mails"))
    news = BooleanField(_later("News about new webinars"))
    leave_empty = StringField(_later("Leave this field empty"))
    code = StringField(_later("Access code"))

    problem = ""

    def offer_zones(self, home_zone: str) -> None:
        """Fill the list of zones, before the form is shown; the cohort's is chosen until she chooses."""
        self.zone.data = self.zone.data or home_zone
        self.zone.choices = zone_choices(home_zone, self.zone.data)

    @property
    def boxes(self) -> list[Box]:
        """The boxes nobody has to check, each with the words beside it."""
        own = house()
        boxes = [Box(self.bonuses, own.bonus_said, _version(own.bonus_words))] if own.asks_for_bonuses else []
        return [*boxes, Box(self.news, own.news_said, _version(own.news_words))]

    def note(self, field: str, message: str) -> None:
        """Show what a service said: beside the field it names, or above the form."""
        if field in self._fields:
            self._fields[field].errors = [message]
        else:
            self.problem = message

    def validate(self, extra_validators: object = None) -> bool:
        """Check every field; a stale token is a problem of the page and not of what she typed."""
        is_right = bool(super().validate())
        if self.csrf_token.errors:
            self.problem = STALE
        else:
            self.problem = pace.problem(self.csrf_token.data)
        for box in self.boxes:
            if box.field.data and box.field.raw_data != [box.version]:
                box.field.data, box.field.errors, is_right = False, [NEWS_CHANGED], False
        return is_right and not self.problem
