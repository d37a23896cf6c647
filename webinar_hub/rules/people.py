"""Which people a list shows, as conditions on Person and Registration, for those who read and those who change."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean

from webinar_hub.core.search_words import search_terms
from webinar_hub.models import (
    AttendanceSegment,
    Cohort,
    Delivery,
    DeliveryEvent,
    Download,
    InviteReply,
    MergedPerson,
    Person,
    PersonTag,
    Registration,
    Session,
)
from webinar_hub.models.session_choice import own_revision
from webinar_hub.rules.answered import answered, parted
from webinar_hub.rules.places import GONE, State

PROFESSIONS = ("OT", "OTA", "PT", "PTA", "SLP", "Nurse", "LMT", "Parent", "Other")
STATES = tuple(state.value for state in State)
ORDERS = ("newest", "oldest", "name")
LONGEST_TAG = 40
BOUNCES = ("bounced_hard", "bounced_soft", "blocked")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; an empty field does not matter.

    `since` and `until` are days in the list's zone, both included. `mail` is "stopped" or "bounced", `attended`
    and `downloaded` are "yes" or "no", `answer` is "key:answer" of a cohort's question (`rules/answered.py`).
    """

    words: str = ""
    state: str = ""
    profession: str = ""
    since: date | None = None
    until: date | None = None
    attended: str = ""
    downloaded: str = ""
    mail: str = ""
    tag: str = ""
    declined: bool = False
    answer: str = ""
    order: str = "newest"

    @property
    def narrows(self) -> bool:
        """Whether it leaves anybody out."""
        return self != Wanted(order=self.order)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where people are looked for: in these webinars (None: in all), in one cohort if it is named."""

    webinars: Collection[int] | None
    zone: str
    cohort: int | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom something is done with: those with these ids, or, with None, everybody the list shows.

    The ids are of registrations in a cohort's list, of people in the list of everybody.
    """

    wanted: Wanted
    scope: Scope
    ids: tuple[int, ...] | None = None


class _Holds(FunctionElement[bool]):
    """Whether a text holds another one, byte for byte."""

    type = Boolean()
    inherit_cache = True


@compiles(_Holds)
def _in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"(strpos({compiler.process(element.clauses, **options)}) > 0)"


@compiles(_Holds, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"(instr({compiler.process(element.clauses, **options)}) > 0)"


def clean_tag(typed: str) -> str:
    """A tag as it is kept: one line of small letters. Raises ValueError in words for the form."""
    word = " ".join(typed.split()).casefold()
    if not word:
        raise ValueError("Write a word for the tag.")
    if len(word) > LONGEST_TAG or not word.isprintable() or "," in word:
        raise ValueError(f"A tag is one word or two, at most {LONGEST_TAG} characters, without a comma.")
    return word


def found_by(words: str) -> list[ColumnElement[bool]]:
    """Every word that was typed begins a word of hers."""
    return [_Holds(Person.search, term) for term in search_terms(words)]


def of_person(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What is asked of the person, but for the words."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.profession:
        conditions.append(Person.profession == wanted.profession)
    if wanted.mail == "stopped":
        conditions.append(Person.suppressed_at.is_not(None))
    if wanted.tag:
        conditions.append(Person.id.in_(select(PersonTag.person_id).where(PersonTag.word == wanted.tag)))
    return conditions


def of_place(wanted: Wanted, scope: Scope) -> list[ColumnElement[bool]]:
    """What is asked of her place, where it may be included."""
    conditions: list[ColumnElement[bool]] = []
    if scope.cohort is not None:
        conditions.append(Registration.cohort_id == scope.cohort)
    elif scope.webinars is not None:
        theirs = select(Cohort.id).where(Cohort.webinar_id.in_(scope.webinars))
        conditions.append(Registration.cohort_id.in_(theirs))
    if wanted.state:
        conditions.append(Registration.state == wanted.state)
    if wanted.answer:
        conditions.append(answered(*parted(wanted.answer)))
    if wanted.since:
        conditions.append(Registration.registered_at >= _midnight(wanted.since, scope.zone))
    if wanted.until:
        conditions.append(Registration.registered_at < _midnight(wanted.until + timedelta(days=1), scope.zone))
    return [*conditions, *_of_what_she_did(wanted)]


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _of_what_she_did(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for answer, evidence in (
        (wanted.attended, AttendanceSegment.registration_id),
        (wanted.downloaded, Download.registration_id),
    ):
        if answer:
            # Not a list of ids: of evidence there may be many times as much as of people.
            did = select(evidence).where(evidence == Registration.id).correlate(Registration).exists()
            conditions.append(did if answer == "yes" else ~did)
    if wanted.mail == "bounced":
        bounced = (
            select(Delivery.registration_id)
            .join(DeliveryEvent, DeliveryEvent.delivery_id == Delivery.id)
            .where(DeliveryEvent.kind.in_(BOUNCES), Delivery.registration_id.is_not(None))
        )
        conditions.append(Registration.id.in_(bounced))
    if wanted.declined:
        conditions.append(_declined())
    return conditions


def _declined() -> ColumnElement[bool]:
    """Her calendar said no to a session at the time it now has."""
    current = InviteReply.sequence == Session.revision + Registration.revision + own_revision()
    return (
        select(InviteReply.id)
        .join(Session, Session.id == InviteReply.session_id)
        .where(and_(InviteReply.registration_id == Registration.id, InviteReply.answer == "declined", current))
        .correlate(Registration)
        .exists()
    )


def not_merged() -> ColumnElement[bool]:
    """She is not known under another address by now, or has taken a place with this one again."""
    place = select(Registration.id).where(
        Registration.person_id == MergedPerson.person_id, Registration.state.not_in(GONE)
    )
    return Person.id.not_in(select(MergedPerson.person_id).where(~place.exists()))


def chosen_places(chosen: Chosen) -> Any:
    """The ids of registrations in a cohort's list; nobody outside its scope, whatever the ids say."""
    scope, wanted = chosen.scope, chosen.wanted if chosen.ids is None else Wanted()
    conditions = [*found_by(wanted.words), *of_person(wanted), *of_place(wanted, scope)]
    if chosen.ids is not None:
        conditions.append(Registration.id.in_(chosen.ids))
    return select(Registration.id).join(Person, Person.id == Registration.person_id).where(*conditions)


def chosen_people(chosen: Chosen) -> Any:
    """The ids of people, in either list; nobody outside its scope, whatever the ids say."""
    if chosen.scope.cohort is not None:
        return select(Registration.person_id).where(Registration.id.in_(chosen_places(chosen)))
    wanted = chosen.wanted if chosen.ids is None else Wanted()
    conditions = [*found_by(wanted.words), *of_everybody(wanted, chosen.scope)]
    if chosen.ids is not None:
        conditions.append(Person.id.in_(chosen.ids))
    return select(Person.id).where(*conditions)


def of_everybody(wanted: Wanted, scope: Scope) -> list[ColumnElement[bool]]:
    """What is asked of somebody in the list of everybody, but for the words."""
    conditions = [*of_person(wanted), not_merged()]
    if of := of_place(wanted, scope):
        conditions.append(Person.id.in_(select(Registration.person_id).where(*of)))
    return conditions
