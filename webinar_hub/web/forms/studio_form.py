"""What the studio's forms have in common: checks that speak plainly, rows that grow, problems in one list.

The checks are those of the cohort file (`rules/cohort_file/checks.py`), so both ways in refuse the same.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any, TypeVar

from flask import request
from werkzeug.datastructures import MultiDict
from wtforms import Field, FieldList, Form, FormField, ValidationError

from webinar_hub.rules.cohort_file import checks
from webinar_hub.web.forms.answered import AnsweredForm

Check = Callable[[Form, Field], None]
Kept = TypeVar("Kept")

_WALL = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NO_SUCH_DAY = "There is no such day or time in the calendar. Look at the day and the month again."
MOST_ROWS = 60


def lines(text: str | None) -> str:
    """Text with line ends as the rest of the house writes them: browsers send two signs for one."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n")


def says(
    longest: int,
    *,
    required: str = "",
    paragraphs: bool = False,
    check: Callable[[str], str] | None = None,
) -> Check:
    """A text of at most `longest` signs; `required` is what to say when it is empty, "" lets it be."""

    def validate(form: Form, field: Field) -> None:
        try:
            field.data = checks.readable(lines(field.data), longest=longest, paragraphs=paragraphs)
            if field.data and check is not None:
                field.data = check(field.data)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        if required and not field.data:
            raise ValidationError(required)

    return validate


def counts(least: int, most: int, *, required: str = "") -> Check:
    """A whole number within these bounds; it is read again by `number`."""

    def validate(form: Form, field: Field) -> None:
        typed = (field.data or "").strip().replace(",", "")
        if not typed and not required:
            return
        if not typed:
            raise ValidationError(required)
        if not re.fullmatch(r"\d{1,9}", typed) or not least <= int(typed) <= most:
            raise ValidationError(f"Write a whole number from {least:,} to {most:,}.")

    return validate


def wall(*, required: str = "") -> Check:
    """A day and a time of day as browsers send them; it is read again by `moment`."""

    def validate(form: Form, field: Field) -> None:
        typed = (field.data or "").strip()
        if not typed and not required:
            return
        if not _WALL.fullmatch(typed):
            raise ValidationError(required or "Write day and time like this: 2026-12-08 19:00.")
        if moment(field) is None:
            raise ValidationError(_NO_SUCH_DAY)

    return validate


def day(*, required: str = "") -> Check:
    """A day as browsers send it; it is read again by `a_day`."""

    def validate(form: Form, field: Field) -> None:
        typed = (field.data or "").strip()
        if not typed and not required:
            return
        if not _DAY.fullmatch(typed):
            raise ValidationError(required or "Write the day like this: 2026-12-08.")
        if a_day(field) is None:
            raise ValidationError(_NO_SUCH_DAY)

    return validate


def time_of_day(*, required: str = "") -> Check:
    """A time of day as browsers send it; it is read again by `a_time`."""

    def validate(form: Form, field: Field) -> None:
        if ((field.data or "").strip() or required) and a_time(field) is None:
            raise ValidationError(required or "Write the time like this: 19:00.")

    return validate


def one_of(*offered: str) -> Check:
    """One of these; WTForms' own check speaks of valid choices, which helps nobody."""

    def validate(form: Form, field: Field) -> None:
        if field.data not in offered:
            raise ValidationError("Choose one from the list.")

    return validate


def moment(field: Field) -> datetime | None:
    """The naive wall time typed, or None."""
    try:
        return datetime.fromisoformat((field.data or "").strip().replace(" ", "T"))
    except ValueError:
        return None


def a_day(field: Field) -> date | None:
    """The day typed, or None."""
    return day_in(field.data or "")


def day_in(text: str) -> date | None:
    """The day a text says, or None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def validated(value: Kept | None) -> Kept:
    """A value that a form which was validated has. Raises ValueError for a form that was not."""
    if value is None:
        raise ValueError("The form was not validated.")
    return value


def a_time(field: Field) -> time | None:
    """The time of day typed, or None."""
    typed = (field.data or "").strip()
    try:
        return time.fromisoformat(typed) if re.fullmatch(r"\d{2}:\d{2}(:\d{2})?", typed) else None
    except ValueError:
        return None


def number(field: Field) -> int | None:
    """The whole number typed, or None."""
    typed = (field.data or "").strip().replace(",", "")
    return int(typed) if re.fullmatch(r"\d{1,9}", typed) else None


class StudioForm(AnsweredForm):
    """A form of the studio; CSRFProtect has looked at its token before it is made."""

    difference: tuple[tuple[str, str, str], ...] = ()

    def problems(self) -> Iterator[tuple[str, str]]:
        """Everything to mend, as the id of its field and what to do."""
        for field in self:
            if field.name != "csrf_token":
                yield from _problems(field)

    def rows(self) -> Iterator[FieldList]:
        """The lists of rows in this form."""
        return (field for field in self if isinstance(field, FieldList))

    def do(self, wish: str) -> bool:
        """Add or remove a row ("add:agenda", "remove:agenda-2"); whether that was wished for."""
        verb, _, which = wish.partition(":")
        if verb == "add" and isinstance(field := self._fields.get(which), FieldList):
            if len(field.entries) < MOST_ROWS:
                field.append_entry()
            return True
        if verb == "remove":
            name, _, position = which.rpartition("-")
            if isinstance(field := self._fields.get(name), FieldList) and position.isdecimal():
                field.entries = [entry for entry in field.entries if entry.id != which]
            return True
        return wish == "show"


def _problems(field: Field) -> Iterator[tuple[str, str]]:
    if isinstance(field, FieldList):
        for entry in field.entries:
            yield from _problems(entry)
    elif isinstance(field, FormField):
        for inner in field.form:
            yield from _problems(inner)
    else:
        yield from ((field.id, message) for message in field.errors)


def typed(fields: tuple[tuple[str, str], ...] | None) -> MultiDict[str, str] | None:
    """What a form is filled with: a draft that is taken up, or what was posted."""
    if fields is not None:
        return MultiDict(fields)
    return request.form if request.method == "POST" else None


def row_is_empty(form: Any, *but: str) -> bool:
    """Whether nothing was typed into a row, except for what it begins with; such a row is left out."""
    return not any((field.data or "") for field in form if field.name.rpartition("-")[2] not in but)


def all_right(*checked: tuple[Any, Check], form: Form) -> bool:
    """Whether the fields of a row pass their checks; each that does not says why."""
    right = True
    for field, check in checked:
        field.errors = []
        try:
            check(form, field)
        except ValidationError as error:
            field.errors, right = [str(error)], False
    return right
