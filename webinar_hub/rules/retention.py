"""How long each kind of data is kept, and what has had its time: periods, their floors, and conditions for SQL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, Column, ColumnElement, String, Table, cast, func, or_, select

from webinar_hub.models import (
    AttendanceSegment,
    AuditEntry,
    AuditHead,
    AuditLink,
    Cohort,
    Consent,
    Delivery,
    DeliveryEvent,
    Draft,
    Erasure,
    MergedPerson,
    Notice,
    PeopleImport,
    Person,
    Registration,
    Session,
    SignIn,
)
from webinar_hub.rules.personal_data import HELD, PEOPLE, PLACES, Held, table_of, target_of

FOUR_YEARS, SEVEN_YEARS = 1461, 2555
LONGEST = 36_500
"""A century is for ever."""
NOTICE = timedelta(days=14)
"""So long the first clean-up of a kind is announced before it happens by itself."""
NIGHT = time(3)
"""When a clean-up begins, on the installation's clock."""
FINAL = ("sent", "failed", "expired", "cancelled", "suppressed")
ERASED = "erased.invalid"
"""The domain of the addresses under which evidence stays; no mail can ever go there (RFC 6761 section 6.4)."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is kept for `days` after `since`; a number of days below `floor` is refused because of `why`."""

    words: str
    days: int
    since: str = "after the last session"
    floor: int = 0
    why: str = ""


_BOARDS = (
    "Boards ask for attendance records for four years at least (Nevada and Texas PT; ASHA asks for four to seven), "
    "so write 1461 days or more. Seven years are 2555 days."
)
KINDS: Mapping[str, Kind] = {
    "registrations": Kind("People: names, addresses, places and consents", 1095, "after her last session"),
    "answers": Kind("Answers to your questions, and why somebody was declined", 365),
    "accommodations": Kind("What people need to take part", 90),
    "invitations": Kind("Invitations, groups and seats handed on", 180),
    "networks": Kind("Network addresses beside consents, where you keep them", 180, "after her last session"),
    "notes": Kind("Notes, tags and tasks of the team about people", 730, "after her last session"),
    "mails": Kind("What was mailed to whom, and what came back", 730),
    "downloads": Kind("Who took which material", 730),
    "attendance": Kind(
        "Who came: the evidence behind certificates", SEVEN_YEARS, "after the session", FOUR_YEARS, _BOARDS
    ),
    "imports": Kind("Lists of people that were uploaded", 30, "after the upload"),
    "drafts": Kind("Drafts in forms of the studio", 90, "after they were typed"),
    "sign_ins": Kind("Where the team is signed in", 90, "after the last visit", 1, "Write at least 1 day."),
    "audit": Kind(
        "The audit log", SEVEN_YEARS, "after the entry", 365,
        "The log shows who looked after people's data, so it is kept for a year at least: write 365 or more.",
    ),
}  # fmt: skip
"""In the order in which they are shown and cleaned up."""


def checked_days(kind: str, text: str) -> int:
    """A period as it is kept; 0 keeps for ever. Raises ValueError in words for the form."""
    typed, about = text.strip(), KINDS[kind]
    if not (typed.isascii() and typed.isdecimal()) or int(typed) > LONGEST:
        raise ValueError("Write a number of days, such as 730 for two years, or 0 to keep it for ever.")
    if 0 < int(typed) < about.floor:
        raise ValueError(about.why)
    return int(typed)


def own_days() -> dict[str, int]:
    """The periods where nobody has chosen any."""
    return {kind: about.days for kind, about in KINDS.items()}


def kept_days(kind: str, stored: object) -> int:
    """A stored period as it holds; one below the floor, which another release took, is the floor."""
    about = KINDS[kind]
    if not isinstance(stored, int) or stored < 0:
        return about.days
    return max(stored, about.floor) if stored else 0


def cutoff(days: int, now: datetime) -> datetime | None:
    """What ended before this moment has had its time; None where it is kept for ever."""
    return now - timedelta(days=days) if days else None


