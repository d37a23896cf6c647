"""An installation to be tormented: a cohort that begins in three days, people in it, and messages that are due."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from hub_processes import Worker
from smtp_server import SmtpServer
from sqlalchemy import func, insert, select, update

from webinar_hub.app import create_app
from webinar_hub.cli import importing
from webinar_hub.core import clock, wake
from webinar_hub.core.config import read_settings
from webinar_hub.core.db import db, transaction
from webinar_hub.core.tokens import nonce, public_id
from webinar_hub.models import Broadcast, Cohort, Delivery, Person, Registration, Session
from webinar_hub.queries import health
from webinar_hub.rules.cohort_file import read_cohort_file
from webinar_hub.worker import running

KEY = "winter"
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
# Seconds; short, so that the tests need not wait long.
LEASE = 3.0
MAIL_TIMEOUT = 2.0
LEADER_LEASE = 2.0

COHORT = """
[webinar]
slug = "small"
title = "A small webinar"
summary = "One sentence."

[cohort]
key = "winter"
title = "Winter"
zone = "UTC"
organizer_name = "Rosa"
organizer_email = "rosa@example.org"
capacity = 1000

[cohort.weekly]
first = @first@
weeks = 2
minutes = 60

[[sessions]]
title = "The first"

[[sessions]]
title = "The second"

[[drops]]
key = "gift"
title = "A gift"
after_session = "week-1"
days = 1
at = 08:00:00
[[drops.materials]]
key = "gift"
title = "The gift"
link = "https://example.org/gift"

