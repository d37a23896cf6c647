"""A program in one form: sessions by week and weekday, bonuses by days after a session."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from wtforms import BooleanField, FieldList, Form, FormField, HiddenField, SelectField, StringField, ValidationError
from wtforms.fields.choices import SelectChoice

from webinar_hub.queries.programs import ProgramView
from webinar_hub.rules.cohort_file.sections import TITLE
from webinar_hub.rules.program import WEEKDAYS, Pattern, PatternDrop, PatternSession, overlapping
from webinar_hub.rules.session import plain_title
from webinar_hub.services.cloning import NewRun
from webinar_hub.web.forms import checks
from webinar_hub.web.forms.cohort_details import NewRunForm
from webinar_hub.web.forms.quick_create import days_in, skipped_days
from webinar_hub.web.forms.studio_form import (
    StudioForm,
    a_time,
    all_right,
    counts,
    number,
    one_of,
    row_is_empty,
    says,
    time_of_day,
    validated,
)
from webinar_hub.web.forms.zone_choices import zone_choices

MOST_WEEKS = 104
_MOST_DAYS = 366
_DAYS = tuple(str(day) for day in range(7))


class SessionRow(Form):
    """A live hour; `key` is that of the session it stands for, "" for a new one."""

    key = HiddenField()
    week = StringField("Week")
    weekday = SelectField(
        "Day",
        choices=[SelectChoice(value, name) for value, name in zip(_DAYS, WEEKDAYS, strict=True)],
        validate_choice=False,
        default="1",
    )
    at = StringField("Time")
    minutes = StringField("Minutes", default="60")
    title = StringField("Title")

    def validate(self, extra_validators: Any = None) -> bool:
        """An empty row is left out."""
        if self.is_empty():
            return True
        return all_right(
            (self.week, counts(1, MOST_WEEKS, required="In which week?")),
            (self.weekday, one_of(*_DAYS)),
            (self.at, time_of_day(required="Write the time like this: 19:00.")),
            (self.minutes, counts(5, 24 * 60, required="How many minutes?")),
            (self.title, says(TITLE)),
            form=self,
        )

    def is_empty(self) -> bool:
        """Whether nothing was typed that was not there before."""
        return row_is_empty(self, "key", "weekday", "minutes")


def _days_later(form: Any, field: StringField) -> None:
    """Days after a session, or around the first day of the program: a welcome may come before it."""
    least = 0 if form.after.data else -_MOST_DAYS
    typed = (field.data or "").strip()
    if not re.fullmatch(r"-?\d{1,3}", typed) or not least <= int(typed) <= _MOST_DAYS:
        raise ValidationError(f"Write how many days later, from {least} to {_MOST_DAYS}. 0 is the same day.")
    field.data = typed


class DropRow(Form):
    """A bonus; `after` is the number of the session it follows, "" counts from the first day."""

    key = HiddenField()
    title = StringField("Bonus")
    after = StringField("After session")
    days = StringField("Days later")
    at = StringField("At")
    surprise = BooleanField("Surprise")

    def validate(self, extra_validators: Any = None) -> bool:
        """An empty row is left out."""
        if self.is_empty():
            return True
        return all_right(
            (self.title, says(TITLE, required="What is the bonus called?")),
            (self.after, counts(1, MOST_WEEKS)),
            (self.days, _days_later),
            (self.at, time_of_day(required="" if self.after.data else "Write the time like this: 08:00.")),
            form=self,
        )

    def is_empty(self) -> bool:
        """Whether nothing was typed that was not there before."""
        return row_is_empty(self, "key")


class ProgramForm(StudioForm):
    """The whole program; what its rows do not show (summaries, links, materials) stays as it was."""

    version = HiddenField()
    title = StringField("Name of the program", [says(TITLE, required="Give it a name.")])
    zone = SelectField("Time zone", [checks.time_zone], validate_choice=False)
    sessions = FieldList(FormField(SessionRow))
    drops = FieldList(FormField(DropRow))

    def __init__(self, *args: Any, own_zone: str = "UTC", **values: Any) -> None:
        super().__init__(*args, **({"zone": own_zone} | values))
        self.zone.choices = zone_choices(own_zone, self.zone.data or own_zone)

    @classmethod
    def of(cls, view: ProgramView) -> "ProgramForm":
        """The form as the program is now."""
        numbers = {session.key: str(at) for at, session in enumerate(view.pattern.sessions, start=1)}
        form = cls(
            None,
            own_zone=view.zone,
            version=str(view.version),
            title=view.title,
            sessions=[
                {
                    "key": s.key, "week": str(s.week), "weekday": str(s.weekday), "at": f"{s.at:%H:%M}",
                    "minutes": str(s.minutes), "title": s.title,
                }
                for s in view.pattern.sessions
            ],
            drops=[
                {
                    "key": d.key, "title": d.title, "after": numbers.get(d.after, ""), "days": str(d.days),
                    "at": f"{d.at:%H:%M}" if d.at else "", "surprise": d.surprise,
                }
                for d in view.pattern.drops
            ],
        )  # fmt: skip
        form.offer_rows()
        return form

    def offer_rows(self) -> None:
        """A free row where a list has none."""
        for rows in self.rows():
            if not rows.entries:
                rows.append_entry()

    def validate(self, extra_validators: Any = None) -> bool:
        """Every row, and what belongs together: a bonus and its session, sessions one after another."""
        if not super().validate(extra_validators):
            return False
        count = len([row for row in self.sessions.entries if not row.form.is_empty()])
        if not count:
            self.problem = "A program needs a session: its week, day and time."
            return False
        for row in self.drops.entries:
            if (number(row.form.after) or 0) > count:
                row.form.after.errors = [f"There are {count} sessions. Write a number from 1 to {count}."]
                return False
        self.problem = overlapping(self.pattern(Pattern(())))
        return not self.problem

    def pattern(self, was: Pattern) -> Pattern:
        """What was typed, after it was validated; `was` has what the rows do not show."""
        known = {session.key: session for session in was.sessions}
        rows = [row.form for row in self.sessions.entries if not row.form.is_empty()]
        keys = _keys([row.key.data or "" for row in rows], "week")
        sessions = [_session(row, key, known.get(key)) for row, key in zip(rows, keys, strict=True)]
        drops_known = {drop.key: drop for drop in was.drops}
        drop_rows = [row.form for row in self.drops.entries if not row.form.is_empty()]
        drop_keys = _keys([row.key.data or "" for row in drop_rows], "drop")
        drops = [_drop(row, key, drops_known, keys) for row, key in zip(drop_rows, drop_keys, strict=True)]
        return Pattern(tuple(sorted(sessions, key=lambda session: (session.day, session.at))), tuple(drops))


def _keys(typed: list[str], word: str) -> list[str]:
    """Each row's key, with new ones for new rows; nobody else's key is made twice."""
    taken, keys = {key for key in typed if key}, list[str]()
    for position, key in enumerate(typed, start=1):
        number_ = position
        while not key or key in keys:
            candidate = f"{word}-{number_}"
            key = candidate if candidate not in taken and candidate not in keys else ""
            number_ += 1
        keys.append(key[:80])
    return keys


def _session(row: Any, key: str, was: PatternSession | None) -> PatternSession:
    return PatternSession(
        key=key,
        title=row.title.data or plain_title(number(row.week)),
        summary=was.summary if was else "",
        livestream_url=was.livestream_url if was else "",
        week=number(row.week) or 1,
        weekday=int(row.weekday.data),
        at=validated(a_time(row.at)),
        minutes=number(row.minutes) or 60,
    )


def _drop(row: Any, key: str, known: Mapping[str, PatternDrop], sessions: list[str]) -> PatternDrop:
    was, after = known.get(key), number(row.after)
    return PatternDrop(
        key=key,
        title=row.title.data or "",
        note=was.note if was else "",
        surprise=bool(row.surprise.data),
        after=sessions[after - 1] if after else "",
        days=int(row.days.data),
        at=a_time(row.at),
        materials=was.materials if was else (),
        own_days=was.own_days if was else None,
        own_at=was.own_at if was else "",
    )


class RunForm(NewRunForm):
    """From which day on a dated cohort is made of it, and which days it leaves out."""

    skip = StringField("Days to leave out", [skipped_days])

    def run(self, skip: frozenset[date] = frozenset()) -> NewRun:
        """What was typed, after it was validated."""
        return super().run(skip | days_in(self.skip.data))


class KeepForm(StudioForm):
    """What a cohort is called as a program."""

    title = StringField("Name of the program", [says(TITLE, required="Give it a name.")])
