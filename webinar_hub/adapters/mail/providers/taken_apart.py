"""Takes a finished message apart for providers that want its pieces; eml.py, next door, does it for the screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr

from webinar_hub.adapters.mail import Envelope
from webinar_hub.adapters.mail.addresses import with_ascii_domain
from webinar_hub.adapters.mail.eml import decoded, payload, text_of

# What the pieces stand for, or what the provider writes itself.
_NOT_PASSED_ON = frozenset({"from", "to", "cc", "bcc", "reply-to", "sender", "subject", "date", "mime-version"})


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Somebody's name, which may be empty, and address."""

    name: str
    address: str

    @property
    def quoted_name(self) -> str:
        """The name in quotes, otherwise as it is spoken: providers encode it."""
        escaped = self.name.replace("\\", r"\\").replace('"', r"\"")
        return f'"{escaped}"'

    def __str__(self) -> str:
        """The form `"Name" <address>`."""
        return f"{self.quoted_name} <{self.address}>" if self.name else self.address


@dataclass(frozen=True, slots=True)
class File:
    """A part that is neither the text nor the HTML; `method` is a calendar's (RFC 6047), None for anything else."""

    name: str
    media_type: str
    content: bytes
    method: str | None = None


@dataclass(frozen=True, slots=True)
class Pieces:
    """A message taken apart; absent text or HTML is an empty string, lines end with LF."""

    sender: Mailbox
    recipient: Mailbox
    reply_to: Mailbox | None
    subject: str
    text: str
    html: str
    invite: File | None
    files: Sequence[File]
    headers: Sequence[tuple[str, str]]


def taken_apart(envelope: Envelope) -> Pieces:
    """The pieces of the message; ValueError for one without sender or body, which no provider takes."""
    message = message_from_bytes(envelope.content)
    parts = [part for part in message.walk() if not part.is_multipart()]
    sender = _mailbox(message, "From")
    text, html = _body(parts, "text/plain"), _body(parts, "text/html")
    if sender is None or not (text.strip() or html.strip()):
        raise ValueError("The message has no sender or nothing in it")
    return Pieces(
        sender=sender,
        recipient=_recipient(message, envelope),
        reply_to=_mailbox(message, "Reply-To"),
        subject=decoded(message["Subject"]),
        text=text,
        html=html,
        invite=next((_file(part) for part in parts if _is_invite(part)), None),
        files=[_file(part) for part in parts if part.get_content_disposition() == "attachment"],
        headers=_passed_on(message),
    )


def ascii_recipient(envelope: Envelope) -> str:
    """The address with its domain as in the DNS; ValueError where letters outside ASCII are left."""
    address = with_ascii_domain(envelope.recipient)
    if not address.isascii():
        raise ValueError("The provider cannot send to an address with letters outside ASCII")
    return address


def _mailbox(message: "Message[str, str]", header: str) -> Mailbox | None:
    # Taken apart before it is decoded: a name may hold, encoded, what would end it.
    name, address = parseaddr(str(message.get(header, "")))
    return Mailbox(decoded(name), address) if address else None


def _recipient(message: "Message[str, str]", envelope: Envelope) -> Mailbox:
    """The person on the envelope, with the name that the header has for her."""
    address = ascii_recipient(envelope)
    named = _mailbox(message, "To")
    return Mailbox(named.name if named and named.address == address else "", address)


def _body(parts: "Sequence[Message[str, str]]", media_type: str) -> str:
    for part in parts:
        if part.get_content_type() == media_type and part.get_content_disposition() != "attachment":
            return text_of(part).replace("\r\n", "\n")
    return ""


def _is_invite(part: "Message[str, str]") -> bool:
    return part.get_content_type() == "text/calendar" and part.get_content_disposition() != "attachment"


def _file(part: "Message[str, str]") -> File:
    method = part.get_param("method") if part.get_content_type() == "text/calendar" else None
    name = decoded(part.get_filename()) or ("invite.ics" if method else "attachment")
    return File(name, part.get_content_type(), payload(part), str(method) if method else None)


def _passed_on(message: "Message[str, str]") -> list[tuple[str, str]]:
    """The other headers, each on one line, not decoded: encoded words are what providers put into a header."""
    lines = [(name, " ".join(str(value).split())) for name, value in message.items()]
    return [(name, line) for name, line in lines if _is_passed_on(name) and line.isascii() and line.isprintable()]


def _is_passed_on(name: str) -> bool:
    return name.lower() not in _NOT_PASSED_ON and not name.lower().startswith("content-")
