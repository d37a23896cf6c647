"""At which moment each mail of a broadcast leaves, for a whole stretch at once; what suits is in rules/hours.py.

The zones and wishes of a stretch are few, however many people there are: each is worked out once, and the statement
that writes the deliveries tells them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, literal, or_, select

from webinar_hub.core.db import db
from webinar_hub.models import Broadcast, Cohort, Delivery, Person, Registration, Rhythm
from webinar_hub.rules.delivery import topic_of
from webinar_hub.rules.hours import Hours, can_wait, chosen, leaves

_CHOICES = (Rhythm.bonus_at, Rhythm.write_from, Rhythm.write_until, Rhythm.weekdays_only)


@dataclass(frozen=True, slots=True)
class Suited:
    """SQL: when each delivery is due, and who is left out; asked beside Person and, if there is one, a Rhythm."""

    due_at: ColumnElement[datetime]
    conditions: list[ColumnElement[bool]] = field(default_factory=list)


def of_cohort(cohort: Cohort) -> Hours:
    """The hours of who has not chosen herself."""
    return Hours(cohort.bonus_at, cohort.write_from, cohort.write_until, cohort.weekdays_only)


def suited(broadcast: Broadcast, stretch: Sequence[ColumnElement[bool]], due_at: datetime, now: datetime) -> Suited:
    """When the deliveries of these registrations leave; two statements, however many they are."""
    lead = None if broadcast.lead_minutes is None else timedelta(minutes=broadcast.lead_minutes)
    at_once = literal(due_at, Delivery.due_at.type)
    if not can_wait(broadcast.kind, lead):
        return Suited(at_once)
    hours = of_cohort(db.session.get_one(Cohort, broadcast.cohort_id))
    moments: dict[datetime | None, list[ColumnElement[bool]]] = {}
    for wish in _wishes(stretch, everybody=not hours.is_any):
        bonus_at, opens, closes, weekdays_only, zone = wish
        hers = chosen(hours, bonus_at=bonus_at, opens=opens, closes=closes, weekdays_only=weekdays_only)
        is_bonus = topic_of(broadcast.kind) == "bonuses"
        moment = leaves(hers, zone, due_at=due_at, expires_at=broadcast.expires_at, is_bonus=is_bonus, now=now)
        if moment != due_at:
            moments.setdefault(moment, []).append(_is(wish))
    never = moments.pop(None, [])
    later = [(or_(*who), literal(moment, Delivery.due_at.type)) for moment, who in moments.items()]
    return Suited(case(*later, else_=at_once) if later else at_once, [~or_(*never)] if never else [])


def _wishes(stretch: Sequence[ColumnElement[bool]], *, everybody: bool) -> list[Any]:
    """What there is to be told apart: the choices and zones of `everybody`, or of those who have chosen."""
    statement = (
        select(*_CHOICES, Person.zone)
        .select_from(Registration)
        .join(Person, Person.id == Registration.person_id)
        .join(Rhythm, Rhythm.person_id == Person.id, isouter=everybody)
        .where(*stretch)
        .distinct()
    )
    return [tuple(row) for row in db.session.execute(statement)]


def _is(wish: Any) -> ColumnElement[bool]:
    """Whether somebody is one of those with these choices, in this zone; nobody's zone is hers by accident."""
    *choices, zone = wish
    same = (column.is_not_distinct_from(value) for column, value in zip(_CHOICES, choices, strict=True))
    return and_(Person.zone == zone, *same)
