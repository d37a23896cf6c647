"""Admits somebody: her person, her registration and the first mail about it in the outbox, all or nothing.

Whether she may come in is decided next door, in `registrations.py`. PostgreSQL does all of it in one statement,
because each one is a way there and back; SQLite, which lives in this process, does one after the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from typing import cast as as_type

from sqlalchemy import (
    CTE,
    ColumnElement,
    String,
    Table,
    bindparam,
    cast,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.inserts import insert_new
from webinar_hub.core.search_words import search_text
from webinar_hub.core.tokens import nonce, public_id
from webinar_hub.models import Cohort, Delivery, Person, Registration
from webinar_hub.rules.delivery import priority_of

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who comes in where; `zone` is an IANA name, moments are aware.

    `step` counts the pauses between confirmations: in each of them one person is sent one (A07).
    `state` is where she begins (`rules/places.py`), `mail` the kind of mail that says so, or "" for none.
    """

    name: str
    email: str
    email_key: str
    profession: str
    zone: str
    cohort_id: int
    next_session_id: int | None
    last_end: datetime | None
    step: int
    source: str = ""
    language: str = "en"
    wants_bonuses: bool = True
    state: str = "confirmed"
    mail: str = "confirmation"
    answers: Row = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Admitted:
    """`registration_id` is None for somebody who was here before: then nothing else was written.

    `is_new` says that nobody of this address was known, in any cohort.
    """

    person_id: int
    registration_id: int | None
    is_new: bool


def admit(newcomer: Newcomer, *, now: datetime) -> Admitted:
    """Write down somebody new; her seat is for the caller to take."""
    leave_work()
    person, registration, mail = _rows(newcomer, now)
    if db.engine.dialect.name == "postgresql":
        values = _named("person", person) | _named("registration", registration) | _named("mail", mail)
        statement = _at_once((tuple(person), tuple(registration), tuple(mail)))
        found = db.session.connection().execute(statement, values | {"key_end": _key_end(newcomer)}).one()
        # No person: she came in a moment ago in another transaction, and only the next statement sees her.
        if found.person is not None:
            return Admitted(found.person, found.registration, found.newcomer is not None)
    return _step_by_step(newcomer, person, registration, mail)


def admit_unproven(newcomer: Newcomer, *, now: datetime) -> Admitted:
    """Write down somebody who has to show first that the address is hers: no seat; the mail is for the caller."""
    person, registration, _ = _rows(newcomer, now)
    new = insert_new(Person, person, "id")
    known = select(Person.id).where(Person.email_key == newcomer.email_key)
    person_id: int = new.id if new else db.session.scalars(known).one()
    place = insert_new(Registration, registration | {"person_id": person_id, "state": "unproven"}, "id")
    return Admitted(person_id, place.id if place else None, is_new=new is not None)


def confirmation_key(registration: int, revision: int, step: int, kind: str = "confirmation") -> str:
    """What a confirmation is, or another mail that says where she stands, for ever."""
    return f"registration:{registration}:{kind}:{revision}:{step}"


def _key_end(newcomer: Newcomer) -> str:
    return f":{newcomer.mail}:0:{newcomer.step}"


# Seats are counted in the row itself, so that two who want the last one are told apart by the database (A4).
_MOVE_SEATS = (
    update(Cohort.__table__)  # type: ignore[arg-type]
    .where(Cohort.id == bindparam("cohort"))
    .where(or_(Cohort.capacity.is_(None), Cohort.seats_taken + bindparam("by") <= Cohort.capacity))
    .values(seats_taken=Cohort.seats_taken + bindparam("by"))
)


def move_seats(cohort: int, by: int) -> bool:
    """Take or give back so many seats; whether there were enough."""
    return db.session.connection().execute(_MOVE_SEATS, {"cohort": cohort, "by": by}).rowcount == 1


