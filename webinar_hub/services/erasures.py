"""Somebody wants her data deleted: asked, proven by a mail, taken back or carried out days later (FEATURES G3).

What is deleted is next door, in `erasing.py`. Whoever makes or changes a wish locks it first, then her, then her
places.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, delete, exists, or_, select, update

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.core.language import speaking
from webinar_hub.core.log import get_logger
from webinar_hub.core.tokens import Tokens, nonce
from webinar_hub.models import (
    AttendanceSegment,
    Cohort,
    Delivery,
    ErasedAddress,
    Erasure,
    Notice,
    Person,
    Registration,
    Session,
)
from webinar_hub.rules.erasure import FAREWELL, PROOF, WAIT, new_reference, stays
from webinar_hub.rules.personal_data import Whose
from webinar_hub.services import allowances, audit, erasing, notices, outbox, place_facts, registrations
from webinar_hub.services.voice import Voice

log = get_logger("erasures")

OPEN = ("asked", "waiting", "leaving")
HOUR = timedelta(hours=1)
ASKS_AN_HOUR = 5
AGAIN = timedelta(minutes=10)
"""So long a second click sends no second mail."""
SYSTEM = "system"


def ask(person: int, voice: Voice, *, now: datetime) -> None:
    """Mail her the link by which she shows that it was she; until she has used it nothing happens.

    Asked again it is the same wish. Raises Conflict once she is being deleted already.
    """
    allowances.spend("erasure", str(person), limit=ASKS_AN_HOUR, window=HOUR, now=now)
    row = _wish(person, f"person:{person}", now)
    who = _locked_person(person)
    if row.state != "asked":
        raise Conflict("This is under way already.")
    row.asked_at = now
    step = int(now.timestamp() // AGAIN.total_seconds())
    link = voice.links.erase(row.id, row.nonce)
    _mail(voice, "erasure_asked", who, f"erasure:{row.id}:asked:{step}", now=now, link=link, wait=WAIT)
    audit.note(f"person:{person}", "erasure.asked", f"person:{person}", now=now)


def prove(tokens: Tokens, token: str, voice: Voice, *, now: datetime) -> int:
    """She was it: the waiting time begins; who she is. Proven twice is proven once. Raises NotFound."""
    row = found(tokens, token, now)
    person = int(row.person_id or 0)
    if row.state == "asked":
        _begin_to_wait(row, _locked_person(person), voice, now)
        audit.note(f"person:{person}", "erasure.proven", f"person:{person}", now=now)
    return person


def found(tokens: Tokens, token: str, now: datetime) -> Erasure:
    """The open wish that this link belongs to, locked. Raises NotFound for every other text, and one too old."""
    parts = tokens.read("erase", token, (int, str))
    wanted = select(Erasure).where(Erasure.id == (parts[0] if parts else 0), Erasure.state.in_(OPEN))
    row = db.session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).first()
    if parts is None or row is None or row.nonce != parts[1]:
        raise NotFound()
    if row.state == "asked" and row.asked_at + PROOF < now:
        raise NotFound()
    return row


def begin_for(person: int, voice: Voice, *, actor: str, now: datetime) -> None:
    """Somebody of the staff was asked by her: the waiting time begins, and a mail tells her. Raises NotFound."""
    row = _wish(person, actor, now)
    who = _locked_person(person)
    if row.state == "asked":
        row.asked_by = actor
        _begin_to_wait(row, who, voice, now)
        audit.note(actor, "erasure.asked", f"person:{person}", now=now, due=_said(row.due_at))


def take_back(person: int, *, actor: str, now: datetime) -> None:
    """She stays. Raises Conflict where it is too late, or was never asked."""
    row = db.session.scalars(
        select(Erasure)
        .where(Erasure.person_id == person, Erasure.state.in_(("asked", "waiting")))
        .with_for_update()
    ).first()
    if row is None:
        raise Conflict("There is nothing to take back.")
    row.state, row.ended_at, row.nonce = "taken back", now, nonce()
    audit.note(actor, "erasure.taken_back", f"person:{person}", now=now)


def forget_unproven(now: datetime) -> None:
    """Wishes that nobody has stood by in time are no wishes."""
    old = delete(Erasure).where(Erasure.state == "asked", Erasure.asked_at < now - PROOF)
    db.session.execute(old.execution_options(synchronize_session=False))


def carry_out_next(voice: Voice, *, keep_attendance: int, now: datetime) -> bool:
    """Take the next step of one wish that is due; whether there was one. A transaction each is for the caller.

    First her places are given back and her calendar is told, as long as there is an address to tell; when those
    mails are gone, or a day later, she is deleted. `keep_attendance` in days, 0 for ever. One that fails is tried
    again after the others.
    """
    row = db.session.scalars(
        select(Erasure)
        .where(_is_due(now))
        .order_by(Erasure.due_at, Erasure.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        return False
    wish = row.id
    try:
        with db.session.begin_nested():
            _carry_on(row, voice, keep_attendance, now)
    except Exception:
        log.exception("a wish to be deleted failed", erasure=wish)
        db.session.execute(update(Erasure).where(Erasure.id == wish).values(due_at=now + FAREWELL))
        return False
    return True


def _carry_on(row: Erasure, voice: Voice, keep: int, now: datetime) -> None:
    if row.person_id is None:
        # She was deleted on another way.
        row.state, row.ended_at, row.nonce = "done", now, nonce()
        return
    who = erasing.held(row.person_id)
    if row.state == "waiting":
        _take_leave(row, who, voice, keep, now)
    elif not _came_again(row, who, now):
        _delete(row, who, keep, now)


def _is_due(now: datetime) -> ColumnElement[bool]:
    """A wish whose waiting is over, or whose farewells are all gone."""
    hers = select(Registration.id).where(Registration.person_id == Erasure.person_id)
    to_her = select(Notice.id).join(Person, Person.email == Notice.to_email).where(Person.id == Erasure.person_id)
    open_mail = exists().where(
        Delivery.state.in_(("queued", "sending")),
        or_(
            Delivery.registration_id.in_(hers.correlate(Erasure)), Delivery.notice_id.in_(to_her.correlate(Erasure))
        ),
    )
    gone = (Erasure.state == "leaving") & ~open_mail
    return Erasure.state.in_(("waiting", "leaving")) & ((Erasure.due_at <= now) | gone)


def _take_leave(row: Erasure, who: Whose, voice: Voice, keep: int, now: datetime) -> None:
    person = db.session.get_one(Person, row.person_id)
    _give_back(who, now, tell=True)
    farewells = ("registration_cancelled", "calendar_cancel", "waitlist_left")
    outbox.cancel(Delivery.registration_id.in_(who.places), Delivery.kind.not_in(farewells))
    kept = stays(ends_of(who.places), keep, now)
    row.reference = new_reference()
    row.state, row.due_at = "leaving", now + FAREWELL
    told = {"kept": kept, "reference": row.reference}
    _mail(voice, "erasure_done", person, f"erasure:{row.id}:done", now=now, expires_at=row.due_at, **told)
    leave_work()


def _came_again(row: Erasure, who: Whose, now: datetime) -> bool:
    """Whether she took a place meanwhile: it is given back as well, and its farewell waited for until its end."""
    in_time = row.due_at is not None and row.due_at > now
    return _give_back(who, now, tell=in_time) and in_time


def _give_back(who: Whose, now: datetime, *, tell: bool) -> bool:
    """Give back every place with something ahead, by the cohorts' order; whether there was one."""
    rows = db.session.scalars(
        select(Registration)
        .where(Registration.id.in_(who.places), Registration.state.not_in(("cancelled", "declined")))
        .order_by(Registration.cohort_id, Registration.id)
    ).all()
    ahead = [place for place in rows if place_facts.next_session(place.cohort_id, now) is not None]
    for place in ahead:
        registrations.leave(place, actor=SYSTEM, now=now, tell=tell)
    return bool(ahead)


