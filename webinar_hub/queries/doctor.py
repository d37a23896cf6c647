"""What `webinar-hub doctor` asks the database; the answers are judged in `rules/checkup.py`."""

from datetime import datetime

from sqlalchemy import func, select, text, type_coerce

from webinar_hub.core.clock import lease_moment
from webinar_hub.core.db import UtcDateTime, db
from webinar_hub.models import Cohort, Delivery, Task
from webinar_hub.models.delivery import NOT_SENT_STATES, OPEN_STATES
from webinar_hub.rules.checkup import reason_of


def server() -> str:
    """What kind of database answers, with its version."""
    if db.engine.dialect.name == "sqlite":
        return f"SQLite {db.session.scalar(text('SELECT sqlite_version()'))}"
    return f"PostgreSQL {db.session.scalar(text('SHOW server_version'))}"


def damage() -> str | None:
    """What is wrong inside the database's file; "" for nothing, None where the server watches over that itself."""
    if db.engine.dialect.name != "sqlite":
        return None
    said = str(db.session.scalar(text("PRAGMA quick_check(1)")))
    return "" if said == "ok" else said


def moment() -> datetime:
    """What time it is by the database's clock."""
    return db.session.execute(select(type_coerce(lease_moment(), UtcDateTime))).scalar_one()


def overdue(before: datetime) -> int:
    """Deliveries that were due by then and are still not sent."""
    return db.session.scalar(select(func.count()).where(OPEN_STATES, Delivery.due_at <= before)) or 0


def leases_run_out() -> int:
    """Deliveries whose sender has died and that nobody has taken over yet."""
    left = select(func.count()).where(
        OPEN_STATES, Delivery.state == "sending", Delivery.lease_until < lease_moment()
    )
    return db.session.scalar(left) or 0


def failures(since: datetime) -> dict[str, int]:
    """Deliveries due since then that failed, by why; the answers' own words may name people and stay here."""
    start = func.substr(func.coalesce(Delivery.reply, ""), 1, 18)
    # The index of the few that were not sent is taken only where its condition is written out.
    rows = db.session.execute(
        select(start, func.count())
        .where(NOT_SENT_STATES, Delivery.state == "failed", Delivery.due_at >= since)
        .group_by(start)
    )
    found: dict[str, int] = {}
    for words, number in rows:
        found[reason_of(words)] = found.get(reason_of(words), 0) + number
    return found


def open_tasks() -> int:
    """How many tasks nobody has done yet."""
    return db.session.scalar(select(func.count()).where(Task.done_at.is_(None))) or 0


def organizers() -> list[str]:
    """The addresses that mails of open cohorts come from where no other sender is set."""
    return list(db.session.scalars(select(Cohort.organizer_email).where(Cohort.state == "open").distinct()))
