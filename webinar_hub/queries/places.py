"""The studio's page about a cohort's places: its settings, who waits for a decision, the line, what is offered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import AskedQuestion, Cohort, Person, Registration
from webinar_hub.models.registration import IS_JUDGED, IS_OFFERED, IS_WAITING
from webinar_hub.queries.questions import of_cohort
from webinar_hub.rules.answers import in_words
from webinar_hub.rules.places import State

SHOWN = 200
"""So many of each list are shown; how many there are is always said."""


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
    told: tuple[tuple[str, str], ...] = ()
    """Each question she answered, with her words; on the page of places alone."""


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
    """Six statements, one more for each list that is not shown whole. Raises NotFound."""
    cohort = db.session.scalars(select(Cohort).where(Cohort.key == key)).first()
    if cohort is None:
        raise NotFound()
    names = (
        "capacity", "has_waitlist", "offer_minutes", "needs_approval", "approval_again", "changes_close_at", "zone",
        "state",
    )  # fmt: skip
    asked = of_cohort(cohort.id)
    shown = {state: _those(cohort.id, state, asked) for state in _FOUND_BY}
    return PlacesView(
        version=cohort.version,
        values={name: getattr(cohort, name) for name in names},
        seats_taken=cohort.seats_taken,
        counts={state.value: _how_many(cohort.id, state, len(those)) for state, those in shown.items()},
        pending=shown[State.PENDING],
        line=shown[State.WAITLISTED],
        offered=shown[State.OFFERED],
        declined=shown[State.DECLINED],
    )


# Each found by an index of its own, among a hundred thousand who have a place.
_FOUND_BY = {
    State.PENDING: IS_JUDGED & (Registration.state == State.PENDING.value),
    State.DECLINED: IS_JUDGED & (Registration.state == State.DECLINED.value),
    State.WAITLISTED: IS_WAITING,
    State.OFFERED: IS_OFFERED,
}


_ORDER: Mapping[State, Sequence[Any]] = {
    State.PENDING: (Registration.registered_at, Registration.id),
    State.DECLINED: (Registration.registered_at.desc(), Registration.id.desc()),
    State.WAITLISTED: (Registration.waiting_rank, Registration.waiting_since, Registration.id),
    State.OFFERED: (Registration.offer_until, Registration.id),
}


def _how_many(cohort: int, state: State, shown: int) -> int:
    """Counted only where more may be there than are shown."""
    if shown < SHOWN:
        return shown
    found = select(func.count()).where(Registration.cohort_id == cohort, _FOUND_BY[state])
    return db.session.scalar(found) or 0


def _those(cohort: int, state: State, asked: Sequence[AskedQuestion]) -> tuple[Waiting, ...]:
    rows = db.session.execute(
        _WITH_PERSON.where(Registration.cohort_id == cohort, _FOUND_BY[state]).order_by(*_ORDER[state]).limit(SHOWN)
    )
    return tuple(_waiting(row, number, asked) for number, row in enumerate(rows, start=1))


_WITH_PERSON = select(Registration, Person.id, Person.name, Person.email, Person.profession).join(
    Person, Person.id == Registration.person_id
)


def _waiting(row: Any, number: int, asked: Sequence[AskedQuestion] = ()) -> Waiting:
    hers, person, name, email, profession = row
    said = ((question.label, in_words(hers.answers.get(question.key))) for question in asked)
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
        told=tuple((label, words) for label, words in said if words),
    )


def chosen(cohort: int, registrations: Sequence[int]) -> tuple[Waiting, ...]:
    """Those of the chosen who still wait for a decision, in the order they came."""
    rows = db.session.execute(
        _WITH_PERSON.where(
            Registration.cohort_id == cohort,
            Registration.id.in_(registrations),
            _FOUND_BY[State.PENDING],
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