def _delete(row: Erasure, who: Whose, keep: int, now: datetime) -> None:
    person, asked_by = row.person_id, "herself" if row.asked_by.startswith("person:") else row.asked_by
    row.asked_by = asked_by
    outbox.cancel(Delivery.registration_id.in_(who.places))
    until = now - timedelta(days=keep) if keep else None
    row.state, row.ended_at, row.person_id, row.nonce = "done", now, None, nonce()
    db.session.flush()
    wish, reference = row.id, row.reference
    number = erasing.erase(who, reference=reference, evidence_until=until, now=now)
    if not number:
        db.session.execute(update(Erasure).where(Erasure.id == wish).values(reference=""))
    _remember(who, now)
    audit.note(SYSTEM, "person.erased", f"person:{person}", now=now, kept=number, asked_by=asked_by)


def _remember(who: Whose, now: datetime) -> None:
    """Only a fingerprint, so that no file brings her back unseen."""
    tokens: Tokens = current_app.extensions["tokens"]
    for address in who.addresses:
        values = {"fingerprint": tokens.fingerprints(address)[-1], "erased_at": now}
        insert_new(ErasedAddress, values, "fingerprint")


def ends_of(places: Sequence[int]) -> list[datetime]:
    """When the sessions ended that were attended with these places."""
    came = select(AttendanceSegment.session_id).where(AttendanceSegment.registration_id.in_(places))
    return list(db.session.scalars(select(Session.ends_at).where(Session.id.in_(came))))


