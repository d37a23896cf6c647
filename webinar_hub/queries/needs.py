"""What waits for an organizer: each need says what is the matter, and which page mends it.

Tasks and people to call are lists of their own (`queries/today.py`); here is everything that is mended elsewhere.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select

from webinar_hub.core.db import db
from webinar_hub.documents.when import when_in
from webinar_hub.models import Cohort, Presenter, Registration, Session, Webinar
from webinar_hub.models.registration import IS_JUDGED
from webinar_hub.queries import accommodations, clashes, health, purge, today
from webinar_hub.queries.today import Only
from webinar_hub.rules import publishing
from webinar_hub.rules.clash import Clash
from webinar_hub.rules.house import House
from webinar_hub.rules.retention import KINDS

DRAFT_AHEAD = timedelta(days=14)
"""How long before its first session a draft is spoken of."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks: the webinars she may see, the present moment (aware), and the zone of her clock.

    `desk` are the webinars whose registrations are hers to look after.
    """

    only: Only
    now: datetime
    zone: str
    desk: Only = frozenset()


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to do. `kind` decides which page mends it (`web/studio/today.py`), of the cohort `cohort_key`."""

    kind: str
    title: str
    words: str
    cohort_key: str = ""


def _mail_is_delayed(asked: Asked) -> Iterator[Need]:
    if since := health.delayed_since(asked.now):
        when = when_in(since, asked.zone)
        yield Need(
            "delayed",
            "Mail is delayed",
            f"The oldest has been waiting since {when}. Nothing is lost; it leaves when the mail server answers.",
        )


def _bonuses_without_content(asked: Asked) -> Iterator[Need]:
    for drop in today.empty_drops(asked.only, asked.now):
        opens = "Opens" if drop.release_at > asked.now else "Open since"
        yield Need(
            "empty_drop",
            f"“{drop.title}” has nothing in it",
            f"{opens} {when_in(drop.release_at, drop.zone)}, {drop.cohort}.",
            drop.cohort_key,
        )


def _clashes(asked: Asked) -> Iterator[Need]:
    found = clashes.ahead(asked.now, asked.only)[: today.SHOWN]
    hers = _keys_in_sight(asked.only, found)
    for clash in found:
        first, second = clash.first, clash.second
        yield Need(
            "clash",
            f"“{first.title}” and “{second.title}” overlap",
            f"{first.cohort_title} and {second.cohort_title}, {when_in(second.starts_at, second.zone)}: "
            f"{clash.because}.",
            first.cohort_key if hers is None or first.cohort_key in hers else second.cohort_key,
        )


def _keys_in_sight(only: Only, found: Sequence[Clash]) -> frozenset[str] | None:
    """Which of the clashing cohorts she may open; None for all."""
    if only is None or not found:
        return None
    keys = {slot.cohort_key for clash in found for slot in (clash.first, clash.second)}
    known = select(Cohort.key).where(Cohort.key.in_(keys), Cohort.webinar_id.in_(only))
    return frozenset(db.session.scalars(known))


def _incomplete(asked: Asked) -> Iterator[Need]:
    """What the publish check finds in a cohort that is open and gives credit, or a draft that begins soon."""
    rows = db.session.execute(_ahead(asked)).all()
    ids = {webinar.id for _, webinar, _ in rows}
    teaching: dict[int, list[Presenter]] = {}
    for row in db.session.scalars(select(Presenter).where(Presenter.webinar_id.in_(ids)).order_by(Presenter.id)):
        teaching.setdefault(row.webinar_id, []).append(row)
    for cohort, webinar, starts in rows:
        facts = publishing.facts_of(webinar, cohort, teaching.get(webinar.id, ()), 1)
        lacks = " ".join(each.words for each in publishing.missing(facts))
        if cohort.state == "draft":
            begins = f"It begins {when_in(starts, cohort.zone)}, and nobody can sign up yet."
            yield Need("incomplete", f"“{cohort.title}” is still a draft", f"{begins} {lacks}".strip(), cohort.key)
        elif lacks:
            yield Need("incomplete", f"“{webinar.title}” lacks something", f"{cohort.title}: {lacks}", cohort.key)


def undecided(asked: Asked) -> Iterator[Need]:
    """Who signed up where an organizer decides, and waits for that."""
    statement = (
        select(Cohort.key, Cohort.title, func.count())
        .join(Registration, Registration.cohort_id == Cohort.id)
        .where(IS_JUDGED, Registration.state == "pending", Cohort.state == "open", Cohort.archived_at.is_(None))
        .group_by(Cohort.id)
        .order_by(func.min(Registration.registered_at), Cohort.id)
        .limit(today.SHOWN)
    )
    statement = statement if asked.only is None else statement.where(Cohort.webinar_id.in_(asked.only))
    for key, title, number in db.session.execute(statement):
        waits = "1 person waits" if number == 1 else f"{number:,} people wait"
        yield Need("undecided", f"{waits} for your decision", f"They signed up for {title}.", key)


def _accommodations(asked: Asked) -> Iterator[Need]:
    """What people need to take part; what it is stands only on the page behind it."""
    if asked.desk is not None and not asked.desk:
        return
    for wish in accommodations.waiting(asked.desk):
        who = "1 person needs" if wish.number == 1 else f"{wish.number} people need"
        when = f"by {when_in(wish.due_at, wish.zone)}" if wish.due_at > asked.now else "now"
        words = f"{wish.cohort}: it has to be arranged {when}."
        yield Need("accommodation", f"{who} something to take part", words, wish.cohort_key)


def _ahead(asked: Asked) -> Any:
    """Cohorts that may be spoken of, their webinars, and their next session."""
    starts = func.min(Session.starts_at, type_=Session.starts_at.type)
    soon = asked.now + DRAFT_AHEAD
    statement = (
        select(Cohort, Webinar, starts)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .join(Session, Session.cohort_id == Cohort.id)
        .where(
            Session.state == "scheduled",
            Session.starts_at > asked.now,
            Cohort.archived_at.is_(None),
            or_(Cohort.state == "draft", (Cohort.state == "open") & (Webinar.credit != "")),
        )
        .group_by(Cohort.id, Webinar.id)
        .having(or_(Cohort.state == "open", starts <= soon))
        .order_by(starts, Cohort.id)
        .limit(today.SHOWN)
    )
    return statement if asked.only is None else statement.where(Cohort.webinar_id.in_(asked.only))


# Whoever finds something else that an organizer must mend adds a function here: page and digest both show it.
SOURCES: tuple[Callable[[Asked], Iterator[Need]], ...] = (
    _mail_is_delayed,
    undecided,
    _accommodations,
    _clashes,
    _bonuses_without_content,
    _incomplete,
)


def needs(asked: Asked) -> list[Need]:
    """Everything there is, the most urgent first."""
    return [need for source in SOURCES for need in source(asked)]


def purges(house: House, zone: str, now: datetime) -> list[Need]:
    """What the nightly clean-up is about to delete for the first time: the owner says what becomes of it."""
    kinds = purge.waiting(house.retention, house.zone, now)
    if not kinds:
        return []
    begins = when_in(min(moment for _, moment in kinds), zone)
    listed = "; ".join(KINDS[kind].words for kind, _ in kinds)
    return [Need("purge", f"Old data will be deleted from {begins}", f"For the first time: {listed}.")]
