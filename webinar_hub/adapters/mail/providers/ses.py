"""Amazon SES: our own message, byte for byte, in base64 (the SendEmail of its API v2)."""

import json
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webinar_hub.adapters.mail import Envelope
from webinar_hub.adapters.mail.providers import Answer, Complaint, Request
from webinar_hub.adapters.mail.providers.sigv4 import AwsKey, signed
from webinar_hub.adapters.mail.providers.taken_apart import ascii_recipient
from webinar_hub.core import clock

ACCOUNT_CLOSED = frozenset({"AccountSuspendedException", "SendingPausedException", "LimitExceededException"})
UNKNOWN_SENDER = "MailFromDomainNotVerifiedException"


def endpoint_of(region: str) -> str:
    """Where SES answers for a region."""
    return f"https://email.{region}.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Ses:
    """SES in one region; `configuration_set` names where it reports bounces to, None for the account's default."""

    key: AwsKey
    endpoint: str
    configuration_set: str | None = None
    now: Callable[[], datetime] = clock.real_now
    name: str = "Amazon SES"

    @property
    def secrets(self) -> Sequence[str]:
        """The secret key itself never goes out; only what is signed with it does."""
        return [self.key.secret]

    def delivery(self, envelope: Envelope) -> Request:
        """POST /v2/email/outbound-emails; ValueError for an address with letters outside ASCII."""
        body: dict[str, Any] = {
            "Destination": {"ToAddresses": [ascii_recipient(envelope)]},
            "Content": {"Raw": {"Data": b64encode(envelope.content).decode()}},
        }
        if self.configuration_set:
            body["ConfigurationSetName"] = self.configuration_set
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        url = f"{self.endpoint}/v2/email/outbound-emails"
        return signed(Request("POST", url, headers, json.dumps(body).encode()), self.key, self.now())

    def message_id(self, answer: Answer) -> str | None:
        """Its MessageId, which is the Message-ID people see, without the domain."""
        number = answer.json().get("MessageId")
        return number if isinstance(number, str) else None

    def complaint(self, answer: Answer) -> Complaint | None:
        """The kind of error, which stands in a header or the body, and the message."""
        said = answer.json()
        kind = str(answer.headers.get("x-amzn-errortype") or said.get("__type") or said.get("code") or "")
        kind = kind.partition(":")[0].rpartition("#")[2]
        words = said.get("message") or said.get("Message")
        if not kind:
            return None
        text = f"{words} ({kind})" if isinstance(words, str) else kind
        if kind in ACCOUNT_CLOSED:
            return Complaint(text, "account")
        # SES says "not verified" of a sender it does not know and, in its sandbox, of a recipient.
        return Complaint(text, "sender" if kind == UNKNOWN_SENDER or "not verified" in text else "message")

    def question(self) -> Request:
        """GET /v2/email/account: whether the account may send."""
        return signed(
            Request("GET", f"{self.endpoint}/v2/email/account", {"Accept": "application/json"}),
            self.key,
            self.now(),
        )

    def doubt(self, answer: Answer) -> str | None:
        """An account may be known and closed, or still in the sandbox."""
        said = answer.json()
        if said.get("SendingEnabled") is not True:
            return "sending is switched off for this account and region"
        if said.get("ProductionAccessEnabled") is not True:
            return "the account is in the sandbox, where only verified addresses receive anything"
        return None
