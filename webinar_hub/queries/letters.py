"""What the mails of a claimed batch say: six statements, however many mails there are."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import HubError
from webinar_hub.documents.letters import Letter, LetterMaterial, LetterSession, Recipient
from webinar_hub.models import Broadcast, Cohort, Drop, Notice, Person, Registration, Session, Webinar
from webinar_hub.queries.calendars import Hub, calendar_session
from webinar_hub.queries.cohorts import materials_of
from webinar_hub.rules.delivery import Claimed, topic_of
from webinar_hub.rules.entitlement import drop_is_hers

DAY = timedelta(days=1)
LEAD_STEPS = (DAY, timedelta(hours=1), timedelta(minutes=10))
# Kinds that put a session into the calendar, and kinds that take it out again.
REQUESTS = frozenset(("confirmation", "invite", "session_changed", "session_added"))
CANCELS = frozenset(("session_cancelled", "registration_cancelled", "cohort_cancelled", "calendar_cancel"))


class NothingToSay(HubError):
    """The mail has lost its subject since it was queued: its session was cancelled, its place given back.

    `state` is what becomes of the delivery.
    """

    state = "cancelled"


class NotWrittenTo(NothingToSay):
    """Mails do not reach her, or she does not want them (FEATURES D8)."""

    state = "suppressed"


@dataclass(frozen=True, slots=True)
class _Place:
    """A registration with its person, as a mail needs it."""

    id: int
    public_id: str
    cohort_id: int
    state: str
    revision: int
    nonce: str
    person_id: int
    name: str
    email: str
    zone: str
    link_nonce: str
    registered_at: datetime
    reminders_off_at: datetime | None
    bonuses_off_at: datetime | None
    suppressed_at: datetime | None

    def refuses(self, kind: str) -> bool:
        """Whether she has ended mails of this kind, perhaps while the audience was being written out (F24)."""
        off = {"reminders": self.reminders_off_at, "bonuses": self.bonuses_off_at}
        return off.get(topic_of(kind)) is not None


@dataclass(slots=True)
class Batch:
    """Everything the mails of one batch may speak of, read beforehand."""

    hub: Hub
    places: Mapping[int, _Place]
    cohorts: Mapping[int, tuple[Cohort, Webinar]]
    sessions: Mapping[int, list[Session]]
    broadcasts: Mapping[int, Broadcast]
    drops: Mapping[int, Drop]
    materials: Mapping[int, tuple[LetterMaterial, ...]]
    notices: Mapping[int, Notice] = field(default_factory=dict)
    _letters: dict[tuple[Any, ...], Letter] = field(default_factory=dict)

    def mail(self, due: Claimed) -> tuple[Letter, Recipient]:
        """What one delivery says to whom.

        Raises NothingToSay when it has no subject or no reader any more, KeyError and ValueError for a row that
        cannot be understood.
        """
        place = self.places[due.registration_id or 0]
        self._check(due, place)
        letter = self._letter(due, place)
        return letter, self._recipient(due, place, letter)

    def address(self, due: Claimed) -> str:
        """Where one delivery goes; "" for a row that cannot be understood."""
        notice = self.notice(due)
        place = self.places.get(due.registration_id or 0)
        return notice.to_email if notice else place.email if place else ""

    def notice(self, due: Claimed) -> Notice | None:
        """The mail to staff that this delivery is, where it is one."""
        return self.notices.get(due.notice_id or 0)

    def _check(self, due: Claimed, place: _Place) -> None:
        session = self._session(due, place)
        if place.state == "cancelled" and due.kind not in CANCELS | {"my_link"}:
            raise NothingToSay("The place was given back.")
        if place.refuses(due.kind):
            raise NothingToSay("She has ended these mails.")
        gone = session is not None and session.state == "cancelled"
        if gone and due.kind in ("invite", "reminder", "live", "session_changed", "session_added"):
            raise NothingToSay("The session was cancelled.")
        if due.kind == "confirmation" and not self._ahead(due, place):
            raise NothingToSay("Every session was cancelled or is over.")
        if place.suppressed_at is not None:
            raise NotWrittenTo("Mails to her address are stopped.")
        if due.kind == "drop" and not self._is_hers(due, place):
            raise NothingToSay("She came after this bonus.")

    def _is_hers(self, due: Claimed, place: _Place) -> bool:
        """Whether the drop, which is out by now, is open to her: one announced late may be older than she."""
        drop, (cohort, _) = self.drops[due.drop_id or 0], self.cohorts[place.cohort_id]
        return drop_is_hers(
            release_at=drop.release_at,
            late_join=cohort.late_join,
            registered_at=place.registered_at,
            now=drop.release_at,
        )

    def _ahead(self, due: Claimed, place: _Place) -> list[Session]:
        sessions = self.sessions[place.cohort_id]
        return [s for s in sessions if s.state == "scheduled" and s.ends_at > due.composed_at]

    def _session(self, due: Claimed, place: _Place) -> Session | None:
        return next((s for s in self.sessions[place.cohort_id] if s.id == due.session_id), None)

    def _letter(self, due: Claimed, place: _Place) -> Letter:
        # Told by the time of the first attempt, a later one says the same words.
        about = (due.broadcast_id, due.session_id, due.drop_id)
        shared = (due.kind, place.cohort_id, *about, place.zone, due.composed_at)
        if shared not in self._letters:
            self._letters[shared] = self._new_letter(due, place)
        return self._letters[shared]

    def _new_letter(self, due: Claimed, place: _Place) -> Letter:
        cohort, webinar = self.cohorts[place.cohort_id]
        return Letter(
            kind=due.kind,
            webinar_slug=webinar.slug,
            webinar_title=webinar.title,
            cohort_title=cohort.title,
            cohort_zone=cohort.zone,
            recipient_zone=place.zone,
            organizer_name=cohort.organizer_name,
            organizer_email=cohort.organizer_email,
            sender=self.hub.sender,
            base_url=self.hub.links.base,
            host=self.hub.host,
            note={"confirmation": cohort.welcome_note, "thank_you": cohort.thank_you_note}.get(due.kind, ""),
            next_step_text=webinar.next_step_text,
            next_step_url=webinar.next_step_url,
            topic=topic_of(due.kind),
            **self._about_session(due, place, cohort, webinar),
            **self._about_drop(due),
        )

    def _about_session(self, due: Claimed, place: _Place, cohort: Cohort, webinar: Webinar) -> dict[str, Any]:
        sessions = self.sessions[place.cohort_id]
        session = self._session(due, place)
        broadcast = self.broadcasts.get(due.broadcast_id or 0)
        ahead = self._ahead(due, place)
        lead = _lead(broadcast, session, due)
        if due.kind == "confirmation" and ahead and ahead[0].starts_at - due.composed_at < DAY:
            lead = DAY
        shown = calendar_session(session, cohort, webinar.title, self.hub) if session else None
        return {
            "session": shown,
            "session_title": session.title if session else "",
            "session_number": sessions.index(session) + 1 if session else 0,
            "session_count": len(sessions),
            "lead": lead,
            "old_starts_at": broadcast.old_starts_at if broadcast else None,
            "sessions": tuple(LetterSession(s.title, s.starts_at, s.ends_at) for s in ahead),
            "calendar_method": _method(due.kind, session, cohort, lead),
        }

    def _about_drop(self, due: Claimed) -> dict[str, Any]:
        drop = self.drops.get(due.drop_id or 0)
        if drop is None:
            return {}
        return {
            "drop_public_id": drop.public_id,
            "drop_title": drop.title,
            "drop_note": drop.note,
            "surprise": drop.surprise,
            "materials": self.materials.get(drop.id, ()),
        }

    def _recipient(self, due: Claimed, place: _Place, letter: Letter) -> Recipient:
        links, returns = self.hub.links, self.hub.returns
        revision = letter.session.revision if letter.session else 0
        return Recipient(
            name=place.name,
            email=place.email,
            key=due.key,
            message_id=message_id(due, letter.from_address),
            composed_at=due.composed_at,
            me_link=links.me(place.person_id, place.link_nonce),
            unsubscribe_link=links.unsubscribe(place.id, place.nonce),
            return_path=returns.for_bounces(due.id) if returns else "",
            unsubscribe_address=returns.for_unsubscribing(due.id) if returns else "",
            registration_public_id=place.public_id,
            calendar_revision=revision + place.revision,
            downloads=tuple(
                links.download(place.id, place.nonce, due.drop_id or 0, material.id)
                for material in letter.materials
            ),
        )


def _lead(broadcast: Broadcast | None, session: Session | None, due: Claimed) -> timedelta | None:
    """How far ahead the session is: the planned distance, or, if it is not true, the real one in round figures.

    A reminder to many may be early. Where it may say "tomorrow" it tells the real distance, rounded up, because a
    few minutes before midnight tomorrow is another day.
    """
    if broadcast is None or session is None or not broadcast.lead_minutes:
        return None
    planned = timedelta(minutes=broadcast.lead_minutes)
    real = session.starts_at - due.composed_at
    if real > planned and DAY / 2 <= planned < 2 * DAY:
        return -(-real // LEAD_STEPS[-1]) * LEAD_STEPS[-1]
    if abs(planned - real) <= planned / 8:
        return planned
    step = next(step for step in LEAD_STEPS if real >= 2 * step or step == LEAD_STEPS[-1])
    return max(step, round(real / step) * step)


def message_id(due: Claimed, sender: str) -> str:
    """The Message-ID of a delivery, without angle brackets.

    The moment it was written tells apart what two databases of one sender number alike.
    """
    return f"{due.id}.{int(due.created_at.timestamp() * 1_000_000)}@{_domain(sender)}"


def _domain(address: str) -> str:
    """The domain of an address as headers write it."""
    return address.rpartition("@")[2].encode("idna").decode()


def _method(kind: str, session: Session | None, cohort: Cohort, lead: timedelta | None) -> str | None:
    """What the mail does to her calendar. A reminder repeats the invite while there is a day to act on it."""
    if session is None:
        return None
    if kind in CANCELS:
        return "CANCEL"
    if session.state == "cancelled" or cohort.state == "cancelled":
        return None
    if kind in REQUESTS or (kind == "reminder" and lead is not None and lead >= DAY):
        return "REQUEST"
    return None


def batch(due: Collection[Claimed], hub: Hub) -> Batch:
    """Read what these deliveries speak of."""
    places = _places({row.registration_id for row in due if row.registration_id is not None})
    cohorts = _cohorts({place.cohort_id for place in places.values()})
    sessions: dict[int, list[Session]] = {cohort: [] for cohort in cohorts}
    in_order = select(Session).where(Session.cohort_id.in_(cohorts)).order_by(Session.starts_at, Session.id)
    for session in db.session.scalars(in_order):
        sessions[session.cohort_id].append(session)
    drops = _by_id(Drop, {row.drop_id for row in due})
    return Batch(
        hub=hub,
        places=places,
        cohorts=cohorts,
        sessions=sessions,
        broadcasts=_by_id(Broadcast, {row.broadcast_id for row in due}),
        drops=drops,
        materials=_materials(drops),
        notices=_by_id(Notice, {row.notice_id for row in due}),
    )


def _places(registrations: set[int]) -> dict[int, _Place]:
    rows = db.session.execute(
        select(
            Registration.id, Registration.public_id, Registration.cohort_id, Registration.state,
            Registration.revision, Registration.nonce, Person.id, Person.name, Person.email, Person.zone,
            Person.link_nonce, Registration.registered_at, Registration.reminders_off_at,
            Registration.bonuses_off_at, Person.suppressed_at,
        )
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.id.in_(registrations))
    )  # fmt: skip
    return {row[0]: _Place(*cast("tuple[Any, ...]", row)) for row in rows}


def _cohorts(ids: set[int]) -> dict[int, tuple[Cohort, Webinar]]:
    rows = db.session.execute(
        select(Cohort, Webinar).join(Webinar, Webinar.id == Cohort.webinar_id).where(Cohort.id.in_(ids))
    )
    return {cohort.id: (cohort, webinar) for cohort, webinar in rows}


def _by_id(model: Any, ids: Iterable[int | None]) -> dict[int, Any]:
    wanted = {id_ for id_ in ids if id_ is not None}
    if not wanted:
        return {}
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(wanted)))}


def _materials(drops: Collection[int]) -> dict[int, tuple[LetterMaterial, ...]]:
    if not drops:
        return {}
    return {
        drop: tuple(
            LetterMaterial(m.id, m.title, m.description, m.link, m.extension or "", m.size or 0) for m in materials
        )
        for drop, materials in materials_of(drops).items()
    }
