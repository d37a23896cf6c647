"""One person's story: everything that was planned, sent, came back, and was done, in one line of time.

Each kind of event is one statement that reads a page at most, so a story of ten years costs what one of a day does.
A person whom somebody was merged into has that address's story as well.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import func, or_, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import (
    Broadcast,
    Cohort,
    Delivery,
    Drop,
    MergedPerson,
    Organizer,
    Person,
    PersonTag,
    Registration,
    Rhythm,
    Session,
    SessionChoice,
    Task,
    Webinar,
)
from webinar_hub.queries.person_events import SOURCES, Item, Whose
from webinar_hub.rules.delivery import registered_before, topic_of
from webinar_hub.rules.delivery_story import KINDS
from webinar_hub.rules.own_clock import OwnClock
from webinar_hub.rules.people import Scope

PAGE = 40
AHEAD = 30


@dataclass(frozen=True, slots=True)
class StoryPlace:
    """A place of hers; `mine` says that this reader may change it."""

    id: int
    public_id: str
    cohort_id: int
    cohort_key: str
    cohort_title: str
    cohort_state: str
    webinar_id: int
    webinar_title: str
    zone: str
    state: str
    registered_at: datetime
    reminders_off: bool
    bonuses_off: bool
    merged: bool


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Something for a person to do about her."""

    id: int
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Coming:
    """A mail that is planned for her place; `may_change` says that she can be left out of it."""

    due_at: datetime
    what: str
    about: str
    zone: str
    broadcast: int
    place: int
    may_change: bool


@dataclass(frozen=True, slots=True)
class PersonStory:
    """Somebody with all of it; `items` are a page, the newest first, `following` is the cursor of the next."""

    id: int
    name: str
    email: str
    profession: str
    zone: str
    since: datetime
    mail_stopped_at: datetime | None
    mail_stopped_why: str
    also: tuple[str, ...]
    kept_as: int | None
    tags: tuple[str, ...]
    places: tuple[StoryPlace, ...]
    tasks: tuple[OpenTask, ...]
    coming: tuple[Coming, ...]
    items: tuple[Item, ...]
    following: str


def story(person: int, scope: Scope, now: datetime, after: str = "") -> PersonStory:
    """Everything about her that the reader may see. Raises NotFound for nobody, and for nobody in her webinars."""
    row = db.session.get(Person, person)
    if row is None:
        raise NotFound()
    merged, kept_as = _merged(person)
    places = _places([person, *(id_ for id_, _ in merged)], person, scope)
    if scope.webinars is not None and not places:
        raise NotFound()
    whose = Whose((person, *(id_ for id_, _ in merged)), {place.id: place.cohort_title for place in places})
    items, following = _page(whose, after)
    first = not after
    return PersonStory(
        id=row.id, name=row.name, email=row.email, profession=row.profession, zone=row.zone, since=row.created_at,
        mail_stopped_at=row.suppressed_at, mail_stopped_why=row.suppression_reason or "",
        also=tuple(email for _, email in merged), kept_as=kept_as, tags=_tags(person), places=places,
        tasks=_tasks(whose) if first else (), coming=_coming(row, places, now) if first else (),
        items=items, following=following,
    )  # fmt: skip


def _merged(person: int) -> tuple[list[tuple[int, str]], int | None]:
    """The addresses that are hers too, and whom she was herself merged into."""
    rows = db.session.execute(
        select(MergedPerson.person_id, MergedPerson.into_id, Person.email)
        .join(Person, Person.id == MergedPerson.person_id)
        .where(or_(MergedPerson.into_id == person, MergedPerson.person_id == person))
        .order_by(MergedPerson.person_id)
    ).all()
    into = next((row.into_id for row in rows if row.person_id == person), None)
    return [(row.person_id, row.email) for row in rows if row.person_id != person], into


def _places(people: Sequence[int], person: int, scope: Scope) -> tuple[StoryPlace, ...]:
    statement = (
        select(Registration, Cohort, Webinar.title)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Registration.person_id.in_(people))
        .order_by(Registration.registered_at.desc(), Registration.id.desc())
    )
    if scope.webinars is not None:
        statement = statement.where(Cohort.webinar_id.in_(scope.webinars))
    return tuple(
        StoryPlace(
            place.id, place.public_id, cohort.id, cohort.key, cohort.title, cohort.state, cohort.webinar_id, title,
            cohort.zone, place.state, place.registered_at, place.reminders_off_at is not None,
            place.bonuses_off_at is not None, place.person_id != person,
        )
        for place, cohort, title in db.session.execute(statement)
    )  # fmt: skip


def _tags(person: int) -> tuple[str, ...]:
    return tuple(
        db.session.scalars(select(PersonTag.word).where(PersonTag.person_id == person).order_by(PersonTag.word))
    )


