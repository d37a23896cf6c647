"""Mails as the demo's mailbox shows them: days of mails, one mail taken apart, its HTML for a frame.

demo.py next door has the pages, documents/ics_reading.py reads the invites.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from webinar_hub.adapters.mail.eml import Attachment, MailboxEntry, MailboxMessage, read_entry
from webinar_hub.adapters.mail.mailbox import Mailbox
from webinar_hub.documents.ics_reading import InviteInWords, invites_in_words
from webinar_hub.documents.when import when_in

_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_BASE = '<base target="_top">'
# Characters of plain text.
_LENGTHS = (("short", 950), ("medium", 1400), ("long", math.inf))
_CALENDAR_TYPES = ("application/ics", "text/calendar")


@dataclass(frozen=True, slots=True)
class CarriedInvite:
    """What a mail does to its reader's calendar, and the object that says so; `position` counts from 1."""

    position: int
    name: str
    effect: str
    mark: str
    says: InviteInWords | None


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody a mail comes from or goes to; without a name, `name` is empty."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class MailLine:
    """One line of the mailbox; `carries` is empty or what it has for the calendar."""

    entry: MailboxEntry
    to: Contact
    is_new: bool
    carries: tuple[CarriedInvite, ...]


@dataclass(frozen=True, slots=True)
class MailDay:
    """The mails of one day on the calendar of a zone, newest first."""

    name: str
    lines: tuple[MailLine, ...]


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """One mail taken apart; `others` are its attachments that are no calendar objects.

    `length` says how tall a frame fits its HTML: "short", "medium" or "long". Nobody may look into the frame to
    measure it, so it is judged by the plain text.
    """

    entry: MailboxEntry
    sender: Contact
    to: Contact
    headers: Sequence[tuple[str, str]]
    text: str
    html: str
    invites: tuple[CarriedInvite, ...]
    others: tuple[Attachment, ...]
    length: str
    size: int


def by_day(box: Mailbox, entries: Sequence[MailboxEntry], *, zone: str, new_after: str) -> list[MailDay]:
    """The mails day by day; those that came after the mail `new_after` are new."""

    def day(entry: MailboxEntry) -> str:
        return when_in(entry.date, zone).split(",")[0]

    return [
        MailDay(name, tuple(_line(box, entry, new_after) for entry in of_day))
        for name, of_day in groupby(entries, key=day)
    ]


def opened(message: MailboxMessage, now: datetime) -> OpenedMail:
    """The mail with its invites in words; `now` (aware) is for a mail that does not say when it was written."""
    entry = read_entry(message.id, message.raw, now)
    return OpenedMail(
        entry=entry,
        sender=_contact(entry.sender),
        to=_contact(entry.to),
        headers=message.headers,
        text=message.text,
        html=message.html,
        invites=_invites(message),
        others=tuple(one for one in message.attachments if one.media_type not in _CALENDAR_TYPES),
        length=next(name for name, most in _LENGTHS if len(message.text) <= most),
        size=len(message.raw),
    )


def for_frame(html: str) -> str:
    """The mail's HTML as it is, except that its links open in the whole window."""
    head = _HEAD.search(html)
    place = head.end() if head else 0
    return html[:place] + _BASE + html[place:]


def _line(box: Mailbox, entry: MailboxEntry, new_after: str) -> MailLine:
    carries = _invites(box.read(entry.id)) if "calendar" in entry.kinds else ()
    return MailLine(entry, _contact(entry.to), int(entry.id) > int(new_after or 0), carries)


def _contact(header: str) -> Contact:
    # The header is decoded already, so a parser of addresses would take a "<" in a name for an address.
    name, bracket, address = header.rpartition("<")
    if not (bracket and address.endswith(">")):
        return Contact("", header)
    name = name.strip()
    if name.startswith('"') and name.endswith('"'):
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return Contact(name, address[:-1])


def _invites(message: MailboxMessage) -> tuple[CarriedInvite, ...]:
    return tuple(
        invite for position, content in enumerate(message.calendars, start=1) for invite in _read(position, content)
    )


def _read(position: int, content: bytes) -> list[CarriedInvite]:
    try:
        invites = invites_in_words(content)
    except ValueError:
        return [CarriedInvite(position, "Calendar object", "It cannot be read.", "stop", None)]
    return [CarriedInvite(position, *_effect(invite), invite) for invite in invites]


def _effect(invite: InviteInWords) -> tuple[str, str, str]:
    """What it is called, what it does to a calendar, and the icon that goes with it (RFC 5546 section 3.2)."""
    match invite.method:
        case "CANCEL":
            return "Cancellation", "Removes this from the calendar", "cross"
        case "REQUEST" if invite.revision:
            return "Update", "Updates this in the calendar, or adds it where it is missing", "clock"
        case "REQUEST":
            return "Invite", "Adds this to the calendar, unless it is there already", "calendar"
    return "Calendar object", "Shows this to be added to a calendar", "calendar"
