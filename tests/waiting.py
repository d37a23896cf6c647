"""People on their way to a place, for tests: a cohort with few seats, who stands where, who leaves."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from flask import Flask
from sqlalchemy import select, update

from tests.building import given_cohort, sign_up
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Cohort, Delivery, Person, Registration
from webinar_hub.services import registrations

Result = TypeVar("Result")
STAFF = "organizer:1"


def small(app: Flask, folder: Path, seats: int = 2, **settings: object) -> str:
    """A cohort with so many seats and a waitlist; `settings` are columns."""
    cohort = given_cohort(app, folder, {"capacity = 50": f"capacity = {seats}\nhas_waitlist = true"})
    if settings:
        with app.app_context(), transaction() as session:
            session.execute(update(Cohort).values(**settings))
    return cohort


def come(app: Flask, cohort: str, *names: str) -> None:
    """Each signs up by the form, one after the other."""
    for number, name in enumerate(names):
        sign_up(app, cohort, f"{name}@x.example", name.title(), network=f"192.0.2.{number}")


def row(app: Flask, name: str) -> Registration:
    """Her registration as it is now."""
    with app.app_context():
        return db.session.scalars(
            select(Registration).join(Person, Person.id == Registration.person_id).where(
                Person.email == f"{name}@x.example"
            )
        ).one()  # fmt: skip


def standing(app: Flask) -> dict[str, str]:
    """Everybody's state, by the first part of her address."""
    with app.app_context():
        rows = db.session.execute(
            select(Person.email, Registration.state).join(Registration, Registration.person_id == Person.id)
        )
        return {email.partition("@")[0]: state for email, state in rows}


def seats(app: Flask) -> int:
    """How many are counted, which must be how many are held."""
    with app.app_context():
        counted = db.session.scalars(select(Cohort.seats_taken)).one()
        held = db.session.scalars(
            select(Registration.id).where(
                Registration.state.in_(("confirmed", "offered")) | Registration.seat_kept.is_(True)
            )
        ).all()
        assert counted == len(held), "the number of seats is not the number of those who hold one"
        return counted


def waiting_mails(app: Flask, name: str) -> list[str]:
    """The kinds of mail that wait to be sent to her."""
    with app.app_context():
        rows = db.session.scalars(
            select(Delivery.kind)
            .join(Registration, Registration.id == Delivery.registration_id)
            .join(Person, Person.id == Registration.person_id)
            .where(Person.email == f"{name}@x.example", Delivery.state == "queued")
            .order_by(Delivery.id)
        )
        return list(rows)


def leave(app: Flask, name: str) -> None:
    """She gives her place back, or her way to one."""
    hers = row(app, name)
    done(app, lambda: registrations.cancel(hers.person_id, hers.public_id, now=clock.now()))


def done(app: Flask, what: Callable[[], Result]) -> Result:
    """What it gives, in a transaction of its own."""
    with app.app_context(), transaction():
        return what()


def with_row(app: Flask, name: str, what: Callable[[Registration], Result]) -> Result:
    """The same with her registration, locked."""
    with app.app_context(), transaction():
        known = select(Registration).join(Person, Person.id == Registration.person_id)
        hers = known.where(Person.email == f"{name}@x.example").with_for_update(of=Registration)
        return what(db.session.scalars(hers).one())
