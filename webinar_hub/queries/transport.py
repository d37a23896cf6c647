"""What the page about how mails leave shows of the database; nothing here asks the network."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.models import Delivery, Notice
from webinar_hub.queries import doctor, health
from webinar_hub.rules import checkup
from webinar_hub.rules.checkup import Finding

TEST = "transport_test"
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TestMail:
    """The last test somebody had sent to herself, and what has become of it."""

    asked_at: datetime
    to: str
    state: str
    sent_at: datetime | None
    reply: str
    attempts: int


def last_test(to: str) -> TestMail | None:
    """The newest test to this address; one statement."""
    row = db.session.execute(
        select(Notice.created_at, Delivery.state, Delivery.sent_at, Delivery.reply, Delivery.attempts)
        .join(Delivery, Delivery.notice_id == Notice.id)
        .where(Notice.kind == TEST, Notice.to_email == to)
        .order_by(Notice.id.desc())
        .limit(1)
    ).first()
    return TestMail(row[0], to, row[1], row[2], row[3] or "", row[4]) if row else None


def findings(now: datetime) -> list[Finding]:
    """What the outbox tells of the way mails leave; three statements."""
    return [
        checkup.overdue(doctor.overdue(now - health.LAG)),
        checkup.stuck(doctor.leases_run_out()),
        checkup.failures(doctor.failures(now - WEEK)),
    ]
