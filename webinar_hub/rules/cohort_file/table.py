"""One table of a cohort file while it is read: each question gives a value or notes an error and goes on.

So one reading finds every mistake. Which questions are asked is in sections.py, calendar.py and drops.py.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import TypeVar

from webinar_hub.rules.cohort_file import checks
from webinar_hub.rules.cohort_file.lines import KeyPath, line_of
from webinar_hub.rules.cohort_file.parts import FileError, field_name, shown_name

Check = Callable[[str], str]
Kind = TypeVar("Kind")

UNREADABLE = datetime.fromisoformat("2000-01-01T00:00")
"""Stands in for a moment that could not be read, so that reading goes on; the noted error keeps it from leaving."""

_LONGEST_LIST = 200
_LONGEST_NUMBER = 9
_YEARS = range(2000, 2101)


class Notebook:
    """Collects the errors of one file, each with the line it stands on."""

    def __init__(self, lines: Mapping[KeyPath, int]) -> None:
        self.lines = lines
        self._errors: list[FileError] = []

    def note(self, path: KeyPath, message: str) -> None:
        """Add an error about the key at `path`, or about the table it is missing from."""
        self._errors.append(FileError(line_of(self.lines, path), field_name(path), message))

    def errors(self) -> tuple[FileError, ...]:
        """Return what was noted, by line."""
        return tuple(sorted(self._errors, key=lambda error: (error.line, error.field)))


class Table:
    """The keys of one table; what is asked for counts as known, and `done()` refuses the rest."""

    def __init__(self, values: Mapping[str, object], path: KeyPath, notebook: Notebook) -> None:
        self.path = path
        self.notebook = notebook
        self._values = values
        self._known: dict[str, None] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def refuse(self, key: str, message: str) -> None:
        """Note an error at `key`."""
        self.notebook.note((*self.path, key), message)

    def text(
        self,
        key: str,
        *,
        longest: int,
        required: bool = False,
        paragraphs: bool = False,
        check: Check | None = None,
    ) -> str:
        """Return the text of `key`, or "" when it is not there or cannot be used."""
        value = self._take(key, str, f'Put this in quotation marks: {key} = "..."')
        if value is None:
            if required and key not in self._values:
                self.refuse(key, f'This is missing. Write {key} = "..." here.')
            return ""
        kept = self._checked((*self.path, key), value, longest=longest, paragraphs=paragraphs, check=check)
        if required and kept == "":
            self.refuse(key, "This is empty. Write something between the quotation marks.")
        return kept or ""

    def texts(self, key: str, *, longest: int, check: Check | None = None) -> tuple[str, ...]:
        """Return the list of texts of `key`; the unusable ones are left out."""
        kept = []
        for position, value in enumerate(self._list(key)):
            entry = (*self.path, key, position)
            if not isinstance(value, str):
                self.notebook.note(entry, "Put every entry of this list in quotation marks.")
                continue
            usable = self._checked(entry, value, longest=longest, paragraphs=False, check=check)
            if usable == "":
                self.notebook.note(entry, "This entry is empty. Write something or leave it out.")
            kept.append(usable or "")
        return tuple(text for text in kept if text)

    def number(self, key: str, *, least: int, most: int) -> int | None:
        """Return the whole number of `key`, or None when it is not there or cannot be used."""
        meant = _number_meant(self._values.get(key), least)
        value = self._take(key, int, f"Write a whole number without quotation marks: {key} = {meant}")
        if value is not None and not least <= value <= most:
            self.refuse(key, f"This has to be between {least:,} and {most:,}.")
            return None
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return the true or false of `key`."""
        value = self._take(key, bool, f"Write {key} = true or {key} = false, without quotation marks.")
        return default if value is None else value

    def wall(self, key: str) -> datetime | None:
        """Return the naive wall time of `key` in whole minutes, or None when it is not there or unusable."""
        example = f"Write date, T and time without quotation marks: {key} = 2026-12-08T19:00:00"
        value = self._take(key, datetime, example)
        if value is None:
            return None
        if value.tzinfo is not None:
            self.refuse(key, "Leave out the Z or +00:00 at the end: the zone of the cohort says which time it is.")
            return None
        problem = _moment_problem(value, value.time())
        if problem:
            self.refuse(key, problem)
        return None if problem else value

    def time_of_day(self, key: str) -> time | None:
        """Return the wall time of day of `key` in whole minutes, or None when it is not there or unusable."""
        value = self._take(key, time, f"Write hours, minutes and seconds without quotation marks: {key} = 08:00:00")
        if value is not None and (value.second or value.microsecond):
            self.refuse(key, "Use whole minutes, with 00 for the seconds.")
            return None
        return value

    def days(self, key: str) -> tuple[date, ...]:
        """Return the list of dates of `key`; unusable ones are left out, positions with them."""
        kept = []
        for position, value in enumerate(self._list(key)):
            if type(value) is date:
                kept.append(value)
            else:
                message = f"Write days only, without quotation marks: {key} = [2026-12-22]"
                self.notebook.note((*self.path, key, position), message)
        return tuple(kept)

    def table(self, key: str) -> "Table | None":
        """Return the table called `key`, or None when it is not there or no table."""
        heading = ".".join(str(part) for part in (*self.path, key) if isinstance(part, str))
        message = f"Start this part with a heading of its own in single brackets: [{heading}]"
        value = self._take(key, dict, message)
        return None if value is None else Table(value, (*self.path, key), self.notebook)

    def tables(self, key: str) -> tuple["Table", ...]:
        """Return the tables of the list called `key`."""
        heading = ".".join(str(part) for part in (*self.path, key) if isinstance(part, str))
        message = f"Start each of these with a heading in double brackets: [[{heading}]]"
        found = []
        for position, value in enumerate(self._list(key, message)):
            if isinstance(value, dict):
                found.append(Table(value, (*self.path, key, position), self.notebook))
            else:
                self.notebook.note((*self.path, key, position), message)
        return tuple(found)

    def done(self) -> None:
        """Refuse every key that nothing asked for, with the likeliest name for it."""
        for key in self._values:
            if key not in self._known:
                self.refuse(key, _unknown_words(key, list(self._known)))

    def _take(self, key: str, kind: type[Kind], message: str) -> Kind | None:
        self._known[key] = None
        value = self._values.get(key)
        # The exact type: to Python true is a number and a moment is a day.
        if type(value) is kind:
            return value
        if value is not None:
            self.refuse(key, message)
        return None

    def _list(self, key: str, message: str = "Write a list in brackets: [..., ...]") -> list[object]:
        values = self._take(key, list, message) or []
        if len(values) > _LONGEST_LIST:
            self.refuse(key, f"At most {_LONGEST_LIST} entries fit here.")
            return []
        return list(values)

    def _checked(
        self, path: KeyPath, value: str, *, longest: int, paragraphs: bool, check: Check | None
    ) -> str | None:
        try:
            kept = checks.readable(value, longest=longest, paragraphs=paragraphs)
            return check(kept) if check and kept else kept
        except ValueError as error:
            self.notebook.note(path, str(error))
            return None


def _number_meant(written: object, otherwise: int) -> str:
    """The number in something like "250", "1,000" or 60.0."""
    digits = str(written).strip().replace(",", "").removesuffix(".0") if isinstance(written, str | float) else ""
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER else str(otherwise)


def _moment_problem(value: date, at: time) -> str | None:
    if value.year not in _YEARS:
        return f"Is the year right? It has to be between {_YEARS[0]} and {_YEARS[-1]}."
    if at.second or at.microsecond:
        return "Use whole minutes, with 00 for the seconds."
    return None


def _unknown_words(key: str, known: list[str]) -> str:
    shown = shown_name(key)
    close = get_close_matches(key[:40], known, n=1, cutoff=0.6)
    if close:
        return f'There is nothing called "{shown}" here. Did you mean {close[0]}?'
    return f'There is nothing called "{shown}" here. What can stand here: {", ".join(known)}.'
