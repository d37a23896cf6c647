"""Lists of people in the studio: a page at a time, in the same few statements for three people as for a million.

A page begins behind the last line of the one before (a cursor), so that the thousandth costs what the first does.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, select, tuple_

from webinar_hub.core.db import UtcDateTime, db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.search_words import search_terms
from webinar_hub.models import (
    AttendanceSegment,
    Cohort,
    Download,
    Person,
    PersonTag,
    Registration,
    Webinar,
)
from webinar_hub.rules.people import (
    Chosen,
    Scope,
    Wanted,
    chosen_people,
    chosen_places,
    found_by,
    of_everybody,
    of_person,
    of_place,
)

PAGE = 50
# More are not counted for a page that only looks.
COUNTED = 10_000
# So many that words find are named to the next statement; where there are more, any page is full at once.
NAMED = 2000
TAGS = 200


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place of somebody's: `joined` counts sessions, `downloads` materials."""

    id: int
    public_id: str
    cohort_key: str
    cohort_title: str
    zone: str
    state: str
    registered_at: datetime
    joined: int
    downloads: int


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody in a list, with the places that the reader may see, the newest first."""

    id: int
    name: str
    email: str
    profession: str
    mail_stopped: bool
    tags: tuple[str, ...]
    places: tuple[PlaceLine, ...]


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page of a list; `following` is the cursor of the next, or "". `count` is exact unless it is `at_least`."""

    lines: tuple[PersonLine, ...]
    following: str
    count: int
    at_least: bool


def page(wanted: Wanted, scope: Scope, after: str = "") -> PeoplePage:
    """The page behind the cursor `after`; one that cannot be read is the beginning."""
    conditions = _conditions(wanted, scope)
    if conditions is None:
        return PeoplePage((), "", 0, False)
    rows = _rows(wanted, scope, conditions, after)
    count = _count(wanted, scope, conditions)
    shown = rows[:PAGE]
    following = _cursor(wanted, scope, shown[-1]) if len(rows) > PAGE else ""
    return PeoplePage(_lines(shown, scope), following, min(count, COUNTED), count > COUNTED)


def count_of(chosen: Chosen) -> int:
    """Exactly how many are meant: places in a cohort's list, people in the list of everybody."""
    ids = chosen_people(chosen) if chosen.scope.cohort is None else chosen_places(chosen)
    return db.session.scalar(select(func.count()).select_from(ids.subquery())) or 0


def stopped_among(chosen: Chosen) -> int:
    """How many of them no mail is sent to."""
    stopped = Person.id.in_(chosen_people(chosen)) & Person.suppressed_at.is_not(None)
    return db.session.scalar(select(func.count()).where(stopped)) or 0


def with_a_place(chosen: Chosen) -> Chosen:
    """Those of them whose place is not cancelled: only they can lose it or be moved."""
    ids = select(Registration.id).where(
        Registration.id.in_(chosen_places(chosen)), Registration.state == "confirmed"
    )
    return replace(chosen, ids=tuple(db.session.scalars(ids.limit(NAMED))))


@dataclass(frozen=True, slots=True)
class OtherCohort:
    """A cohort to move to, as a choice; `seats_left` is None for no limit."""

    key: str
    title: str
    webinar: str
    seats_left: int | None


def cohorts_for(webinars: Collection[int] | None) -> list[OtherCohort]:
    """The open cohorts of these webinars, or of all, by name."""
    statement = (
        select(Cohort.key, Cohort.title, Webinar.title, Cohort.capacity - Cohort.seats_taken)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Cohort.state == "open", Cohort.archived_at.is_(None))
        .order_by(Webinar.title, Cohort.title, Cohort.id.desc())
        .limit(300)
    )
    if webinars is not None:
        statement = statement.where(Cohort.webinar_id.in_(webinars))
    return [OtherCohort(*row) for row in db.session.execute(statement)]


def cohort_for(key: str, webinars: Collection[int] | None) -> str:
    """The key, if it names a cohort of these webinars. Raises NotFound."""
    statement = select(Cohort.key).where(Cohort.key == key)
    if webinars is not None:
        statement = statement.where(Cohort.webinar_id.in_(webinars))
    found = db.session.scalar(statement)
    if found is None:
        raise NotFound("Choose the cohort from the list.")
    return found


@dataclass(frozen=True, slots=True)
class Somebody:
    """Whom a page is about."""

    id: int
    name: str
    email: str
    zone: str
    mail_stopped: bool


def one(person: int) -> Somebody:
    """Raises NotFound."""
    row = db.session.get(Person, person)
    if row is None:
        raise NotFound()
    return Somebody(row.id, row.name, row.email, row.zone, row.suppressed_at is not None)


def tags(scope: Scope) -> list[str]:
    """Every tag somebody in sight has, in the order of the alphabet.

    It leaps through the index from word to word: a word that a hundred thousand have costs one look.
    """
    words = select(func.min(PersonTag.word).label("word")).cte("words", recursive=True)
    following = select(func.min(PersonTag.word)).where(PersonTag.word > words.c.word)
    words = words.union_all(
        select(following.correlate(words).scalar_subquery()).select_from(words).where(words.c.word.is_not(None))
    )
    statement = select(words.c.word).where(words.c.word.is_not(None)).order_by(words.c.word).limit(TAGS)
    if scope.cohort is not None or scope.webinars is not None:
        seen = select(PersonTag.id).join(Registration, Registration.person_id == PersonTag.person_id)
        first = seen.where(PersonTag.word == words.c.word, *of_place(Wanted(), scope)).limit(1)
        # Not "exists": PostgreSQL would first bring all tags and all places together.
        statement = statement.where(first.correlate(words).scalar_subquery().is_not(None))
    return list(db.session.scalars(statement))