def _tasks(whose: Whose) -> tuple[OpenTask, ...]:
    rows = db.session.execute(
        select(Task.id, Task.text, Task.created_at)
        .where(Task.registration_id.in_(whose.places), Task.done_at.is_(None))
        .order_by(Task.created_at, Task.id)
    )
    return tuple(OpenTask(*row) for row in rows)


def _coming(person: Person, places: Sequence[StoryPlace], now: datetime) -> tuple[Coming, ...]:
    """What the plan has for her, the soonest first."""
    hers = {place.cohort_id: place for place in places if place.state == "confirmed"}
    rows = db.session.execute(
        select(Broadcast, func.coalesce(Session.title, Drop.title, ""), Drop.surprise)
        .outerjoin(Session, Session.id == Broadcast.session_id)
        .outerjoin(Drop, Drop.id == Broadcast.drop_id)
        .where(Broadcast.cohort_id.in_(hers), Broadcast.state == "planned", Broadcast.due_at > now)
        .order_by(Broadcast.due_at, Broadcast.id)
        .limit(AHEAD * 2)
    ).all()
    left_out = _left_out(hers.values())
    rhythm = db.session.get(Rhythm, person.id)
    coming = (
        _of(row, row.due_at, about, hers[row.cohort_id])
        for row, about, _ in rows
        if _is_for(row, hers[row.cohort_id], person)
        and (hers[row.cohort_id].id, row.session_id) not in left_out
        and not _rests(rhythm, row.kind, row.due_at)
    )
    own = (one for one in _on_her_clock(hers, person, now) if not _rests(rhythm, "drop", one.due_at))
    every = sorted([*coming, *own], key=attrgetter("due_at"))
    written = _written(every)
    return tuple([one for one in every if (one.broadcast, one.place) not in written][:AHEAD])


def _on_her_clock(hers: Mapping[int, StoryPlace], person: Person, now: datetime) -> Iterator[Coming]:
    """Bonuses that open to her at a moment of her own: so many days after she came in, or because she came late."""
    rows = db.session.execute(
        select(Broadcast, Drop.title, Drop.zone)
        .join(Drop, Drop.id == Broadcast.drop_id)
        .where(Broadcast.cohort_id.in_(hers), Broadcast.own_days.is_not(None), Broadcast.state == "expanding")
    ).all()
    for row, title, zone in rows:
        place = hers[row.cohort_id]
        at = time.fromisoformat(row.own_at) if row.own_at else None
        opens = OwnClock(row.own_days or 1, at, zone).opens(place.registered_at)
        meant = row.own_after is None or place.registered_at > row.own_after
        if meant and opens > now and not place.bonuses_off and person.suppressed_at is None:
            yield _of(row, opens, title, place)


def _left_out(places: Iterable[StoryPlace]) -> set[tuple[int, int | None]]:
    """The dates of her series that she does not come to, as (place, session)."""
    rows = db.session.execute(
        select(SessionChoice.registration_id, SessionChoice.session_id).where(
            SessionChoice.registration_id.in_([place.id for place in places]), SessionChoice.out.is_(True)
        )
    )
    return {(place, session) for place, session in rows}


def _rests(rhythm: Rhythm | None, kind: str, at: datetime) -> bool:
    """Whether a mail of this kind falls into her pause."""
    if rhythm is None or rhythm.paused_at is None or rhythm.paused_until is None:
        return False
    pauses = {"reminders": rhythm.pauses_reminders, "bonuses": rhythm.pauses_bonuses, "news": rhythm.pauses_news}
    return pauses.get(topic_of(kind), False) and rhythm.paused_at <= at < rhythm.paused_until


def _of(row: Broadcast, due_at: datetime, about: str, place: StoryPlace) -> Coming:
    return Coming(due_at, _words(row.kind), about, place.zone, row.id, place.id, not place.merged)


def _written(coming: Sequence[Coming]) -> set[tuple[int | None, int | None]]:
    """Which of these have a row in the outbox already: somebody left her out of them."""
    rows = db.session.execute(
        select(Delivery.broadcast_id, Delivery.registration_id).where(
            Delivery.registration_id.in_({one.place for one in coming}),
            Delivery.broadcast_id.in_({one.broadcast for one in coming}),
        )
    )
    return {(broadcast, place) for broadcast, place in rows}


def _words(kind: str) -> str:
    words = KINDS.get(kind, kind)
    return words[:1].upper() + words[1:]


def _is_for(row: Broadcast, place: StoryPlace, person: Person) -> bool:
    lead = timedelta(minutes=row.lead_minutes) if row.lead_minutes is not None else None
    off = {"reminders": place.reminders_off, "bonuses": place.bonuses_off}
    topic = topic_of(row.kind)
    if off.get(topic) or (person.suppressed_at is not None and topic != "service"):
        return False
    return place.registered_at <= registered_before(row.kind, row.due_at, lead, row.expires_at)


