"""Forms of the studio for bonuses and for what is in the library; what a moment means is for rules and services."""

from datetime import datetime, time
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, Form, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from webinar_hub.documents.when import when_in
from webinar_hub.queries.drops import Anchor, DropForm
from webinar_hub.rules.cohort_file.checks import readable, web_address
from webinar_hub.rules.cohort_file.sections import SENTENCE, SHORT_TEXT, TITLE
from webinar_hub.rules.own_clock import LEAST_DAYS
from webinar_hub.services.drops import After, OnOwnClock, Wish
from webinar_hub.services.materials import Words

FIXED, FOLLOWS, OWN = "fixed", "follows", "own"
MOST_DAYS = 366
LONGEST_HANDOUT = 20_000
"""Characters: about eight pages. A form may have 64 kB, in which a letter outside ASCII takes six bytes."""


def _title(form: Form, field: Field) -> None:
    _readable(field, longest=TITLE)
    if not _typed(field).strip():
        raise ValidationError("Write a title, as people will read it.")


def _sentence(form: Form, field: Field) -> None:
    _readable(field, longest=SENTENCE)


def _paragraphs(form: Form, field: Field) -> None:
    _readable(field, longest=SHORT_TEXT, paragraphs=True)


def _pages(form: Form, field: Field) -> None:
    _readable(field, longest=LONGEST_HANDOUT, paragraphs=True)
    if not _typed(field).strip():
        raise ValidationError("Write the text of the hand-out first.")


def _readable(field: Field, *, longest: int, paragraphs: bool = False) -> None:
    try:
        readable(_typed(field), longest=longest, paragraphs=paragraphs)
    except ValueError as problem:
        raise ValidationError(str(problem)) from problem


def _address(form: Form, field: Field) -> None:
    try:
        web_address(_typed(field).strip())
    except ValueError as problem:
        raise ValidationError(str(problem)) from problem


def _typed(field: Field) -> str:
    """What was typed, its line ends as they are kept."""
    return (field.data or "").replace("\r\n", "\n")


class BonusForm(FlaskForm):
    """A bonus and its moment. CSRFProtect has looked at the token before this form is made."""

    title = StringField("Title", [_title])
    note = TextAreaField("A word about it", [_paragraphs])
    surprise = BooleanField("It is a surprise: until it opens, people see only that there will be one")
    when = StringField("When does it open?")
    release = StringField("Day and time")
    session = SelectField("Session", validate_choice=False)
    days = StringField("Days after it")
    at = StringField("Time of day")
    own_days = StringField("Days after she came in")
    own_at = StringField("Time of day")
    also_past = BooleanField("Whoever has been here for longer already gets it, too, at once")
    version = StringField()
    confirmed = StringField()

    def __init__(self, sessions: list[Anchor], zone: str, stored: DropForm | None = None) -> None:
        super().__init__(data=_of(stored) if stored else {"when": FIXED, "days": "1", "own_days": "1"})
        self.session.choices = [
            SelectChoice(one.key, f"{one.title} ({when_in(one.starts_at, zone)})") for one in sessions
        ]
        self.version.data = self.version.data or "0"

    def validate_release(self, field: Field) -> None:
        """A day and a time, where that is what was chosen."""
        if self.when.data == FIXED and _moment(field.data) is None:
            raise ValidationError("Choose the day and the time at which it opens.")

    def validate_when(self, field: Field) -> None:
        """One of the three."""
        if field.data not in (FIXED, FOLLOWS, OWN):
            raise ValidationError("Choose when it opens.")

    def validate_days(self, field: Field) -> None:
        """Whole days, where it follows a session."""
        if self.when.data == FOLLOWS and _number(field.data) not in range(MOST_DAYS + 1):
            raise ValidationError(f"Write a number of days from 0 to {MOST_DAYS}; 0 is the day of the session.")

    def validate_at(self, field: Field) -> None:
        """A time of day, or nothing: the hour at which the session ends."""
        if self.when.data == FOLLOWS and (field.data or "").strip() and _clock(field.data) is None:
            raise ValidationError("Write a time like 08:00, or leave it empty for the hour the session ends.")

    def validate_own_days(self, field: Field) -> None:
        """Whole days, where it opens on each one's own clock."""
        if self.when.data == OWN and _number(field.data) not in range(LEAST_DAYS, MOST_DAYS + 1):
            raise ValidationError(f"Write a number of days from {LEAST_DAYS} to {MOST_DAYS}.")

    def validate_own_at(self, field: Field) -> None:
        """A time of day, or nothing: the minute at which she came in."""
        if self.when.data == OWN and (field.data or "").strip() and _clock(field.data) is None:
            raise ValidationError("Write a time like 08:00, or leave it empty for the minute at which she came in.")

    @property
    def wish(self) -> Wish:
        """What she wants it to be; only of a form that was found valid."""
        follows = After(self.session.data or "", _number(self.days.data), _clock(self.at.data))
        fixed = _moment(self.release.data)
        own = OnOwnClock(_number(self.own_days.data), _clock(self.own_at.data), bool(self.also_past.data))
        release = {OWN: own, FIXED: fixed or follows}.get(self.when.data or "", follows)
        return Wish(_typed(self.title).strip(), _typed(self.note).strip(), bool(self.surprise.data), release)

    @property
    def seen(self) -> int:
        """The version of the row that the form was made from."""
        return _number(self.version.data)

    def refuse(self, field: str, message: str) -> None:
        """Say beside a field what a service found."""
        named = {"release": "release" if self.when.data == FIXED else "at"}.get(field, field)
        self[named].errors = [*self[named].errors, message]