def next_night(zone: str, now: datetime) -> datetime:
    """When the next clean-up begins: at three on the installation's clock, aware."""
    here = now.astimezone(ZoneInfo(zone))
    tonight = datetime.combine(here.date(), NIGHT, ZoneInfo(zone))
    return tonight if here < tonight else datetime.combine(here.date() + timedelta(days=1), NIGHT, ZoneInfo(zone))


def night_of(zone: str, moment: datetime) -> date:
    """Which night a moment belongs to: what happens before three still belongs to the day before."""
    here = moment.astimezone(ZoneInfo(zone))
    return here.date() if here.time() >= NIGHT else here.date() - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Target:
    """Rows that go: of `table` those for which `over` holds; `since` is the moment they are counted from.

    With `empties` the rows stay and these columns of theirs are emptied.
    """

    table: Table
    over: ColumnElement[bool]
    since: Any
    empties: tuple[str, ...] = ()
    held: Held | None = None


def targets(kind: str, before: datetime) -> Iterator[Target]:
    """What of a kind ended before this moment, in the order in which it goes.

    People (`past_people`) and the chain of the log (`chained_through`) go in ways of their own.
    """
    for held in HELD:
        table = table_of(held)
        if held.kept_as == kind and held.table != PEOPLE:
            yield Target(table, _over(held, table, before), _since(held, table), held=held)
        if kind in held.clears:
            columns = held.clears[kind]
            filled = or_(*(_is_filled(table.c[name]) for name in columns))
            yield Target(table, _over(held, table, before) & filled, _since(held, table), columns)
    yield from _others(kind, before)


def _others(kind: str, before: datetime) -> Iterator[Target]:
    """What belongs to no person's place: it is counted from a moment of its own."""
    if kind == "mails":
        ended = select(Delivery.id).where(Delivery.notice_id == Notice.id, Delivery.state.not_in(FINAL)).exists()
        yield _dated(Notice, Notice.created_at, before, ~ended)
        yield _dated(DeliveryEvent, DeliveryEvent.recorded_at, before, DeliveryEvent.delivery_id.is_(None))
    for name, model, moment in (
        ("imports", PeopleImport, PeopleImport.uploaded_at),
        ("drafts", Draft, Draft.saved_at),
        ("sign_ins", SignIn, SignIn.seen_at),
    ):
        if kind == name:
            yield _dated(model, moment, before)
    if kind == "audit":
        linked = select(AuditLink.entry_id).where(AuditLink.entry_id == AuditEntry.id).exists()
        yield _dated(AuditEntry, AuditEntry.at, before, ~linked)


def _dated(model: Any, moment: Any, before: datetime, *conditions: Any) -> Target:
    condition = moment < before
    for each in conditions:
        condition &= each
    return Target(model.__table__, condition, moment)


def _over(held: Held, table: Table, before: datetime) -> ColumnElement[bool]:
    """Whether everything a row belongs to was over before that moment; one of attendance by its own session."""
    if held.table == "attendance_segments":
        return AttendanceSegment.session_id.in_(select(Session.id).where(Session.ends_at < before))
    if not held.via:
        return table.c.cohort_id.in_(_past_cohorts(before))
    column = table.c[held.via[0]]
    if held.table == "deliveries":
        # What still waits to be sent is not over, whatever it is about.
        return column.in_(_past_places(before)) & table.c.state.in_(FINAL)
    if held.table == PLACES:
        return table.c.id.in_(_past_places(before))
    past = past_people(before) if target_of(column).table.name == PEOPLE else _past_places(before)
    return column.in_(past)


