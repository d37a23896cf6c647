"""Lists of people who are asked to come, and what becomes of each invitation; groups are next door (groups.py).

The mails are written by the worker (`inviting.py`): here is only said when the next one is due.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import current_app
from sqlalchemy import CursorResult, delete, exists, or_, select, update

from webinar_hub.core.db import at_the_end, db, leave_work
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.inserts import insert_many, insert_new
from webinar_hub.core.language import gettext as _
from webinar_hub.core.tokens import Tokens, nonce, public_id
from webinar_hub.models import (
    Cohort,
    Consent,
    Delivery,
    Invitation,
    InvitationList,
    InvitationRefusal,
    Person,
    Registration,
)
from webinar_hub.rules.guest_list import Guest
from webinar_hub.rules.invitation import (
    APART,
    EVERYWHERE,
    MOST_IN_LIST,
    MOST_MAILS,
    OPEN,
    address_marks,
    once_key,
    scope_of,
)
from webinar_hub.services import audit, outbox
from webinar_hub.services.admission import move_seats

AT_ONCE = 500
"""Rows in one statement."""
LEFT = ("cancelled", "declined")


@dataclass(frozen=True, slots=True)
class NewList:
    """Whom the organizer invites, and how. `form_token` is the form's; `sends_at` None is now.

    `earlier` are ids of cohorts: those of their people who agreed to news are invited too.
    """

    form_token: str
    title: str
    guests: Sequence[Guest]
    earlier: Collection[int] = ()
    words: str = ""
    sends_at: datetime | None = None
    remind_after_days: int | None = None


def invite(cohort: str, wanted: NewList, *, actor: str, now: datetime) -> int:
    """Invite people to the cohort with this key; how many. Sending one form twice is sending it once: then 0.

    Raises NotFound, Conflict for a cohort nobody can sign up for, Invalid where nobody is left or too many.
    """
    row = db.session.scalars(select(Cohort).where(Cohort.key == cohort)).first()
    if row is None:
        raise NotFound()
    if row.state != "open" or row.archived_at is not None:
        raise Conflict("Nobody can sign up for this cohort now, so nobody can be invited. Publish it first.")
    said = (wanted.words, *(guest.key for guest in wanted.guests), *map(str, wanted.earlier))
    values = {
        "cohort_id": row.id, "kind": "organizer", "form_token": once_key(wanted.form_token, *said),
        "title": wanted.title,
        "inviter_name": row.organizer_name, "inviter_email": row.organizer_email, "words": wanted.words,
        "remind_after_days": wanted.remind_after_days, "created_at": now, "public_id": public_id(),
        "link_nonce": nonce(), "organisation": "", "language": "en",
    }  # fmt: skip
    made = insert_new(InvitationList, values, "id")
    if made is None:
        return 0
    guests = wanted_guests(row.id, wanted)
    if not guests:
        raise Invalid(
            "people", "Nobody is left to invite: those you named are here already, or want no invitations."
        )
    add(made.id, row.id, guests, due_at=max(wanted.sends_at or now, now), now=now)
    audit.note(
        actor, "invitations.sent", f"cohort:{row.id}", now=now, cohort=row.key, people=len(guests),
        title=wanted.title,
    )  # fmt: skip
    return len(guests)


def wanted_guests(cohort: int, wanted: NewList) -> list[Guest]:
    """Those of a list who would be invited: everybody once, nobody who is here or wants none. Raises Invalid."""
    named = {guest.key: guest for guest in wanted.guests if guest.key}
    for person in db.session.execute(_of_earlier(wanted.earlier)) if wanted.earlier else ():
        named.setdefault(person.email_key, Guest(0, "", person.name, person.email, person.email_key))
    if len(named) > MOST_IN_LIST:
        raise Invalid("people", f"At most {MOST_IN_LIST:,} people can be invited at a time. Make several lists.")
    left_out = left_alone(cohort, list(named))
    return [guest for key, guest in named.items() if key not in left_out]


def _of_earlier(cohorts: Collection[int]) -> Any:
    """Those with a place in these cohorts who agreed to news, and still do."""
    agreed = exists().where(Consent.person_id == Person.id, Consent.topic == "news", Consent.withdrawn_at.is_(None))
    return (
        select(Person.id, Person.email_key, Person.email, Person.name)
        .join(Registration, Registration.person_id == Person.id)
        .where(
            Registration.cohort_id.in_(cohorts), Registration.state == "confirmed", agreed,
            Person.suppressed_at.is_(None),
        )
        .order_by(Person.id)
        .distinct()
        .limit(MOST_IN_LIST + 1)
    )  # fmt: skip


def left_alone(cohort: int, keys: Sequence[str]) -> set[str]:
    """Those of these addresses that no invitation to this cohort is to be sent to.

    They have a place, mails to them come back, they want no invitations, or the organizer's last one is not
    answered yet.
    """
    found: set[str] = set()
    for begin in range(0, len(keys), AT_ONCE):
        some = keys[begin : begin + AT_ONCE]
        found |= placed(cohort, some) | refused(cohort, some)
        waits = select(Invitation.email_key).join(InvitationList, InvitationList.id == Invitation.list_id)
        unanswered = Invitation.state.in_((*OPEN, "bounced"))
        found |= set(
            db.session.scalars(
                waits.where(
                    Invitation.email_key.in_(some), Invitation.cohort_id == cohort, unanswered,
                    InvitationList.kind == "organizer",
                )
            )
        )  # fmt: skip
    return found


def placed(cohort: int, keys: Sequence[str]) -> set[str]:
    """Those who have a place here, or to whom no mail may go."""
    here = exists().where(
        Registration.person_id == Person.id, Registration.cohort_id == cohort, Registration.state.not_in(LEFT)
    )
    return set(
        db.session.scalars(
            select(Person.email_key).where(Person.email_key.in_(keys), or_(here, Person.suppressed_at.is_not(None)))
        )
    )


def refused(cohort: int, keys: Sequence[str]) -> set[str]:
    """Those who want no invitations, to this cohort or to any."""
    by_hash = {mark: key for key in keys for mark in _marks(key)}
    rows = db.session.scalars(
        select(InvitationRefusal.address_hash).where(
            InvitationRefusal.address_hash.in_(by_hash), InvitationRefusal.scope.in_((EVERYWHERE, scope_of(cohort)))
        )
    )
    return {by_hash[row] for row in rows}


def _marks(email_key: str) -> list[str]:
    tokens: Tokens = current_app.extensions["tokens"]
    return address_marks(tokens, email_key)


def add(
    list_id: int,
    cohort: int,
    guests: Sequence[Guest],
    *,
    due_at: datetime,
    now: datetime,
    seat_until: datetime | None = None,
) -> int:
    """Put people on a list, those who are on it already left out; how many are new."""
    rows = [
        {
            "public_id": public_id(), "list_id": list_id, "cohort_id": cohort, "name": guest.name,
            "email": guest.email, "email_key": guest.key, "state": "planned", "nonce": nonce(), "created_at": now,
            "due_at": due_at, "mails": 0, "seat_until": seat_until,
        }
        for guest in guests
    ]  # fmt: skip
    leave_work()
    return len(insert_many(Invitation, rows))


def remind(list_id: int, *, now: datetime) -> int:
    """Have everybody on a list written to once more who may be; how many that is (`rules/invitation.py`)."""
    leave_work()
    wake = (
        update(Invitation)
        .where(
            Invitation.list_id == list_id, Invitation.state == "invited",
            Invitation.mails > 0, Invitation.mails < MOST_MAILS, Invitation.mailed_at <= now - APART,
            or_(Invitation.due_at.is_(None), Invitation.due_at > now),
        )
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return cast("CursorResult[Any]", db.session.execute(wake)).rowcount


def withdraw(invitation: Invitation, *, actor: str, now: datetime) -> None:
    """Take back an invitation that is held: its link opens nothing, and nothing more is sent.

    Raises Conflict for somebody who has a place by it.
    """
    if invitation.state == "withdrawn":
        return
    if invitation.state == "registered":
        raise Conflict(_("This person has confirmed, so the place is her own now. Only she can give it back."))
    _close(invitation, "withdrawn", now)
    audit.note(actor, "invitation.withdrawn", f"invitation:{invitation.id}", now=now)


def _close(invitation: Invitation, state: str, now: datetime) -> None:
    """Nothing more is sent to her by it, and no seat is kept."""
    if invitation.seat_until is not None:
        at_the_end(_free_seats, invitation.cohort_id)
    invitation.state, invitation.answered_at = state, now
    invitation.due_at = invitation.seat_until = None
    db.session.flush()
    outbox.cancel(Delivery.key.in_([mail_key(invitation.id, number) for number in range(1, MOST_MAILS + 1)]))


def _free_seats(cohorts: list[int]) -> None:
    for cohort, seats in sorted(Counter(cohorts).items()):
        move_seats(cohort, -seats)


def held(tokens: Tokens, token: str) -> Invitation:
    """The invitation that a link opens, locked. Raises NotFound for an invented one, or one that was withdrawn."""
    parts = tokens.read("invitation", token, (int, str))
    row = db.session.get(Invitation, parts[0], with_for_update=True) if parts else None
    if parts is None or row is None or row.nonce != parts[1] or row.state == "withdrawn":
        raise NotFound()
    return row


def decline(tokens: Tokens, token: str, *, now: datetime) -> None:
    """She will not come, and is not asked again to this cohort, by whomever. Twice is once. Raises NotFound."""
    row = held(tokens, token)
    _refuse(row.email_key, scope_of(row.cohort_id), now)
    _say_no(row, now)


def never(tokens: Tokens, token: str, *, now: datetime) -> None:
    """She wants no invitations at all, to whatever. Twice is once. Raises NotFound."""
    row = held(tokens, token)
    _refuse(row.email_key, EVERYWHERE, now)
    _say_no(row, now)


def welcome_again(tokens: Tokens, token: str, *, now: datetime) -> None:
    """She takes back that she wants none; this one stays answered until she signs up. Raises NotFound."""
    row = held(tokens, token)
    scopes = (EVERYWHERE, scope_of(row.cohort_id))
    hers = (InvitationRefusal.address_hash.in_(_marks(row.email_key)), InvitationRefusal.scope.in_(scopes))
    db.session.execute(delete(InvitationRefusal).where(*hers))
    audit.note(f"invited:{row.id}", "invitation.welcome_again", f"invitation:{row.id}", now=now)


def _say_no(row: Invitation, now: datetime) -> None:
    if row.state in (*OPEN, "bounced"):
        _close(row, "declined", now)
        audit.note(f"invited:{row.id}", "invitation.declined", f"invitation:{row.id}", now=now)


def _refuse(email_key: str, scope: str, now: datetime) -> None:
    values = {"address_hash": _marks(email_key)[-1], "scope": scope, "refused_at": now}
    insert_new(InvitationRefusal, values, "id")


def came_back(key: str, *, unwanted: bool, now: datetime) -> None:
    """The mail with this key could not be delivered, or its reader wants no more like it; others are left alone."""
    kind, _colon, rest = key.partition(":")
    number = rest.partition(":")[0]
    if kind != "invitation" or not number.isdecimal():
        return
    row = db.session.get(Invitation, int(number), with_for_update=True)
    if row is None:
        return
    if unwanted:
        _refuse(row.email_key, EVERYWHERE, now)
        _say_no(row, now)
    elif row.state in OPEN:
        _close(row, "bounced", now)


def mail_key(invitation: int, number: int) -> str:
    """What the `number`-th mail about an invitation is, for ever."""
    return f"invitation:{invitation}:{number}"


def of_list(cohort: str, list_id: int, kind: str) -> InvitationList:
    """A list of this cohort, locked. Raises NotFound."""
    row = db.session.scalars(
        select(InvitationList)
        .join(Cohort, Cohort.id == InvitationList.cohort_id)
        .where(InvitationList.id == list_id, InvitationList.kind == kind, Cohort.key == cohort)
        .with_for_update(of=InvitationList)
    ).first()
    if row is None:
        raise NotFound()
    return row


def remind_list(cohort: str, list_id: int, *, actor: str, now: datetime) -> int:
    """The organizer's own reminder to whoever has not answered; how many. Raises NotFound, Conflict for nobody."""
    row = of_list(cohort, list_id, "organizer")
    number = 0 if row.ended_at else remind(row.id, now=now)
    if not number:
        raise Conflict(NOBODY_TO_REMIND)
    audit.note(actor, "invitations.reminded", f"cohort:{row.cohort_id}", now=now, people=number, title=row.title)
    return number


