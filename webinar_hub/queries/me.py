"""What a person sees of herself: her registrations, the door of a session, a bonus."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, select

from webinar_hub.adapters.livestream import provider_for
from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.links import Links
from webinar_hub.models import (
    AttendanceSegment,
    Cohort,
    Consent,
    DropGrant,
    InviteReply,
    MergedPerson,
    Person,
    Registration,
    Session,
    SessionChoice,
    Webinar,
)
from webinar_hub.models.session_choice import own_revision
from webinar_hub.queries import lines
from webinar_hub.queries.cohorts import cohort_views
from webinar_hub.queries.handed_on import OpenOffer, open_offers
from webinar_hub.queries.views import (
    CohortView,
    DropView,
    JoinView,
    MyPageView,
    PersonView,
    RegistrationView,
    SessionView,
)
from webinar_hub.rules.changing import is_open
from webinar_hub.rules.entitlement import link_is_valid
from webinar_hub.rules.join_window import seconds_to_open
from webinar_hub.rules.places import GONE, State

FAR = datetime.max.replace(tzinfo=UTC)


def person_for(person: int, nonce: str, *, link_days: int, now: datetime) -> tuple[int, str] | None:
    """The person a link or cookie names, with her language, or None once her links were renewed or have expired.

    Of somebody who was merged into another, that one.
    """
    row = db.session.execute(
        select(
            Person.link_nonce,
            Person.language,
            func.max(Session.ends_at).label("last_end"),
            merged_into().label("kept"),
        )
        .outerjoin(Registration, Registration.person_id == Person.id)
        .outerjoin(Session, Session.cohort_id == Registration.cohort_id)
        .where(Person.id == person)
        .group_by(Person.id, Person.link_nonce, Person.language)
    ).first()
    if row is None or row.link_nonce != nonce or not link_is_valid(row.last_end, link_days, now):
        return None
    return row.kept or person, row.language


def merged_into() -> Any:
    """Who a person is by now, asked beside Person: None but for one who was merged and took no place again."""
    place = select(Registration.id).where(Registration.person_id == Person.id, Registration.state.not_in(GONE))
    kept = select(MergedPerson.into_id).where(
        MergedPerson.person_id == Person.id, ~place.correlate(Person).exists()
    )
    return kept.correlate(Person).scalar_subquery()


def my_page(person: int, links: Links, now: datetime) -> MyPageView:
    """Everything of hers, the registration whose session comes next first. Raises NotFound."""
    whose = person_view(person, links)
    return MyPageView(whose, tuple(sorted(_registrations(person, now), key=_coming_first)))


def person_view(person: int, links: Links) -> PersonView:
    """Whose page it is. Raises NotFound."""
    row = db.session.get(Person, person)
    if row is None:
        raise NotFound()
    feed_url = links.feed(row.id, row.feed_nonce) if row.feed_nonce else None
    return PersonView(
        row.id, row.name, row.email, row.zone, feed_url, wants_news=_wants_news(person),
        profession=row.profession, language=row.language,
    )  # fmt: skip


def _wants_news(person: int) -> bool:
    valid = (Consent.person_id == person, Consent.topic == "news", Consent.withdrawn_at.is_(None))
    return db.session.scalar(select(Consent.id).where(*valid).limit(1)) is not None


def _coming_first(view: RegistrationView) -> tuple[bool, datetime]:
    coming = view.cohort.next_session if view.state == "confirmed" else None
    return coming is None, coming.starts_at if coming else FAR


def _registrations(person: int, now: datetime) -> list[RegistrationView]:
    rows = db.session.execute(
        select(Registration, Cohort, Webinar)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Registration.person_id == person)
        .order_by(Registration.id)
    ).all()
    # Materials are shown for a place she has, not for one she gave back.
    registered = {r.cohort_id: r.registered_at for r, _, _ in rows if r.state == "confirmed"}
    ids = [registration.id for registration, _, _ in rows]
    granted = db.session.scalars(select(DropGrant.drop_id).where(DropGrant.registration_id.in_(ids))).all()
    cohorts = cohort_views([cohort for _, cohort, _ in rows], now, registered, frozenset(granted))
    said = _Said(_attended(ids), _declined(ids), _opted_out(ids))
    waiting = [registration.id for registration, _, _ in rows if registration.state == State.WAITLISTED]
    numbers = lines.positions(waiting) if waiting else {}
    offers = open_offers(ids, now)
    return [
        _changing(
            replace(
                _registration(registration, cohort, webinar, cohorts[cohort.id], said),
                position=numbers.get(registration.id, 0),
            ),
            cohort,
            offers.get(registration.id),
            now,
        )
        for registration, cohort, webinar in rows
    ]  # fmt: skip


def _changing(view: RegistrationView, cohort: Cohort, offer: OpenOffer | None, now: datetime) -> RegistrationView:
    """With what she may change about it by herself."""
    return replace(
        view,
        changes_close_at=cohort.changes_close_at,
        changes_closed=not is_open(cohort.changes_close_at, now),
        offered_to=offer.email if offer else "",
        offer_ends=offer.expires_at if offer else None,
    )


def _attended(registrations: Sequence[int]) -> dict[int, frozenset[int]]:
    """The ids of the sessions each registration has joined."""
    return _by_registration(
        select(AttendanceSegment.registration_id, AttendanceSegment.session_id)
        .where(AttendanceSegment.registration_id.in_(registrations))
        .distinct()
    )


def _declined(registrations: Sequence[int]) -> dict[int, frozenset[int]]:
    """The ids of the sessions each registration's calendar has declined; a no to an old time is none to the new."""
    return _by_registration(
        select(InviteReply.registration_id, InviteReply.session_id)
        .join(Registration, Registration.id == InviteReply.registration_id)
        .join(Session, Session.id == InviteReply.session_id)
        .where(
            InviteReply.registration_id.in_(registrations),
            InviteReply.answer == "declined",
            InviteReply.sequence == Session.revision + Registration.revision + own_revision(),
        )
    )


