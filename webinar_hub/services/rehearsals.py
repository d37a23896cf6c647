"""Plays a cohort forward for one person, with the services that run the real one, in a database of its own.

Everything here happens inside `core/db.py: scratch()`. Nothing of it is decided here: `registrations` lets her in,
`plan` says what is sent, `broadcasts` writes it out when it is due, `outbox` hands it over, `invites` follows up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from webinar_hub.core.db import Base, db, finish_now
from webinar_hub.models import Broadcast, Cohort, Person, Registration
from webinar_hub.rules.delivery import Claimed
from webinar_hub.services import broadcasts, outbox, plan, registrations
from webinar_hub.services.registrations import SignUp

# More than any moment brings: a cohort's invites all come with the confirmation.
_ALL = 10_000
_LEASE = 600.0
_A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is played: as the sign-up form would know her, when she comes, and what she has switched off since."""

    name: str
    email: str
    zone: str
    profession: str
    joins_at: datetime
    reminders_off: bool = False
    bonuses_off: bool = False
    suppressed: bool = False
    is_real: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """The piece of the plan that is played: `most` messages from the one at `begin`, or `only` the one so named.

    What comes with the sign-up, confirmation and invites, is played with the first.
    """

    begin: int = 0
    most: int = _ALL
    only: str = ""


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class Played:
    """What she is to be sent in this part, in its order; `following` messages of the plan come after it.

    `closed` says why nobody can come in at that moment, or is "".
    """

    claimed: Sequence[Claimed]
    keys: Mapping[int, str]
    following: int
    closed: str


def set_up(tables: Mapping[str, Sequence[Mapping[str, Any]]], visitor: Visitor) -> None:
    """Put the copied rows into the empty database, its cohort with free seats: whoever rehearses takes nobody's."""
    for name, rows in tables.items():
        if rows:
            opened = (_opened(row, visitor) if name == Cohort.__tablename__ else dict(row) for row in rows)
            db.session.execute(insert(Base.metadata.tables[name]), list(opened))


def _opened(cohort: Mapping[str, Any], visitor: Visitor) -> dict[str, Any]:
    """The cohort as it is when people come: not as a draft, which is rehearsed most, and not put away."""
    given: dict[str, Any] = {"seats_taken": 0, "capacity": None, "archived_at": None}
    if cohort["state"] == "draft":
        given["state"] = "open"
    if visitor.is_real:
        # She is in already, however the sign-up stands today.
        given |= {"enrolment_opens_at": None, "enrolment_closes_at": None}
    return dict(cohort) | {name: value for name, value in given.items() if name in cohort}


def play(cohort_id: int, visitor: Visitor, part: Part = WHOLE) -> Played:
    """Let her come in when she does, and bring about what she is sent from then on."""
    cohort = db.session.get_one(Cohort, cohort_id)
    planned = [message.due_at for message in plan.planned_messages(cohort)]
    plan.replan(cohort, now=min([*planned, visitor.joins_at]) - _A_MINUTE)
    db.session.flush()
    if closed := _come_in(cohort, visitor):
        return Played((), {}, 0, closed)
    chosen, following = _chosen(visitor, part)
    claimed = list(_send(visitor.joins_at)) if not part.begin else list(_silently(visitor.joins_at))
    for due_at in sorted({max(row.due_at, visitor.joins_at) for row in chosen}):
        while broadcasts.expand_next(due_at).more:
            pass
        claimed += _send(due_at)
    return Played(claimed, {row.id: row.key for row in chosen}, following, "")


def _come_in(cohort: Cohort, visitor: Visitor) -> str:
    form = SignUp(
        name=visitor.name, email=visitor.email, profession=visitor.profession, zone=visitor.zone,
        news_words="", page="/studio",
    )  # fmt: skip
    closed = registrations.sign_up(cohort.public_id, form, network="rehearsal", per_network=1, now=visitor.joins_at)
    if closed:
        return closed
    finish_now()
    registration = db.session.scalars(select(Registration)).one()
    registration.reminders_off_at = visitor.joins_at if visitor.reminders_off else None
    registration.bonuses_off_at = visitor.joins_at if visitor.bonuses_off else None
    if visitor.suppressed:
        db.session.execute(update(Person).values(suppressed_at=visitor.joins_at))
    db.session.flush()
    return ""


def _chosen(visitor: Visitor, part: Part) -> tuple[list[Broadcast], int]:
    """The messages of this part; those before it count as written out, those after it are not due yet."""
    rows = list(
        db.session.scalars(
            select(Broadcast).where(Broadcast.state == "planned").order_by(Broadcast.due_at, Broadcast.id)
        )
    )
    coming = [row for row in rows if row.due_at >= visitor.joins_at]
    if part.only:
        chosen = [row for row in coming if row.key == part.only]
    else:
        chosen = coming[part.begin : part.begin + part.most]
    others = update(Broadcast).where(Broadcast.id.not_in([row.id for row in chosen])).values(state="expanded")
    db.session.execute(others, execution_options={"synchronize_session": False})
    return chosen, max(0, len(coming) - part.begin - part.most)


def _send(now: datetime) -> Iterator[Claimed]:
    """Hand over everything due, as a sender does whose every mail is taken."""
    while claimed := outbox.claim(_ALL, lease=_LEASE, now=now):
        yield from claimed
        outbox.record([outbox.Result(item, "sent", "250 rehearsed") for item in claimed], now=now)
        # Only a confirmation brings more mails with it, the invites to the sessions after the next.
        if all(item.kind != "confirmation" for item in claimed):
            return


def _silently(now: datetime) -> Iterator[Claimed]:
    """What came with the sign-up was told in an earlier part."""
    list(_send(now))
    return iter(())
