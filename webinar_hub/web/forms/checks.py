"""Checks of one typed value, raising the words that stand beside the field; each also as a validator of WTForms."""

from collections.abc import Callable

from wtforms import Field, Form, SelectField
from wtforms.validators import ValidationError

from webinar_hub.core.addresses import checked_address
from webinar_hub.core.language import gettext as _
from webinar_hub.documents.names import plain_name
from webinar_hub.rules.zones import UnknownZone, zone

LONGEST_NAME = 120
LONGEST_EMAIL = 254
_BLANKS = " \t\u00a0"


def name_typed(typed: str) -> None:
    """A name on one line. Line ends and other controls are refused and not repaired: nobody types them (A02)."""
    typed = typed.strip()
    if not typed:
        raise ValidationError(_("Write your name, as we should greet you in mails."))
    if len(typed) > LONGEST_NAME:
        raise ValidationError(_("Your name can have at most %(most)s characters.", most=LONGEST_NAME))
    if any(not sign.isprintable() and sign not in _BLANKS for sign in typed) and plain_name(typed) != typed:
        raise ValidationError(_("There is an invisible character in the name. Type it again by hand, on one line."))


def offered(form: Form, field: SelectField) -> None:
    """One of the choices. WTForms' own check of it speaks of valid choices, which helps nobody."""
    if field.data not in [choice.value for choice in field.iter_choices()]:
        raise ValidationError(_("Choose one from the list."))


def email_typed(typed: str) -> None:
    """An address that mail can reach; reserved test domains are for installations that try things out."""
    if not typed.strip():
        raise ValidationError(_("Write the e-mail address your link should go to."))
    if len(typed) > LONGEST_EMAIL:
        raise ValidationError(_("An e-mail address has at most %(most)s characters.", most=LONGEST_EMAIL))
    try:
        checked_address(typed.strip(" "), test_domains=True)
    except ValueError as problem:
        raise ValidationError(_("Write an e-mail address like name@example.com.")) from problem


def time_zone_typed(typed: str) -> None:
    """A zone of the tz database, or nothing."""
    try:
        zone(typed or "UTC")
    except UnknownZone as problem:
        raise ValidationError(_("Choose your time zone from the list.")) from problem


def _validator(check: Callable[[str], None]) -> Callable[[Form, Field], None]:
    return lambda form, field: check(field.data or "")


name, email, time_zone = map(_validator, (name_typed, email_typed, time_zone_typed))
