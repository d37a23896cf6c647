"""Which part of a cohort an announcement is for: stored as data, counted and written to by the same conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from webinar_hub.models import AttendanceSegment, Broadcast, Consent, Delivery, Download, Person, Registration
from webinar_hub.rules.answered import answered
from webinar_hub.rules.places import State

STATES = {
    "confirmed": (State.CONFIRMED,),
    "waiting": (State.WAITLISTED, State.OFFERED),
    "pending": (State.PENDING,),
    "cancelled": (State.CANCELLED,),
}
"""Where somebody stands whom a segment is for, and the states that are meant by it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Everybody who meets all that is set; what is None or empty does not matter.

    `state` is one of STATES. `came` goes with `session` (its id), `took` with `drop` (its id): a bonus
    counts as taken when anything of it was downloaded. `question` is the key of a question of the cohort, answered
    with `answer`, or with several of which that is one.
    """

    state: str = "confirmed"
    session: int | None = None
    came: bool = True
    drop: int | None = None
    took: bool = True
    professions: tuple[str, ...] = ()
    question: str = ""
    answer: str = ""

    def as_data(self) -> dict[str, Any]:
        """What is stored: only what differs from "everybody who has a place"."""
        data: dict[str, Any] = {"state": self.state}
        if self.session is not None:
            data |= {"session": self.session, "came": self.came}
        if self.drop is not None:
            data |= {"drop": self.drop, "took": self.took}
        if self.professions:
            data["professions"] = list(self.professions)
        if self.question:
            data |= {"question": self.question, "answer": self.answer}
        return data


def from_data(data: Mapping[str, Any]) -> Segment:
    """The segment that was stored. Raises ValueError for what no release has written."""
    given = dict(data)
    segment = Segment(
        state=str(given.pop("state", "confirmed")),
        session=given.pop("session", None),
        came=bool(given.pop("came", True)),
        drop=given.pop("drop", None),
        took=bool(given.pop("took", True)),
        professions=tuple(given.pop("professions", ())),
        question=str(given.pop("question", "")),
        answer=str(given.pop("answer", "")),
    )
    if given or segment.state not in STATES:
        # To write to more people than were meant is worse than not to write.
        raise ValueError(f"a segment that is not understood: {data}")
    return segment


def conditions(segment: Segment) -> list[ColumnElement[bool]]:
    """Who is meant, as conditions on Registration and Person."""
    wanted: list[ColumnElement[bool]] = [Registration.state.in_([state.value for state in STATES[segment.state]])]
    if segment.session is not None:
        came = exists().where(
            AttendanceSegment.session_id == segment.session, AttendanceSegment.registration_id == Registration.id
        )
        wanted.append(came if segment.came else ~came)
    if segment.drop is not None:
        took = exists().where(Download.drop_id == segment.drop, Download.registration_id == Registration.id)
        wanted.append(took if segment.took else ~took)
    if segment.professions:
        wanted.append(Person.profession.in_(segment.professions))
    if segment.question:
        wanted.append(answered(segment.question, segment.answer))
    return wanted


def wants_news() -> ColumnElement[bool]:
    """Whether a Person has asked for news and not ended them (FEATURES D9)."""
    return exists().where(Consent.person_id == Person.id, Consent.topic == "news", Consent.withdrawn_at.is_(None))


def not_told_yet(announcement: int) -> ColumnElement[bool]:
    """Whether a Person has not been written to by this announcement: not in another cohort, not before an undo."""
    other = Registration.__table__.alias("told")
    of_it = select(Broadcast.id).where(Broadcast.announcement_id == announcement)
    told = (
        select(Delivery.id)
        .join(other, other.c.id == Delivery.registration_id)
        .where(other.c.person_id == Person.id, Delivery.broadcast_id.in_(of_it))
        .where(Delivery.state != "cancelled")
    )
    return ~told.exists()
