"""Health: whether everything that should happen happens, in plain words."""

import shutil
from datetime import datetime, timedelta

from flask import Flask, render_template
from sqlalchemy.exc import SQLAlchemyError

from webinar_hub.adapters.dns import Dns, DnsTrouble
from webinar_hub.core import clock
from webinar_hub.queries import doctor, health, schema
from webinar_hub.queries import health_page as queries
from webinar_hub.rules import checkup, mail_authentication
from webinar_hub.rules.checkup import Finding
from webinar_hub.rules.staff import Permission
from webinar_hub.web.current import hub, settings
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("health")

_WEEK = timedelta(days=7)
_DOMAINS = 3


@blueprint.get("/health")
@needs(Permission.SEE)
def page() -> str:
    """What this process can see without asking anybody else."""
    return _page([])


@blueprint.post("/health/look")
@needs(Permission.SETTINGS)
def look_closer() -> str:
    """The checks that take a moment: the database's file, and what the DNS says of the sender. Changes nothing."""
    return _page([*_database(), *_sender()])


def _page(closer: list[Finding]) -> str:
    who, now = staff(), clock.now()
    return render_template(
        "studio/health/page.html",
        clock=queries.clock_now(now, settings().leader_lease),
        queue=queries.queue(now),
        troubles=queries.troubles(now - _WEEK),
        things=queries.next_things(who.webinars(Permission.SEE), now),
        findings=_cheap(),
        closer=closer,
        zone=who.zone,
        now=now,
    )


def _cheap() -> list[Finding]:
    usage = shutil.disk_usage(settings().data_folder)
    moment = doctor.moment()
    return [
        checkup.room(usage.free, usage.total),
        checkup.clock_skew((moment - clock.real_now()).total_seconds()),
        Finding("migrations", "ok", "The tables are those of this version.")
        if schema.is_up_to_date()
        else Finding(
            "migrations", "broken", "The tables are not those of this version.", "Run webinar-hub migrate."
        ),
    ]


def _database() -> list[Finding]:
    said = doctor.damage()
    if said is None:
        return [Finding("database", "ok", f"{doctor.server()} answers.")]
    if said:
        remedy = "Stop the service and go back to a backup (webinar-hub restore); keep the damaged file."
        return [Finding("database", "broken", f"The database's file is damaged: {said}.", remedy)]
    return [Finding("database", "ok", "The database's file is sound.")]


def _sender() -> list[Finding]:
    senders = [hub().sender] if hub().sender else doctor.organizers()
    domains = sorted({address.rpartition("@")[2].lower() for address in senders})[:_DOMAINS]
    return [finding for domain in domains for finding in _records(domain.encode("idna").decode())]


def _records(domain: str) -> list[Finding]:
    try:
        dns = Dns(None)
        return [mail_authentication.spf(domain, dns.texts), mail_authentication.dmarc(domain, dns.texts)]
    except DnsTrouble as trouble:
        return [Finding("DNS", "look", f"What the DNS says of {domain} is not known: {trouble}")]


def mail_delayed() -> datetime | None:
    """For the frame of every page: since when mail has been waiting, if it has."""
    try:
        return health.delayed_since(clock.now())
    except SQLAlchemyError:
        # The frame also stands around the page that says what is wrong.
        return None


def register(app: Flask) -> None:
    """Let the frame say it."""
    app.jinja_env.globals.update(mail_delayed=mail_delayed)
