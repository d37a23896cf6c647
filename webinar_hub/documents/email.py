"""One complete mail from a letter and a recipient, as bytes; the letter's texts come from letter_rendering.py.

What all recipients share is worked out once per letter and kept; what is left per person takes a fraction of a
millisecond, because 10,000 reminders fall due in the same minute.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import escape

from webinar_hub.core import language
from webinar_hub.documents import mime
from webinar_hub.documents.calendar_session import session_uid
from webinar_hub.documents.letter_rendering import LetterTemplates
from webinar_hub.documents.letters import Letter, Recipient
from webinar_hub.documents.names import inert, plain_name
from webinar_hub.documents.notices import Words
from webinar_hub.documents.slots import Slotted

if TYPE_CHECKING:
    from webinar_hub.documents.ics import SharedInvite

KEPT_LETTERS = 256
"""Letters kept rendered, about 30 kB each: a cohort's sessions in a few dozen zones."""

_TEXT = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_HTML = b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
_CALENDAR = "Content-Type: text/calendar; method={}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
_ATTACHED_CALENDAR = (
    b'Content-Type: application/ics; name="invite.ics"\r\n'
    b"Content-Transfer-Encoding: base64\r\n"
    b'Content-Disposition: attachment; filename="invite.ics"\r\n\r\n'
)


class Composer:
    """Makes mails with the templates below one folder; may be used by several threads at once."""

    def __init__(self, templates: Path) -> None:
        self._templates = LetterTemplates(templates)
        self._prepared = lru_cache(maxsize=KEPT_LETTERS)(self._prepare)

    def compose(self, letter: Letter, recipient: Recipient) -> bytes:
        """The RFC 5322 message of this letter to this person: the same arguments always give the same bytes.

        Raises ValueError for an address or Message-ID that cannot stand in a header, for links that are not one
        per material, and for a calendar entry that iTIP forbids (see ics.py); jinja2.TemplateError for a template
        that asks for what is not there.
        """
        return _message(self._prepared(letter), recipient)

    def read(self, letter: Letter, recipient: Recipient) -> Words:
        """What the mail says, for people to look at before it is sent; raises what `compose` raises."""
        rendered = self._templates.render(letter)
        name = inert(recipient.name)
        values = _values(name, recipient)
        plain, escaped = [value.encode() for value in values], [str(escape(value)).encode() for value in values]
        return Words(
            subject=plain_name(Slotted(rendered.subject, str.encode).fill(plain).decode()),
            text=Slotted(rendered.text, str.encode).fill(plain).decode().replace("\r\n", "\n"),
            html=Slotted(rendered.html, str.encode).fill(escaped).decode().replace("\r\n", "\n"),
        )

    def rendered_letters(self) -> int:
        """How many letters have been rendered so far: one per value, as long as it is kept."""
        return self._prepared.cache_info().misses

    def _prepare(self, letter: Letter) -> "_PreparedLetter":
        rendered = self._templates.render(letter)
        return _PreparedLetter(
            letter=letter,
            sender=_sender_headers(letter),
            subject=(subject := Slotted(rendered.subject, str.encode)),
            shared_subject=_subject_header(rendered.subject) if subject.is_shared else None,
            text=Slotted(rendered.text, mime.quoted_printable),
            html=Slotted(rendered.html, mime.quoted_printable),
            invite=_invite(letter),
        )


@dataclass(frozen=True, slots=True)
class _PreparedLetter:
    letter: Letter
    sender: bytes
    subject: Slotted
    shared_subject: bytes | None
    text: Slotted
    html: Slotted
    invite: "SharedInvite | None"


def _invite(letter: Letter) -> "SharedInvite | None":
    if letter.session is None or letter.calendar_method is None:
        return None
    from webinar_hub.documents.ics import shared_invite  # noqa: PLC0415  slow import

    with language.speaking(letter.language):
        return shared_invite(letter.session, letter.calendar_method)


