"""Hands one mail to the mail server and counts how that went."""

from flask import Flask

from webinar_hub.adapters.mail import Envelope, MailTransport, Outcome, Unreachable
from webinar_hub.core import clock, metrics


def send_measured(app: Flask, transport: MailTransport, mail: Envelope) -> Outcome:
    """Send, and count the outcome and the seconds it took."""
    began = clock.monotonic()
    outcome = transport.send(mail)
    said = outcome.reason if isinstance(outcome, Unreachable) else outcome.reply
    kind = app.extensions["settings"].mail_kind
    metrics.record_mail(kind, _NAMES.get(type(outcome).__name__, "other"), said, clock.monotonic() - began)
    return outcome


_NAMES = {"Accepted": "sent", "Refused": "refused", "Deferred": "deferred", "Unreachable": "unreachable"}