def _wish(person: int, actor: str, now: datetime) -> Erasure:
    """Her open wish, or a new one, locked: UNIQUE decides between two at once. Raises NotFound without her."""
    if db.session.get(Person, person) is None:
        raise NotFound()
    insert_new(
        Erasure,
        {
            "person_id": person, "state": "asked", "asked_by": actor, "asked_at": now, "nonce": nonce(),
            "reference": "",
        },
        "id",
    )  # fmt: skip
    wanted = select(Erasure).where(Erasure.person_id == person, Erasure.state.in_(OPEN)).with_for_update()
    return db.session.scalars(wanted.execution_options(populate_existing=True)).one()


def _begin_to_wait(row: Erasure, who: Person, voice: Voice, now: datetime) -> None:
    row.state, row.due_at = "waiting", now + WAIT
    link = voice.links.me(who.id, who.link_nonce)
    told = {"link": link, "due_at": row.due_at, "zone": who.zone, "by_staff": row.asked_by != f"person:{who.id}"}
    _mail(voice, "erasure_waiting", who, f"erasure:{row.id}:waiting", now=now, expires_at=row.due_at, **told)


def _mail(
    voice: Voice,
    kind: str,
    who: Person,
    key: str,
    *,
    now: datetime,
    expires_at: datetime | None = None,
    **facts: Any,
) -> None:
    with speaking(who.language):
        words = voice.templates.render(kind, name=who.name, service=voice.service, **facts)
    sender = voice.sender or _organizer_of(who.id)
    envelope = notices.Envelope(
        to_email=who.email, to_name=who.name, from_email=sender, from_name=voice.from_name or voice.service
    )
    notices.write(kind, envelope, words, now=now, key=key, expires_at=expires_at or now + PROOF)


def _organizer_of(person: int) -> str:
    """Whom her mails come from where the installation has no sender of its own."""
    hers = select(Cohort.organizer_email).join(Registration, Registration.cohort_id == Cohort.id)
    newest = hers.where(Registration.person_id == person).order_by(Registration.id.desc()).limit(1)
    anybody = select(Cohort.organizer_email).order_by(Cohort.id.desc()).limit(1)
    return db.session.scalar(newest) or db.session.scalar(anybody) or ""


def _locked_person(person: int) -> Person:
    row = db.session.scalars(
        select(Person).where(Person.id == person).with_for_update().execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound()
    return row


def _said(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