def _sender_headers(letter: Letter) -> bytes:
    name = plain_name(letter.from_name or letter.organizer_name)
    headers = mime.mailbox_header("From", name, letter.from_address)
    answers_to = letter.reply_to or letter.organizer_email
    if answers_to != letter.from_address:
        headers += mime.mailbox_header("Reply-To", name, answers_to)
    return headers


def _message(prepared: _PreparedLetter, recipient: Recipient) -> bytes:
    if len(recipient.downloads) != len(prepared.letter.materials):
        raise ValueError("a recipient has one link for each material of the letter")
    name = inert(recipient.name)
    values = _values(name, recipient)
    alternatives = [
        _TEXT + prepared.text.fill([mime.quoted_printable(value) for value in values]),
        _HTML + prepared.html.fill([mime.quoted_printable(escape(value)) for value in values]),
    ]
    headers = _headers(prepared, recipient, name, values)
    boundary = _boundary(recipient.message_id)
    if prepared.invite is None:
        return headers + mime.multipart("alternative", f"{boundary}.a", alternatives)
    calendar = mime.base64_lines(_calendar(prepared, prepared.invite, recipient, name))
    alternatives.append(_CALENDAR.format(prepared.invite.method).encode() + calendar)
    inline = mime.multipart("alternative", f"{boundary}.a", alternatives)
    return headers + mime.multipart("mixed", f"{boundary}.m", [inline, _ATTACHED_CALENDAR + calendar])


def _values(name: str, recipient: Recipient) -> Sequence[str]:
    """What goes into the slots, in the order slots.py has them."""
    spoken_to = f" {name}" if name else ""
    fixed = [spoken_to, recipient.me_link, recipient.unsubscribe_link, name, recipient.offer_link]
    return [*fixed, *recipient.downloads]


def _headers(prepared: _PreparedLetter, recipient: Recipient, name: str, values: Sequence[str]) -> bytes:
    return b"".join(
        (
            prepared.sender,
            mime.mailbox_header("To", name, recipient.email),
            prepared.shared_subject or _personal_subject(prepared, values),
            f"Date: {format_datetime(recipient.composed_at)}\r\n".encode(),
            mime.token_header("Message-ID", f"<{recipient.message_id}>"),
            b"MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n",
            mime.token_header("X-Entity-Ref-ID", recipient.key),
            _list_headers(prepared.letter, recipient) if prepared.letter.can_be_unsubscribed else b"",
            f"Content-Language: {prepared.letter.language}\r\n".encode(),
        )
    )


def _subject_header(subject: str) -> bytes:
    return mime.text_header("Subject", plain_name(subject))


def _personal_subject(prepared: _PreparedLetter, values: Sequence[str]) -> bytes:
    return _subject_header(prepared.subject.fill([value.encode() for value in values]).decode())


def _list_headers(letter: Letter, recipient: Recipient) -> bytes:
    """One-click unsubscribing (RFC 8058), the same by mail, and a name to sort the mails by (RFC 2919)."""
    ways = [f"<{recipient.unsubscribe_link}>"]
    if recipient.unsubscribe_address:
        # The first one that a program understands is taken (RFC 2369 section 2).
        ways = [f"{ways[0]},", f"<mailto:{recipient.unsubscribe_address}?subject=unsubscribe>"]
    return b"".join(
        (
            mime.token_header("List-Id", f"<{letter.webinar_slug or letter.topic}.{letter.host}>"),
            mime.token_header("List-Unsubscribe", *ways),
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        )
    )


def _calendar(prepared: _PreparedLetter, invite: "SharedInvite", recipient: Recipient, name: str) -> bytes:
    session = prepared.letter.session
    public_id = session.public_id if session else ""
    return invite.for_attendee(
        uid=session_uid(public_id, recipient.registration_public_id, prepared.letter.host),
        name=name,
        email=recipient.email,
        revision=recipient.calendar_revision,
        stamped_at=recipient.composed_at,
    )


def _boundary(message_id: str) -> str:
    return f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:24]}"
