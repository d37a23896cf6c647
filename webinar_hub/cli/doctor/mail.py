"""Can mails leave, and what does the DNS say to those who receive them?"""

from collections.abc import Iterator

from flask import Flask

from webinar_hub.adapters import checkup
from webinar_hub.adapters.mail import Accepted, Envelope, Unreachable
from webinar_hub.adapters.mail.opening import open_configured
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.documents.trial_mail import compose
from webinar_hub.queries import doctor, house
from webinar_hub.rules.checkup import Finding

MOST_DOMAINS = 5


def sender(app: Flask) -> str:
    """The address a test mail comes from; "" where there is none yet."""
    return next(iter(_senders(app)), "")


def records(app: Flask, server: tuple[str, int] | None, selector: str) -> Iterator[Finding]:
    """SPF, DKIM and DMARC of the domains that mails come from; an answer that does not come is no verdict."""
    senders = _senders(app)
    domains = sorted({address.rpartition("@")[2].lower() for address in senders})
    if not domains:
        words = "No domain mails come from is known yet."
        yield Finding("sender", "look", words, "Set WEBINAR_HUB_MAIL_SENDER to an address of a domain you own.")
    for domain in domains[:MOST_DOMAINS]:
        remedy = "Try again, or name another resolver with --resolver."
        yield from checkup.records(domain, server, selector, remedy=remedy)


def test_mail(app: Flask, recipient: str) -> Iterator[Finding]:
    """Send one mail, on the way all mails take."""
    settings: Settings = app.extensions["settings"]
    address = sender(app)
    if not address:
        yield Finding("test mail", "broken", "There is no address to send from.", "Set WEBINAR_HUB_MAIL_SENDER.")
        return
    content, reference = compose(address, recipient, settings.base_url, clock.real_now())
    transport = open_configured(settings)
    outcome = transport.send(Envelope(address, recipient, content, reference))
    transport.close()
    said = outcome.reason if isinstance(outcome, Unreachable) else outcome.reply
    if isinstance(outcome, Accepted):
        yield Finding("test mail", "ok", f"The mail server took it for {recipient}: {said}")
    else:
        yield Finding("test mail", "broken", f"It was not taken: {said}", "What the server says is the reason.")


def _senders(app: Flask) -> list[str]:
    """The addresses that mails come from: the operator's, else the owner's, else each organizer's own."""
    settings: Settings = app.extensions["settings"]
    if settings.mail_sender:
        return [settings.mail_sender]
    with app.app_context():
        owners = house.stored().sender_address
        return [owners] if owners else sorted(doctor.organizers())