def _opted_out(registrations: Sequence[int]) -> dict[int, frozenset[int]]:
    """The ids of the sessions each registration has opted out of."""
    return _by_registration(
        select(SessionChoice.registration_id, SessionChoice.session_id).where(
            SessionChoice.registration_id.in_(registrations), SessionChoice.out.is_(True)
        )
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """The sessions each registration attended, declined in her calendar, and opted out of."""

    attended: Mapping[int, frozenset[int]]
    declined: Mapping[int, frozenset[int]]
    opted_out: Mapping[int, frozenset[int]]


def _by_registration(pairs: Select[int, int]) -> dict[int, frozenset[int]]:
    rows = db.session.execute(pairs)
    found: dict[int, frozenset[int]] = {}
    for registration, session in rows:
        found[registration] = found.get(registration, frozenset()) | {session}
    return found


def _registration(
    registration: Registration,
    cohort: Cohort,
    webinar: Webinar,
    view: CohortView,
    said: _Said,
) -> RegistrationView:
    out = said.opted_out.get(registration.id, frozenset())
    return RegistrationView(
        id=registration.id,
        public_id=registration.public_id,
        state=registration.state,
        webinar_slug=webinar.slug,
        webinar_title=webinar.title,
        organizer_name=cohort.organizer_name,
        organizer_email=cohort.organizer_email,
        cohort=replace(view, next_session=_next_of_hers(view, out)) if out else view,
        cohort_cancelled=cohort.state == "cancelled",
        wants_reminders=registration.reminders_off_at is None,
        wants_bonuses=registration.bonuses_off_at is None,
        attended=said.attended.get(registration.id, frozenset()),
        declined=said.declined.get(registration.id, frozenset()),
        opted_out=out,
        offer_until=registration.offer_until,
        reason=registration.reason,
        seat_kept=registration.seat_kept,
        next_step_text=webinar.next_step_text,
        next_step_url=webinar.next_step_url,
    )


def _next_of_hers(view: CohortView, out: frozenset[int]) -> SessionView | None:
    ahead = ("upcoming", "join_open", "live")
    return next((s for s in view.sessions if s.state in ahead and s.id not in out), None)


def registration(person: int, registration: str, now: datetime) -> RegistrationView:
    """One registration of hers. Raises NotFound for anybody else's."""
    for view in _registrations(person, now):
        if view.public_id == registration:
            return view
    raise NotFound()


def join_page(person: int, session: str, now: datetime) -> JoinView:
    """The door of a session she has a place in. Raises NotFound."""
    url = db.session.scalar(
        select(func.coalesce(func.nullif(Session.livestream_url, ""), Cohort.livestream_url))
        .select_from(Session)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .where(Session.public_id == session)
    )
    for view in _registrations(person, now):
        for candidate in view.cohort.sessions:
            if candidate.public_id == session and view.state == "confirmed":
                return _door(view, candidate, url or "", now)
    raise NotFound()


def has_place(person: int, session: str) -> bool:
    """Whether she has a place in the session with this public id."""
    found = db.session.scalar(
        select(Registration.id)
        .join(Session, Session.cohort_id == Registration.cohort_id)
        .where(Registration.person_id == person, Registration.state == "confirmed", Session.public_id == session)
    )
    return found is not None


def _door(view: RegistrationView, session: SessionView, url: str, now: datetime) -> JoinView:
    provider = provider_for(url) if url else None
    return JoinView(
        registration=view,
        session=session,
        provider_name=provider.name if provider else "",
        watch_url=provider.watch_url(url) if provider else "",
        embed_url=provider.embed_url(url) if provider else None,
        frame_source=provider.frame_source() if provider else None,
        seconds_to_open=seconds_to_open(session.starts_at, now),
        joined=session.id in view.attended,
    )


def drop_page(person: int, drop: str, now: datetime) -> tuple[RegistrationView, DropView]:
    """A bonus of a cohort she has a place in, locked or open. Raises NotFound."""
    for view in _registrations(person, now):
        for candidate in view.cohort.drops:
            if candidate.public_id == drop and view.state == "confirmed":
                return view, candidate
    raise NotFound()
