"""What mail servers and mailbox providers report: bounces (RFC 3464, and those before it), complaints (RFC 5965).

Reports are read by their fields, which are the same in every language. Where there are none, flufl.bounce knows the
words of many old mail servers.
"""

import re
from dataclasses import dataclass
from email.utils import parseaddr

from webinar_hub.documents.returned.opened import OpenedMail, one_line
from webinar_hub.rules.mail_events import EventKind, bounce_of, bounce_of_words, status_in

_ACTION = re.compile(r"^Action:\s*([a-z]+)", re.I | re.M)
_STATUS = re.compile(r"^Status:\s*([245]\.\d{1,3}\.\d{1,3})", re.I | re.M)
_DIAGNOSIS = re.compile(r"^Diagnostic-Code:\s*(?:[\w-]+\s*;)?([^\r\n]*(?:\r?\n[ \t][^\r\n]*){0,10})", re.I | re.M)
_FEEDBACK = re.compile(r"^Feedback-Type:\s*([\w-]+)", re.I | re.M)
_REPLY = re.compile(r"(?<![\d.])(?:55[0-4]|521|541|571)(?:[ -]|\s#)[^\r\n]{0,200}")
# Our return addresses look so; nobody writes to one by hand.
_SIGNED = re.compile(r"\+[0-9a-f]{1,16}-[a-z2-7]{20}@", re.I)
_ON_ITS_WAY = ("delivered", "relayed", "expanded")
_POSTMASTERS = ("mailer-daemon", "postmaster", "mail-daemon")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail that did not arrive, or not yet; `kind` is one of MailEvent's, `detail` what the server said."""

    kind: EventKind
    detail: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """Somebody pressed "spam"; `detail` names the kind of complaint."""

    detail: str


def report_in(mail: OpenedMail) -> Bounce | Complaint | None:
    """What the mail reports, or None for one that is no report."""
    kinds = {part.get_content_type() for part in mail.message.walk()}
    top = mail.header("Content-Type").lower()
    is_report = top.startswith("multipart/report")
    if is_report and ("feedback-report" in top or "message/feedback-report" in kinds):
        return _complaint(mail)
    if "disposition-notification" in top or not (is_report or _from_a_mail_server(mail)):
        return None
    return _by_fields(mail) or _by_words(mail, is_report=is_report)


def is_automatic(mail: OpenedMail) -> bool:
    """Whether a machine wrote it and nobody waits for an answer (RFC 3834 section 5, and what was before it)."""
    said = mail.header("Auto-Submitted").lower()
    return bool(
        said.startswith("auto-replied")
        or (said.startswith("auto-generated") and mail.header("X-Auto-Response-Suppress"))  # Exchange
        or mail.header("X-Autoreply")
        or mail.header("X-Autorespond")
        or mail.header("Precedence").lower() == "auto_reply"
        or "disposition-notification" in mail.header("Content-Type").lower()  # a receipt, RFC 8098
    )


def _from_a_mail_server(mail: OpenedMail) -> bool:
    writer = parseaddr(mail.header("From"))[1].rpartition("@")[0].lower()
    return (
        mail.header("Return-Path") == "<>"
        or bool(mail.header("X-Failed-Recipients"))
        or writer in _POSTMASTERS
        or bool(_SIGNED.search(mail.recipients))
    )


def _complaint(mail: OpenedMail) -> Complaint | None:
    found = _FEEDBACK.search(mail.text)
    kind = found[1].lower() if found else "abuse"
    # "This is not spam after all" (RFC 6430) is good news about a mail, and about nothing we keep.
    return None if kind == "not-spam" else Complaint(kind)


def _by_fields(mail: OpenedMail) -> Bounce | None:
    action = _ACTION.search(mail.text)
    status = _STATUS.search(mail.text)
    if action is None and status is None:
        return None
    diagnosis = _DIAGNOSIS.search(mail.text)
    detail = one_line(diagnosis[1]) if diagnosis else status[1] if status else ""
    word = action[1].lower() if action else "failed"
    if word == "delayed":
        return Bounce("deferred", detail)
    if word in _ON_ITS_WAY or (status and status[1].startswith("2")):
        return Bounce("delivered", detail)
    code = status[1] if status else ""
    if code in ("", "5.0.0"):  # the server knew no better, but the one it asked may have
        code = status_in(detail) or code
    return Bounce(bounce_of(code) if code else bounce_of_words(detail) or "bounced_hard", detail)


def _by_words(mail: OpenedMail, *, is_report: bool) -> Bounce | None:
    """A bounce without fields: an old mail server's, or a report that was cut off or broken on the way."""
    reply = _REPLY.search(mail.text)
    said = one_line(reply[0]) if reply else ""
    later, never = _failures(mail)
    if never:
        return Bounce(_kind_of_words(said, mail.text), said or "Recognized by its words.")
    if later:
        return Bounce("deferred", said)
    if said and (is_report or not _is_out_of_office(mail)):
        return Bounce(_kind_of_words(said, mail.text), said)
    return None


def _is_out_of_office(mail: OpenedMail) -> bool:
    """Whether it is a person's automatic answer, which may speak of anything."""
    return mail.header("Auto-Submitted").lower().startswith("auto-replied") and not mail.header(
        "X-Failed-Recipients"
    )


def _kind_of_words(said: str, text: str) -> EventKind:
    status = status_in(said) or status_in(text)
    return bounce_of(status) if status else (bounce_of_words(said) or "bounced_hard")


def _failures(mail: OpenedMail) -> tuple[bool, bool]:
    """Whether flufl.bounce finds addresses that failed for now, or for good."""
    from flufl.bounce import all_failures  # noqa: PLC0415  slow import

    try:
        temporary, permanent = all_failures(mail.message)
    except Exception:
        # It asks more of a mail than a broken one gives.
        return False, False
    return bool(temporary), bool(permanent)
