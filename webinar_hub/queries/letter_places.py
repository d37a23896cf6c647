"""Whom a mail is for: a registration with its person, and what she has chosen since."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select

from webinar_hub.core import language
from webinar_hub.core.db import db
from webinar_hub.models import Drop, Person, Registration, Rhythm, SessionChoice
from webinar_hub.models.drop import place_in_line
from webinar_hub.rules.delivery import topic_of
from webinar_hub.rules.places import HOPES


@dataclass(frozen=True, slots=True)
class Place:
    """A registration with its person, as a mail needs it."""

    id: int
    public_id: str
    cohort_id: int
    state: str
    revision: int
    nonce: str
    person_id: int
    name: str
    email: str
    zone: str
    link_nonce: str
    registered_at: datetime
    reminders_off_at: datetime | None
    bonuses_off_at: datetime | None
    suppressed_at: datetime | None
    language: str = language.DEFAULT
    offer_until: datetime | None = None
    reason: str = ""
    seat_kept: bool = False
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    pauses: tuple[str, ...] = ()
    has_choices: bool = False

    @property
    def only_hopes(self) -> bool:
        """Whether she is on the way to a place and never had this one: her calendar knows nothing of it."""
        return self.state in HOPES and not self.seat_kept

    def refuses(self, kind: str) -> bool:
        """Whether she has ended mails of this kind, perhaps while the audience was being written out (F24)."""
        off = {"reminders": self.reminders_off_at, "bonuses": self.bonuses_off_at}
        return off.get(topic_of(kind)) is not None

    def rests(self, kind: str, at: datetime) -> bool:
        """Whether she pauses mails of this kind at that moment."""
        if self.paused_at is None or self.paused_until is None or topic_of(kind) not in self.pauses:
            return False
        return self.paused_at <= at < self.paused_until


def read_places(registrations: set[int]) -> dict[int, Place]:
    """Those with these ids, in one statement."""
    rows = db.session.execute(
        select(
            Registration.id, Registration.public_id, Registration.cohort_id, Registration.state,
            Registration.revision, Registration.nonce, Person.id, Person.name, Person.email, Person.zone,
            Person.link_nonce, Registration.registered_at, Registration.reminders_off_at,
            Registration.bonuses_off_at, Person.suppressed_at, Person.language,
            Registration.offer_until, Registration.reason, Registration.seat_kept,
            Rhythm.paused_at, Rhythm.paused_until, Rhythm.pauses_reminders, Rhythm.pauses_bonuses,
            Rhythm.pauses_news,
            select(SessionChoice.session_id).where(SessionChoice.registration_id == Registration.id).exists(),
        )
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(Rhythm, Rhythm.person_id == Person.id)
        .where(Registration.id.in_(registrations))
    )  # fmt: skip
    return {row[0]: _place(*cast("tuple[Any, ...]", row)) for row in rows}


def _place(*facts: Any) -> Place:
    *known, reminders, bonuses, news, has_choices = facts
    resting = {"reminders": reminders, "bonuses": bonuses, "news": news}
    named = dict(zip(Place.__dataclass_fields__, known, strict=False))
    return Place(**named, pauses=tuple(each for each, rests in resting.items() if rests), has_choices=has_choices)


def choices_of(registrations: Collection[int]) -> dict[tuple[int, int], SessionChoice]:
    """What the few have chosen who leave out a date of their series, or did."""
    if not registrations:
        return {}
    rows = db.session.scalars(select(SessionChoice).where(SessionChoice.registration_id.in_(registrations)))
    return {(row.registration_id, row.session_id): row for row in rows}


def places_in_line(drops: Collection[int]) -> dict[int, int]:
    """How many bonuses of their cohort open before these."""
    if not drops:
        return {}
    rows = db.session.execute(select(Drop.id, place_in_line()).where(Drop.id.in_(drops)))
    return {drop: place for drop, place in rows}