def _since(held: Held, table: Table) -> Any:
    """The end of the last session behind a row, for the oldest of what goes."""
    if held.table == "attendance_segments":
        ended = select(Session.ends_at).where(Session.id == AttendanceSegment.session_id)
        return ended.correlate(AttendanceSegment).scalar_subquery()
    if not held.via:
        last = select(func.max(Session.ends_at)).where(Session.cohort_id == table.c.cohort_id)
        return last.correlate(table).scalar_subquery()
    column = table.c[held.via[0]]
    places = select(func.max(Session.ends_at)).join(Registration, Registration.cohort_id == Session.cohort_id)
    if held.table == PLACES:
        return places.where(Registration.id == table.c.id).correlate(table).scalar_subquery()
    of_person = target_of(column).table.name == PEOPLE
    whose = Registration.__table__.c["person_id" if of_person else "id"]
    return places.where(whose == column).correlate(table).scalar_subquery()


def _is_filled(column: Column[Any]) -> ColumnElement[bool]:
    if isinstance(column.type, JSON):
        return cast(column, String).not_in(("{}", "[]", "null", ""))
    return column != ""


def _past_cohorts(before: datetime) -> Any:
    """Cohorts of which no session ended after that moment, nor were they made after it."""
    later = select(Session.id).where(Session.cohort_id == Cohort.id, Session.ends_at >= before)
    return select(Cohort.id).where(~later.exists(), Cohort.created_at < before)


def _past_places(before: datetime) -> Any:
    """Places in cohorts of which no session ended after that moment, nor the place itself began after it."""
    later = select(Session.id).where(Session.cohort_id == Registration.cohort_id, Session.ends_at >= before)
    return select(Registration.id).where(~later.exists(), Registration.registered_at < before)


def past_people(before: datetime) -> Any:
    """People of whom every session ended, and who came, before that moment; merged ones with whom they became."""
    place = select(Registration.id).where(Registration.person_id == Person.id)
    later = select(Session.id).where(Session.cohort_id == Registration.cohort_id, Session.ends_at >= before)
    recent = place.where(or_(later.exists(), Registration.registered_at >= before))
    return select(Person.id).where(Person.created_at < before, ~recent.exists())


def people_to_forget(before: datetime, evidence_until: datetime | None) -> Any:
    """The ids of people whose time is over.

    Whoever still wants news stays, and so does she of whom boards may still ask: who came to a session that ended
    after `evidence_until`, or, with None, to any. One who asked for deletion herself goes in her own way, and one
    who was merged goes with the person she is now.
    """
    news = select(Consent.id).where(
        Consent.person_id == Person.id, Consent.topic == "news", Consent.withdrawn_at.is_(None)
    )
    asked = select(Erasure.id).where(Erasure.person_id == Person.id, Erasure.state.in_(("waiting", "leaving")))
    merged = select(MergedPerson.person_id).where(MergedPerson.person_id == Person.id)
    return past_people(before).where(
        ~news.exists(), ~asked.exists(), ~merged.exists(), ~evidence(evidence_until).exists()
    )


def evidence(until: datetime | None) -> Any:
    """What boards may still ask for, beside Person: that she came to a session that ended after `until`."""
    came = (
        select(AttendanceSegment.id)
        .join(Registration, Registration.id == AttendanceSegment.registration_id)
        .where(Registration.person_id == Person.id)
        .correlate(Person)
    )
    if until is None:
        return came
    return came.join(Session, Session.id == AttendanceSegment.session_id).where(Session.ends_at >= until)


def emptied_names() -> Any:
    """Names under which evidence stayed, and of which nothing is left."""
    return select(Person.id).where(Person.email_key.endswith(f"@{ERASED}"), ~evidence(None).exists())


def chained_through(before: datetime) -> Any:
    """Up to which place the chain of the log is older than that moment: it can only be shortened from its begin."""
    young = (
        select(func.min(AuditLink.position))
        .join(AuditEntry, AuditEntry.id == AuditLink.entry_id)
        .where(AuditEntry.at >= before)
    )
    end = select(AuditHead.position).scalar_subquery()
    return select(func.coalesce(young.scalar_subquery() - 1, end, 0))
