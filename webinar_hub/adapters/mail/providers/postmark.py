"""Postmark: the message in pieces, as JSON (its Email API)."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from webinar_hub.adapters.mail import Envelope
from webinar_hub.adapters.mail.providers import Answer, Complaint, Request
from webinar_hub.adapters.mail.providers.taken_apart import File, Pieces, taken_apart

ENDPOINT = "https://api.postmarkapp.com"

LONGEST_METADATA = 80
"""Characters of one value, as far as we know; keys of deliveries have about half as many."""

UNKNOWN_SENDER = frozenset({400, 401})
ACCOUNT_CLOSED = frozenset({10, 405, 412, 413})
"""Error codes: no such token; no credits left; account waiting for approval; account may not send."""


@dataclass(frozen=True, slots=True)
class Postmark:
    """A Postmark server, by its token."""

    token: str = field(repr=False)
    endpoint: str = ENDPOINT
    name: str = "Postmark"

    @property
    def secrets(self) -> Sequence[str]:
        """The token goes out as it is."""
        return [self.token]

    def delivery(self, envelope: Envelope) -> Request:
        """POST /email; ValueError where the message has no body or the address letters outside ASCII."""
        body = _fields(taken_apart(envelope))
        if len(envelope.reference) <= LONGEST_METADATA:
            body["Metadata"] = {"delivery": envelope.reference}
        headers = {**self._headers(), "Content-Type": "application/json"}
        return Request("POST", f"{self.endpoint}/email", headers, json.dumps(body).encode())

    def message_id(self, answer: Answer) -> str | None:
        """Its MessageID, where the ErrorCode is 0, or missing: then it took the message over and will be late."""
        said = answer.json()
        number = said.get("MessageID")
        return number if said.get("ErrorCode", 0) == 0 and isinstance(number, str) else None

    def complaint(self, answer: Answer) -> Complaint | None:
        """Its ErrorCode and Message: 406 is an address that bounced or complained, 300 a request it cannot use."""
        said = answer.json()
        code, words = said.get("ErrorCode"), said.get("Message")
        if not isinstance(code, int) or not isinstance(words, str):
            return None
        if code in UNKNOWN_SENDER:
            return Complaint(f"{words} (code {code})", "sender")
        return Complaint(f"{words} (code {code})", "account" if code in ACCOUNT_CLOSED else "message")

    def question(self) -> Request:
        """GET /server: the settings of the server the token belongs to."""
        return Request("GET", f"{self.endpoint}/server", self._headers())

    def doubt(self, answer: Answer) -> str | None:
        """Nothing in these settings forbids sending."""
        return None if "Name" in answer.json() else "this is not its usual answer: is the endpoint right?"

    def _headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "X-Postmark-Server-Token": self.token}


def _fields(pieces: Pieces) -> dict[str, Any]:
    invite = [_inline(pieces.invite)] if pieces.invite else []
    fields = {
        "From": str(pieces.sender),
        "To": str(pieces.recipient),
        "ReplyTo": str(pieces.reply_to) if pieces.reply_to else None,
        "Subject": pieces.subject,
        "TextBody": pieces.text,
        "HtmlBody": pieces.html,
        "Headers": _headers(pieces),
        "Attachments": invite + [_attachment(file) for file in pieces.files],
        # Personal links must stay as they are, and nobody is watched while reading.
        "TrackOpens": False,
        "TrackLinks": "None",
    }
    return {name: value for name, value in fields.items() if value not in (None, "", [])}


def _headers(pieces: Pieces) -> list[dict[str, str]]:
    headers = [{"Name": name, "Value": value} for name, value in pieces.headers]
    if any(name.lower() == "message-id" for name, _ in pieces.headers):
        # Without this it writes a Message-ID of its own, and a mail sent twice could not be told by it.
        headers.append({"Name": "X-PM-KeepID", "Value": "true"})
    return headers


def _inline(invite: File) -> dict[str, str]:
    """The invite as Postmark's own help has it: an attachment shown inline whose type says the method."""
    media_type = f"text/calendar; charset=utf-8; method={invite.method or 'PUBLISH'}"
    return {**_attachment(invite), "ContentType": media_type, "Disposition": "inline"}


def _attachment(file: File) -> dict[str, str]:
    return {"Name": file.name, "ContentType": file.media_type, "Content": b64encode(file.content).decode()}
