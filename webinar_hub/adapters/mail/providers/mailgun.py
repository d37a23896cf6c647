"""Mailgun: our own message, byte for byte, as a file in a form (its messages.mime API)."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from webinar_hub.adapters.mail import Envelope
from webinar_hub.adapters.mail.providers import Answer, Complaint, Request
from webinar_hub.adapters.mail.providers.taken_apart import ascii_recipient

ENDPOINTS = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}

# Personal links must stay as they are, and nobody is watched while reading.
_NO_TRACKING = {"o:tracking": "no", "o:tracking-clicks": "no", "o:tracking-opens": "no"}


@dataclass(frozen=True, slots=True)
class Mailgun:
    """A sending domain at Mailgun, by the account's key or a sending key of the domain."""

    key: str = field(repr=False)
    domain: str
    endpoint: str = ENDPOINTS["us"]
    name: str = "Mailgun"

    @property
    def secrets(self) -> Sequence[str]:
        """The key, and the form in which basic authentication sends it."""
        return [self.key, self._basic()]

    def delivery(self, envelope: Envelope) -> Request:
        """POST /v3/<domain>/messages.mime; ValueError for an address with letters outside ASCII."""
        from urllib3.filepost import encode_multipart_formdata  # noqa: PLC0415  slow import

        body, media_type = encode_multipart_formdata(
            {
                "to": ascii_recipient(envelope),
                "message": ("message.mime", envelope.content, "message/rfc822"),
                "v:delivery": envelope.reference,
                **_NO_TRACKING,
            },
            boundary=hashlib.sha256(envelope.content).hexdigest()[:40],
        )
        headers = {**self._headers(), "Content-Type": media_type}
        return Request("POST", f"{self.endpoint}/v3/{quote(self.domain)}/messages.mime", headers, body)

    def message_id(self, answer: Answer) -> str | None:
        """The id it answers with, which is our Message-ID."""
        number = answer.json().get("id")
        return number if isinstance(number, str) else None

    def complaint(self, answer: Answer) -> Complaint | None:
        """Its message; that a domain may not send (yet) is about the account."""
        words = answer.json().get("message")
        if not isinstance(words, str):
            return None
        return Complaint(words, "account" if "not allowed to send" in words else "message")

    def question(self) -> Request:
        """GET /v4/domains/<domain>: what is known of the sending domain."""
        return Request("GET", f"{self.endpoint}/v4/domains/{quote(self.domain)}", self._headers())

    def doubt(self, answer: Answer) -> str | None:
        """A domain may be known and not be allowed to send."""
        domain = answer.json().get("domain")
        state = domain.get("state") if isinstance(domain, dict) else "not there"
        return None if state == "active" else f"the domain is {state}"

    def _headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "Authorization": f"Basic {self._basic()}"}

    def _basic(self) -> str:
        return b64encode(f"api:{self.key}".encode()).decode()
