"""Can mails leave, and what does the DNS say to those who receive them?"""

from collections.abc import Iterator

from flask import Flask

from webinar_hub.adapters import sender_domain
from webinar_hub.adapters.dns import Dns
from webinar_hub.adapters.mail import Accepted, Envelope, Unreachable
from webinar_hub.adapters.mail.opening import describe, open_configured, trouble_with
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.documents.trial_mail import compose
from webinar_hub.queries import doctor
from webinar_hub.rules.checkup import Finding

MOST_DOMAINS = 5


def way_out(settings: Settings) -> Iterator[Finding]:
    """Whether the mail server lets us in; nothing is sent."""
    place = describe(settings.mail_address)
    if settings.mail_kind in ("console", "mailbox"):
        remedy = "Set WEBINAR_HUB_MAIL when people are to get mails."
        yield Finding("mail server", "look", f"Mails go to the {settings.mail_kind}: nobody receives them.", remedy)
    elif trouble := trouble_with(settings.mail_address, timeout=settings.mail_timeout):
        remedy = "Look at WEBINAR_HUB_MAIL. Mails wait in the outbox meanwhile, and none is lost."
        yield Finding("mail server", "broken", f"{trouble.removesuffix('.')}.", remedy)
    else:
        yield Finding("mail server", "ok", f"{place} lets us in.")


def sender(app: Flask) -> str:
    """The address a test mail comes from; "" where there is none yet."""
    settings: Settings = app.extensions["settings"]
    return settings.mail_sender or next(iter(_organizers(app)), "")


def records(app: Flask, server: tuple[str, int] | None, selector: str) -> Iterator[Finding]:
    """SPF, DKIM and DMARC of the domains that mails come from; an answer that does not come is no verdict."""
    settings: Settings = app.extensions["settings"]
    senders = [settings.mail_sender] if settings.mail_sender else _organizers(app)
    domains = sorted({address.rpartition("@")[2].lower() for address in senders})
    if not domains:
        words = "No domain mails come from is known yet."
        yield Finding("sender", "look", words, "Set WEBINAR_HUB_MAIL_SENDER to an address of a domain you own.")
    for domain in domains[:MOST_DOMAINS]:
        remedy = "Try again, or name another resolver with --resolver."
        yield from sender_domain.findings(domain, selector, lambda: Dns(server), remedy)


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


def _organizers(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(doctor.organizers())
