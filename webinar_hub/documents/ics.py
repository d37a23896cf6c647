"""Calendar objects, written: invites by mail, the .ics download, the feed; ics_reading.py reads them.

One object per session and registration, times in UTC: docs/decisions/0004-one-invite-per-session.md. The rules are
RFC 5545 (format), RFC 5546 (REQUEST, CANCEL, PUBLISH) and RFC 7986 (names and refreshing of a feed).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from urllib.parse import quote

from icalendar import Alarm, Calendar, Event, vCalAddress, vDuration, vText, vUri
from icalendar.parser import Contentline

from webinar_hub.core.language import gettext as _
from webinar_hub.documents.calendar_session import CalendarEntry, CalendarSession, in_utc, public_uid, session_uid
from webinar_hub.documents.calendar_text import person_name, plain_line, title_line, with_link

__all__ = [
    "CalendarEntry",
    "CalendarSession",
    "Method",
    "SharedInvite",
    "calendar_feed",
    "calendar_file",
    "public_uid",
    "session_uid",
    "shared_invite",
]

Method = Literal["REQUEST", "CANCEL"]

# Says which product wrote the object (RFC 5545 section 3.7.3). It names no version, so that an upgrade leaves every
# feed as it was, and subscribers are not sent a "changed" calendar.
PRODID = "-//Webinar Hub//Live sessions//EN"
ALARM_BEFORE = timedelta(minutes=15)
LONGEST_LINE = 75  # octets without the line end, RFC 5545 section 3.1

# The property and its parameters that are alike for everybody: handed over as one name, as ten thousand reminders
# should not sort and quote them each.
_INVITED = "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE"
_IN_ADDRESS = "@+!$'*"  # what a mail address may hold beside letters and digits as it stands, RFC 6068 section 2


@dataclass(frozen=True, slots=True)
class SharedInvite:
    """The invite to one session, written but for the four lines that differ per person; see `shared_invite`."""

    method: Method
    before: bytes
    after: bytes

    def for_attendee(self, *, uid: str, name: str, email: str, revision: int, stamped_at: datetime) -> bytes:
        """This person's complete calendar object; `stamped_at` is the aware moment of writing (DTSTAMP).

        Raises ValueError for a CANCEL of revision 0, which a reader may ignore (RFC 5546 section 3.2.5: it has to
        be above the REQUEST's), and for a moment without zone.
        """
        if self.method == "CANCEL" and revision < 1:
            raise ValueError("a CANCEL has a revision above that of the REQUEST it takes back")
        own_lines = (
            _line("UID", vText(uid)),
            f"DTSTAMP:{in_utc(stamped_at):%Y%m%dT%H%M%SZ}\r\nSEQUENCE:{revision}\r\n".encode(),
            _line(_INVITED, _address(name, email)),
        )
        return b"".join((self.before, *own_lines, self.after))


def shared_invite(session: CalendarSession, method: Method) -> SharedInvite:
    """Write the part of the invite that all registrants share, once per session.

    Raises ValueError for a REQUEST to a cancelled session: RFC 5546 section 3.2.2 allows it no STATUS:CANCELLED.
    """
    if method == "REQUEST" and session.cancelled:
        raise ValueError("a cancelled session can only be sent as CANCEL")
    event = _event(session, cancelled=method == "CANCEL")
    if method == "REQUEST":
        event.add_component(_alarm(session))
        event.add("x-microsoft-disallow-counter", "TRUE")  # nobody can propose another time for a webinar
    before, begin, after = _written(_calendar(method, [event])).partition(b"BEGIN:VEVENT\r\n")
    return SharedInvite(method, before + begin, after)


def calendar_file(entries: Sequence[CalendarEntry], *, stamped_at: datetime, name: str) -> bytes:
    """The .ics download of these sessions, stamped at this aware moment: METHOD:PUBLISH, nobody's address.

    No entries give a calendar without events, which RFC 5545 does not know but readers take.
    """
    calendar = _calendar("PUBLISH", (_published(entry, stamped_at, alarm=True) for entry in _in_order(entries)))
    _add_name(calendar, name)
    return _written(calendar)


def calendar_feed(entries: Sequence[CalendarEntry], *, name: str, description: str, refresh: timedelta) -> bytes:
    """The calendar to subscribe to: the same bytes until a session changes, in whatever order entries come.

    So DTSTAMP is the session's last change and not the moment of writing, and an ETag of the bytes is worth having.
    There are no alarms: who subscribes to a calendar has not asked each of its entries to ring.
    """
    events = (_published(entry, entry.session.updated_at, alarm=False) for entry in _in_order(entries))
    calendar = _calendar("PUBLISH", events)
    _add_name(calendar, name)
    _add_text(calendar, "description", plain_line(description))
    _add_text(calendar, "x-wr-caldesc", plain_line(description))
    calendar.add("refresh-interval", refresh, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(refresh))  # the same for Outlook
    return _written(calendar)


class _ExactText(vText):
    """A TEXT value in which a typed backslash before "N" stays one: the library would make them a line break."""

    __slots__ = ()

    def to_ical(self) -> bytes:
        """The escaped value, of pieces cut between backslash and "N"."""
        return b"".join(vText(piece).to_ical() for piece in re.split(r"(?<=\\)(?=N)", self))


def _calendar(method: str, events: Iterable[Event]) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODID)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    for event in events:
        calendar.add_component(event)
    return calendar


def _written(calendar: Calendar) -> bytes:
    content: bytes = calendar.to_ical()
    return content


def _add_name(calendar: Calendar, name: str) -> None:
    _add_text(calendar, "name", plain_line(name))
    _add_text(calendar, "x-wr-calname", plain_line(name))  # for all who do not know RFC 7986


def _in_order(entries: Iterable[CalendarEntry]) -> list[CalendarEntry]:
    return sorted(entries, key=lambda entry: (entry.session.starts_at, entry.uid))


def _published(entry: CalendarEntry, stamped_at: datetime, *, alarm: bool) -> Event:
    session = entry.session
    event = _event(session, cancelled=session.cancelled)
    _add_text(event, "uid", entry.uid)
    event.add("dtstamp", in_utc(stamped_at))
    event.add("sequence", entry.revision)
    if alarm and not session.cancelled:
        event.add_component(_alarm(session))
    return event


def _event(session: CalendarSession, *, cancelled: bool) -> Event:
    event = Event()
    title = title_line(session.title)
    # The word is for readers that show neither METHOD nor STATUS, as most do with an opened file.
    _add_text(event, "summary", _("Cancelled: %(title)s", title=title) if cancelled else title)
    _add_text(event, "description", with_link(session.description, session.url))
    _add_text(event, "location", plain_line(session.location))
    event.add("dtstart", in_utc(session.starts_at))
    event.add("dtend", in_utc(session.ends_at))
    event.add("created", in_utc(session.created_at))
    event.add("last-modified", in_utc(session.updated_at))
    event.add("url", vUri(session.url))
    event.add("class", "PUBLIC")
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", "FREE" if cancelled else "BUSY")
    event.add("organizer", _address(session.organizer_name, session.organizer_email))
    return event


def _alarm(session: CalendarSession) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -ALARM_BEFORE)
    _add_text(alarm, "description", title_line(session.title))
    return alarm


def _add_text(component: Calendar | Event | Alarm, name: str, text: str) -> None:
    if text:
        component.add(name, _ExactText(text), encode=False)


def _address(name: str, email: str) -> vCalAddress:
    # A bare mailto: Gmail does not find the guest in "mailto:Name <address>". Percent-encoded as in RFC 6068.
    address = f"mailto:{quote(email, safe=_IN_ADDRESS)}"
    spoken = person_name(name)
    return vCalAddress(address, params={"CN": spoken} if spoken else {})


def _line(name: str, value: vText | vCalAddress) -> bytes:
    line = Contentline.from_parts(name, value.params, value)
    unfolded: bytes = line.encode()
    if len(unfolded) <= LONGEST_LINE:
        return unfolded + b"\r\n"
    if unfolded.isascii():
        # The library looks at each character on its own, which takes longer than all else that is written here.
        step = LONGEST_LINE - 1  # each line but the first begins with a blank
        parts = [unfolded[at : at + step] for at in range(0, len(unfolded), step)]
        return b"\r\n ".join(parts) + b"\r\n"
    folded: bytes = line.to_ical()
    return folded + b"\r\n"
