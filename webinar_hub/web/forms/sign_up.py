"""The sign-up form: one screen, no password."""

from collections.abc import Mapping

from flask_wtf.csrf import validate_csrf
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired, ValidationError

from webinar_hub.core.language import current
from webinar_hub.core.language import lazy_gettext as _later
from webinar_hub.documents.names import plain_name
from webinar_hub.services.registrations import SignUp
from webinar_hub.web.current import house
from webinar_hub.web.forms import checks, pace
from webinar_hub.web.forms.answered import AnsweredForm
from webinar_hub.web.forms.consent_boxes import ConsentBoxes, agreed
from webinar_hub.web.forms.professions import PROFESSIONS
from webinar_hub.web.forms.zone_choices import ZoneForm

STALE = _later(
    "This page was open for too long, or cookies are switched off in this browser. "
    "Nothing was lost: press the button again."
)
_OFFERED = frozenset(choice.value for choice in PROFESSIONS) - {""}


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
    news_words = agreed(typed.get("news", ""), own.news_words, own.news_said)
    bonus_words = agreed(typed.get("bonuses", ""), own.bonus_words, own.bonus_said) if own.asks_for_bonuses else ""
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


class SignUpForm(ConsentBoxes, ZoneForm, AnsweredForm):
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

    def validate(self, extra_validators: object = None) -> bool:
        """Check every field; a stale token is a problem of the page and not of what she typed."""
        is_right = bool(super().validate())
        if self.csrf_token.errors:
            self.problem = STALE
        else:
            self.problem = pace.problem(self.csrf_token.data)
        return is_right and not self.problem
