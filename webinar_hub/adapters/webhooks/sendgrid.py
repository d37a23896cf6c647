"""SendGrid's event webhook: ECDSA over a timestamp and the body, many events in each request."""

from base64 import b64decode
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from webinar_hub.adapters.webhooks import Forged, Incoming, Malformed, Received, moment, parsed, words
from webinar_hub.rules.mail_events import EventKind, MailEvent, bounce_of, status_in

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"

_PLAIN: dict[str, EventKind] = {
    "delivered": "delivered",
    "deferred": "deferred",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
# SendGrid did not even try, because of its own list.
_DROPPED: dict[str, EventKind] = {
    "bounced address": "bounced_hard",
    "invalid": "bounced_hard",
    "spam reporting address": "complained",
    "unsubscribed address": "unsubscribed",
}


def public_key(setting: str) -> EllipticCurvePublicKey:
    """The key as SendGrid shows it. Raises ValueError for anything else."""
    try:
        key = load_der_public_key(b64decode(setting, validate=True))
    except ValueError as error:
        raise ValueError("write the verification key that SendGrid shows, beginning with MFkw") from error
    if not isinstance(key, EllipticCurvePublicKey):
        raise ValueError("this is no elliptic-curve key; SendGrid shows one beginning with MFkw")
    return key


def is_signed(key: EllipticCurvePublicKey, signature: str, timestamp: str, body: bytes) -> bool:
    """Whether the signature (base64 of DER) is one over timestamp and body."""
    try:
        key.verify(
            b64decode(signature, validate=True), timestamp.encode("utf-8", "replace") + body, ECDSA(SHA256())
        )
    except (InvalidSignature, ValueError):
        return False
    return True


class SendgridWebhook:
    """`setting` is the verification key; raises ValueError for one that is none."""

    def __init__(self, setting: str) -> None:
        self._key = public_key(setting)

    def read(self, incoming: Incoming) -> Received:
        """Check the signature and understand the events; those that are no news about a mail are left out."""
        signature, timestamp = incoming.header(SIGNATURE), incoming.header(TIMESTAMP)
        if not is_signed(self._key, signature, timestamp, incoming.body):
            raise Forged("The signature does not fit WEBINAR_HUB_WEBHOOK_SENDGRID.")
        told = parsed(incoming.body)
        if not isinstance(told, list):
            raise Malformed("This is no list of SendGrid's events.")
        return Received(tuple(event for item in told if (event := _event(item, incoming))))


def _event(item: Any, incoming: Incoming) -> MailEvent | None:
    kind, name = _kind(item), words(item, "sg_event_id")
    if kind is None or not name:
        return None
    return MailEvent(
        "sendgrid",
        name,
        kind,
        moment(item.get("timestamp"), incoming.now),
        words(item, "reason") or words(item, "response"),
        key=words(item, "delivery"),
        message_id=words(item, "smtp-id"),
    )


def _kind(item: Any) -> EventKind | None:
    name = words(item, "event")
    if name == "bounce":
        if words(item, "type") == "blocked":
            return "blocked"
        return bounce_of(words(item, "status") or status_in(words(item, "reason")))
    if name == "dropped":
        return _DROPPED.get(words(item, "reason").lower(), "bounced_soft")
    return _PLAIN.get(name)