def _page(whose: Whose, after: str) -> tuple[tuple[Item, ...], str]:
    """A page of the line of time. The cursor is a moment, and how many of that moment have been shown."""
    until, skip = _read(after)
    found: list[Item] = []
    for source in SOURCES:
        found += source(whose, until, PAGE + skip + 1)
    # `sorted` keeps the order of the sources for what happened at one moment.
    found = sorted(found, key=lambda item: item.at, reverse=True)[skip:]
    shown = found[:PAGE]
    named = _with_names(shown)
    if len(found) <= PAGE:
        return named, ""
    last = shown[-1].at
    same = sum(item.at == last for item in shown) + (skip if until == last else 0)
    return named, f"{last.isoformat()}~{same}"


def _read(cursor: str) -> tuple[datetime | None, int]:
    moment, _, skip = cursor.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        return (at, min(int(skip), 1000)) if at.tzinfo is not None and int(skip) >= 0 else (None, 0)
    except ValueError:
        return None, 0


def _with_names(items: Sequence[Item]) -> tuple[Item, ...]:
    """Who of the staff did it, by name."""
    ids = {int(id_) for id_ in _organizers(items)}
    names: Mapping[int, str] = {
        id_: name
        for id_, name in db.session.execute(select(Organizer.id, Organizer.name).where(Organizer.id.in_(ids)))
    }
    return tuple(item.by(names) for item in items)


def _organizers(items: Sequence[Item]) -> Iterator[str]:
    for item in items:
        kind, _, id_ = item.actor.partition(":")
        if kind == "organizer" and id_.isdigit():
            yield id_


def scope_of(person: int) -> frozenset[int] | None:
    """The webinars in which she has a place, or had; None where there is no such person."""
    rows = db.session.execute(
        select(Person.id, Cohort.webinar_id)
        .outerjoin(Registration, Registration.person_id == Person.id)
        .outerjoin(Cohort, Cohort.id == Registration.cohort_id)
        .where(Person.id == person)
        .distinct()
    ).all()
    return frozenset(webinar for _, webinar in rows if webinar is not None) if rows else None


def place(person: int, place: int) -> StoryPlace:
    """One place of hers, which may be changed. Raises NotFound for anybody else's."""
    found = next((one for one in _places([person], person, Scope(None, "UTC")) if one.id == place), None)
    if found is None:
        raise NotFound()
    return found


def webinar_of_task(person: int, task: int) -> int:
    """The webinar that a task about her belongs to. Raises NotFound."""
    return _webinar(Task.registration_id, Task.id == task, person)


def webinar_of_mail(person: int, delivery: int) -> int:
    """The webinar that a mail to her belongs to. Raises NotFound."""
    return _webinar(Delivery.registration_id, Delivery.id == delivery, person)


def _webinar(registration: Any, which: Any, person: int) -> int:
    merged = select(MergedPerson.person_id).where(MergedPerson.into_id == person)
    found = db.session.scalar(
        select(Cohort.webinar_id)
        .join(Registration, Registration.cohort_id == Cohort.id)
        .join(registration.class_, registration == Registration.id)
        .where(which, or_(Registration.person_id == person, Registration.person_id.in_(merged)))
    )
    if found is None:
        raise NotFound()
    return found


def what_leaves(place: StoryPlace, now: datetime) -> int:
    """How many sessions ahead leave her calendar with this place."""
    ahead = select(func.count()).where(
        Session.cohort_id == place.cohort_id, Session.state == "scheduled", Session.ends_at > now
    )
    return db.session.scalar(ahead) or 0


@dataclass(frozen=True, slots=True)
class Merging:
    """The places of the address that goes: `moved` as they are, `ahead` by mail, `doubled` counted once."""

    moved: tuple[StoryPlace, ...]
    ahead: tuple[StoryPlace, ...]
    doubled: tuple[StoryPlace, ...]


def merging(kept: int, gone: int, now: datetime) -> Merging:
    """What merging these two would do."""
    everywhere = Scope(None, "UTC")
    hers = {place.cohort_id for place in _places([kept], kept, everywhere)}
    theirs = _places([gone], gone, everywhere)
    coming = set(
        db.session.scalars(
            select(Session.cohort_id).where(
                Session.cohort_id.in_([place.cohort_id for place in theirs]),
                Session.state == "scheduled",
                Session.ends_at > now,
            )
        )
    )
    ahead = tuple(one for one in theirs if one.state == "confirmed" and one.cohort_id in coming)
    rest = [one for one in theirs if one not in ahead]
    return Merging(
        moved=tuple(one for one in rest if one.cohort_id not in hers),
        ahead=ahead,
        doubled=tuple(one for one in rest if one.cohort_id in hers),
    )
