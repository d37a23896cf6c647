"""Calendar objects, read: what an invite says, for the demo's mailbox; ics.py writes them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import unquote

from icalendar import Calendar, Event, vCalAddress


@dataclass(frozen=True, slots=True)
class InviteInWords:
    """One event of a calendar object; moments are aware, in UTC, and a text that is not given is empty."""

    method: str
    title: str
    starts_at: datetime
    ends_at: datetime
    revision: int
    uid: str
    organizer: str
    attendee: str
    status: str
    location: str
    url: str
    description: str


def invites_in_words(content: bytes) -> list[InviteInWords]:
    """The events of one calendar object, in its order; people are written "Name <address>".

    Raises ValueError when the content is no calendar, or an event lacks its UID, its start or its end.
    """
    try:
        calendar = Calendar.from_ical(content)
        method = str(calendar.get("METHOD", ""))
        return [_in_words(method, event) for event in calendar.events]
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError) as problem:
        # The library lets these out on broken content.
        raise ValueError("the calendar object cannot be read") from problem


def _in_words(method: str, event: Event) -> InviteInWords:
    return InviteInWords(
        method=method,
        title=_text(event, "SUMMARY"),
        starts_at=_moment(event.DTSTART),
        ends_at=_moment(event.DTEND),
        revision=int(event.get("SEQUENCE", 0)),
        uid=str(event["UID"]),
        organizer=_person(event, "ORGANIZER"),
        attendee=_person(event, "ATTENDEE"),
        status=_text(event, "STATUS"),
        location=_text(event, "LOCATION"),
        url=_text(event, "URL"),
        description=_text(event, "DESCRIPTION"),
    )


def _text(event: Event, name: str) -> str:
    return str(event.get(name, ""))


def _moment(moment: date | None) -> datetime:
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError("an event's start or end names no instant")
    return moment.astimezone(UTC)


def _person(event: Event, name: str) -> str:
    people: list[vCalAddress] | vCalAddress = event.get(name, [])
    each = people if isinstance(people, list) else [people]
    return ", ".join(_name_and_address(person) for person in each)


def _name_and_address(person: vCalAddress) -> str:
    address = unquote(str(person)[len("mailto:") :]) if person.lower().startswith("mailto:") else str(person)
    spoken = str(person.params.get("CN", ""))
    return f"{spoken} <{address}>" if spoken else address