[messages]
reminders = ["2 days", "1 day", "1 hour"]
"""


@contextmanager
def installed(database_url: str, folder: Path, smtp: SmtpServer, **settings: str) -> Iterator["Hub"]:
    """An installation on this migrated, empty database; everything it has started ends with it."""
    wanted = {
        "DATA_FOLDER": str(folder / "data"), "DATABASE_URL": database_url, "SECRET_KEY": "only for tests",
        "MAIL": smtp.url, "LEASE": str(LEASE), "MAIL_TIMEOUT": str(MAIL_TIMEOUT), "LEADER_LEASE": str(LEADER_LEASE),
        "TICK": "0.1", "CONNECTIONS": "2", "LOG_LEVEL": "info",
    } | settings  # fmt: skip
    app = create_app(read_settings(**{name.lower(): value for name, value in wanted.items()}))
    import_cohort(app, folder)
    hub = Hub(app, {f"WEBINAR_HUB_{name}": value for name, value in wanted.items()}, folder, [])
    try:
        yield hub
    finally:
        for worker in hub.workers:
            worker.end()
        with app.app_context():
            db.engine.dispose()


def import_cohort(app: Flask, folder: Path) -> None:
    """Bring COHORT in; its first session is at noon, three days from now."""
    first = (clock.now() + 3 * DAY).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)
    importing.apply(app, read_cohort_file(COHORT.replace("@first@", first.isoformat())), folder)


@dataclass(slots=True)
class Hub:
    """One installation: `app` looks into it and changes it, `environment` makes a process part of it."""

    app: Flask
    environment: dict[str, str]
    folder: Path
    workers: list[Worker]

    def worker(self, **settings: str) -> Worker:
        """Start a worker process; settings as in the environment, without the prefix."""
        wanted = {f"WEBINAR_HUB_{name}": value for name, value in settings.items()}
        log = self.folder / f"worker-{len(self.workers)}.log"
        worker = Worker({**self.environment, **wanted}, log)
        self.workers.append(worker)
        return worker

    @contextmanager
    def looking(self) -> Iterator[None]:
        """An application context in which nothing old is remembered."""
        with self.app.app_context():
            yield
            db.session.remove()

    def people(self, number: int) -> list[str]:
        """Put so many people into the cohort, registered two weeks ago; their addresses."""
        then = clock.now() - 14 * DAY
        emails = [f"person{n}@example.net" for n in range(number)]
        with self.app.app_context(), transaction() as session:
            cohort = session.scalars(select(Cohort.id)).one()
            session.execute(insert(Person), [_person(email, then) for email in emails])
            people = session.scalars(select(Person.id).order_by(Person.id)).all()
            session.execute(insert(Registration), [_registration(person, cohort, then) for person in people])
            session.execute(update(Cohort).values(seats_taken=number))
        return emails

    def make_due(self, lead: timedelta = DAY, *, session: str = "week-1") -> None:
        """Bring a reminder of a session forward to this moment."""
        of_session = select(Session.id).where(Session.key == session).scalar_subquery()
        with self.app.app_context(), transaction() as session_:
            session_.execute(
                update(Broadcast)
                .where(Broadcast.session_id == of_session, Broadcast.lead_minutes == lead // MINUTE)
                .values(due_at=clock.now(), state="planned")
            )

    def broadcast_states(self, kind: str, lead_minutes: int, session: str = "week-1") -> list[str]:
        """The states of a session's broadcasts of this kind, of all rounds."""
        with self.looking():
            statement = select(Broadcast.state).join(Session, Session.id == Broadcast.session_id)
            wanted = (Session.key == session, Broadcast.kind == kind, Broadcast.lead_minutes == lead_minutes)
            return list(db.session.scalars(statement.where(*wanted).order_by(Broadcast.round)))

    def first_start(self) -> datetime:
        """When the first session begins."""
        with self.looking():
            return db.session.scalars(select(Session.starts_at).order_by(Session.starts_at)).first()

    def cohort_public_id(self) -> str:
        """The cohort as its sign-up form knows it."""
        with self.looking():
            return db.session.scalars(select(Cohort.public_id)).one()

    def deliveries(self, **wanted: str) -> list[Delivery]:
        """The deliveries with these column values."""
        with self.looking():
            return list(db.session.scalars(select(Delivery).filter_by(**wanted).order_by(Delivery.id)))

    def states(self, kind: str = "reminder") -> Counter[str]:
        """How many deliveries of a kind are in which state."""
        return Counter(row.state for row in self.deliveries(kind=kind))

    def sent(self, kind: str = "reminder") -> int:
        """How many deliveries of a kind have been recorded as sent."""
        with self.looking():
            statement = select(func.count()).where(Delivery.kind == kind, Delivery.state == "sent")
            return db.session.scalar(statement) or 0

    def change(self, **settings: Any) -> None:
        """Change settings of the worker in this process."""
        current = self.app.extensions["settings"]
        self.app.extensions["settings"] = current.model_copy(update=settings)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A worker in this very process, so that a test can move its clock."""
        worker = running.Worker(self.app)
        worker.start()
        try:
            yield
        finally:
            assert worker.stop()

    def bring_forward(self) -> None:
        """Have what waits for its next try be due now."""
        with self.app.app_context(), transaction() as session:
            session.execute(update(Delivery).where(Delivery.state == "queued").values(due_at=clock.now()))

    def travel(self, moment: datetime) -> None:
        """Move the clock of this process forward, and let everybody look at it."""
        clock.set_to(moment, self.folder / "clock")
        wake.ring()

    def settled(self) -> bool:
        """Whether nothing that is due by now is waiting or on its way."""
        with self.looking():
            return not health.unfinished(clock.now())

    def check_invariants(self) -> None:
        """What must hold after every run, whatever happened in it."""
        now = clock.now()
        for row in self.deliveries():
            assert row.state in {"queued", "sent", "failed", "expired", "cancelled"}, (row.key, row.state)
            assert row.lease_until is None, row.key
            assert row.state != "queued" or row.due_at > now, row.key
            assert row.state != "sent" or (row.sent_at and row.reply and row.lease_token is None), row.key
            assert row.state != "sent" or not row.expires_at or row.sent_at < row.expires_at, row.key
        with self.looking():
            taken, confirmed = (
                db.session.scalar(select(Cohort.seats_taken)),
                db.session.scalar(select(func.count()).where(Registration.state == "confirmed")),
            )
        assert taken == confirmed


def _person(email: str, moment: datetime) -> dict[str, object]:
    return {
        "email": email, "email_key": email, "name": "Robin", "profession": "OT", "zone": "America/New_York",
        "language": "en", "created_at": moment, "link_nonce": nonce(),
    }  # fmt: skip


def _registration(person: int, cohort: int, moment: datetime) -> dict[str, object]:
    return {
        "public_id": public_id(), "person_id": person, "cohort_id": cohort, "state": "confirmed",
        "registered_at": moment, "revision": 0, "nonce": nonce(),
    }  # fmt: skip
