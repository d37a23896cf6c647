"""What an operator sees of the outbox: how many of each state, a list, one delivery with all it hangs on."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, literal, or_, select, union_all

from webinar_hub.core.clock import lease_moment
from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import (
    Announcement,
    AuditEntry,
    Broadcast,
    Cohort,
    Delivery,
    Drop,
    Notice,
    Person,
    Registration,
    Session,
)
from webinar_hub.queries.plan import cohort_named
from webinar_hub.rules.delivery_story import DeliveryFacts
from webinar_hub.rules.outbox_filter import STATES, Wanted, conditions, retryable
from webinar_hub.rules.places import may_be_told
from webinar_hub.rules.registration import email_key, masked

_ABOUT = func.coalesce(Session.title, Drop.title, Announcement.subject, Notice.subject, "")
_EMAIL = func.coalesce(Person.email, Notice.to_email, "")
MOST_COUNTED = 10_000
"""Of a million nobody needs to know the last one."""
_AFTER_ALL = 2**31 - 1
SEARCHED = 50_000
"""So many mails one page of the list looks through, that it takes no longer where nearly none is wanted."""


@dataclass(frozen=True, slots=True)
class OutboxLine:
    """One delivery in a list; `email` is masked unless it was asked for."""

    id: int
    state: str
    kind: str
    about: str
    email: str
    due_at: datetime
    attempts: int
    reply: str


def counts(wanted: Wanted) -> dict[str, int]:
    """How many there are of each state, the states without any included. Raises NotFound as `lines` does."""
    statement = _narrowed(select(Delivery.state, func.count()), wanted).group_by(Delivery.state)
    return dict.fromkeys(STATES, 0) | {state: number for state, number in db.session.execute(statement)}


def some_counts(wanted: Wanted) -> dict[str, int]:
    """The same for states of few, each counted no further than MOST_COUNTED + 1; cheap with a million rows.

    How many were sent nobody has to do anything about, and counting them takes longer than showing the page.
    """
    meant = checked(wanted)
    each = [
        select(literal(state).label("state"), func.count().label("number")).select_from(
            select(Delivery.id)
            .where(*conditions(replace(meant, states=(state,))))
            .limit(MOST_COUNTED + 1)
            .subquery()
        )
        for state in STATES
        if state != "sent"
    ]
    return {state: number for state, number in db.session.execute(union_all(*each))}


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """Some of a list: `older` is the number below which it goes on, None at its end.

    Where it is not `is_whole`, so many were looked through that it stopped before the page was full.
    """

    lines: list[OutboxLine]
    older: int | None
    is_whole: bool


def page(wanted: Wanted, limit: int, before: int | None = None) -> OutboxPage:
    """The newest of them, or the newest of those with a number below `before`; two statements.

    Looks through SEARCHED mails at most: where so many hold fewer than `limit`, it says where to go on. What few
    have, an index finds, and all of it is looked through. Raises NotFound as `lines` does.
    """
    top = min(before or _AFTER_ALL, (db.session.scalar(select(func.max(Delivery.id))) or 0) + 1)
    few = bool(wanted.email) or wanted.kind == "notice" or (wanted.states and "sent" not in wanted.states)
    bottom = 0 if few else max(0, top - SEARCHED)
    found = lines(wanted, limit + 1, before=top, after=bottom, masks=False)
    if len(found) > limit:
        return OutboxPage(found[:limit], found[limit - 1].id, is_whole=True)
    return OutboxPage(found, bottom or None, is_whole=not bottom)


def lines(
    wanted: Wanted, limit: int, *, before: int | None = None, after: int = 0, masks: bool = True
) -> list[OutboxLine]:
    """The newest of them, up to `limit`, with a number below `before` and of `after` or above.

    Raises NotFound for an unknown cohort or nobody's address.
    """
    statement = _with_subject(
        select(
            Delivery.id, Delivery.state, Delivery.kind, _ABOUT, _EMAIL, Delivery.due_at, Delivery.attempts,
            func.coalesce(Delivery.reply, ""),
        )
    )  # fmt: skip
    statement = _narrowed(statement, wanted).order_by(Delivery.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Delivery.id < before)
    if after:
        statement = statement.where(Delivery.id >= after)
    found = [OutboxLine(*row) for row in db.session.execute(statement)]
    return found if wanted.email or not masks else [replace(line, email=masked(line.email)) for line in found]


def cohorts(webinars: Collection[int] | None) -> list[tuple[str, str]]:
    """Key and title of those whose mails can be asked for, the newest first."""
    statement = select(Cohort.key, Cohort.title).order_by(Cohort.id.desc()).limit(200)
    if webinars is not None:
        statement = statement.where(Cohort.webinar_id.in_(webinars))
    return [(key, title) for key, title in db.session.execute(statement)]


def senders(webinars: Collection[int] | None) -> list[str]:
    """The organizers' addresses that mails of open cohorts come from where no sender is set."""
    statement = select(Cohort.organizer_email).where(Cohort.state == "open").distinct()
    if webinars is not None:
        statement = statement.where(Cohort.webinar_id.in_(webinars))
    return list(db.session.scalars(statement))


