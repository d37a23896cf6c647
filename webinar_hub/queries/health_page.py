"""How the service is, for an organizer to read: the clock, what comes next, the queue, what mail servers said."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any

from sqlalchemy import case, func, literal, select

from webinar_hub.core.clock import ran_out
from webinar_hub.core.db import db
from webinar_hub.models import Broadcast, Cohort, Delivery, Drop, Session
from webinar_hub.models.delivery import OPEN_STATES
from webinar_hub.queries.health import LAG, silent_for
from webinar_hub.queries.today import NEWEST, Only
from webinar_hub.rules.checkup import reason_of


@dataclass(frozen=True, slots=True)
class Clock:
    """Who rings: a worker last said so `silent_for` seconds ago, None for never; `overdue` messages wait."""

    silent_for: float | None
    overdue: int

    @property
    def is_well(self) -> bool:
        """Within the two minutes that FEATURES G5 allows."""
        return self.silent_for is not None and self.silent_for < LAG.total_seconds() and not self.overdue


@dataclass(frozen=True, slots=True)
class Queue:
    """Mails that are not sent yet: due now, held by a sender, due later, to be tried again, held by a dead one."""

    due: int
    sending: int
    later: int
    retried: int
    stuck: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class NextThing:
    """Something that will happen by itself, to `people` at most."""

    at: datetime
    kind: str
    about: str
    cohort: str
    cohort_key: str
    webinar_id: int
    zone: str
    lead_minutes: int | None
    people: int

    @property
    def lead(self) -> timedelta | None:
        """A reminder's distance to the start."""
        return timedelta(minutes=self.lead_minutes) if self.lead_minutes else None


def clock_now(now: datetime, leader_lease: float) -> Clock:
    """Two statements; `leader_lease` in seconds."""
    overdue = select(func.count()).where(
        Broadcast.state.in_(("planned", "expanding")),
        Broadcast.due_at < now - LAG,
        # What waits for its ten minutes to be taken back in is not late.
        Broadcast.leaves_at() < now - LAG,
    )
    return Clock(silent_for(leader_lease), db.session.scalar(overdue) or 0)


def queue(now: datetime) -> Queue:
    """One statement over open rows only."""
    queued = Delivery.state == "queued"
    due = queued & (Delivery.due_at <= now)
    sending = Delivery.state == "sending"
    row = db.session.execute(
        select(
            func.count().filter(due), func.count().filter(sending), func.count().filter(queued & ~due),
            func.count().filter(queued & (Delivery.attempts > 0)),
            func.count().filter(sending & ran_out(Delivery.lease_until)),
            func.min(case((due, Delivery.due_at))),
        ).where(OPEN_STATES)
    ).one()  # fmt: skip
    return Queue(*row)


def troubles(since: datetime) -> list[tuple[str, int, bool]]:
    """Why mails failed or are tried again, how many, and whether they failed for good; the most first.

    Two statements: of what has ended the newest rows, and what is open. What servers said word for word may name
    people and stays here.
    """
    start = func.substr(func.coalesce(Delivery.reply, ""), 1, 18)
    newest = select(func.coalesce(func.max(Delivery.id), 0) - NEWEST).scalar_subquery()
    ended = (
        select(start, func.count())
        .where(Delivery.id > newest, Delivery.state == "failed", Delivery.due_at >= since)
        .group_by(start)
    )
    tried = (
        select(start, func.count())
        .where(OPEN_STATES, Delivery.state == "queued", Delivery.reply.is_not(None))
        .group_by(start)
    )
    found: dict[tuple[str, bool], int] = {}
    for statement, for_good in ((ended, True), (tried, False)):
        for words, number in db.session.execute(statement):
            key = (reason_of(words), for_good)
            found[key] = found.get(key, 0) + number
    return sorted(((why, number, good) for (why, good), number in found.items()), key=lambda row: -row[1])


def next_things(only: Only, now: datetime, most: int = 20) -> list[NextThing]:
    """What will happen by itself, in the order of time; three statements.

    What can still be taken back leaves when that is over.
    """
    people = Cohort.seats_taken
    about = func.coalesce(Session.title, Drop.title, Cohort.title)
    messages = (
        select(
            Broadcast.leaves_at(), Broadcast.kind, about, Cohort.title, Cohort.key, Cohort.webinar_id, Cohort.zone,
            Broadcast.lead_minutes, people,
        )
        .join(Cohort, Cohort.id == Broadcast.cohort_id)
        .outerjoin(Session, Session.id == Broadcast.session_id)
        .outerjoin(Drop, Drop.id == Broadcast.drop_id)
        .where(Broadcast.state == "planned")
    )  # fmt: skip
    held = messages.where(Broadcast.due_at <= now, Broadcast.held_until > now).order_by(Broadcast.held_until)
    messages = messages.where(Broadcast.due_at > now).order_by(Broadcast.due_at, Broadcast.id)
    sessions = (
        select(
            Session.starts_at, literal("session"), Session.title, Cohort.title, Cohort.key, Cohort.webinar_id,
            Cohort.zone, literal(None, Broadcast.lead_minutes.type), people,
        )
        .join(Cohort, Cohort.id == Session.cohort_id)
        .where(Session.state == "scheduled", Cohort.state == "open", Session.starts_at > now)
        .order_by(Session.starts_at, Session.id)
    )  # fmt: skip
    found = (_things(statement, only, most) for statement in (held, messages, sessions))
    return list(islice(merge(*found, key=attrgetter("at")), most))


def _things(statement: Any, only: Only, most: int) -> list[NextThing]:
    if only is not None:
        statement = statement.where(Cohort.webinar_id.in_(only))
    return [NextThing(*row) for row in db.session.execute(statement.limit(most))]
