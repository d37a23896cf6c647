"""Reads finished messages for the mailbox and the console; mailbox.py keeps them, nothing here writes any."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from typing import NamedTuple

_KINDS = {
    "text": re.compile(rb"^content-type:\s*text/plain", re.IGNORECASE | re.MULTILINE),
    "html": re.compile(rb"^content-type:\s*text/html", re.IGNORECASE | re.MULTILINE),
    "calendar": re.compile(rb"^content-type:\s*text/calendar", re.IGNORECASE | re.MULTILINE),
    "attachment": re.compile(rb"^content-disposition:\s*attachment", re.IGNORECASE | re.MULTILINE),
}


@dataclass(frozen=True, slots=True)
class MailboxEntry:
    """One line of the mailbox's list; `date` is UTC; `kinds` out of text, html, calendar, attachment."""

    id: str
    subject: str
    to: str
    sender: str
    date: datetime
    kinds: tuple[str, ...]


class Attachment(NamedTuple):
    """A part with a file name; `size` is its decoded bytes."""

    filename: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class MailboxMessage:
    """A message taken apart; an absent text or HTML part is an empty string."""

    id: str
    headers: Sequence[tuple[str, str]]
    text: str
    html: str
    calendars: Sequence[bytes]
    attachments: Sequence[Attachment]
    raw: bytes


def read_entry(number: str, raw: bytes, arrived: datetime) -> MailboxEntry:
    """Read the headers only; `arrived` (aware) stands in for a Date that is missing or broken."""
    headers = BytesHeaderParser().parsebytes(raw)
    return MailboxEntry(
        id=number,
        subject=decoded(headers["subject"]),
        to=decoded(headers["to"]),
        sender=decoded(headers["from"]),
        date=_date(headers["date"]) or arrived,
        kinds=tuple(kind for kind, pattern in _KINDS.items() if pattern.search(raw)),
    )


def read_message(number: str, raw: bytes) -> MailboxMessage:
    """Take the whole message apart; broken encodings become replacement characters, never an exception."""
    message = message_from_bytes(raw)
    parts = [part for part in message.walk() if not part.is_multipart()]
    return MailboxMessage(
        id=number,
        headers=tuple((name, decoded(value)) for name, value in message.items()),
        text=_first_text(parts, "text/plain"),
        html=_first_text(parts, "text/html"),
        calendars=tuple(payload(part) for part in parts if part.get_content_type() == "text/calendar"),
        attachments=tuple(_attachment(part) for part in parts if _is_attached(part)),
        raw=raw,
    )


def decoded(value: str | Header | None) -> str:
    """A header as people read it; what cannot be decoded stays as it is."""
    if value is None:
        return ""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", str(value))
    try:
        return str(make_header(decode_header(unfolded)))
    except (HeaderParseError, LookupError, ValueError):
        return unfolded


def _date(value: str | Header | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(str(value))
    except (TypeError, ValueError):
        return None
    # A zone of -0000 means UTC without a place (RFC 5322 section 3.3).
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)


def _is_attached(part: "Message[str, str]") -> bool:
    return part.get_content_disposition() == "attachment"


def _attachment(part: "Message[str, str]") -> Attachment:
    return Attachment(decoded(part.get_filename()), part.get_content_type(), len(payload(part)))


def payload(part: "Message[str, str]") -> bytes:
    """The decoded content of a part that has no parts of its own."""
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def text_of(part: "Message[str, str]") -> str:
    """The part's text; bytes that its charset does not know become replacement characters."""
    try:
        return payload(part).decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return payload(part).decode("utf-8", "replace")


def _first_text(parts: "Sequence[Message[str, str]]", media_type: str) -> str:
    for part in parts:
        if part.get_content_type() == media_type and not _is_attached(part):
            return text_of(part)
    return ""
