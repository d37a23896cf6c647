"""The studio's page about a cohort's places: its settings, who waits for a decision, the line, what is offered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Cohort, Person, Registration
from webinar_hub.rules.places import State

SHOWN = 200
"""So many of each list are shown; how many there are is always said."""
LISTED = (State.PENDING, State.WAITLISTED, State.OFFERED, State.DECLINED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody on the way to a place; `number` is her place in its list, from 1 on."""

    id: int
    person: int
    name: str
    email: str
    profession: str
    number: int
    since: datetime
    until: datetime | None
    is_in_front: bool
    seat_kept: bool
    reason: str


@dataclass(frozen=True, slots=True)
class PlacesView:
    """A cohort's seats and whoever is on the way to one; `counts` by state, also of those who are not shown."""

    version: int
    values: dict[str, Any]
    seats_taken: int
    counts: dict[str, int]
    pending: tuple[Waiting, ...]
    line: tuple[Waiting, ...]
    offered: tuple[Waiting, ...]
    declined: tuple[Waiting, ...]

    @property
    def seats_free(self) -> int | None:
        """None without a limit."""
        capacity: int | None = self.values["capacity"]
        return None if capacity is None else max(0, capacity - self.seats_taken)


def places_page(key: str) -> PlacesView:
    """Six statements, however many wait. Raises NotFound."""
    cohort = db.session.scalars(select(Cohort).where(Cohort.key == key)).first()
    if cohort is None:
        raise NotFound()
    names = (
        "capacity", "has_waitlist", "offer_minutes", "needs_approval", "approval_again", "changes_close_at", "zone",
        "state",
    )  # fmt: skip
    by_arrival = (Registration.registered_at, Registration.id)
    in_line = (Registration.waiting_rank, Registration.waiting_since, Registration.id)
    return PlacesView(
        version=cohort.version,
        values={name: getattr(cohort, name) for name in names},
        seats_taken=cohort.seats_taken,
        counts=_counts(cohort.id),
        pending=_those(cohort.id, State.PENDING, by_arrival),
        line=_those(cohort.id, State.WAITLISTED, in_line),
        offered=_those(cohort.id, State.OFFERED, (Registration.offer_until, Registration.id)),
        declined=_those(cohort.id, State.DECLINED, (Registration.id.desc(),)),
    )


def _counts(cohort: int) -> dict[str, int]:
    rows = db.session.execute(
        select(Registration.state, func.count())
        .where(Registration.cohort_id == cohort, Registration.state.in_([state.value for state in LISTED]))
        .group_by(Registration.state)
    )
    return {state: number for state, number in rows}


def _those(cohort: int, state: State, order: Sequence[Any]) -> tuple[Waiting, ...]:
    rows = db.session.execute(
        _WITH_PERSON.where(Registration.cohort_id == cohort, Registration.state == state.value)
        .order_by(*order)
        .limit(SHOWN)
    )
    return tuple(_waiting(row, number) for number, row in enumerate(rows, start=1))


_WITH_PERSON = select(Registration, Person.id, Person.name, Person.email, Person.profession).join(
    Person, Person.id == Registration.person_id
)


def _waiting(row: Any, number: int) -> Waiting:
    hers, person, name, email, profession = row
    return Waiting(
        id=hers.id,
        person=person,
        name=name,
        email=email,
        profession=profession,
        number=number,
        since=hers.waiting_since or hers.registered_at,
        until=hers.offer_until,
        is_in_front=hers.waiting_rank < 0,
        seat_kept=hers.seat_kept,
        reason=hers.reason,
    )


def chosen(cohort: int, registrations: Sequence[int]) -> tuple[Waiting, ...]:
    """Those of the chosen who still wait for a decision, in the order they came."""
    rows = db.session.execute(
        _WITH_PERSON.where(
            Registration.cohort_id == cohort,
            Registration.id.in_(registrations),
            Registration.state == State.PENDING.value,
        ).order_by(Registration.registered_at, Registration.id)
    )
    return tuple(_waiting(row, number) for number, row in enumerate(rows, start=1))


def person_in(key: str, registration: int) -> Waiting:
    """Somebody of this cohort, wherever she stands. Raises NotFound for anybody else."""
    row = db.session.execute(
        _WITH_PERSON.join(Cohort, Cohort.id == Registration.cohort_id).where(
            Registration.id == registration, Cohort.key == key
        )
    ).first()
    if row is None:
        raise NotFound()
    return _waiting(row, 0)
