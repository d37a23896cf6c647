"""Mails to staff, and tests: words from templates/notices/<kind>/, fixed when they are written, and the bytes sent.

Letters to registrants, of which thousands share their words, are next door (letters.py, email.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from webinar_hub.core.language import current, install
from webinar_hub.documents import markdown, mime, when
from webinar_hub.documents.look import HOUSE_LOOK, Look
from webinar_hub.documents.names import inert, plain_name

_BODY = b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Words:
    """What a notice says: subject (one line), text and HTML."""

    subject: str
    text: str
    html: str


class Written(Protocol):
    """A notice as it is stored (`models/notice.py`)."""

    to_email: str
    to_name: str
    from_name: str
    from_email: str
    reply_to: str
    subject: str
    text: str
    html: str
    calendar: bytes | None
    calendar_method: str | None
    unsubscribe_url: str


class NoticeTemplates:
    """The folders `<templates>/notices/<kind>/`, each with subject.txt, body.txt and body.html."""

    def __init__(self, templates: Path, look: Callable[[], Look] = lambda: HOUSE_LOOK) -> None:
        """Take the project's folder of templates; a template is read when it is first asked for.

        `look` says in which colors and with which address the next notice is written.
        """
        self._look = look
        self._environment = Environment(
            loader=FileSystemLoader([str(templates / "notices"), str(templates / "email")]),
            undefined=StrictUndefined,
            autoescape=select_autoescape(["html"]),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "inert": inert,
            "when_in": when.when_in,
            "place_of": when.place_of,
            "duration_in_words": when.duration_in_words,
            "markdown": markdown.to_html,
            "markdown_text": markdown.to_text,
        }
        # Those who are not of the team are written to in their language; staff are written to in English.
        install(self._environment)
        self._environment.globals["language"] = current
        self._inliner = CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def render(self, kind: str, **facts: object) -> Words:
        """The words of one notice; raises jinja2.TemplateError when a template asks for what is not there."""
        facts = {"look": self._look()} | facts
        subject = plain_name(" ".join(self._of_kind(kind, "subject.txt", facts).split()))
        html = self._of_kind(kind, "body.html", facts | {"subject": subject})
        return Words(subject, self._of_kind(kind, "body.txt", facts).strip() + "\n", self._inliner.inline(html))

    def _of_kind(self, kind: str, name: str, facts: dict[str, object]) -> str:
        return self._environment.get_template(f"{kind}/{name}").render(facts)


def compose(notice: Written, *, key: str, message_id: str, composed_at: datetime) -> bytes:
    """The RFC 5322 message; the same arguments always give the same bytes. Raises ValueError for a bad address."""
    headers = [
        mime.mailbox_header("From", plain_name(notice.from_name), notice.from_email),
        mime.mailbox_header("To", inert(notice.to_name), notice.to_email),
        mime.text_header("Subject", plain_name(notice.subject)),
        f"Date: {format_datetime(composed_at)}\r\n".encode(),
        mime.token_header("Message-ID", f"<{message_id}>"),
        b"MIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n",
        mime.token_header("X-Entity-Ref-ID", key),
    ]
    if notice.reply_to:
        headers.insert(1, mime.mailbox_header("Reply-To", plain_name(notice.from_name), notice.reply_to))
    if notice.unsubscribe_url:
        # One press in the mail program is enough (RFC 8058 section 3.1).
        headers.append(mime.token_header("List-Unsubscribe", f"<{notice.unsubscribe_url}>"))
        headers.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    boundary = f"=_{message_id.partition('@')[0].replace('.', '-')}"
    alternatives = [_body("text/plain", notice.text), _body("text/html", notice.html)]
    if notice.calendar is None:
        return b"".join(headers) + mime.multipart("alternative", f"{boundary}.a", alternatives)
    calendar = b"Content-Transfer-Encoding: base64\r\n\r\n" + mime.base64_lines(notice.calendar)
    method = f"Content-Type: text/calendar; method={notice.calendar_method}; charset=utf-8\r\n".encode()
    inline = mime.multipart("alternative", f"{boundary}.a", [*alternatives, method + calendar])
    attached = (
        b'Content-Type: application/ics; name="invite.ics"\r\n'
        b'Content-Disposition: attachment; filename="invite.ics"\r\n'
    )
    return b"".join(headers) + mime.multipart("mixed", f"{boundary}.m", [inline, attached + calendar])


def _body(media_type: str, text: str) -> bytes:
    on_the_wire = "\r\n".join(line.rstrip() for line in text.splitlines()) + "\r\n"
    return f"Content-Type: {media_type}; charset=utf-8\r\n".encode() + _BODY + mime.quoted_printable(on_the_wire)
