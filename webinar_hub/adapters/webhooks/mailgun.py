"""Mailgun's webhooks: HMAC over a timestamp and a token, one event in each request.

The signature does not cover the event, so whoever has seen one request could put another event into it: each token
is taken once, and none that is older than the memory of those that were.
"""

from datetime import timedelta
from hmac import compare_digest, digest
from typing import Any

from webinar_hub.adapters.webhooks import Forged, Incoming, Malformed, Received, Stale, moment, parsed, part, words
from webinar_hub.rules.mail_events import EventKind, MailEvent, bounce_of, bounce_of_words, status_in

# Mailgun tries for eight hours; tokens are remembered for a day (worker/clockwork.py).
FRESH = timedelta(hours=12)
AHEAD = timedelta(minutes=5)

_PLAIN: dict[str, EventKind] = {
    "delivered": "delivered",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}
# Mailgun did not even try, because of its own list.
_ON_ITS_LIST: dict[str, EventKind] = {
    "suppress-bounce": "bounced_hard",
    "suppress-complaint": "complained",
    "suppress-unsubscribe": "unsubscribed",
}


def is_signed(timestamp: str, token: str, signature: str, key: str) -> bool:
    """Whether the signature is the hexadecimal HMAC-SHA256 of timestamp and token under this key."""
    expected = digest(key.encode(), f"{timestamp}{token}".encode(), "sha256").hex()
    return compare_digest(expected.encode(), signature.lower().encode("utf-8", "replace"))


class MailgunWebhook:
    """`key` is the HTTP webhook signing key of the account."""

    def __init__(self, key: str) -> None:
        self._key = key

    def read(self, incoming: Incoming) -> Received:
        """Check signature and age, and understand the one event."""
        body = parsed(incoming.body)
        timestamp, token, signature = (
            words(body, "signature", name) for name in ("timestamp", "token", "signature")
        )
        if not is_signed(timestamp, token, signature, self._key):
            raise Forged("The signature does not fit WEBINAR_HUB_WEBHOOK_MAILGUN.")
        signed_at = _seconds(timestamp)
        age = incoming.now - moment(signed_at, incoming.now - 2 * FRESH)
        if not -AHEAD <= age <= FRESH:
            raise Stale("This was signed too long ago, or our clock is wrong.")
        event = part(body, "event-data")
        if not words(event, "event") or not words(event, "id"):
            raise Malformed("This is no event of Mailgun.")
        return Received(_events(event, incoming), once=token)


def _seconds(timestamp: str) -> float | None:
    try:
        return float(timestamp)
    except ValueError:
        return None


def _events(event: Any, incoming: Incoming) -> tuple[MailEvent, ...]:
    kind = _kind(event)
    if kind is None:
        return ()
    status = part(event, "delivery-status")
    return (
        MailEvent(
            "mailgun",
            words(event, "id"),
            kind,
            moment(part(event, "timestamp"), incoming.now),
            words(status, "message") or words(status, "description") or words(event, "reason"),
            key=words(event, "user-variables", "delivery"),
            message_id=words(event, "message", "headers", "message-id"),
        ),
    )


def _kind(event: Any) -> EventKind | None:
    name, reason = words(event, "event"), words(event, "reason")
    if name != "failed":
        return _PLAIN.get(name)
    if words(event, "severity") == "temporary":
        return "deferred"
    if reason in _ON_ITS_LIST:
        return _ON_ITS_LIST[reason]
    if reason == "old":  # it was put off for too long
        return "bounced_soft"
    said = f"{words(event, 'delivery-status', 'code')} {words(event, 'delivery-status', 'message')}"
    status = words(event, "delivery-status", "enhanced-code") or status_in(said)
    return bounce_of(status) if status else bounce_of_words(said) or "bounced_hard"
