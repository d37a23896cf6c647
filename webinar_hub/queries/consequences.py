"""What a change of dates means for people: whom it mails, in which words, and what an organizer should know first.

Asked inside `core.db.rehearsal()`, after the change was made there.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from webinar_hub.core.db import db
from webinar_hub.documents.letters import Letter, Recipient
from webinar_hub.documents.when import place_of, when_in
from webinar_hub.models import Broadcast, Change, Cohort, Drop, Person, Presenter, Registration, Session, Webinar
from webinar_hub.queries import letters
from webinar_hub.queries.calendars import Hub
from webinar_hub.rules.change import SHORT_NOTICE
from webinar_hub.rules.delivery import Claimed
from webinar_hub.rules.zones import happens_twice, zone


@dataclass(frozen=True, slots=True)
class Told:
    """A kind of mail because of the change: so many of it, to so many people each."""

    kind: str
    mails: int
    people: int


@dataclass(frozen=True, slots=True)
class Example:
    """What one registrant will read: `mail` is for the composer."""

    kind: str
    name: str
    mail: tuple[Letter, Recipient]


def announced(cohort: Cohort, now: datetime) -> list[Broadcast]:
    """The messages that exist only because of a change made at `now`."""
    rows = select(Broadcast).where(
        Broadcast.cohort_id == cohort.id, Broadcast.state == "planned", Broadcast.due_at == now
    )
    return list(db.session.scalars(rows.order_by(Broadcast.id)))


def told(cohort: Cohort, messages: Sequence[Broadcast]) -> list[Told]:
    """Whom they go to, by kind: what concerns a place goes to every place, so nobody has to be counted.

    But that all is cancelled goes to those as well who still hope for a place.
    """
    kinds = Counter(message.kind for message in messages)
    hoping = _hoping(cohort.id) if "cohort_cancelled" in kinds else 0
    return [
        Told(kind, number, cohort.seats_taken + (hoping if kind == "cohort_cancelled" else 0))
        for kind, number in kinds.items()
    ]


def _hoping(cohort: int) -> int:
    """How many wait without a seat being counted for them."""
    waiting = Registration.state.in_(("pending", "waitlisted")) & Registration.seat_kept.is_(False)
    return db.session.scalar(select(func.count()).where(Registration.cohort_id == cohort, waiting)) or 0


def examples(cohort: Cohort, messages: Sequence[Broadcast], hub: Hub, now: datetime) -> list[Example]:
    """The first message of each kind as the first registrant will get it; nothing where nobody is registered."""
    reader = db.session.execute(
        select(Registration.id, Person.name)
        .join(Person, Person.id == Registration.person_id)
        .where(
            Registration.cohort_id == cohort.id, Registration.state == "confirmed", Person.suppressed_at.is_(None)
        )
        .order_by(Registration.id)
        .limit(1)
    ).first()
    if reader is None:
        return []
    first = {message.kind: message for message in reversed(messages)}
    due = [_as_claimed(message, reader.id, now) for message in first.values()]
    batch = letters.batch(due, hub)
    found = []
    for item in due:
        try:
            found.append(Example(item.kind, reader.name, batch.mail(item)))
        except letters.NothingToSay:
            continue
    return found


def _as_claimed(message: Broadcast, registration: int, now: datetime) -> Claimed:
    return Claimed(
        id=0, key=message.key, kind=message.kind, registration_id=registration, broadcast_id=message.id,
        session_id=message.session_id, drop_id=message.drop_id, attempts=1, created_at=now, composed_at=now,
        expires_at=message.expires_at, lease_token="", due_at=now,
    )  # fmt: skip


def warnings(cohort: Cohort, change: Change, now: datetime) -> Iterator[str]:
    """What she should know before she says yes; two statements."""
    ids = [int(id_) for id_ in change.after.get("sessions", {})]
    rows = list(db.session.scalars(select(Session).where(Session.id.in_(ids)).order_by(Session.starts_at)))
    starts = {row.id: _old_start(change, row) for row in rows}
    soon = [row for row in rows if any(now < at < now + SHORT_NOTICE for at in (starts[row.id], row.starts_at))]
    if change.until is None:
        yield (
            "It begins so soon that nobody can wait: everybody is told at once, and this cannot be undone. "
            "If you change your mind, change it again."
        )
    if soon:
        yield (
            f"“{soon[0].title}” is less than 24 hours away. Many people read their mail once a day: "
            "call whoever has to know."
        )
    yield from _about_clocks(cohort, rows, starts)
    opening = db.session.scalars(
        select(Drop.title).where(
            Drop.id.in_([int(id_) for id_ in change.after.get("drops", {})]), Drop.release_at <= now
        )
    )
    yield from (f"The bonus “{title}” opens at once." for title in opening)
    yield from _elsewhere(cohort, [row for row in rows if row.state == "scheduled"])


def _old_start(change: Change, row: Session) -> datetime:
    values = change.before.get("sessions", {}).get(str(row.id), {})
    return datetime.fromisoformat(values["starts_at"]) if "starts_at" in values else row.starts_at


def _about_clocks(cohort: Cohort, rows: Sequence[Session], starts: dict[int, datetime]) -> Iterator[str]:
    place = zone(cohort.zone)
    for row in rows:
        if happens_twice(datetime.fromisoformat(row.wall_start), row.zone):
            yield (
                f"“{row.title}”: clocks go back that night, so this time comes twice in {place_of(row.zone)}. "
                "The first of the two is meant."
            )
    shifted = [
        row for row in rows
        if starts[row.id].astimezone(place).utcoffset() != row.starts_at.astimezone(place).utcoffset()
    ]  # fmt: skip
    if shifted:
        yield (
            f"Clocks change in {place_of(cohort.zone)} between the old date and the new one. The hour there stays "
            "the same; for people in other zones it may be another one. Their mail says it rightly."
        )


def _elsewhere(cohort: Cohort, rows: Sequence[Session]) -> Iterator[str]:
    """Other sessions at the same time whose webinar has a presenter of the same name."""
    if not rows:
        return
    mine, theirs = aliased(Presenter), aliased(Presenter)
    found = db.session.execute(
        select(Session.title, Session.starts_at, Session.ends_at, theirs.name)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .join(theirs, theirs.webinar_id == Webinar.id)
        .join(mine, mine.name == theirs.name)
        .where(
            mine.webinar_id == cohort.webinar_id,
            Cohort.id != cohort.id,
            Session.state == "scheduled",
            Session.starts_at < max(row.ends_at for row in rows),
            Session.ends_at > min(row.starts_at for row in rows),
        )
        .order_by(Session.starts_at)
    ).all()
    for title, starts_at, ends_at, name in found:
        if any(row.starts_at < ends_at and starts_at < row.ends_at for row in rows):
            yield f"{name} presents “{title}” at that time, too ({when_in(starts_at, cohort.zone)})."
