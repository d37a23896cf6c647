"""Looks at what mails need outside: the server that takes them, and what the DNS tells their receivers."""

from collections.abc import Callable, Iterator

from webinar_hub.adapters.dns import LIFETIME, Dns, DnsTrouble
from webinar_hub.adapters.mail.opening import describe, signs_itself, trouble_with
from webinar_hub.core.config import Settings
from webinar_hub.rules import mail_authentication as rules
from webinar_hub.rules.checkup import Finding


def place(settings: Settings) -> str:
    """The way out for mail in one line, its password hidden; nobody is asked."""
    return describe(settings.mail_address)


def is_signed(settings: Settings) -> bool:
    """Whether mails carry a DKIM signature, ours or that of the provider who takes them."""
    return bool(settings.dkim_key) or signs_itself(settings.mail_address)


def way_out(settings: Settings, *, timeout: float | None = None) -> Iterator[Finding]:
    """Whether the mail server lets us in; nothing is sent. `timeout` in seconds, else that of every mail."""
    if settings.mail_kind in ("console", "mailbox"):
        remedy = "Set WEBINAR_HUB_MAIL when people are to get mails."
        yield Finding("mail server", "look", f"Mails go to the {settings.mail_kind}: nobody receives them.", remedy)
    elif trouble := trouble_with(settings.mail_address, timeout=timeout or settings.mail_timeout):
        remedy = "Look at WEBINAR_HUB_MAIL. Mails wait in the outbox meanwhile, and none is lost."
        yield Finding("mail server", "broken", f"{trouble.removesuffix('.')}.", remedy)
    else:
        yield Finding("mail server", "ok", f"{place(settings)} lets us in.")


def records(
    domain: str, server: tuple[str, int] | None, selector: str, *, remedy: str, lifetime: float = LIFETIME
) -> Iterator[Finding]:
    """SPF, DKIM and DMARC of a domain mails come from.

    Where no answer comes there is no verdict, and `remedy` says what to do.
    """
    name = domain.encode("idna").decode()
    checks: dict[str, Callable[[Dns], Finding]] = {
        "SPF": lambda dns: rules.spf(name, dns.texts),
        "DKIM": lambda dns: rules.dkim(name, selector, dns.texts),
        "DMARC": lambda dns: rules.dmarc(name, dns.texts),
    }
    for what, check in checks.items():
        try:
            yield check(Dns(server, lifetime=lifetime))
        except DnsTrouble as trouble:
            yield Finding(what, "look", str(trouble), remedy)
