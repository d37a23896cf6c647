"""Coming in, leaving and coming back: the verbs of a registration.

Whether she may is decided in `rules/registration.py`. The number of statements and rows is the same for one
session as for fifty, and for the first person as for the hundred-thousandth.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from webinar_hub.core.db import at_the_end, db, once
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.language import DEFAULT, lazy_gettext
from webinar_hub.models import Cohort, Delivery, Person, Registration
from webinar_hub.rules.places import GONE, WAY_KINDS, State, Step, first_stop, holds_seat
from webinar_hub.rules.registration import closed_because, email_key, line_only
from webinar_hub.services import allowances, answers, asking, audit, consents, entering, mail_bombs, outbox, places
from webinar_hub.services.admission import Newcomer, admit, confirmation_key, move_seats
from webinar_hub.services.allowances import Try
from webinar_hub.services.entering import NO_TICKET, Ticket
from webinar_hub.services.place_facts import CONFIRMATION_PAUSE, Place, next_session, place_in, step_of
from webinar_hub.services.protection import UNPROTECTED, Protection

HOUR = timedelta(hours=1)
# Tries with one address in an hour: enough for a nervous finger, not for a flood (A07).
SIGN_UPS_PER_ADDRESS = 30
NOTHING_TO_LEAVE = lazy_gettext(
    "No session is ahead any more, so there is no seat to give back. Your bonuses stay yours; which mails you get "
    "you can choose on your page."
)


@dataclass(frozen=True, slots=True)
class SignUp:
    """What the form says; `zone` "" means the cohort's, `news_words` are the words she ticked or "".

    `page` is where she did, in `language`; `source` is what brought her there (`rules/source.py`), or "".
    `bonus_words` are those she ticked, "" if she left the box empty, None where there is none and bonuses belong
    to the sign-up. `typed` is all else the form sent, by field (`services/answers.py`); None where nobody asked.
    `ticket` is the invitation or the access code she came with (`entering.py`).
    """

    name: str
    email: str
    profession: str
    zone: str
    news_words: str
    page: str
    source: str = ""
    language: str = DEFAULT
    bonus_words: str | None = None
    protection: Protection = UNPROTECTED
    typed: Mapping[str, Sequence[str]] | None = None
    ticket: Ticket = NO_TICKET


def sign_up(
    cohort: str, form: SignUp, *, network: str, per_network: int, now: datetime, webinar: str | None = None
) -> str:
    """Register a person in the cohort with this public id, and put her confirmation into the outbox.

    `webinar` is the slug of the page she came from, if it was one; another webinar's cohort is not found there.

    Gives why nobody can come in now, or "" when she is in. That answer is returned and not raised, because it has
    to be the same for everybody (A20): whoever has a place is still mailed her confirmation, and it is committed.

    Signing up twice is signing up once: the confirmation may come again, nothing else changes. What an unknown
    person types about a known address is not believed: her name, her zone and her wish for news stay.
    Raises NotFound, Conflict when the last seat went a moment ago, Invalid for an impossible address, WrongAnswers
    for what the cohort's questions do not take, TooMany beyond the limits.
    """
    try:
        key = email_key(form.email)
    except ValueError as error:
        raise Invalid("email", str(error)) from error
    place = once(f"place:{cohort}", lambda: place_in(cohort, now))
    if webinar not in (None, place.webinar):
        raise NotFound()
    unworked = form.protection.is_unworked(place.proof_of_work)
    way = entering.PLAIN
    if form.ticket or place.by_invitation:
        way = entering.look(form.ticket, place.id, needed=place.by_invitation, network=network, now=now)
        place = replace(place, facts=way.facts(place.facts))
    if reason := closed_because(place.facts, now) or way.reason:
        _remind(key, place, now)
    else:
        carefully = (place.proves_address or unworked) and not way.proves(key)
        _let_in(form, key, place, now, network=network, carefully=carefully, kept=way.has_seat)
    if way is not entering.PLAIN and not reason:
        entering.settle(way, key, place.id, now=now)
    tries = [Try("sign-up-address", key, SIGN_UPS_PER_ADDRESS), Try("sign-up-network", network, per_network)]
    tries += form.protection.tries(network, unworked=unworked)
    at_the_end(_count, (tries, now))
    return reason


def _count(sign_ups: list[tuple[list[Try], datetime]]) -> None:
    tries = [each for of_one, _now in sign_ups for each in of_one]
    allowances.spend_each(tries, window=HOUR, now=sign_ups[-1][1])


@dataclass(frozen=True, slots=True)
class _Seat:
    """A seat that somebody is to have, as her registration says already; `kept` if it was held for her till now."""

    cohort: int
    registration: int
    now: datetime
    kept: bool = False


def _take_seats(wishes: list[_Seat]) -> None:
    """Raises Conflict where the last seat went a moment ago (A4) and nobody can wait for one (A5)."""
    for cohort, seats in Counter(wish.cohort for wish in wishes).items():
        if not move_seats(cohort, seats):
            # A seat that was held for one of them is hers, whoever came first.
            theirs = sorted((wish for wish in wishes if wish.cohort == cohort), key=lambda wish: not wish.kept)
            came = [wish.registration for wish in theirs]
            places.share_out(cohort, came, now=wishes[-1].now)


# What says where she stands; of an address that is not proven yet nothing is said here.
TELLS = {
    State.CONFIRMED: "confirmation",
    State.PENDING: "applied",
    State.WAITLISTED: "waitlisted",
    State.OFFERED: "offer",
    State.DECLINED: "declined",
}


def first_state(place: Place, now: datetime, *, proven: bool = False) -> State:
    """Where somebody who comes in begins; for a place there is a seat, unless the last one goes at this moment."""
    asked = {"proves_address": place.proves_address, "needs_approval": place.needs_approval}
    stop = first_stop(**asked, proven=proven, approved=False)
    return stop or (State.WAITLISTED if line_only(place.facts, now) else State.CONFIRMED)


def _let_in(
    form: SignUp, key: str, place: Place, now: datetime, *, network: str, carefully: bool, kept: bool
) -> None:  # fmt: skip
    wanted = {"questions": place.asks_questions, "credit": place.asks_credit}
    told = answers.told(form.typed, form.profession, place.id, **wanted)
    # Who is not asked whether the address is hers has shown it, or need not.
    state = first_state(place, now, proven=True)
    newcomer = Newcomer(
        name=form.name,
        email=form.email,
        email_key=key,
        profession=form.profession,
        zone=form.zone or place.zone,
        cohort_id=place.id,
        next_session_id=place.next_session_id,
        last_end=place.facts.last_end,
        step=step_of(now),
        source=form.source,
        language=form.language,
        wants_bonuses=form.bonus_words != "",
        state=state.value,
        mail=TELLS.get(state, ""),
        answers=told.stored,
    )
    asked = asking.ask(newcomer, now=now) if carefully else None
    admitted = asked or admit(newcomer, now=now)
    if asked is None and admitted.registration_id is None:
        _come_in_again(admitted.person_id, place, now, kept=kept, proven=not carefully)
    elif admitted.registration_id is not None:
        if asked is None:
            seat = _Seat(place.id, admitted.registration_id, now, kept)
            _settle(state, admitted.person_id, seat, is_new=admitted.is_new)
        answers.keep(
            told, person=admitted.person_id, registration=admitted.registration_id, is_new=admitted.is_new,
            next_session=place.next_session_id, now=now,
        )  # fmt: skip
    shown = network if form.protection.keeps_network else ""
    consents.sign_up(
        admitted, consents.Ticked(form.news_words, form.bonus_words or "", form.page, shown), now=now
    )  # fmt: skip


def _settle(state: State, person: int, seat: _Seat, *, is_new: bool) -> None:
    if state is State.CONFIRMED:
        at_the_end(_take_seats, seat)
    if not is_new:
        mail_bombs.hold_back(person, seat.registration, seat.now)


def _remind(key: str, place: Place, now: datetime) -> None:
    """Say once more where she stands, while a session is ahead; the sign-up itself is closed."""
    registration = db.session.scalars(
        select(Registration)
        .join(Person, Person.id == Registration.person_id)
        .where(Person.email_key == key, Registration.cohort_id == place.id, Registration.state.not_in(GONE))
        .with_for_update(of=Registration, key_share=True)
    ).first()
    if registration is not None and place.facts.state != "cancelled" and place.next_session_id is not None:
        _tell_again(registration, place, now)


def _come_in_again(person: int, place: Place, now: datetime, *, kept: bool, proven: bool) -> None:
    """`proven`: she has shown by the way she came that the address is hers, or need not."""
    known = select(Registration).where(Registration.person_id == person, Registration.cohort_id == place.id)
    registration = db.session.scalars(known.with_for_update(key_share=True)).one()
    if registration.state == State.CANCELLED:
        state = first_state(place, now, proven=proven or is_proven(person))
        come_in(registration, state, now=now)
        if state is State.CONFIRMED:
            at_the_end(_take_seats, _Seat(place.id, registration.id, now, kept))
    _tell_again(registration, place, now)


def is_proven(person: int) -> bool:
    """Whether she has shown that the address is hers."""
    return db.session.scalar(select(Person.proven_at).where(Person.id == person)) is not None


def _tell_again(registration: Registration, place: Place, now: datetime) -> None:
    kind = TELLS.get(State(registration.state))
    told = kind and _told_since(registration, kind, now - CONFIRMATION_PAUSE)
    if kind and not told and not mail_bombs.is_full(registration.person_id, now):
        tell(registration, place, now)


def _demand_open(place: Place, now: datetime) -> None:
    """Raises Conflict where nobody can come in."""
    if reason := closed_because(place.facts, now):
        raise Conflict(reason)


def come_in(row: Registration, state: State, *, now: datetime, actor: str = "system") -> None:
    """Bring her, from wherever she stands, to where she begins or to a place; seat and mail are for the caller.

    Whose seat was kept while she was looked at again has been here since she came, and keeps what she was given.
    """
    kept = row.seat_kept
    places.go(row, places.INTO_A_PLACE[State(row.state)], state, now=now, actor=actor)
    row.registered_at = row.registered_at if kept else now
    row.reason = ""
    row.revision += 1
    db.session.flush()
    # A farewell that still waits would take her new entries out of her calendar, and what else waits is not so.
    outbox.cancel(Delivery.registration_id == row.id, Delivery.kind.in_(_SAID_BEFORE))


_SAID_BEFORE = ("registration_cancelled", "calendar_cancel", *sorted(WAY_KINDS))


def revive(registration: Registration, now: datetime) -> None:
    """Make a place of it again; its seat and its confirmation are for the caller."""
    come_in(registration, State.CONFIRMED, now=now)


def take_seat(row: Registration, place: Place) -> bool:
    """Have a seat counted for her, unless one is; whether there was one."""
    return holds_seat(row.state, kept=row.seat_kept) or move_seats(place.id, +1)


def tell(row: Registration, place: Place, now: datetime) -> None:
    """Put the mail into the outbox that says where she stands now."""
    kind = TELLS.get(State(row.state), "")
    if kind == "confirmation":
        confirm(row.id, row.revision, place, now)
    elif kind:
        key = confirmation_key(row.id, row.revision, step_of(now), kind)
        outbox.enqueue(key, kind, row.id, now=now, expires_at=row.offer_until or place.facts.last_end)


def confirm(registration: int, revision: int, place: Place, now: datetime) -> None:
    """Put her confirmation into the outbox, with the invite to the next session."""
    outbox.enqueue(
        confirmation_key(registration, revision, step_of(now)),
        "confirmation",
        registration,
        now=now,
        session_id=place.next_session_id,
        expires_at=place.facts.last_end,
    )


def _told_since(row: Registration, kind: str, moment: datetime) -> bool:
    recent = select(Delivery.id).where(
        Delivery.registration_id == row.id,
        Delivery.key.startswith(f"registration:{row.id}:{kind}:{row.revision}:"),
        Delivery.created_at > moment,
    )
    return db.session.scalar(recent.limit(1)) is not None


def hers(person: int, registration: str) -> Registration:
    """Her registration with this public id, locked for a change. Raises NotFound for anybody else's.

    Not against mails that point to it, here and wherever one is locked: a sender that writes the mails which follow
    one of hers would wait for us while we wait for that mail's row.
    """
    row = db.session.scalars(
        select(Registration)
        .where(Registration.public_id == registration, Registration.person_id == person)
        .with_for_update(key_share=True)
    ).first()
    if row is None:
        raise NotFound()
    return row


def cancel(person: int, registration: str, *, now: datetime) -> None:
    """Give her place back: her seat is free, nothing more is sent, her calendar entries are taken back.

    Raises Conflict once the cohort is over or cancelled: nobody else could have the seat.
    """
    leave(hers(person, registration), actor=f"person:{person}", now=now)


def leave(
    row: Registration, *, actor: str, now: datetime, tell: bool = True, hand_on: bool = False
) -> None:  # fmt: skip
    """Give a place back that the caller has locked, or the way to one; whoever is next in line is offered a seat.

    Without `tell` no mail says so, and her calendar keeps it. With `hand_on` the seat is free for the caller, who
    gives it to somebody in the same transaction. Raises Conflict for a place with nothing ahead.
    """
    if row.state in GONE:
        return
    seat = holds_seat(row.state, kept=row.seat_kept)
    has_place = row.state == State.CONFIRMED or row.seat_kept
    following = next_session(row.cohort_id, now)
    if has_place and following is None:
        raise Conflict(str(NOTHING_TO_LEAVE))
    lets_go = row.state == State.OFFERED and actor.startswith("person:")
    places.go(row, Step.LET_GO if lets_go else Step.CANCEL, State.CANCELLED, now=now, actor=actor)
    row.revision += 1
    db.session.flush()
    outbox.cancel(Delivery.registration_id == row.id, Delivery.kind != "my_link")
    if tell and has_place:
        key = f"registration:{row.id}:cancelled:{row.revision}"
        outbox.enqueue(key, "registration_cancelled", row.id, now=now, session_id=following)
    elif tell:
        key = f"registration:{row.id}:waitlist_left:{row.revision}"
        outbox.enqueue(key, "waitlist_left", row.id, now=now)
    audit.note(actor, "registration.cancelled", f"registration:{row.id}", now=now)
    if seat:
        move_seats(row.cohort_id, -1)
        if not hand_on:
            places.release(row.cohort_id, now=now)


def come_back(person: int, registration: str, *, now: datetime, asks_for_bonuses: bool = False) -> State:
    """Take a place again after leaving, or one on the waitlist; where she stands now.

    With `asks_for_bonuses` bonus mails need a consent, which this button is not: they stay as she chose. Raises
    Conflict with the reason when she cannot.
    """
    row = hers(person, registration)
    if row.state != State.CANCELLED:
        return State(row.state)
    # Only here: a sign-up anybody may have typed does not undo what she unsubscribed from.
    row.reminders_off_at = None
    row.bonuses_off_at = row.bonuses_off_at if asks_for_bonuses else None
    public = db.session.scalar(select(Cohort.public_id).where(Cohort.id == row.cohort_id)) or ""
    place = place_in(public, now)
    _demand_open(place, now)
    entering.use_again(row.id, needed=place.by_invitation, now=now)
    # She comes by a link that was mailed to her, so the address is hers.
    state = first_state(place, now, proven=True)
    come_in(row, state, now=now, actor=f"person:{person}")
    if state is State.CONFIRMED and not move_seats(place.id, +1):
        places.share_out(place.id, [row.id], now=now)
        db.session.refresh(row)
    else:
        tell(row, place, now)
    audit.note(f"person:{person}", "registration.returned", f"registration:{row.id}", now=now)
    return State(row.state)
