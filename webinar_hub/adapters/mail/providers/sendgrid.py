"""SendGrid: the message in pieces, as JSON (its v3 Mail Send API)."""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from webinar_hub.adapters.mail import Envelope
from webinar_hub.adapters.mail.providers import Answer, Complaint, Request
from webinar_hub.adapters.mail.providers.taken_apart import Mailbox, Pieces, taken_apart

ENDPOINTS = {"us": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}

# Links stay as they are, nobody is watched while reading, and no footer of SendGrid's is put below our own.
_NO_TRACKING = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
    "ganalytics": {"enable": False},
}


@dataclass(frozen=True, slots=True)
class SendGrid:
    """A SendGrid account or subuser, by an API key that may send."""

    key: str = field(repr=False)
    endpoint: str = ENDPOINTS["us"]
    name: str = "SendGrid"

    @property
    def secrets(self) -> Sequence[str]:
        """The key goes out as it is."""
        return [self.key]

    def delivery(self, envelope: Envelope) -> Request:
        """POST /v3/mail/send; ValueError where the message has no body or the address letters outside ASCII."""
        body = _fields(taken_apart(envelope)) | {"custom_args": {"delivery": envelope.reference}}
        headers = {**self._headers(), "Content-Type": "application/json"}
        return Request("POST", f"{self.endpoint}/v3/mail/send", headers, json.dumps(body).encode())

    def message_id(self, answer: Answer) -> str | None:
        """The X-Message-Id header of a 202 with nothing in it: that is how SendGrid says yes."""
        if answer.status != 202 or answer.body.strip():
            return None
        return answer.headers.get("x-message-id") or "a message without a number"

    def complaint(self, answer: Answer) -> Complaint | None:
        """The messages in its list of errors."""
        errors = answer.json().get("errors")
        if not isinstance(errors, list):
            return None
        words = "; ".join(str(error["message"]) for error in errors if _is_error(error))
        if not words:
            return None
        return Complaint(words, "sender" if "verified Sender Identity" in words else "message")

    def question(self) -> Request:
        """GET /v3/scopes: what the key may do."""
        return Request("GET", f"{self.endpoint}/v3/scopes", self._headers())

    def doubt(self, answer: Answer) -> str | None:
        """A key may be right and still not be allowed to send."""
        scopes = answer.json().get("scopes")
        return None if isinstance(scopes, list) and "mail.send" in scopes else "the key may not send (mail.send)"

    def _headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "Authorization": f"Bearer {self.key}"}


def _is_error(error: object) -> bool:
    return isinstance(error, dict) and "message" in error


def _fields(pieces: Pieces) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "personalizations": [{"to": [_recipient(pieces.recipient)]}],
        "from": _person(pieces.sender),
        "subject": pieces.subject,
        "content": _contents(pieces),
        "headers": dict(pieces.headers),
        "tracking_settings": _NO_TRACKING,
    }
    if pieces.reply_to:
        fields["reply_to"] = _person(pieces.reply_to)
    if pieces.files:
        fields["attachments"] = [
            {
                "filename": file.name,
                "type": file.media_type,
                "content": b64encode(file.content).decode(),
                "disposition": "attachment",
            }
            for file in pieces.files
        ]
    return fields


def _contents(pieces: Pieces) -> list[dict[str, str]]:
    """Text, then HTML, then anything else: the order that SendGrid demands, and RFC 6047 wants for an invite."""
    contents = [("text/plain", pieces.text), ("text/html", pieces.html)]
    if pieces.invite:
        media_type = f"text/calendar; method={pieces.invite.method or 'PUBLISH'}"
        contents.append((media_type, pieces.invite.content.decode("utf-8", "replace")))
    return [{"type": media_type, "value": value} for media_type, value in contents if value]


def _recipient(mailbox: Mailbox) -> dict[str, str]:
    """SendGrid does not quote a recipient's name with a comma or semicolon in it (sendgrid-python issue 291)."""
    if not re.search("[,;]", mailbox.name):
        return _person(mailbox)
    return {"email": mailbox.address, "name": mailbox.quoted_name}


def _person(mailbox: Mailbox) -> dict[str, str]:
    return {"email": mailbox.address} | ({"name": mailbox.name} if mailbox.name else {})
