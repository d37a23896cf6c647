"""The answer of a calendar to an invite: METHOD:REPLY, RFC 5546 section 3.2.3."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, cast
from urllib.parse import unquote

if TYPE_CHECKING:
    from icalendar import Event

Answer = Literal["accepted", "declined", "tentative"]

_ANSWERS = ("accepted", "declined", "tentative")
_MOST_EVENTS = 20


@dataclass(frozen=True, slots=True)
class CalendarReply:
    """One attendee's answer about one entry; `stamped_at` (aware UTC) tells the newer of two."""

    uid: str
    attendee: str
    answer: Answer
    sequence: int
    stamped_at: datetime


def calendar_replies(content: bytes) -> list[CalendarReply]:
    """The answers in a calendar object; none for one that asks something else or cannot be read."""
    from icalendar import Calendar  # noqa: PLC0415  slow import

    try:
        calendar = Calendar.from_ical(content)
        if str(calendar.get("METHOD", "")).upper() != "REPLY":
            return []
        found = [_reply(event) for event in calendar.events[:_MOST_EVENTS]]
    except (ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # The library lets these out on broken content.
        return []
    return [reply for reply in found if reply is not None]


def _reply(event: "Event") -> CalendarReply | None:
    from icalendar import vCalAddress  # noqa: PLC0415  slow import

    attendee, stamp = event.get("ATTENDEE"), event.get("DTSTAMP")
    # A reply has exactly one attendee: the one who answers.
    if not isinstance(attendee, vCalAddress) or stamp is None or not isinstance(stamp.dt, datetime):
        return None
    answer = str(attendee.params.get("PARTSTAT", "")).lower()
    if answer not in _ANSWERS or stamp.dt.tzinfo is None:
        return None
    address = str(attendee)
    if not address.lower().startswith("mailto:"):
        return None
    return CalendarReply(
        uid=str(event.get("UID", "")),
        attendee=unquote(address[len("mailto:") :]),
        answer=cast("Answer", answer),
        sequence=int(event.get("SEQUENCE", 0)),
        stamped_at=stamp.dt.astimezone(UTC),
    )
