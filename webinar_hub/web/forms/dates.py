"""The forms that change a cohort's dates; sent by GET to a preview, and by POST to be applied."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time
from typing import Any, cast

from flask import request
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice

from webinar_hub.documents.names import plain_name
from webinar_hub.rules.change import Scope, What, Wish
from webinar_hub.rules.zones import MONTHS

WHATS = ("move", "shift", "cancel", "cancel-cohort")
SCOPES = (
    SelectChoice("this", "This session only"),
    SelectChoice("following", "This and those that follow"),
    SelectChoice("all", "All that lie ahead"),
)
UNITS = (SelectChoice("7", "weeks"), SelectChoice("1", "days"))
DIRECTIONS = (SelectChoice("later", "later"), SelectChoice("earlier", "earlier"))
YEARS = range(2000, 2101)
SHORTEST, LONGEST = 5, 1440
FARTHEST = 730
"""Days by which a cohort can be moved at once."""


class DatesForm(FlaskForm):
    """Every way of changing dates; which fields count is for `what` to say. CSRFProtect guards its POST."""

    class Meta:
        """A form sent by GET has no token."""

        csrf = False

    what = StringField()
    key = StringField()
    day = StringField("Day")
    hour = StringField("Starts at")
    minutes = StringField("Minutes")
    title = StringField("Title")
    scope = RadioField("Which sessions", choices=list(SCOPES), validate_choice=False)
    number = StringField("By")
    unit = SelectField("Days or weeks", choices=list(UNITS), validate_choice=False)
    direction = SelectField("Later or earlier", choices=list(DIRECTIONS), validate_choice=False)

    problem = ""

    @classmethod
    def sent(cls) -> "DatesForm":
        """What was typed, whichever way it was sent."""
        return cls(formdata=request.values)

    def note(self, field: str, message: str) -> None:
        """Show what a service said: beside the field it names, or above the form."""
        place = {"starts": "day", "days": "number"}.get(field, field)
        if place in self._fields:
            self._fields[place].errors = [message]
        else:
            self.problem = message

    def fill_up(self, wall_start: str, minutes: int, title: str) -> None:
        """Show how a session is now wherever nothing was typed."""
        now = {"day": wall_start[:10], "hour": wall_start[11:16], "minutes": str(minutes), "title": title}
        for name, value in now.items():
            field = self._fields[name]
            field.data = field.data or ("" if field.errors else value)

    def kind_of(self, name: str) -> str:
        """The kind of input for a day or an hour: a browser's own would drop what it cannot read, so text then."""
        readers: dict[str, Callable[[str], object]] = {"day": date.fromisoformat, "hour": time.fromisoformat}
        try:
            readers[name](self._fields[name].data or "")
        except ValueError:
            return "text"
        return {"day": "date", "hour": "time"}[name]

    def wish(self) -> Wish | None:
        """What is wished, or None with an error beside each field that cannot be used."""
        what = self.what.data or ""
        if what not in WHATS:
            self.problem = "Choose what to change."
            return None
        wish = Wish(cast(What, what), key=self.key.data or "")
        if what == "move":
            wish = self._move()
        elif what == "shift":
            wish = Wish("shift", days=self._days())
        return None if any(field.errors for field in self) else wish

    def _move(self) -> Wish:
        day, hour = self._day(), self._hour()
        scope = self.scope.data if self.scope.data in ("following", "all") else "this"
        title = plain_name(self.title.data or "")
        if len(title) > 200:
            self.note("title", "This title is too long: 200 characters fit.")
        return Wish(
            "move",
            key=self.key.data or "",
            starts=datetime.combine(day, hour) if day and hour else None,
            minutes=self._minutes(),
            title=title,
            scope=cast(Scope, scope),
        )

    def _day(self) -> date | None:
        typed = (self.day.data or "").strip()
        with suppress(ValueError):
            day = date.fromisoformat(typed)
            if day.year in YEARS:
                return day
            self.note("day", f"The year {day.year} cannot be meant. Is it right?")
            return None
        parts = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", typed)
        if parts and 1 <= int(parts[2]) <= 12:
            self.note(
                "day", f"There is no {int(parts[3])} {MONTHS[int(parts[2]) - 1]} {parts[1]}. Choose another day."
            )
        else:
            self.note("day", "Write the day like 2027-01-12: year, month, day.")
        return None

    def _hour(self) -> time | None:
        with suppress(ValueError):
            return time.fromisoformat((self.hour.data or "").strip()).replace(second=0, microsecond=0, tzinfo=None)
        self.note("hour", "Write the time like 19:00.")
        return None

    def _minutes(self) -> int | None:
        if not self.minutes.data:
            return None
        return self._whole("minutes", SHORTEST, LONGEST, "Say how many minutes it takes")

    def _days(self) -> int:
        number = self._whole("number", 1, FARTHEST, "Say by how many") or 0
        step = 7 if self.unit.data == "7" else 1
        if number * step > FARTHEST:
            self.note("number", f"That is more than two years. Move by {FARTHEST // step} at most.")
        return number * step * (-1 if self.direction.data == "earlier" else 1)

    def _whole(self, field: str, least: int, most: int, words: str) -> int | None:
        typed = str(self._fields[field].data or "").strip()
        if re.fullmatch(r"[0-9]{1,6}", typed) and least <= int(typed) <= most:
            return int(typed)
        self.note(field, f"{words}: a whole number from {least} to {most}.")
        return None


def as_fields(wish: Wish, form: Any) -> list[tuple[str, str]]:
    """The hidden fields that send the same wish again."""
    named = ("what", "key", "day", "hour", "minutes", "title", "scope", "number", "unit", "direction")
    return [("what", wish.what), *((name, form[name].data) for name in named[1:] if form[name].data)]
