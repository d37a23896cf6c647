"""The way somebody comes in by: an invitation or an access code, looked at before the sign-up and settled with it.

A sign-up that has neither, in a cohort that asks for neither, does not come here: it costs no statement.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, update

from webinar_hub.core.db import at_the_end, db
from webinar_hub.core.errors import Conflict
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import AccessCode, CodeUse, Invitation, InvitationList, Person, Registration
from webinar_hub.rules import access
from webinar_hub.rules.registration import CohortFacts
from webinar_hub.services import access_codes, allowances
from webinar_hub.services.admission import move_seats

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What she came with: a code as she typed it, and the id and nonce of her invitation's link."""

    code: str = ""
    invitation: tuple[int, str] | None = None

    def __bool__(self) -> bool:
        return bool(self.code or self.invitation)


@dataclass(frozen=True, slots=True)
class Way:
    """By which she comes in; `reason` says why she does not, the same to everybody (A20).

    `address` is the one that her invitation was mailed to, as it is compared.
    """

    reason: str = ""
    code: int | None = None
    invitation: int | None = None
    has_seat: bool = False
    address: str = ""

    def proves(self, email_key: str) -> bool:
        """Whether coming by this way shows that the address is hers: its link was mailed there and nowhere else."""
        return bool(self.address) and self.address == email_key

    def facts(self, facts: CohortFacts) -> CohortFacts:
        """The cohort as it is for her: a seat that is kept for her is not taken."""
        if not self.has_seat or facts.seats_left is None:
            return facts
        return replace(facts, seats_left=facts.seats_left + 1)


PLAIN = Way()
NO_TICKET = Ticket()


def look(ticket: Ticket, cohort: int, *, needed: bool, network: str, now: datetime) -> Way:
    """Which way her ticket opens.

    Where none is needed, one that opens nothing does no harm: she comes in as everybody does. Where one is, a wrong
    code is counted; raises TooMany for a network that tries many.
    """
    way = _by_invitation(ticket.invitation, cohort)
    if way is None and ticket.code:
        way = _tried(ticket.code, cohort, network, now) if needed else _by_code(ticket.code, cohort, now)
    if way is None:
        way = Way(access.wanted())
    return PLAIN if way.reason and not needed else way


def _by_invitation(link: tuple[int, str] | None, cohort: int) -> Way | None:
    """Hers, also if she once said no. It lets one person in, and opens nothing once it was withdrawn."""
    if link is None:
        return None
    row = db.session.scalars(
        select(Invitation)
        .join(InvitationList, InvitationList.id == Invitation.list_id)
        .where(Invitation.id == link[0], Invitation.cohort_id == cohort, InvitationList.ended_at.is_(None))
        .with_for_update(of=Invitation)
    ).first()
    if row is None or row.nonce != link[1] or row.state == "withdrawn":
        return None
    return Way(_taken_up(row), invitation=row.id, has_seat=row.seat_until is not None, address=row.email_key)


def _taken_up(row: Invitation) -> str:
    """Why an invitation opens nothing more: somebody has a place by it; "" while nobody has."""
    place = db.session.get(Registration, row.registration_id) if row.registration_id else None
    return access.taken_up() if place is not None and place.state not in access_codes.LEFT else ""


def _tried(typed: str, cohort: int, network: str, now: datetime) -> Way:
    """The same for a code that is needed, and so might be guessed."""
    allowances.demand_left("access-code", network, limit=access.TRIES_PER_HOUR, window=HOUR, now=now)
    way = _by_code(typed, cohort, now)
    if way.code is None:
        allowances.spend("access-code", network, limit=access.TRIES_PER_HOUR, window=HOUR, now=now)
    return way


def _by_code(typed: str, cohort: int, now: datetime) -> Way:
    code = access.meant(typed, access_codes.of_cohort(cohort))
    if code is None:
        return Way(access.unknown())
    reason = access.unusable_because(code, now)
    if reason and access.is_used_up(code) and access_codes.take_back_uses(code):
        reason = access.unusable_because(replace(code, uses=code.uses - 1), now)
    return Way(reason, code=code.id)


