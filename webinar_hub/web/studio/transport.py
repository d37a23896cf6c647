"""How mails leave: what is set, a test to oneself, and what the mail server and the DNS say when they are asked."""

import json
from collections.abc import Iterator
from dataclasses import asdict

from flask import flash, get_flashed_messages, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.adapters import checkup
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.queries import doctor
from webinar_hub.queries import transport as queries
from webinar_hub.rules.checkup import Finding
from webinar_hub.rules.staff import Permission
from webinar_hub.services import notices
from webinar_hub.services.notices import Envelope
from webinar_hub.web.current import house, notice_templates, settings
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("transport")

PATIENCE = 6.0
DNS_PATIENCE = 3.0
"""Seconds that somebody who waits for a page will wait for the mail server, and for each answer of the DNS."""

LONGEST_TOLD = 280
"""Characters."""


@blueprint.get("/settings/transport")
@needs(Permission.SETTINGS)
def page() -> str:
    """What is set, and what the database knows of it; nobody outside is asked."""
    asked = [Finding(**json.loads(str(each))) for each in get_flashed_messages(category_filter=["finding"])]
    return render_template(
        "studio/settings/transport.html",
        wiring=_wiring(),
        test=queries.last_test(staff().email),
        asked=asked,
        findings=queries.findings(clock.now()),
        zone=staff().zone,
    )


@blueprint.post("/settings/transport/test")
@needs(Permission.SETTINGS)
def send_test() -> Redirect:
    """Put a test to herself into the outbox, on the way all mails take."""
    who, now = staff(), clock.now()
    words = notice_templates().render(
        queries.TEST, name=who.name, service=house().name, place=settings().base_url, asked_at=now, zone=who.zone
    )
    envelope = Envelope(
        to_email=who.email,
        to_name=who.name,
        from_email=_senders()[0],
        from_name=house().sender_name or house().name,
        reply_to=house().reply_to,
    )
    with transaction():
        notices.write(queries.TEST, envelope, words, now=now)
    flash(f"A test to {who.email} is in the outbox. Look below what becomes of it.", "done")
    return redirect(url_for("studio_transport.page", _anchor="test"), 303)


@blueprint.post("/settings/transport/check")
@needs(Permission.SETTINGS)
def check() -> Redirect:
    """Ask the mail server and the DNS now, and show once what they say."""
    for finding in _asked():
        # The session is a cookie of 4 kB, and a mail server can be talkative.
        short = {name: text[:LONGEST_TOLD] for name, text in asdict(finding).items()}
        flash(json.dumps(short), "finding")
    return redirect(url_for("studio_transport.page", _anchor="asked"), 303)


def _asked() -> Iterator[Finding]:
    yield from checkup.way_out(settings(), timeout=PATIENCE)
    domain = _senders()[0].rpartition("@")[2].lower()
    selector = settings().dkim_selector
    yield from checkup.records(domain, None, selector, remedy="Try again later.", lifetime=DNS_PATIENCE)


def _senders() -> list[str]:
    """Where mails come from: the operator's word first, then the owner's, then the organizers' own addresses."""
    set_once = settings().mail_sender or house().sender_address
    return [set_once] if set_once else [*sorted(doctor.organizers()), staff().email]


def _wiring() -> list[tuple[str, str]]:
    """What the operator has set in the environment, in words and without a secret."""
    here = settings()
    signed = f"yes, as {here.dkim_selector} of {here.dkim_domain}" if here.dkim_key else ""
    provider = "by the provider" if checkup.is_signed(here) else "no"
    hooks = {
        "Postmark": here.webhook_postmark,
        "Mailgun": here.webhook_mailgun,
        "SendGrid": here.webhook_sendgrid,
        "Amazon SES": here.webhook_ses_topic,
    }
    rate = f"at most {here.mail_rate:g} a second" if here.mail_rate else "as fast as the server takes them"
    daily = f", {here.daily_limit} a day" if here.daily_limit else ""
    return [
        ("Way out", checkup.place(here)),
        ("Sender", here.mail_sender or house().sender_address or "each cohort's organizer"),
        ("Signed (DKIM)", signed or provider),
        ("Pace", f"{rate}{daily}"),
        ("What comes back goes to", here.return_address or "the sender"),
        ("Mailbox that is read", "yes" if here.inbox else "none"),
        ("Providers that tell us", ", ".join(name for name, key in hooks.items() if key) or "none"),
    ]
