"""Postmark's webhooks: a secret in the URL or in a header, one event in each request."""

from base64 import b64decode
from hmac import compare_digest
from typing import Any

from webinar_hub.adapters.webhooks import Forged, Incoming, Malformed, Received, moment, parsed, words
from webinar_hub.rules.mail_events import EventKind, MailEvent

TOKEN_HEADER = "X-Webinar-Hub-Token"  # noqa: S105  the name of a header

# https://postmarkapp.com/developer/api/bounce-api#bounce-types; None is no news about a mail of ours.
_BOUNCES: dict[str, EventKind | None] = {
    "HardBounce": "bounced_hard",
    "BadEmailAddress": "bounced_hard",
    "SpamComplaint": "complained",
    "Unsubscribe": "unsubscribed",
    "Transient": "deferred",
    "Blocked": "blocked",
    "DMARCPolicy": "blocked",
    "SpamNotification": "blocked",
    "VirusNotification": "blocked",
    "AutoResponder": None,
    "AddressChange": None,
    "ChallengeVerification": None,
    "Subscribe": None,
    "OpenRelayTest": None,
}
_CHANGES: dict[str, EventKind] = {
    "HardBounce": "bounced_hard",
    "SpamComplaint": "complained",
    "ManualSuppression": "unsubscribed",
}
_MOMENTS = {"Delivery": "DeliveredAt", "Bounce": "BouncedAt", "SpamComplaint": "BouncedAt"}


def knows_the_secret(incoming: Incoming, secret: str) -> bool:
    """Whether the secret came as the password of HTTP basic authentication (any user) or in our header."""
    given = incoming.header(TOKEN_HEADER)
    scheme, _, credentials = incoming.header("Authorization").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = b64decode(credentials, validate=True).decode().partition(":")[2]
        except ValueError:
            return False
    return compare_digest(given.encode("utf-8", "replace"), secret.encode())


class PostmarkWebhook:
    """`secret` is what the URL or the header must hold."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def read(self, incoming: Incoming) -> Received:
        """Check the secret and understand the one event."""
        if not knows_the_secret(incoming, self._secret):
            raise Forged("The secret is not the one in WEBINAR_HUB_WEBHOOK_POSTMARK.")
        record = parsed(incoming.body)
        if not isinstance(record, dict) or not words(record, "RecordType"):
            raise Malformed("This is no event of Postmark.")
        kind = _kind(record)
        if kind is None:
            return Received()
        name = ":".join(words(record, key) for key in ("RecordType", "ID", "MessageID", "ChangedAt"))
        happened_at = moment(record.get(_MOMENTS.get(record["RecordType"], "ChangedAt")), incoming.now)
        detail = words(record, "Details") or words(record, "Description") or words(record, "SuppressionReason")
        return Received(
            (MailEvent("postmark", name, kind, happened_at, detail, key=words(record, "Metadata", "delivery")),)
        )


def _kind(record: dict[str, Any]) -> EventKind | None:
    match record["RecordType"]:
        case "Delivery":
            return "delivered"
        case "SpamComplaint":
            return "complained"
        case "Bounce":
            return _BOUNCES.get(words(record, "Type"), "bounced_soft")
        case "SubscriptionChange" if record.get("SuppressSending") is True:
            return _CHANGES.get(words(record, "SuppressionReason"))
    return None
