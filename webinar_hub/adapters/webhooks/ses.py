"""Amazon SES through SNS: each message is signed with a certificate that Amazon keeps at an address it names.

An address in a request that nobody has signed yet could lead anywhere, so only one host is ever asked: that of the
topic's own region.
"""

import re
from base64 import b64decode
from typing import Any
from urllib.parse import urlsplit

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.x509 import load_pem_x509_certificate

from webinar_hub.adapters.webhooks import Forged, Incoming, Malformed, NotNow, Received, moment, parsed, part, words
from webinar_hub.rules.mail_events import EventKind, MailEvent, bounce_of, status_in

TOPIC = re.compile(r"arn:aws:sns:([a-z]{2}(?:-[a-z]+)+-\d):\d{12}:[A-Za-z0-9_-]{1,256}")
_CERTIFICATE = re.compile(r"/SimpleNotificationService-[0-9a-f]{16,64}\.pem")
LARGEST_CERTIFICATE = 16 * 1024
PATIENCE = (3.0, 5.0)
"""Seconds to connect, and to wait for an answer."""
KEPT = 8

# What is signed, in this order, each with its name (SNS developer guide, "Verifying the signatures").
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
_PLAIN: dict[str, EventKind] = {"Delivery": "delivered", "DeliveryDelay": "deferred"}


def signed_text(message: dict[str, Any]) -> bytes:
    """The bytes that SNS signs of a message. Raises Malformed for a kind it does not sign."""
    names = _SIGNED.get(str(message.get("Type")))
    if names is None:
        raise Malformed("This is no message of Amazon SNS that concerns us.")
    lines = [f"{name}\n{message[name]}\n" for name in names if isinstance(message.get(name), str)]
    return "".join(lines).encode("utf-8", "surrogatepass")


def is_signed(key: RSAPublicKey, message: dict[str, Any]) -> bool:
    """Whether its signature is the key's, in version 1 or 2."""
    kind = {"1": SHA1(), "2": SHA256()}.get(str(message.get("SignatureVersion")))  # noqa: S303  Amazon chooses
    if kind is None:
        return False
    try:
        key.verify(b64decode(words(message, "Signature"), validate=True), signed_text(message), PKCS1v15(), kind)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_amazons(url: str, region: str) -> bool:
    """Whether an https address leads to SNS in this region and nowhere else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and not any(c in url for c in "\\@ ")
    return plain and parts.scheme == "https" and parts.netloc == f"sns.{region}.amazonaws.com" and port is None


class SesWebhook:
    """`topic` is the ARN of the one topic that is listened to; raises ValueError for anything else."""

    def __init__(self, topic: str) -> None:
        found = TOPIC.fullmatch(topic)
        if found is None:
            raise ValueError("write the topic's ARN like arn:aws:sns:eu-west-1:123456789012:webinar-hub")
        self._topic, self._region = topic, found[1]
        self._keys: dict[str, RSAPublicKey] = {}

    def read(self, incoming: Incoming) -> Received:
        """Check topic and signature, and understand the one event or the wish to be confirmed."""
        message = parsed(incoming.body)
        # Anybody may have a topic of her own at Amazon, rightly signed.
        if not isinstance(message, dict) or message.get("TopicArn") != self._topic:
            raise Forged("This is not from the topic in WEBINAR_HUB_WEBHOOK_SES_TOPIC.")
        signed_text(message)
        if not is_signed(self._key(words(message, "SigningCertURL")), message):
            raise Forged("The signature is not Amazon's.")
        if message["Type"] == "SubscriptionConfirmation":
            return Received(visit=self._confirmation(words(message, "SubscribeURL")))
        told = parsed(str(message.get("Message")))
        return Received(_events(told, words(message, "MessageId"), incoming))

    def _confirmation(self, url: str) -> str:
        if not is_amazons(url, self._region):
            raise Forged("The address to confirm is not Amazon's.")
        return url

    def _key(self, url: str) -> RSAPublicKey:
        """The key of a certificate, fetched once. Raises Forged for an address that is not Amazon's, NotNow."""
        if not (is_amazons(url, self._region) and _CERTIFICATE.fullmatch(url.partition(".amazonaws.com")[2])):
            raise Forged("The certificate is not kept by Amazon.")
        if url not in self._keys:
            if len(self._keys) >= KEPT:
                self._keys.clear()
            self._keys[url] = _fetched(url)
        return self._keys[url]


def _fetched(url: str) -> RSAPublicKey:
    try:
        with requests.get(url, timeout=PATIENCE, allow_redirects=False, stream=True) as answer:
            pem = _beginning(answer) if answer.status_code == 200 else b""
    except requests.RequestException as error:
        raise NotNow("Amazon's certificate cannot be fetched at the moment.") from error
    try:
        key = load_pem_x509_certificate(pem).public_key()
    except ValueError as error:
        raise NotNow("What Amazon keeps at the certificate's address is none.") from error
    if not isinstance(key, RSAPublicKey):
        raise Forged("The certificate has a key of another kind.")
    return key


def _beginning(answer: requests.Response) -> bytes:
    """As much of the answer as a certificate can be long."""
    content = b""
    for chunk in answer.iter_content(4096):
        content += chunk
        if len(content) > LARGEST_CERTIFICATE:
            break
    return content


def _events(told: Any, message: str, incoming: Incoming) -> tuple[MailEvent, ...]:
    kind, about = _kind(told)
    if kind is None:
        return ()
    first = _first(about, "bouncedRecipients")
    name = words(about, "feedbackId") or f"{words(told, 'mail', 'messageId')}:{kind}:{message}"
    detail = words(first, "diagnosticCode") or words(about, "smtpResponse") or words(about, "delayType")
    return (
        MailEvent(
            "ses",
            name,
            kind,
            moment(part(about, "timestamp"), incoming.now),
            detail or words(about, "bounceSubType") or words(about, "complaintFeedbackType"),
            key=_header(told, "X-Entity-Ref-ID"),
            message_id=_header(told, "Message-ID"),
        ),
    )


def _kind(told: Any) -> tuple[EventKind | None, Any]:
    """What it means, and the part of it that says more."""
    name = words(told, "eventType") or words(told, "notificationType")
    about = part(told, name[:1].lower() + name[1:])
    if name == "Bounce":
        return _bounce(about), about
    if name == "Complaint":
        return None if words(about, "complaintFeedbackType") == "not-spam" else "complained", about
    return _PLAIN.get(name), about


def _bounce(about: Any) -> EventKind:
    if words(about, "bounceSubType") in ("ContentRejected", "AttachmentRejected", "MessageTooLarge"):
        return "blocked"
    if words(about, "bounceType") != "Permanent":
        return "bounced_soft"
    first = _first(about, "bouncedRecipients")
    return bounce_of(words(first, "status") or status_in(words(first, "diagnosticCode")))


def _first(value: Any, name: str) -> Any:
    found = part(value, name)
    return found[0] if isinstance(found, list) and found else None


def _header(told: Any, name: str) -> str:
    """A header of the mail as we wrote it; Amazon replaces some of them on the way."""
    headers = part(told, "mail", "headers")
    for header in headers if isinstance(headers, list) else []:
        if words(header, "name").lower() == name.lower():
            return words(header, "value")
    return ""
