"""What a change does: a cohort before and after, line by line in an organizer's words, and who will be told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.documents.message_words import message_words
from webinar_hub.documents.when import clock_of_day, duration_in_words, when_in
from webinar_hub.models import (
    AccessCode,
    AskedQuestion,
    Broadcast,
    Cohort,
    Drop,
    DropMaterial,
    Material,
    Presenter,
    Session,
    Webinar,
)
from webinar_hub.queries.cohorts import latest_versions
from webinar_hub.queries.drop_words import own_clock_words
from webinar_hub.queries.plan import audience_size, subject
from webinar_hub.rules.hours import MIDNIGHT
from webinar_hub.rules.zones import clock_words

Lines = Mapping[str, str]
_VISIBILITY = {"listed": "", "unlisted": "whoever has its address", "invitation": "by invitation only"}
Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One line that differs; `before` or `after` is None for what is new or gone."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Announcement:
    """A mail that leaves at once because of the change, to so many people."""

    kind: str
    about: str
    people: int


def snapshot(key: str) -> Lines:
    """A cohort as lines of text by what they are about, none of them empty; no lines where there is no cohort."""
    row = db.session.execute(
        select(Cohort, Webinar).join(Webinar, Webinar.id == Cohort.webinar_id).where(Cohort.key == key)
    ).first()
    if row is None:
        return {}
    cohort, webinar = row
    lines = [*_webinar_lines(webinar), *_presenter_lines(webinar), *_cohort_lines(cohort), *_code_lines(cohort)]
    lines += _question_lines(cohort)
    in_order = select(Session).where(Session.cohort_id == cohort.id).order_by(Session.starts_at, Session.id)
    sessions = {session.id: session for session in db.session.scalars(in_order)}
    for session in sessions.values():
        lines += _session_lines(session)
    drops = select(Drop).where(Drop.cohort_id == cohort.id).order_by(Drop.release_at, Drop.id)
    for drop in db.session.scalars(drops):
        lines += _drop_lines(drop, sessions)
    lines += [*_material_lines(cohort), *_message_lines(cohort)]
    return {what: text for what, text in lines if text}


def _webinar_lines(webinar: Webinar) -> Iterator[Line]:
    yield "webinar address", f"/w/{webinar.slug}"
    for name in ("title", "summary", "description", "audience", "level", "credit"):
        yield f"webinar {name}", getattr(webinar, name)
    yield "who finds the webinar", _VISIBILITY[webinar.visibility]
    yield "webinar outcomes", "; ".join(webinar.outcomes)
    agenda = (f"{a['minutes']} minutes {a['title']}{' (break)' * a['is_break']}" for a in webinar.agenda)
    yield "webinar agenda", "; ".join(agenda)
    yield "webinar questions", " ".join(f"{q['question']} {q['answer']}" for q in webinar.faq)
    yield "webinar next step", " ".join((webinar.next_step_text, webinar.next_step_url)).strip()


def _presenter_lines(webinar: Webinar) -> Iterator[Line]:
    rows = select(Presenter).where(Presenter.webinar_id == webinar.id).order_by(Presenter.position)
    for number, presenter in enumerate(db.session.scalars(rows), start=1):
        yield f"presenter {number}", ", ".join(filter(None, (presenter.name, presenter.credentials)))
        yield f"presenter {number} bio", presenter.bio
        yield f"presenter {number} disclosure", presenter.disclosure
        yield f"presenter {number} other disclosure", presenter.disclosure_other
        yield f"presenter {number} e-mail", presenter.email


def _cohort_lines(cohort: Cohort) -> Iterator[Line]:
    yield "cohort title", cohort.title
    yield "cohort zone", cohort.zone
    yield "cohort cancelled", _yes(cohort.state == "cancelled")
    yield "organizer", f"{cohort.organizer_name} <{cohort.organizer_email}>"
    yield "seats", str(cohort.capacity) if cohort.capacity else "no limit"
    yield "sign-up opens", _when(cohort.enrolment_opens_at, cohort.zone)
    yield "sign-up closes", _when(cohort.enrolment_closes_at, cohort.zone)
    yield "late joiners get", cohort.late_join
    yield "hours", _hours(cohort)
    yield "livestream", cohort.livestream_url
    yield "presenters start at", cohort.host_url
    reminders = (duration_in_words(timedelta(minutes=minutes)) for minutes in cohort.reminder_minutes)
    yield "reminders", ", ".join(f"{lead} before" for lead in reminders) or "none"
    yield "“we are live”", "yes" if cohort.announces_live else "no"
    thanks = cohort.thank_you_minutes
    yield "thank-you", "no" if thanks is None else f"{duration_in_words(timedelta(minutes=thanks))} after the end"
    yield "whoever declines every session", _yes(cohort.declined_frees_seat, "gives the place back")
    yield "asks whether an address is hers", _yes(cohort.proves_address, "before anything else is sent")
    yield "waitlist", _yes(cohort.has_waitlist)
    held = duration_in_words(timedelta(minutes=cohort.offer_minutes))
    yield "a seat that comes free is held for", _yes(cohort.has_waitlist, held)
    yield "the organizer decides on everybody", _yes(cohort.needs_approval)
    yield "the organizer decides again after a change", _yes(cohort.approval_again)
    yield "changes are possible until", _when(cohort.changes_close_at, cohort.zone)
    yield "sign-up needs a code or an invitation", _yes(cohort.needs_code)
    yield "groups may be signed up", "yes" if cohort.takes_groups else "no"
    hours = cohort.group_hold_hours
    yield "a group's seats are kept for", duration_in_words(timedelta(hours=hours)) if hours else ""
    credit = {None: "", True: "of whoever wants CE credit", False: "of nobody"}
    yield "what a certificate needs is asked", credit[cohort.asks_credit]
    yield "welcome note", cohort.welcome_note
    yield "thank-you note", cohort.thank_you_note


def _yes(is_so: bool, words: str = "yes") -> str:
    return words if is_so else ""


def _code_lines(cohort: Cohort) -> Iterator[Line]:
    codes = select(AccessCode).where(AccessCode.cohort_id == cohort.id).order_by(AccessCode.id)
    for code in db.session.scalars(codes):
        most = f"at most {code.max_uses} people" if code.max_uses else "any number of people"
        words = (
            code.label,
            most,
            _when(code.expires_at, cohort.zone) and f"until {_when(code.expires_at, cohort.zone)}",
        )
        back = "uses come back" if code.gives_back else ""
        yield f"access code {code.code}", "; ".join(filter(None, (*words, back)))


def _question_lines(cohort: Cohort) -> Iterator[Line]:
    open_ones = AskedQuestion.of_cohort(cohort.id).where(AskedQuestion.archived_at.is_(None))
    for number, asked in enumerate(db.session.scalars(open_ones), start=1):
        wanted = ", ".join(asked.show_if.get("is", ()))
        condition = f"if {asked.show_if['of']} is {wanted}" if asked.show_if else ""
        must = "has to be answered" if asked.required else ""
        parts = (asked.label, asked.kind, ", ".join(asked.choices), asked.hint, condition, must)
        yield f"question {number}", "; ".join(filter(None, parts))


def _hours(cohort: Cohort) -> str:
    """At which hours people are written to who have not chosen, or ""."""
    told = []
    if cohort.bonus_at is not None:
        told.append(f"bonuses at {clock_of_day(cohort.bonus_at)}")
    if (cohort.write_from, cohort.write_until) != (0, MIDNIGHT):
        told.append(f"from {clock_of_day(cohort.write_from)} to {clock_of_day(cohort.write_until)}")
    if cohort.weekdays_only:
        told.append("on weekdays only")
    return ", ".join(told)


def _session_lines(session: Session) -> Iterator[Line]:
    name = f"session {session.key}"
    yield f"{name} time", f"{_when(session.starts_at, session.zone)}, {session.minutes} minutes"
    yield f"{name} title", session.title
    yield f"{name} summary", session.summary
    yield f"{name} cancelled", "yes" if session.state == "cancelled" else ""
    yield f"{name} livestream", session.livestream_url


def _drop_lines(drop: Drop, sessions: Mapping[int, Session]) -> Iterator[Line]:
    name = f"bonus {drop.key}"
    own = drop.enrolment_days
    opens = own_clock_words(own, drop.enrolment_at) if own else _when(drop.release_at, drop.zone)
    yield f"{name} opens", opens
    if own:
        yield f"{name} reaches who is past it", "no" if drop.enrolled_from else "yes"
    session = sessions.get(drop.after_session_id or 0)
    if session:
        yield f"{name} follows", f"session {session.key}, {_distance(drop)}"
    yield f"{name} title", drop.title
    yield f"{name} surprise", "yes" if drop.surprise else ""
    yield f"{name} note", drop.note


def _distance(drop: Drop) -> str:
    days = f"{drop.after_days} {'day' if drop.after_days == 1 else 'days'} later"
    if not drop.after_at:
        return f"{days}, at the hour it ends"
    return f"{days}, at {clock_words(datetime.combine(date.min, time.fromisoformat(drop.after_at)))}"


def _material_lines(cohort: Cohort) -> Iterator[Line]:
    newest = latest_versions()
    rows = db.session.execute(
        select(Drop.key, Material, newest.c.number)
        .join(DropMaterial, DropMaterial.drop_id == Drop.id)
        .join(Material, Material.id == DropMaterial.material_id)
        .outerjoin(newest, newest.c.material_id == Material.id)
        .where(Drop.cohort_id == cohort.id)
        .order_by(Drop.release_at, Drop.id, DropMaterial.position)
    )
    order: dict[str, list[str]] = {}
    for drop, material, number in rows:
        words = (material.title, material.description, material.link or f"version {number}")
        yield f"bonus {drop} material {material.key}", "; ".join(filter(None, words))
        order.setdefault(drop, []).append(material.key)
    for drop, keys in order.items():
        yield f"bonus {drop} order", ", ".join(keys) if len(keys) > 1 else ""


def _message_lines(cohort: Cohort) -> Iterator[Line]:
    """What the plan sends and when, in the organizer's zone; a session or bonus is named by its key."""
    rows = db.session.execute(
        select(Broadcast, Session.key, Drop.key)
        .outerjoin(Session, Session.id == Broadcast.session_id)
        .outerjoin(Drop, Drop.id == Broadcast.drop_id)
        .where(
            Broadcast.cohort_id == cohort.id,
            Broadcast.state == "planned",
            Broadcast.kind.in_(("reminder", "live", "drop", "thank_you")),
        )
        .order_by(Broadcast.due_at, Broadcast.id)
    )
    for row, session, drop in rows:
        lead = timedelta(minutes=row.lead_minutes) if row.lead_minutes else None
        about = session or drop
        yield (
            f"mail: {message_words(row.kind, lead)}{f' ({about})' if about else ''}",
            when_in(row.due_at, cohort.zone, year=True),
        )


def _when(moment: datetime | None, zone: str) -> str:
    """A moment on the organizer's clock; of a time that her clock shows twice it says which one is meant."""
    return when_in(moment, zone, year=True) if moment else ""


def differences(before: Lines, after: Lines) -> list[Change]:
    """What differs between two snapshots, in the order of the later one."""
    names = [*after, *(name for name in before if name not in after)]
    return [
        Change(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]


def announcements(key: str, now: datetime) -> list[Announcement]:
    """The mails that a change made just now (in this transaction, at `now`) will send at once."""
    rows = db.session.execute(
        select(Broadcast, subject(), Cohort.late_join, Drop.release_at)
        .join(Cohort, Cohort.id == Broadcast.cohort_id)
        .outerjoin(Session, Session.id == Broadcast.session_id)
        .outerjoin(Drop, Drop.id == Broadcast.drop_id)
        .where(Cohort.key == key, Broadcast.state == "planned", Broadcast.due_at == now)
        .order_by(Broadcast.id)
    )
    return [
        Announcement(row.kind, about, audience_size(row, release_at if late_join == "from now on" else None))
        for row, about, late_join, release_at in rows
    ]
