"""Fills an installation with people, registrations and what they were sent, by set: a million in a minute."""

from datetime import timedelta
from typing import Any

from sqlalchemy import String, case, cast, func, insert, literal, select, text, update

from benchmarks.installation import DAY_IN_MINUTES, Installation
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Broadcast, Cohort, Delivery, Person, Registration, Session

AT_ONCE = 100_000
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "Europe/London")


def fill(hub: Installation, people: int) -> None:
    """Bring it to so many registrants, each with a confirmation and one reminder sent long ago."""
    with hub.app.app_context():
        _old_broadcast()
        have = db.session.scalar(select(func.count(Registration.id))) or 0
        for first in range(have + 1, people + 1, AT_ONCE):
            _add(first, min(people, first + AT_ONCE - 1))
        analyze()


def make_evening_due(place: int) -> int:
    """Bring the reminder one day before the evening at this place forward to this moment; the broadcast's id."""
    with transaction() as session:
        evening = session.scalars(select(Session.id).order_by(Session.starts_at)).all()[place]
        reminder = session.scalars(
            select(Broadcast).where(
                Broadcast.session_id == evening,
                Broadcast.kind == "reminder",
                Broadcast.lead_minutes == DAY_IN_MINUTES,
                Broadcast.state == "planned",
            )
        ).one()
        reminder.due_at = clock.now()
        return reminder.id


def analyze() -> None:
    """Let the database look at what it has; PostgreSQL's autovacuum would do so within a minute."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _old_broadcast() -> int:
    """A reminder that went out long ago, to give the history something to belong to."""
    known = db.session.scalar(select(Broadcast.id).where(Broadcast.key == "benchmark:old"))
    if known is not None:
        return known
    with transaction() as session:
        past = clock.now() - timedelta(days=30)
        about = session.scalars(select(Session).order_by(Session.starts_at)).first()
        assert about is not None
        old = Broadcast(
            cohort_id=about.cohort_id, key="benchmark:old", kind="reminder", session_id=about.id,
            lead_minutes=60, due_at=past, state="expanded", expanded_at=past,
        )  # fmt: skip
        session.add(old)
        session.flush()
        return old.id


def _add(first: int, last: int) -> None:
    old = _old_broadcast()
    with transaction() as session:
        cohort = session.scalars(select(Cohort.id)).one()
        people = session.scalar(select(func.coalesce(func.max(Person.id), 0)))
        registrations = session.scalar(select(func.coalesce(func.max(Registration.id), 0)))
        session.execute(insert(Person).from_select(_PERSON, _people(first, last)))
        session.execute(insert(Registration).from_select(_REGISTRATION, _places(people, cohort)))
        for kind, broadcast in (("confirmation", None), ("reminder", old)):
            session.execute(insert(Delivery).from_select(_DELIVERY, _sent(registrations, kind, broadcast)))
        session.execute(update(Cohort).values(capacity=None, seats_taken=Cohort.seats_taken + last - first + 1))


_PERSON = ["email", "email_key", "name", "profession", "zone", "language", "created_at", "link_nonce", "search"]
_REGISTRATION = ["public_id", "person_id", "cohort_id", "state", "registered_at", "revision", "nonce"]
_DELIVERY = [
    "key", "kind", "registration_id", "broadcast_id", "session_id", "state", "priority", "attempts",
    "created_at", "due_at", "composed_at", "sent_at", "reply",
]  # fmt: skip


def _people(first: int, last: int) -> Any:
    numbers = select(literal(first).label("i")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.i + 1).where(numbers.c.i < last))
    number = cast(numbers.c.i, String)
    address = literal("person") + number + "@example.net"
    zone = case(*((numbers.c.i % len(ZONES) == place, name) for place, name in enumerate(ZONES)))
    moment = literal(clock.now() - timedelta(days=60), Person.created_at.type)
    return select(
        address, address, literal("Robin Number ") + number, literal("OT"), zone, literal("en"), moment,
        literal("nonce-of-usual-length-") + number,
        literal(" robin number ") + number + literal(" ") + address + literal(" example.net example net"),
    )  # fmt: skip


def _places(after: int | None, cohort: int) -> Any:
    number = cast(Person.id, String)
    moment = literal(clock.now() - timedelta(days=60), Registration.registered_at.type)
    return select(
        literal("bench") + number, Person.id, literal(cohort), literal("confirmed"), moment, literal(0),
        literal("nonce-of-usual-length-") + number,
    ).where(Person.id > after)  # fmt: skip


def _sent(after: int | None, kind: str, broadcast: int | None) -> Any:
    moment = literal(clock.now() - timedelta(days=30), Delivery.sent_at.type)
    about = select(func.min(Session.id)).scalar_subquery()
    return select(
        literal(f"session:0:{kind}:-PT1H:registration:") + cast(Registration.id, String), literal(kind),
        Registration.id, literal(broadcast, Delivery.broadcast_id.type), about, literal("sent"), literal(1),
        literal(1), moment, moment, moment, moment, literal("2.0.0 Ok: queued as 4bKd2Q1m5Nz9sW"),
    ).where(Registration.id > after)  # fmt: skip