def settle(way: Way, email_key: str, cohort: int, *, now: datetime) -> None:
    """Note by which way she has come in, and count what it costs.

    Whoever had her place before pays no second use.
    """
    row = db.session.execute(
        select(Registration.id, Registration.registered_at, Registration.person_id)
        .join(Person, Person.id == Registration.person_id)
        .where(Person.email_key == email_key, Registration.cohort_id == cohort)
    ).one()
    if way.proves(email_key):
        unproven = update(Person).where(Person.id == row.person_id, Person.proven_at.is_(None))
        db.session.execute(unproven.values(proven_at=now).execution_options(synchronize_session=False))
    if way.code is not None and row.registered_at == now:
        _use_code(way.code, row.id, now)
    if way.invitation is not None:
        _answer(way.invitation, row.id, cohort, now)


def _use_code(code: int, registration: int, now: datetime) -> None:
    values = {"code_id": code, "registration_id": registration, "used_at": now}
    is_new = insert_new(CodeUse, values, "id") is not None
    again = (CodeUse.code_id == code, CodeUse.registration_id == registration, CodeUse.given_back_at.is_not(None))
    comes_back = update(CodeUse).where(*again).values(given_back_at=None, used_at=now).returning(CodeUse.id)
    if is_new or db.session.execute(comes_back).first() is not None:
        at_the_end(_spend_uses, code)


def use_again(registration: int, *, needed: bool, now: datetime) -> None:
    """She takes her place again: the use of her code that was counted off when she had left is counted once more.

    Where no code is needed, one without a use left keeps nobody out; where one is, raises Conflict.
    """
    # Held before it is looked at, so that nobody counts it off meanwhile.
    codes = select(AccessCode.id).where(AccessCode.id.in_(_codes_of(registration))).order_by(AccessCode.id)
    if not db.session.execute(codes.with_for_update(key_share=True)).all():
        return
    hers = select(CodeUse).where(CodeUse.registration_id == registration).order_by(CodeUse.id.desc())
    uses = db.session.scalars(hers.execution_options(populate_existing=True)).all()
    if any(use.given_back_at is None for use in uses):
        return
    if access_codes.take_uses(uses[0].code_id, 1):
        uses[0].given_back_at, uses[0].used_at = None, now
    elif needed:
        raise Conflict(access.used_up())


def undo(registrations: Sequence[int]) -> None:
    """They are about to be forgotten, as if they had never come: their codes and invitations are free again."""
    counted = (CodeUse.registration_id.in_(registrations), CodeUse.given_back_at.is_(None))
    spent = select(CodeUse.code_id, func.count()).where(*counted).group_by(CodeUse.code_id)
    for code, uses in db.session.execute(spent.order_by(CodeUse.code_id)).all():
        access_codes.take_uses(code, -uses)
    theirs = (Invitation.registration_id.in_(registrations), Invitation.state == "registered")
    invited = update(Invitation).where(*theirs).values(state="invited", answered_at=None)
    db.session.execute(invited.execution_options(synchronize_session=False))


def _codes_of(registration: int) -> Select[int]:
    return select(CodeUse.code_id).where(CodeUse.registration_id == registration)


def _answer(invitation: int, registration: int, cohort: int, now: datetime) -> None:
    row = db.session.get_one(Invitation, invitation)
    if row.seat_until is not None:
        at_the_end(_surrender_seats, cohort)
    row.state, row.registration_id, row.answered_at = "registered", registration, now
    row.due_at = row.seat_until = None
    db.session.flush()


def _surrender_seats(cohorts: list[int]) -> None:
    """What was kept is given back right before this transaction takes its seats: in the order of names."""
    for cohort, seats in Counter(cohorts).items():
        move_seats(cohort, -seats)


def _spend_uses(codes: list[int]) -> None:
    """Raises Conflict where the last use went a moment ago.

    By its name it comes before the seats, as everywhere: codes are held first, and then cohorts.
    """
    for code, uses in sorted(Counter(codes).items()):
        if not access_codes.take_uses(code, uses):
            raise Conflict(access.used_up())
