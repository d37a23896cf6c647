"""Double opt-in, its second half: she has opened the mail and pressed the button, or a week has passed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from webinar_hub.core.db import begin_to_write, db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import (
    AttendanceSegment,
    Consent,
    Download,
    Erasure,
    MergedPerson,
    Person,
    PersonNote,
    PersonTag,
    Registration,
)
from webinar_hub.rules.places import State
from webinar_hub.rules.proof import proof_is_open
from webinar_hub.rules.protection import PROOF_LASTS
from webinar_hub.services import audit, entering
from webinar_hub.services.settling import settle_in

AT_ONCE = 500
"""Registrations that are forgotten in one transaction."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose address it is. `reason` says why she has no place all the same, "" where she has one.

    `again` says that the link had done its work before: it opens nothing any more.
    """

    person_id: int
    link_nonce: str
    reason: str = ""
    again: bool = False


def prove(tokens: Tokens, token: str, *, now: datetime) -> Proven:
    """Believe that the address is hers and settle her in. Raises NotFound for a link that says nothing."""
    row, is_open = _asked(tokens, token, now)
    person = db.session.get_one(Person, row.person_id)
    if not is_open:
        return Proven(person.id, "", again=True)
    person.proven_at = person.proven_at or now
    reason = ""
    try:
        settle_in(row, now=now)
    except Conflict as conflict:
        reason = conflict.message
    audit.note(f"person:{person.id}", "address.proven", f"registration:{row.id}", now=now)
    return Proven(person.id, person.link_nonce, reason)


def _asked(tokens: Tokens, token: str, now: datetime) -> tuple[Registration, bool]:
    """The registration a link is about, locked, and whether it has not done its work yet. Raises NotFound."""
    parts = tokens.read("prove", token, (int, str, int))
    hers = select(Registration.person_id).where(Registration.id == (parts[0] if parts else 0))
    # Her first, and her registration after her, as everybody does.
    db.session.execute(select(Person.id).where(Person.id.in_(hers)).with_for_update())
    row = db.session.get(Registration, parts[0], with_for_update={"key_share": True}) if parts else None
    if row is None or parts is None:
        raise NotFound()
    return row, proof_is_open(row.state, (row.nonce, row.revision), parts[1:], asked_at=row.registered_at, now=now)


def acted(person: int, *, now: datetime) -> None:
    """She came by a link that was mailed to her, and did something: the address is hers."""
    begin_to_write()
    db.session.execute(update(Person).where(Person.id == person, Person.proven_at.is_(None)).values(proven_at=now))


def forget_unproven(now: datetime) -> int:
    """Forget those who did not answer in time, with all that is known of them here; how many places that were.

    Who had a place before, gave it back and was then only asked again is left as she was.
    """
    late = (Registration.state == State.UNPROVEN, Registration.registered_at <= now - PROOF_LASTS)
    stays = or_(Registration.cancelled_at.is_not(None), *_evidence()).label("stays")
    stretch = select(Registration.id, Registration.person_id, stays).where(*late).limit(AT_ONCE)
    rows = db.session.execute(stretch.with_for_update(skip_locked=True)).all()
    back = [row.id for row in rows if row.stays]
    gone = [row for row in rows if not row.stays]
    quiet = {"synchronize_session": False}
    db.session.execute(
        update(Registration)
        .where(Registration.id.in_(back))
        .values(state=State.CANCELLED, cancelled_at=func.coalesce(Registration.cancelled_at, now)),
        execution_options=quiet,
    )
    ids, people = [row.id for row in gone], {row.person_id for row in gone}
    db.session.execute(delete(Consent).where(Consent.registration_id.in_(ids)), execution_options=quiet)
    entering.undo(ids)
    db.session.execute(delete(Registration).where(Registration.id.in_(ids)), execution_options=quiet)
    db.session.execute(delete(Person).where(Person.id.in_(people), *_nothing_else()), execution_options=quiet)
    return len(rows)


def _evidence() -> list[ColumnElement[bool]]:
    """What only somebody leaves behind who was here before."""
    came = select(AttendanceSegment.id).where(AttendanceSegment.registration_id == Registration.id)
    took = select(Download.id).where(Download.registration_id == Registration.id)
    return [came.exists(), took.exists()]


def _nothing_else() -> list[ColumnElement[bool]]:
    """Of whom nothing is known but what somebody typed into a form, perhaps about another."""
    others = (
        select(Registration.id).where(Registration.person_id == Person.id),
        select(PersonNote.id).where(PersonNote.person_id == Person.id),
        select(PersonTag.person_id).where(PersonTag.person_id == Person.id),
        select(Erasure.id).where(
            Erasure.person_id == Person.id, Erasure.state.in_(("asked", "waiting", "leaving"))
        ),
        select(MergedPerson.person_id).where(
            (MergedPerson.person_id == Person.id) | (MergedPerson.into_id == Person.id)
        ),
    )
    return [Person.proven_at.is_(None), Person.suppressed_at.is_(None), *(~each.exists() for each in others)]
