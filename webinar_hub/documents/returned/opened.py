"""A mail taken apart as far as it lets itself be: bytes from anybody, in any language, possibly cut off."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser
from hashlib import sha256

LONGEST_NAME = 200
# What a mail server writes on a mail to say to whom it was sent.
_RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_MESSAGE_ID = re.compile(
    r"^[ \t>]*(?:Message-ID|References|In-Reply-To):\s*((?:<[^<>\s]{1,400}>\s*){1,20})", re.I | re.M
)
_ONE_ID = re.compile(r"<([^<>\s]+)>")
_REFERENCE = re.compile(r"^[ \t>]*X-Entity-Ref-ID:\s*([!-~]{1,120})", re.I | re.M)
_MOST_PARTS = 100


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """The header (`message`), and everything that is in it as text: as it came, and once more decoded."""

    message: Message
    name: str
    recipients: str
    text: str
    calendars: tuple[bytes, ...]

    @property
    def message_ids(self) -> tuple[str, ...]:
        """The Message-IDs it speaks of, without angle brackets, in the order in which they come."""
        groups = _MESSAGE_ID.findall(self.text)
        return tuple(one for group in groups for one in _ONE_ID.findall(group))

    @property
    def reference(self) -> str:
        """The first X-Entity-Ref-ID in it, or ""."""
        found = _REFERENCE.search(self.text)
        return found[1] if found else ""

    def header(self, name: str) -> str:
        """A header as one line, or ""; bytes outside ASCII are replaced."""
        return one_line(str(self.message.get(name, "")))


def opened(content: bytes) -> OpenedMail:
    """Take a mail apart; what cannot be decoded stays as it came."""
    try:
        return _taken_apart(message_from_bytes(content), content)
    except RecursionError:
        # Parts within parts without end: nothing a mail server writes.
        return _taken_apart(BytesHeaderParser().parsebytes(content), content)


def _taken_apart(message: Message, content: bytes) -> OpenedMail:
    texts, calendars = [content.decode("utf-8", "replace")], []
    for part in _parts(message):
        payload = _payload(part)
        if part.get_content_type() in ("text/calendar", "application/ics"):
            calendars.append(payload)
        elif part.get_content_maintype() == "text":
            texts.append(_decoded(part, payload))
    recipients = "\n".join(str(value) for name in _RECIPIENT_HEADERS for value in message.get_all(name, []))
    return OpenedMail(message, _name(message, content), recipients, "\n".join(texts), tuple(calendars))


def one_line(text: str) -> str:
    """The text with every run of blanks and controls made one blank, fit to be kept."""
    shown = text.encode("utf-8", "replace").decode()
    return " ".join("".join(letter if letter.isprintable() else " " for letter in shown).split())


def _name(message: Message, content: bytes) -> str:
    given = one_line(str(message.get("Message-ID", "")))
    return given if given and len(given) <= LONGEST_NAME else sha256(content).hexdigest()


def _parts(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= _MOST_PARTS:
            return
        if not part.is_multipart():
            yield part


def _payload(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (MessageError, ValueError, LookupError):
        return b""
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: Message, payload: bytes) -> str:
    try:
        return payload.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return payload.decode("latin-1")