def _conditions(wanted: Wanted, scope: Scope) -> list[ColumnElement[bool]] | None:
    """What the list asks for; None where the words find nobody."""
    words = _by_words(wanted.words)
    if words is None:
        return None
    if scope.cohort is None:
        return [*words, *of_everybody(wanted, scope)]
    return [*words, *of_person(wanted), *of_place(wanted, scope)]


def _by_words(words: str) -> list[ColumnElement[bool]] | None:
    """Who is found, named one by one where they are few: no plan of the database's can then go wrong."""
    if not search_terms(words):
        return []
    conditions = found_by(words)
    few = list(db.session.scalars(select(Person.id).where(*conditions).limit(NAMED + 1)))
    if not few:
        return None
    return conditions if len(few) > NAMED else [Person.id.in_(few)]


def _from(statement: Any, scope: Scope) -> Any:
    if scope.cohort is None:
        return statement.select_from(Person)
    return statement.select_from(Registration).join(Person, Person.id == Registration.person_id)


def _count(wanted: Wanted, scope: Scope, conditions: Sequence[Any]) -> int:
    """How many there are, no further than a page wants to know."""
    some = _from(select(literal(1)), scope)
    if scope.cohort is not None and not wanted.words and not of_person(wanted):
        # Nothing is asked of the person, so her row need not be read.
        some = select(literal(1)).select_from(Registration)
    found = some.where(*conditions).limit(COUNTED + 1).subquery()
    return db.session.scalar(select(func.count()).select_from(found)) or 0


def _keys(wanted: Wanted, scope: Scope) -> tuple[Any, ...]:
    if scope.cohort is None:
        return (Person.search, Person.id) if wanted.order == "name" else (Person.id,)
    return (Person.search if wanted.order == "name" else Registration.registered_at, Registration.id)


def _rows(wanted: Wanted, scope: Scope, conditions: Sequence[Any], after: str) -> Sequence[Any]:
    keys = _keys(wanted, scope)
    place = (Registration.id,) if scope.cohort is not None else (literal(0),)
    backwards = wanted.order == "newest"
    statement = _from(select(Person, *place, *keys), scope).where(*conditions)
    if (values := _read(after, keys)) is not None:
        behind = tuple_(*(literal(value, key.type) for value, key in zip(values, keys, strict=True)))
        statement = statement.where(tuple_(*keys) < behind if backwards else tuple_(*keys) > behind)
    order = [key.desc() for key in keys] if backwards else keys
    return db.session.execute(statement.order_by(*order).limit(PAGE + 1)).all()


def _cursor(wanted: Wanted, scope: Scope, row: Any) -> str:
    values = row[2 : 2 + len(_keys(wanted, scope))]
    text = json.dumps([v.isoformat() if isinstance(v, datetime) else v for v in values])
    return urlsafe_b64encode(text.encode()).decode()


def _read(cursor: str, keys: Sequence[Any]) -> list[Any] | None:
    """The values of a cursor for these keys; None for one that was made for another order, or by hand."""
    try:
        values = json.loads(urlsafe_b64decode(cursor.encode())) if cursor else None
        if not isinstance(values, list) or len(values) != len(keys):
            return None
        typed = [_typed(value, key) for value, key in zip(values, keys, strict=True)]
    except (ValueError, TypeError):
        return None
    return typed if abs(typed[-1]) < 2**31 else None


def _typed(value: Any, key: Any) -> Any:
    """Raises ValueError, TypeError for a value that the key cannot have."""
    if isinstance(key.type, UtcDateTime):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not isinstance(value, key.type.python_type) or "\x00" in str(value):
        raise TypeError(value)
    return value


def _lines(rows: Sequence[Any], scope: Scope) -> tuple[PersonLine, ...]:
    people = [row[0] for row in rows]
    only = [row[1] for row in rows] if scope.cohort is not None else None
    places, tags = _places([person.id for person in people], only, scope), tags_of([p.id for p in people])
    return tuple(
        PersonLine(
            person.id, person.name, person.email, person.profession, person.suppressed_at is not None,
            tuple(tags.get(person.id, ())), tuple(places.get(person.id, ())),
        )
        for person in people
    )  # fmt: skip


def tags_of(people: Collection[int]) -> dict[int, list[str]]:
    """The words put on these people, by person; one statement."""
    found: dict[int, list[str]] = {}
    rows = db.session.execute(
        select(PersonTag.person_id, PersonTag.word).where(PersonTag.person_id.in_(people)).order_by(PersonTag.word)
    )
    for person, word in rows:
        found.setdefault(person, []).append(word)
    return found


def _places(people: Collection[int], only: Collection[int] | None, scope: Scope) -> dict[int, list[PlaceLine]]:
    joined = (
        select(func.count(func.distinct(AttendanceSegment.session_id)))
        .where(AttendanceSegment.registration_id == Registration.id)
        .scalar_subquery()
    )
    taken = (
        select(func.count(func.distinct(Download.material_version_id)))
        .where(Download.registration_id == Registration.id)
        .scalar_subquery()
    )
    statement = (
        select(
            Registration.person_id, Registration.id, Registration.public_id, Cohort.key, Cohort.title, Cohort.zone,
            Registration.state, Registration.registered_at, joined, taken,
        )
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .where(Registration.person_id.in_(people))
        .order_by(Registration.registered_at.desc(), Registration.id.desc())
    )  # fmt: skip
    if only is not None:
        statement = statement.where(Registration.id.in_(only))
    elif scope.webinars is not None:
        statement = statement.where(Cohort.webinar_id.in_(scope.webinars))
    found: dict[int, list[PlaceLine]] = {}
    for person, *line in db.session.execute(statement):
        found.setdefault(person, []).append(PlaceLine(*line))
    return found
