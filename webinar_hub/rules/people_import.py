"""A file of people, row by row: what each row is, what is wrong in it, and what to do about that."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import and_, select

from webinar_hub.core.search_words import folded
from webinar_hub.models import Person, Registration
from webinar_hub.rules.people import PROFESSIONS
from webinar_hub.rules.places import GONE
from webinar_hub.rules.registration import email_key
from webinar_hub.rules.zones import UnknownZone, zone

Outcome = Literal["new", "here", "left", "wrong", "twice", "erased"]
FIELDS: Mapping[str, str] = {
    "name": "Name",
    "first": "First name",
    "last": "Last name",
    "email": "E-mail",
    "profession": "Profession",
    "zone": "Time zone",
}
_CALLED = {
    "name": ("name", "full name", "attendee", "participant", "your name", "attendee name"),
    "first": ("first name", "first", "given name", "vorname", "forename"),
    "last": ("last name", "last", "surname", "family name", "nachname"),
    "email": ("e-mail", "email", "e-mail address", "email address", "mail", "user email", "address"),
    "profession": ("profession", "discipline", "role", "job title", "credential"),
    "zone": ("time zone", "timezone", "zone", "tz"),
}
LONGEST_NAME = 120
LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody the database has: `place` is "confirmed", "cancelled" or "" for none in this cohort.

    Or somebody it has no more, because she asked to be deleted at the moment `erased_at`.
    """

    place: str
    mail_stopped: bool
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it would be brought in; `number` is what the spreadsheet calls it.

    `problem` and `remedy` are for one that is wrong, `note` for one that is not quite what it says.
    """

    number: int
    outcome: Outcome
    name: str
    email: str
    key: str = ""
    profession: str = "Other"
    zone: str = ""
    problem: str = ""
    remedy: str = ""
    note: str = ""


def guessed(heading: Sequence[str]) -> dict[str, int]:
    """Which column holds which field, by what the columns are called."""
    words = [re.sub(r"[^\w-]+", " ", folded(title)).strip() for title in heading]
    return {
        field: next(place for place, word in enumerate(words) if word in called)
        for field, called in _CALLED.items()
        if any(word in called for word in words)
    }


def missing(columns: Mapping[str, int]) -> str:
    """What the columns lack, in words; "" for nothing."""
    if "email" not in columns:
        return "Choose the column that holds the e-mail addresses."
    if not {"name", "first", "last"} & columns.keys():
        return "Choose the column that holds the names."
    return ""


def known_people(keys: Sequence[str], cohort: int) -> Any:
    """Asks for those of these addresses that are known: the address, the place here, since when mail is stopped."""
    here = and_(Registration.person_id == Person.id, Registration.cohort_id == cohort)
    return (
        select(Person.email_key, Registration.state, Person.suppressed_at)
        .outerjoin(Registration, here)
        .where(Person.email_key.in_(keys))
    )


def keys_of(rows: Sequence[Sequence[str]], columns: Mapping[str, int]) -> list[str]:
    """The addresses as they are compared, of the rows that have one."""
    found = (_key(_cell(row, columns, "email")) for row in rows)
    return list(dict.fromkeys(key for key in found if key))


def checked(rows: Sequence[Sequence[str]], columns: Mapping[str, int], known: Mapping[str, Known]) -> list[Row]:
    """Every row that is not blank."""
    seen: dict[str, int] = {}
    found = []
    for number, row in enumerate(rows, start=2):
        if any(cell.strip() for cell in row):
            checked_row = _checked(number, row, columns, known, seen)
            if checked_row.key:
                seen.setdefault(checked_row.key, number)
            found.append(checked_row)
    return found


def _checked(
    number: int, row: Sequence[str], columns: Mapping[str, int], known: Mapping[str, Known], seen: Mapping[str, int]
) -> Row:
    name, email = _name(row, columns), _cell(row, columns, "email")
    problem, remedy = _problem(name, email)
    if problem:
        return Row(number, "wrong", name, email, problem=problem, remedy=remedy)
    key = _key(email)
    if key in seen:
        return Row(number, "twice", name, email, key, note=f"The same address as in row {seen[key]}; left out.")
    profession, zone_name, notes = _details(row, columns)
    who = known.get(key)
    if who is not None and who.erased_at is not None:
        note = (
            f"She asked on {who.erased_at:%Y-%m-%d} to be deleted, so she is left out. She can sign up by herself."
        )
        return Row(number, "erased", name, email, key, note=note)
    if who is not None:
        notes += ["Known already: her name and details stay as they are."]
        notes += ["Mails to her are stopped."] if who.mail_stopped else []
    outcome = _outcome(who.place if who else "")
    return Row(number, outcome, name, email, key, profession, zone_name, note=" ".join(notes))


def _outcome(place: str) -> Outcome:
    """Whoever waits for a place is here: a list read in does not decide for the organizer, nor for the line."""
    if not place:
        return "new"
    return "left" if place in GONE else "here"


def _details(row: Sequence[str], columns: Mapping[str, int]) -> tuple[str, str, list[str]]:
    """Profession and zone, and what had to be taken otherwise than it stands there."""
    notes = []
    typed = _cell(row, columns, "profession")
    profession = next((one for one in PROFESSIONS if folded(one) == folded(typed)), "Other")
    if typed and profession == "Other" and folded(typed) != "other":
        notes.append(f"Profession “{typed[:40]}” is not in our list; kept as “Other”.")
    zone_name = _cell(row, columns, "zone")
    try:
        zone(zone_name or "UTC")
    except UnknownZone:
        notes.append(f"Time zone “{zone_name[:40]}” is not known; the cohort's is taken.")
        zone_name = ""
    return profession, zone_name, notes


def _problem(name: str, email: str) -> tuple[str, str]:
    if not email:
        return "There is no e-mail address.", "Write one, or delete the row."
    if len(email) > LONGEST_EMAIL or not _key(email):
        remedy = "Write one address like name@example.com in it."
        if re.search(r"[;,\s]\S*@", email):
            remedy = "Keep one address in the row, and give the other a row of its own."
        return f"“{email[:60]}” is not an e-mail address.", remedy
    if not name:
        return "There is no name.", "Write the name as she should be greeted in mails."
    if len(name) > LONGEST_NAME:
        return "The name is too long.", f"Shorten it to {LONGEST_NAME} characters."
    return "", ""


def _name(row: Sequence[str], columns: Mapping[str, int]) -> str:
    whole = _cell(row, columns, "name")
    parts = f"{_cell(row, columns, 'first')} {_cell(row, columns, 'last')}"
    return " ".join((whole or parts).split())


def _cell(row: Sequence[str], columns: Mapping[str, int], field: str) -> str:
    place = columns.get(field, -1)
    return row[place].strip() if 0 <= place < len(row) else ""


@lru_cache(maxsize=32_768)
def _key(email: str) -> str:
    try:
        return email_key(email)
    except ValueError:
        return ""