def ids(wanted: Wanted) -> list[int]:
    """All of them, oldest first."""
    return list(db.session.scalars(_narrowed(select(Delivery.id), wanted).order_by(Delivery.id)))


def to_retry(wanted: Wanted, now: datetime) -> tuple[int, int]:
    """How many that failed could be put back into the queue, and the highest number among them."""
    statement = select(func.count(), func.coalesce(func.max(Delivery.id), 0))
    number, through = db.session.execute(statement.where(*retryable(checked(wanted), now))).one()
    return number, through


def facts(reference: str, webinars: Collection[int] | None = None) -> DeliveryFacts:
    """One delivery by its number or its key; with `webinars` only one of theirs. Raises NotFound."""
    by_number = reference.isascii() and reference.isdigit() and len(reference) < 19
    which = Delivery.id == int(reference) if by_number else Delivery.key == reference
    row: Any = db.session.execute(
        _with_subject(
            select(
                Delivery, Registration, Person, Notice, func.coalesce(Cohort.title, ""), _ABOUT, Session.state,
                Delivery.lease_until >= lease_moment(),
            ).where(which, *conditions(Wanted(webinars=webinars)))
        )
    ).first()  # fmt: skip
    if row is None:
        raise NotFound(f"There is no delivery {reference}.")
    return _facts(*row, by_hand=_by_hand(row[0].id))


def _facts(
    delivery: Delivery, registration: Registration | None, person: Person | None, notice: Notice | None,
    cohort: str, about: str, session: str | None, held: bool | None, *, by_hand: tuple[str, ...],
) -> DeliveryFacts:  # fmt: skip
    lease: Literal["held", "run out", "none"] = "none"
    if delivery.state == "sending":
        lease = "held" if held else "run out"
    return DeliveryFacts(
        id=delivery.id,
        key=delivery.key,
        kind=delivery.kind,
        state=delivery.state,
        attempts=delivery.attempts,
        created_at=delivery.created_at,
        due_at=delivery.due_at,
        expires_at=delivery.expires_at,
        composed_at=delivery.composed_at,
        sent_at=delivery.sent_at,
        reply=delivery.reply or "",
        lease=lease,
        on_the_wire=delivery.lease_token is not None,
        about=about,
        cohort=cohort,
        name=person.name if person else notice.to_name if notice else "",
        email=person.email if person else notice.to_email if notice else "",
        place_cancelled=registration is not None and not may_be_told(delivery.kind, registration.state),
        session_cancelled=session == "cancelled",
        reminders_off=registration is not None and registration.reminders_off_at is not None,
        bonuses_off=registration is not None and registration.bonuses_off_at is not None,
        suppressed=person is not None and person.suppressed_at is not None,
        planned=delivery.broadcast_id is not None,
        by_hand=by_hand,
    )


def _by_hand(delivery: int) -> tuple[str, ...]:
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject == f"delivery:{delivery}").order_by(AuditEntry.id)
    )
    words = {"delivery.retried": "put it back into the queue", "delivery.cancelled": "cancelled it"}
    return tuple(
        f"By hand ({entry.actor}): {words.get(entry.action, entry.action)} on {entry.at:%Y-%m-%d %H:%M} UTC."
        for entry in entries
    )


def _with_subject(statement: Any) -> Any:
    return (
        statement.select_from(Delivery)
        .outerjoin(Registration, Registration.id == Delivery.registration_id)
        .outerjoin(Person, Person.id == Registration.person_id)
        .outerjoin(Cohort, Cohort.id == Registration.cohort_id)
        .outerjoin(Notice, Notice.id == Delivery.notice_id)
        .outerjoin(Broadcast, Broadcast.id == Delivery.broadcast_id)
        .outerjoin(Announcement, Announcement.id == Broadcast.announcement_id)
        .outerjoin(Session, Session.id == Delivery.session_id)
        .outerjoin(Drop, Drop.id == Delivery.drop_id)
    )


def _narrowed(statement: Any, wanted: Wanted) -> Any:
    return statement.where(*conditions(checked(wanted)))


def checked(wanted: Wanted) -> Wanted:
    """The same with its address as it is compared. Raises NotFound for a cohort or an address nobody knows."""
    if wanted.cohort:
        cohort_named(wanted.cohort)
    return replace(wanted, email=_known(wanted.email))


def _known(address: str) -> str:
    """The address as it is compared; "" for none. Raises NotFound for one nobody has."""
    if not address:
        return ""
    try:
        key = email_key(address)
    except ValueError as error:
        raise NotFound(f"{address!r} is no e-mail address.") from error
    person = select(Person.id).where(Person.email_key == key)
    notice = select(Notice.id).where(Notice.to_email == key)
    if not db.session.scalar(select(or_(person.exists(), notice.exists()))):
        raise NotFound(f"Nobody has signed up as {address}.")
    return key
