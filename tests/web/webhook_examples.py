"""What the four providers send, signed as they sign it, for tests of the webhooks."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hmac import digest
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from tests.building import NOW

POSTMARK, MAILGUN = "a secret of ours", "key-of-mailgun"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:webinar-hub"
HOST = "https://sns.eu-west-1.amazonaws.com"
CERTIFICATE_URL = f"{HOST}/SimpleNotificationService-01d088a6f77103d0fe307c0069e40ed6.pem"

SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
SENDGRID = base64.b64encode(
    SENDGRID_KEY.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()
AMAZON_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Request:
    """One request to a webhook."""

    body: bytes
    headers: dict[str, str]


def certificate() -> bytes:
    """Amazon's, as far as a test goes."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(AMAZON_KEY.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=365))
    return builder.sign(AMAZON_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def postmark(key: str, record: str = "Bounce", secret: str = POSTMARK, **changes: Any) -> Request:
    body = {
        "RecordType": record,
        "ID": 4323372036854775807,
        "Type": "HardBounce",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Details": "smtp;550 5.1.1 no such user",
        "Email": "ann@x.example",
        "BouncedAt": "2026-11-23T14:59:00Z",
        "DeliveredAt": "2026-11-23T14:59:00Z",
        "Metadata": {"delivery": key},
    } | changes
    login = base64.b64encode(f"hub:{secret}".encode()).decode()
    return Request(json.dumps(body).encode(), {"Authorization": f"Basic {login}"})


def mailgun(
    key: str,
    event: str = "failed",
    signing_key: str = MAILGUN,
    signed_at: datetime = NOW,
    token: str = "a" * 50,
    **changes: Any,
) -> Request:
    timestamp = str(int(signed_at.timestamp()))
    signature = digest(signing_key.encode(), f"{timestamp}{token}".encode(), "sha256").hex()
    body = {
        "signature": {"timestamp": timestamp, "token": token, "signature": signature},
        "event-data": {
            "id": f"G9Bn5sl1TC6nu79C8C0bwg-{event}",
            "event": event,
            "timestamp": NOW.timestamp() - 60.5,
            "severity": "permanent",
            "reason": "bounce",
            "recipient": "ann@x.example",
            "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "5.1.1 no such user"},
            "message": {"headers": {"message-id": "another@x.example"}},
            "user-variables": {"delivery": key},
        }
        | changes,
    }
    return Request(json.dumps(body).encode(), {})


def sendgrid(key: str, event: str = "bounce", signing_key: Any = SENDGRID_KEY, **changes: Any) -> Request:
    item = {
        "email": "ann@x.example",
        "timestamp": int(NOW.timestamp()) - 60,
        "smtp-id": "<another@x.example>",
        "event": event,
        "type": "bounce",
        "status": "5.1.1",
        "reason": "550 5.1.1 no such user",
        "sg_event_id": f"event-{event}",
        "delivery": key,
    } | changes
    return sendgrid_signed(json.dumps([item]).encode(), signing_key)


def sendgrid_signed(body: bytes, signing_key: Any = SENDGRID_KEY) -> Request:
    timestamp = "1796482800"
    signature = signing_key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return Request(
        body,
        {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        },
    )


def ses(key: str, event: str = "Bounce", message: dict[str, Any] | None = None, **changes: Any) -> Request:
    told = message or {
        "notificationType": event,
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [
                {"emailAddress": "ann@x.example", "status": "5.1.1", "diagnosticCode": "550 no such user"}
            ],
            "timestamp": "2026-11-23T14:59:00.000Z",
            "feedbackId": "0100017",
        },
        "complaint": {"complainedRecipients": [{}], "timestamp": "2026-11-23T14:59:00.000Z", "feedbackId": "0200"},
        "delivery": {"timestamp": "2026-11-23T14:59:00.000Z", "smtpResponse": "250 ok"},
        "mail": {"messageId": "00000138", "headers": [{"name": "X-Entity-Ref-ID", "value": key}]},
    }
    return sns({"Type": "Notification", "Subject": "Amazon SES", "Message": json.dumps(told)} | changes)


def sns(message: dict[str, Any], signing_key: Any = AMAZON_KEY) -> Request:
    """A message of SNS with its signature, in version 1 or 2."""
    body = {
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Timestamp": "2026-11-23T14:59:00.000Z",
        "SignatureVersion": "1",
        "SigningCertURL": CERTIFICATE_URL,
    } | message
    names = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    text = "".join(f"{name}\n{body[name]}\n" for name in names if name in body).encode()
    kind = hashes.SHA1() if body["SignatureVersion"] == "1" else hashes.SHA256()
    signature = signing_key.sign(text, padding.PKCS1v15(), kind)
    return Request(
        json.dumps({"Signature": base64.b64encode(signature).decode()} | body).encode(),
        {"Content-Type": "text/plain; charset=UTF-8"},
    )


def confirmation(url: str) -> Request:
    return sns(
        {"Type": "SubscriptionConfirmation", "Message": "You have chosen", "Token": "23", "SubscribeURL": url}
    )


EVERY: dict[str, Callable[..., Request]] = {
    "postmark": postmark,
    "mailgun": mailgun,
    "sendgrid": sendgrid,
    "ses": ses,
}
