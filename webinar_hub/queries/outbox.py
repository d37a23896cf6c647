"""What an operator sees of the outbox: how many of each state, a list, one delivery with all it hangs on."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select

from webinar_hub.core.clock import lease_moment
from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import AuditEntry, Cohort, Delivery, Drop, Person, Registration, Session
from webinar_hub.queries.plan import cohort_named
from webinar_hub.rules.delivery_story import DeliveryFacts
from webinar_hub.rules.registration import email_key, masked

STATES = ("queued", "sending", "sent", "failed", "expired", "cancelled", "suppressed")
_ABOUT = func.coalesce(Session.title, Drop.title, "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries; what is empty or None does not matter. `since` is the earliest moment they were due."""

    states: tuple[str, ...] = ()
    cohort: str = ""
    email: str = ""
    kind: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One delivery in a list; `email` is masked unless it was asked for."""

    id: int
    state: str
    kind: str
    about: str
    email: str
    due_at: datetime
    attempts: int
    reply: str


def counts(wanted: Wanted) -> dict[str, int]:
    """How many there are of each state, the states without any included."""
    statement = _narrowed(select(Delivery.state, func.count()), wanted).group_by(Delivery.state)
    return dict.fromkeys(STATES, 0) | {state: number for state, number in db.session.execute(statement)}


def lines(wanted: Wanted, limit: int) -> list[OutboxLine]:
    """The newest of them, up to `limit`. Raises NotFound for an unknown cohort or nobody's address."""
    statement = _with_subject(
        select(
            Delivery.id, Delivery.state, Delivery.kind, _ABOUT, Person.email, Delivery.due_at, Delivery.attempts,
            func.coalesce(Delivery.reply, ""),
        )
    )  # fmt: skip
    statement = _narrowed(statement, wanted).order_by(Delivery.id.desc()).limit(limit)
    found = [OutboxLine(*row) for row in db.session.execute(statement)]
    return found if wanted.email else [replace(line, email=masked(line.email)) for line in found]


def ids(wanted: Wanted) -> list[int]:
    """All of them, oldest first."""
    return list(db.session.scalars(_narrowed(select(Delivery.id), wanted).order_by(Delivery.id)))


def facts(reference: str) -> DeliveryFacts:
    """One delivery by its number or its key. Raises NotFound."""
    by_number = reference.isascii() and reference.isdigit() and len(reference) < 19
    which = Delivery.id == int(reference) if by_number else Delivery.key == reference
    row: Any = db.session.execute(
        _with_subject(
            select(
                Delivery, Registration, Person, Cohort.title, _ABOUT, Session.state,
                Delivery.lease_until >= lease_moment(),
            ).where(which)
        )
    ).first()  # fmt: skip
    if row is None:
        raise NotFound(f"There is no delivery {reference}.")
    return _facts(*row, by_hand=_by_hand(row[0].id))


def _facts(
    delivery: Delivery, registration: Registration, person: Person, cohort: str, about: str, session: str | None,
    held: bool | None, *, by_hand: tuple[str, ...],
) -> DeliveryFacts:  # fmt: skip
    lease: Literal["held", "run out", "none"] = "none"
    if delivery.state == "sending":
        lease = "held" if held else "run out"
    return DeliveryFacts(
        id=delivery.id,
        key=delivery.key,
        kind=delivery.kind,
        state=delivery.state,
        attempts=delivery.attempts,
        created_at=delivery.created_at,
        due_at=delivery.due_at,
        expires_at=delivery.expires_at,
        composed_at=delivery.composed_at,
        sent_at=delivery.sent_at,
        reply=delivery.reply or "",
        lease=lease,
        on_the_wire=delivery.lease_token is not None,
        about=about,
        cohort=cohort,
        name=person.name,
        email=person.email,
        place_cancelled=registration.state == "cancelled",
        session_cancelled=session == "cancelled",
        reminders_off=registration.reminders_off_at is not None,
        bonuses_off=registration.bonuses_off_at is not None,
        suppressed=person.suppressed_at is not None,
        planned=delivery.broadcast_id is not None,
        by_hand=by_hand,
    )


def _by_hand(delivery: int) -> tuple[str, ...]:
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject == f"delivery:{delivery}").order_by(AuditEntry.id)
    )
    words = {"delivery.retried": "put it back into the queue", "delivery.cancelled": "cancelled it"}
    return tuple(
        f"By hand ({entry.actor}): {words.get(entry.action, entry.action)} on {entry.at:%Y-%m-%d %H:%M} UTC."
        for entry in entries
    )


def _with_subject(statement: Any) -> Any:
    return (
        statement.select_from(Delivery)
        .join(Registration, Registration.id == Delivery.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .outerjoin(Session, Session.id == Delivery.session_id)
        .outerjoin(Drop, Drop.id == Delivery.drop_id)
    )


def _narrowed(statement: Any, wanted: Wanted) -> Any:
    if wanted.states:
        statement = statement.where(Delivery.state.in_(wanted.states))
    if wanted.kind:
        statement = statement.where(Delivery.kind == wanted.kind)
    if wanted.since:
        statement = statement.where(Delivery.due_at >= wanted.since)
    if wanted.cohort:
        theirs = select(Registration.id).where(Registration.cohort_id == cohort_named(wanted.cohort).id)
        statement = statement.where(Delivery.registration_id.in_(theirs))
    if wanted.email:
        hers = select(Registration.id).where(Registration.person_id == _person(wanted.email))
        statement = statement.where(Delivery.registration_id.in_(hers))
    return statement


def _person(address: str) -> int:
    try:
        key = email_key(address)
    except ValueError as error:
        raise NotFound(f"{address!r} is no e-mail address.") from error
    found = db.session.scalar(select(Person.id).where(Person.email_key == key))
    if found is None:
        raise NotFound(f"Nobody has signed up as {address}.")
    return found