def end_list(cohort: str, list_id: int, kind: str, *, actor: str, now: datetime) -> int:
    """Withdraw whatever of a list is not answered, a manager's link with it; how many. Raises NotFound."""
    row = of_list(cohort, list_id, kind)
    number = _close_all(row, now)
    if row.ended_at is None:
        row.ended_at, row.link_nonce = now, nonce()
        audit.note(
            actor, f"{'group' if kind == 'group' else 'invitations'}.ended", f"cohort:{row.cohort_id}", now=now,
            people=number, title=row.title,
        )  # fmt: skip
    return number


def _close_all(row: InvitationList, now: datetime) -> int:
    """Withdraw all of a list that is not answered, in a number of statements that hardly grows; how many."""
    theirs = (Invitation.list_id == row.id, Invitation.state.in_((*OPEN, "bounced")))
    closed = db.session.execute(
        update(Invitation)
        .where(*theirs)
        .values(state="withdrawn", answered_at=now, due_at=None)
        .returning(Invitation.id, Invitation.seat_until)
        .execution_options(synchronize_session=False)
    ).all()
    for begin in range(0, len(closed), AT_ONCE):
        ids = [each.id for each in closed[begin : begin + AT_ONCE]]
        keys = [mail_key(id_, number) for id_ in ids for number in range(1, MOST_MAILS + 1)]
        outbox.cancel(Delivery.key.in_(keys))
        let_go = update(Invitation).where(Invitation.id.in_(ids)).values(seat_until=None)
        db.session.execute(let_go.execution_options(synchronize_session=False))
    for _seat in (each for each in closed if each.seat_until is not None):
        at_the_end(_free_seats, row.cohort_id)
    return len(closed)


NOBODY_TO_REMIND = (
    "Nobody can be reminded at the moment: they have answered, were written to within the last day, or have been "
    f"reminded {MOST_MAILS - 1} times already."
)
