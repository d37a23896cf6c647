"""A composed mail, read back: what its reader sees, for a rehearsal and for tests sent from one."""

from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webinar_hub.documents.ics_reading import InviteInWords


@dataclass(frozen=True, slots=True)
class ReadMail:
    """Subject, both bodies, and the calendar object it carries, or None, with its events in words.

    `sender` and `answers_to` are people as (name, address), both "" where there is none.
    """

    subject: str
    sender: tuple[str, str]
    answers_to: tuple[str, str]
    text: str
    html: str
    calendar: bytes | None
    invites: "tuple[InviteInWords, ...]"


def read_mail(content: bytes) -> ReadMail:
    """Take an RFC 5322 message of this house apart."""
    from webinar_hub.documents.ics_reading import invites_in_words  # noqa: PLC0415  slow import

    message = message_from_bytes(content)
    bodies = {"text/plain": "", "text/html": ""}
    calendar = b""
    for part in message.walk():
        kind = part.get_content_type()
        if kind in bodies and not bodies[kind]:
            bodies[kind] = _octets(part).decode().replace("\r\n", "\n")
        elif kind == "text/calendar" and not calendar:
            calendar = _octets(part)
    subject = _decoded(message["Subject"])
    invites = tuple(invites_in_words(calendar)) if calendar else ()
    sender, answers_to = (_person(message.get(name, "")) for name in ("From", "Reply-To"))
    return ReadMail(
        subject, sender, answers_to, bodies["text/plain"], bodies["text/html"], calendar or None, invites
    )


def _decoded(header: str) -> str:
    return str(make_header(decode_header(header)))


def _person(header: str) -> tuple[str, str]:
    name, address = parseaddr(header)
    return _decoded(name), address


def _octets(part: Message) -> bytes:
    octets = part.get_payload(decode=True)
    return octets if isinstance(octets, bytes) else b""


def for_trying_out(calendar: bytes, mark: str, salt: str) -> bytes:
    """The same event to look at: METHOD:PUBLISH, under a UID of its own, nobody's guest, free time, no alarm.

    A REQUEST would put itself into the organizer's calendar, ask for her answer, and, under its true UID, fight
    with the entry of a real session (RFC 5546 section 3.2.1). A PUBLISH is only offered; `mark` begins its title.
    """
    from icalendar import Calendar  # noqa: PLC0415  slow import

    read = Calendar.from_ical(calendar)
    read["METHOD"] = "PUBLISH"
    for event in read.events:
        title, uid = str(event.get("SUMMARY", "")), str(event["UID"])
        for name in ("ATTENDEE", "ORGANIZER", "SUMMARY", "UID", "STATUS", "TRANSP", "URL"):
            event.pop(name, None)
        for name in [name for name in event if name.startswith("X-MICROSOFT")]:
            event.pop(name)
        event.add("SUMMARY", f"{mark} {title}")
        event.add("UID", f"test-{sha256(f'{salt}:{uid}'.encode()).hexdigest()[:24]}@webinar-hub")
        event.add("STATUS", "TENTATIVE")
        event.add("TRANSP", "TRANSPARENT")
        event.subcomponents = []
    content: bytes = read.to_ical()
    return content
