"""The mailboxes of several people: what came to each, the links in it, what their calendars make of it."""

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import vobject
from flask import Flask
from icalendar import Calendar

from tests.delivering import Post, deliver


class Mailboxes:
    """Delivers what is due, and sorts it by who it went to."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._came: dict[str, list[EmailMessage]] = {}

    def fetch(self) -> None:
        """Have everything delivered that is due at this moment."""
        post = Post()
        deliver(self._app, post)
        for envelope in post.tried:
            message = message_from_bytes(envelope.content, policy=default)
            assert isinstance(message, EmailMessage)
            assert message["To"].addresses[0].addr_spec == envelope.recipient
            self._came.setdefault(envelope.recipient, []).append(message)

    def of(self, email: str) -> list[EmailMessage]:
        """Every mail to an address, the oldest first."""
        return self._came.get(email, [])

    def subjects(self, email: str) -> list[str]:
        return [str(message["Subject"]) for message in self.of(email)]

    def text(self, email: str) -> str:
        """The newest mail to an address, in words."""
        return text_of(self.of(email)[-1])

    def link(self, email: str, page: str) -> str:
        """The newest link to a page, as `/address/…`, that came to an address."""
        for message in reversed(self.of(email)):
            if found := re.search(rf"http://localhost({page}/[^\s/]+)\s", text_of(message)):
                return found[1]
        raise AssertionError(f"no link to {page} came to {email}")

    def calendar(self, email: str) -> "ReadersCalendar":
        """What the calendar of a mailbox holds after all of it."""
        return ReadersCalendar.of(self.of(email))


class ReadersCalendar:
    """Takes invitations as RFC 5546 section 2.1.5 says, by SEQUENCE; two readers have to agree about each."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}
        self._newest: dict[str, int] = {}

    @classmethod
    def of(cls, mails: list[EmailMessage]) -> "ReadersCalendar":
        calendar = cls()
        for mail in mails:
            for part in mail.walk():
                if part.get_content_type() == "text/calendar":
                    calendar.receive(part.get_payload(decode=True))  # type: ignore[arg-type]
        return calendar

    def receive(self, content: bytes) -> None:
        one, other = Calendar.from_ical(content), vobject.readOne(content.decode())
        [event] = one.events
        uid, sequence, attendee = str(event["UID"]), int(event["SEQUENCE"]), str(event["ATTENDEE"])
        vevent = other.vevent
        assert (uid, sequence, attendee, str(one["METHOD"])) == (
            vevent.uid.value, int(vevent.sequence.value), vevent.attendee.value, other.method.value,
        )  # fmt: skip
        assert event["DTSTART"].dt == vevent.dtstart.value
        if sequence <= self._newest.get(uid, -1):
            return
        self._newest[uid] = sequence
        if str(one["METHOD"]) == "CANCEL":
            assert str(event["STATUS"]) == vevent.status.value == "CANCELLED"
            self.entries.pop(uid, None)
        else:
            self.entries[uid] = attendee


def text_of(message: EmailMessage) -> str:
    """The plain text of a mail."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
