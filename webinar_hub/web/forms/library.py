"""Forms of Flask-Security whose choices WTForms 3.4 would no longer understand, and that offer less here."""

from typing import Any

from flask_security import TwoFactorRescueForm, TwoFactorSelectForm, TwoFactorSetupForm, WebAuthnRegisterForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice


class Ways(RadioField):
    """Radio buttons whose choices a library may write as pairs, or add pairs to."""

    @property
    def choices(self) -> list[SelectChoice] | None:
        """As WTForms wants them."""
        ways: list[Any] | None = super().choices
        if ways is not None:
            ways[:] = [SelectChoice(*each) if isinstance(each, tuple) else each for each in ways]
        return ways

    @choices.setter
    def choices(self, ways: list[Any] | None) -> None:
        RadioField.choices.fset(self, ways)


class CodesForm(TwoFactorSetupForm):
    """Codes from an app on, or off."""

    setup = Ways(
        choices=[SelectChoice("disable", "Off"), SelectChoice("authenticator", "On")], validate_choice=False
    )


class RescueForm(TwoFactorRescueForm):
    """Nobody is mailed on a button's press: recovery codes are the way out."""

    help_setup = Ways(choices=[])


class SecondForm(TwoFactorSelectForm):
    """Which second factor to use."""

    which = Ways()


class PasskeyForm(WebAuthnRegisterForm):
    """A passkey signs in by itself; it is never only the second step."""

    usage = Ways(choices=[SelectChoice("first", "Signs in")], default="first")
