"""Coming in, leaving and coming back: the verbs of a registration.

Whether she may is decided in `rules/registration.py`. The number of statements and rows is the same for one
session as for fifty, and for the first person as for the hundred-thousandth.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, select

from webinar_hub.core.db import at_the_end, db, once
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.language import DEFAULT, lazy_gettext
from webinar_hub.core.language import gettext as _
from webinar_hub.models import Cohort, Delivery, Person, Registration, Session, Webinar
from webinar_hub.rules.registration import CohortFacts, closed_because, email_key
from webinar_hub.services import allowances, audit, consents, outbox
from webinar_hub.services.admission import Newcomer, admit, confirmation_key, move_seats
from webinar_hub.services.allowances import Try

HOUR = timedelta(hours=1)
# Tries with one address in an hour: enough for a nervous finger, not for a flood (A07).
SIGN_UPS_PER_ADDRESS = 30
CONFIRMATION_PAUSE = timedelta(minutes=10)
NOTHING_TO_LEAVE = lazy_gettext(
    "No session is ahead any more, so there is no seat to give back. Your bonuses stay yours; which mails you get "
    "you can choose on your page."
)

# What every sign-up asks is built once: building a statement takes longer than running it.
_OF_COHORT = (Session.cohort_id == Cohort.id) & (Session.state == "scheduled")
_PLACE = select(
    Cohort.id, Webinar.slug, Cohort.zone, Cohort.state, Cohort.enrolment_opens_at, Cohort.enrolment_closes_at,
    Cohort.capacity, Cohort.seats_taken,
    select(func.max(Session.ends_at)).where(_OF_COHORT).scalar_subquery().label("last_end"),
    select(Session.id)
    .where(_OF_COHORT, Session.ends_at > bindparam("now"))
    .order_by(Session.starts_at)
    .limit(1)
    .scalar_subquery()
    .label("next_session"),
).join(Webinar, Webinar.id == Cohort.webinar_id).where(Cohort.public_id == bindparam("cohort"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class SignUp:
    """What the form says; `zone` "" means the cohort's, `news_words` are the words she ticked or "".

    `page` is where she did, in `language`; `source` is what brought her there (`rules/source.py`), or "".
    """

    name: str
    email: str
    profession: str
    zone: str
    news_words: str
    page: str
    source: str = ""
    language: str = DEFAULT


@dataclass(frozen=True, slots=True)
class Place:
    """The cohort as the sign-up needs it."""

    id: int
    webinar: str
    zone: str
    facts: CohortFacts
    next_session_id: int | None


def sign_up(
    cohort: str, form: SignUp, *, network: str, per_network: int, now: datetime, webinar: str | None = None
) -> str:
    """Register a person in the cohort with this public id, and put her confirmation into the outbox.

    `webinar` is the slug of the page she came from, if it was one; another webinar's cohort is not found there.

    Gives why nobody can come in now, or "" when she is in. That answer is returned and not raised, because it has
    to be the same for everybody (A20): whoever has a place is still mailed her confirmation, and it is committed.

    Signing up twice is signing up once: the confirmation may come again, nothing else changes. What an unknown
    person types about a known address is not believed: her name, her zone and her wish for news stay.
    Raises NotFound, Conflict when the last seat went a moment ago, Invalid for an impossible address, TooMany
    beyond the limits.
    """
    try:
        key = email_key(form.email)
    except ValueError as error:
        raise Invalid("email", str(error)) from error
    place = once(f"place:{cohort}", lambda: place_in(cohort, now))
    if webinar not in (None, place.webinar):
        raise NotFound()
    if reason := closed_because(place.facts, now):
        _remind(key, place, now)
    else:
        _let_in(form, key, place, now)
    tries = Try("sign-up-address", key, SIGN_UPS_PER_ADDRESS), Try("sign-up-network", network, per_network)
    at_the_end(_count, _Tries(tries, now))
    return reason


@dataclass(frozen=True, slots=True)
class _Tries:
    """What one sign-up counts, and when."""

    tries: tuple[Try, ...]
    now: datetime


def _count(sign_ups: list[_Tries]) -> None:
    tries = [each for one in sign_ups for each in one.tries]
    allowances.spend_each(tries, window=HOUR, now=sign_ups[-1].now)


def _take_seats(cohorts: list[int]) -> None:
    """Raises Conflict where the last seat went a moment ago (A4)."""
    for cohort, seats in Counter(cohorts).items():
        if not move_seats(cohort, seats):
            raise Conflict(_("This cohort is full."))


def _let_in(form: SignUp, key: str, place: Place, now: datetime) -> None:
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
    )
    admitted = admit(newcomer, now=now)
    if admitted.registration_id is None:
        _come_in_again(admitted.person_id, place, now)
    else:
        at_the_end(_take_seats, place.id)
    # For an address we know anybody could have ticked it; its owner has a box on her own page.
    if form.news_words and admitted.is_new:
        consents.give(admitted.person_id, "news", words=form.news_words, page=form.page, now=now)


def place_in(cohort: str, now: datetime) -> Place:
    """The cohort with this public id as a sign-up needs it. Raises NotFound."""
    row = db.session.connection().execute(_PLACE, {"cohort": cohort, "now": now}).first()
    if row is None or row.state == "draft":
        raise NotFound()
    facts = CohortFacts(
        state=row.state,
        enrolment_opens_at=row.enrolment_opens_at,
        enrolment_closes_at=row.enrolment_closes_at,
        last_end=row.last_end,
        seats_left=None if row.capacity is None else row.capacity - row.seats_taken,
    )
    return Place(row.id, row.slug, row.zone, facts, row.next_session)


def _remind(key: str, place: Place, now: datetime) -> None:
    """Confirm once more to whoever has a place, while a session is ahead; the sign-up itself is closed."""
    registration = db.session.scalars(
        select(Registration)
        .join(Person, Person.id == Registration.person_id)
        .where(Person.email_key == key, Registration.cohort_id == place.id, Registration.state == "confirmed")
        .with_for_update(of=Registration)
    ).first()
    if registration is not None and place.facts.state != "cancelled" and place.next_session_id is not None:
        _confirm_again(registration, place, now)


def _come_in_again(person: int, place: Place, now: datetime) -> None:
    known = select(Registration).where(Registration.person_id == person, Registration.cohort_id == place.id)
    registration = db.session.scalars(known.with_for_update()).one()
    if registration.state == "cancelled":
        at_the_end(_take_seats, place.id)
        revive(registration, now)
    _confirm_again(registration, place, now)


def _confirm_again(registration: Registration, place: Place, now: datetime) -> None:
    if not _confirmed_since(registration.id, now - CONFIRMATION_PAUSE, registration.revision):
        confirm(registration.id, registration.revision, place, now)


def _demand_seat(place: Place, taken: bool, now: datetime) -> None:
    """Raises Conflict where the cohort is closed or the last seat went a moment ago (A4)."""
    reason = closed_because(place.facts, now) or ("" if taken else _("This cohort is full."))
    if reason:
        raise Conflict(reason)


def revive(registration: Registration, now: datetime) -> None:
    """Make a cancelled place a place again; its seat and its confirmation are for the caller."""
    registration.state = "confirmed"
    registration.registered_at = now
    registration.cancelled_at = None
    registration.revision += 1
    db.session.flush()
    # A farewell that still waits would take her new entries out of her calendar.
    farewells = ("registration_cancelled", "calendar_cancel")
    outbox.cancel(Delivery.registration_id == registration.id, Delivery.kind.in_(farewells))


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


def step_of(now: datetime) -> int:
    """Confirmations are counted in steps of the pause, so that even two requests at once make one mail (A07)."""
    return int(now.timestamp() // CONFIRMATION_PAUSE.total_seconds())


def _confirmed_since(registration: int, moment: datetime, revision: int) -> bool:
    recent = select(Delivery.id).where(
        Delivery.registration_id == registration,
        Delivery.key.startswith(f"registration:{registration}:confirmation:{revision}:"),
        Delivery.created_at > moment,
    )
    return db.session.scalar(recent.limit(1)) is not None


def hers(person: int, registration: str) -> Registration:
    """Her registration with this public id, locked for a change. Raises NotFound for anybody else's."""
    row = db.session.scalars(
        select(Registration)
        .where(Registration.public_id == registration, Registration.person_id == person)
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound()
    return row


def cancel(person: int, registration: str, *, now: datetime) -> None:
    """Give her place back: her seat is free, nothing more is sent, her calendar entries are taken back.

    Raises Conflict once the cohort is over or cancelled: nobody else could have the seat.
    """
    leave(hers(person, registration), actor=f"person:{person}", now=now)


def leave(row: Registration, *, actor: str, now: datetime, tell: bool = True) -> None:
    """Give a place back that the caller has locked; without `tell` no mail says so, and her calendar keeps it."""
    if row.state == "cancelled":
        return
    following = next_session(row.cohort_id, now)
    if following is None:
        raise Conflict(str(NOTHING_TO_LEAVE))
    row.state, row.cancelled_at = "cancelled", now
    row.revision += 1
    db.session.flush()
    move_seats(row.cohort_id, -1)
    outbox.cancel(Delivery.registration_id == row.id, Delivery.kind != "my_link")
    if tell:
        key = f"registration:{row.id}:cancelled:{row.revision}"
        outbox.enqueue(key, "registration_cancelled", row.id, now=now, session_id=following)
    audit.note(actor, "registration.cancelled", f"registration:{row.id}", now=now)


def come_back(person: int, registration: str, *, now: datetime) -> None:
    """Take a place again after leaving, with all its mails. Raises Conflict with the reason when there is none."""
    row = hers(person, registration)
    if row.state == "confirmed":
        return
    # Only here: a sign-up anybody may have typed does not undo what she unsubscribed from.
    row.reminders_off_at = row.bonuses_off_at = None
    public = db.session.scalar(select(Cohort.public_id).where(Cohort.id == row.cohort_id)) or ""
    place = place_in(public, now)
    _demand_seat(place, move_seats(place.id, +1), now)
    revive(row, now)
    confirm(row.id, row.revision, place, now)
    audit.note(f"person:{person}", "registration.returned", f"registration:{row.id}", now=now)


def next_session(cohort: int, now: datetime) -> int | None:
    """The id of the session of a cohort that comes next or is under way."""
    found: int | None = db.session.scalar(
        select(Session.id)
        .where(Session.cohort_id == cohort, Session.state == "scheduled", Session.ends_at > now)
        .order_by(Session.starts_at)
        .limit(1)
    )
    return found