class WordsForm(FlaskForm):
    """What people read of a file."""

    title = StringField("Title", [_title])
    description = StringField("A sentence about it", [_sentence])
    version = StringField()

    @property
    def words(self) -> Words:
        """Cleaned, as they are kept."""
        return Words(_typed(self.title).strip(), _typed(self.description).strip())

    @property
    def seen(self) -> int:
        """The version of the row that the form was made from."""
        return _number(self.version.data)


class HandoutForm(FlaskForm):
    """A hand-out that is written here and printed."""

    title = StringField("Title", [_title])
    text = TextAreaField("Text", [_pages])

    @property
    def clean_title(self) -> str:
        """As it is printed at the top."""
        return _typed(self.title).strip()

    @property
    def markdown(self) -> str:
        """The text as it is kept."""
        return _typed(self.text).strip()

    def refuse(self, message: str) -> None:
        """Say beside the text what printing found."""
        self.text.errors = [*self.text.errors, message]


class LinkForm(WordsForm):
    """A material that is somewhere else."""

    link = StringField("Web address", [_address])

    @property
    def words(self) -> Words:
        """Cleaned, as they are kept."""
        return Words(_typed(self.title).strip(), _typed(self.description).strip(), _typed(self.link).strip())


def _of(stored: DropForm) -> dict[str, Any]:
    return {
        "title": stored.title,
        "note": stored.note,
        "surprise": stored.surprise,
        "when": OWN if stored.own_days else FOLLOWS if stored.session else FIXED,
        "own_days": str(stored.own_days or 1),
        "own_at": f"{stored.own_at:%H:%M}" if stored.own_at else "",
        "also_past": stored.also_past,
        "release": f"{stored.release:%Y-%m-%dT%H:%M}",
        "session": stored.session,
        "days": str(stored.days if stored.session else 1),
        "at": f"{stored.at:%H:%M}" if stored.at else "",
        "version": str(stored.version),
    }


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return None if moment.tzinfo or not 2000 <= moment.year <= 2199 else moment


def _clock(text: str | None) -> time | None:
    try:
        at = time.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return None if at.tzinfo else at


def _number(text: str | None) -> int:
    """A whole number, or -1 for anything else."""
    written = (text or "").strip()
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 9 else -1