def _rows(newcomer: Newcomer, now: datetime) -> tuple[Row, Row, Row]:
    """The person, the registration and the mail, but for the ids they get from each other."""
    person = {
        "email": newcomer.email, "email_key": newcomer.email_key, "name": newcomer.name,
        "language": newcomer.language, "profession": newcomer.profession, "zone": newcomer.zone,
        "created_at": now, "link_nonce": nonce(), "search": search_text(newcomer.name, newcomer.email),
    }  # fmt: skip
    registration = {
        "public_id": public_id(), "cohort_id": newcomer.cohort_id, "state": newcomer.state, "registered_at": now,
        "revision": 0, "nonce": nonce(), "source": newcomer.source,
        "bonuses_off_at": None if newcomer.wants_bonuses else now,
    }  # fmt: skip
    if newcomer.answers:
        registration["answers"] = newcomer.answers
    if newcomer.state == "waitlisted":
        registration["waiting_since"] = now
    if not newcomer.mail:
        return person, registration, {}
    # Only who has a place is sent an invite with it.
    session = newcomer.next_session_id if newcomer.state == "confirmed" else None
    mail = {
        "kind": newcomer.mail, "session_id": session, "state": "queued", "attempts": 0,
        "priority": priority_of(newcomer.mail), "created_at": now, "due_at": now,
        "expires_at": newcomer.last_end,
    }  # fmt: skip
    return person, registration, mail


def _step_by_step(newcomer: Newcomer, person: Row, registration: Row, mail: Row) -> Admitted:
    new = insert_new(Person, person, "id")
    known = select(Person.id).where(Person.email_key == newcomer.email_key)
    person_id: int = new.id if new else db.session.scalars(known).one()
    place = insert_new(Registration, registration | {"person_id": person_id}, "id")
    if place is None:
        return Admitted(person_id, None, is_new=new is not None)
    if mail:
        key = f"registration:{place.id}{_key_end(newcomer)}"
        insert_new(Delivery, mail | {"registration_id": place.id, "key": key}, "id")
    return Admitted(person_id, place.id, is_new=new is not None)


def _named(prefix: str, row: Row) -> Row:
    return {f"{prefix}_{name}": value for name, value in row.items()}


@cache
def _at_once(names: tuple[tuple[str, ...], ...]) -> Any:
    """The same in one statement, each part fed by the one before it; `names` are the columns of the three rows."""
    people, registrations, deliveries = (as_type("Table", m.__table__) for m in (Person, Registration, Delivery))
    of_person, of_registration, of_mail = names
    new = postgresql.insert(people).values(_bound("person", people, of_person)).on_conflict_do_nothing()
    newcomer = new.returning(people.c.id).cte("newcomer")
    # A statement does not see its own new rows: one of the two finds her, never both.
    before = select(people.c.id).where(people.c.email_key == bindparam("person_email_key"))
    known = union_all(select(newcomer.c.id), before).cte("known")
    registration = _added("registration", registrations, of_registration, person_id=known.c.id)
    ids = ((known, "person"), (newcomer, "newcomer"), (registration, "registration"))
    found = select(*(select(part.c.id).scalar_subquery().label(name) for part, name in ids))
    if not of_mail:
        return found
    key = literal("registration:") + cast(registration.c.id, String) + bindparam("key_end", type_=String())
    return found.add_cte(_added("mail", deliveries, of_mail, key=key, registration_id=registration.c.id))


def _added(prefix: str, table: Table, names: Iterable[str], **from_before: ColumnElement[Any]) -> CTE:
    """Insert what is bound and what the part before gave, unless UNIQUE knows it."""
    values = _bound(prefix, table, names) | from_before
    insert = postgresql.insert(table).from_select(list(values), select(*values.values()), include_defaults=False)
    return insert.on_conflict_do_nothing().returning(table.c.id).cte(prefix)


def _bound(prefix: str, table: Table, names: Iterable[str]) -> dict[str, ColumnElement[Any]]:
    return {name: bindparam(f"{prefix}_{name}", type_=table.c[name].type) for name in names}
