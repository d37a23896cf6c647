"""What the mails of a claimed batch say: six statements, however many mails there are.

Where somebody gave a kind of mail other words, or an announcement goes out, one more for each of these.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from webinar_hub.core import language
from webinar_hub.core.errors import HubError
from webinar_hub.documents.letters import Letter, LetterDrop, LetterMaterial, LetterSession, Recipient
from webinar_hub.models import (
    Announcement,
    Broadcast,
    Cohort,
    Drop,
    Notice,
    Session,
    SessionChoice,
    Webinar,
)
from webinar_hub.queries import accommodations, letter_rows
from webinar_hub.queries.calendars import Hub, calendar_session
from webinar_hub.queries.catching_up import opened_meanwhile
from webinar_hub.queries.cohorts import sessions_of
from webinar_hub.queries.letter_places import Place, choices_of, places_in_line, read_places
from webinar_hub.rules.calendar_mail import ABOUT_ITS_TIME, DAY, calendar_method, said_lead
from webinar_hub.rules.delivery import Claimed, topic_of
from webinar_hub.rules.own_clock import ONE_PER_DAY, clock_of, opens_to
from webinar_hub.rules.places import GONE, WAY_KINDS, may_be_told


class NothingToSay(HubError):
    """The mail has lost its subject since it was queued: its session was cancelled, its place given back.

    `state` is what becomes of the delivery.
    """

    state = "cancelled"


class NotWrittenTo(NothingToSay):
    """Mails do not reach her, or she does not want them (FEATURES D8)."""

    state = "suppressed"


@dataclass(slots=True)
class Batch:
    """Everything the mails of one batch may speak of, read beforehand."""

    hub: Hub
    places: Mapping[int, Place]
    cohorts: Mapping[int, tuple[Cohort, Webinar]]
    sessions: Mapping[int, list[Session]]
    broadcasts: Mapping[int, Broadcast]
    drops: Mapping[int, Drop]
    materials: Mapping[int, tuple[LetterMaterial, ...]]
    notices: Mapping[int, Notice] = field(default_factory=dict)
    announcements: Mapping[int, Announcement] = field(default_factory=dict)
    wordings: Mapping[tuple[int | None, str], tuple[str, str]] = field(default_factory=dict)
    news_to: frozenset[int] = frozenset()
    positions: Mapping[int, int] = field(default_factory=dict)
    arranged: Mapping[int, str] = field(default_factory=dict)
    choices: Mapping[tuple[int, int], SessionChoice] = field(default_factory=dict)
    opened_meanwhile: Mapping[int, tuple[LetterDrop, ...]] = field(default_factory=dict)
    places_in_line: Mapping[int, int] = field(default_factory=dict)
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

    def unchecked(self, due: Claimed) -> tuple[Letter, Recipient]:
        """What it would say if it were sent now, to be looked at: nobody may be sent it."""
        place = self.places[due.registration_id or 0]
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

    def _check(self, due: Claimed, place: Place) -> None:
        if not may_be_told(due.kind, place.state):
            raise NothingToSay("The place was given back." if place.state in GONE else "She has no place by now.")
        self._check_wishes(due, place)
        self._check_sense(due, place)
        if place.suppressed_at is not None:
            raise NotWrittenTo("Mails to her address are stopped.")
        if due.kind == "drop" and not self._is_hers(due, place):
            raise NothingToSay("She came after this bonus.")

    def _check_wishes(self, due: Claimed, place: Place) -> None:
        """What she chose herself."""
        if place.refuses(due.kind) or (due.kind == "news" and place.person_id not in self.news_to):
            raise NothingToSay("She has ended these mails.")
        if place.rests(due.kind, due.composed_at):
            raise NothingToSay("She pauses these mails.")
        if due.kind in ABOUT_ITS_TIME and self._is_out(due):
            raise NothingToSay("She has opted out of this date.")

    def _check_sense(self, due: Claimed, place: Place) -> None:
        """What became of what it is about."""
        session = self._session(due, place)
        if due.kind == "catch_up" and not self.opened_meanwhile.get(due.id):
            raise NothingToSay("No bonus opened during the pause.")
        gone = session is not None and session.state == "cancelled"
        if gone and due.kind in ABOUT_ITS_TIME:
            raise NothingToSay("The session was cancelled.")
        if due.kind == "confirmation" and not self._ahead(due, place):
            raise NothingToSay("Every session was cancelled or is over.")

    def _is_hers(self, due: Claimed, place: Place) -> bool:
        """Whether the drop, which is out by now, is open to her: one announced late may be older than she."""
        drop, (cohort, _) = self.drops[due.drop_id or 0], self.cohorts[place.cohort_id]
        clock = clock_of(drop, self.places_in_line.get(drop.id, 0))
        opens = opens_to(clock, late_join=cohort.late_join, came=place.registered_at)
        # One that was given early is told of before; one that opens to her later than to others is not.
        later = clock.own is None and place.registered_at > drop.release_at
        return opens is not None and (not later or opens <= due.composed_at)

    def _is_out(self, due: Claimed) -> bool:
        choice = self.choices.get((due.registration_id or 0, due.session_id or 0))
        return choice is not None and choice.out

    def _ahead(self, due: Claimed, place: Place) -> list[Session]:
        sessions = self.sessions[place.cohort_id]
        return [s for s in sessions if s.state == "scheduled" and s.ends_at > due.composed_at]

    def _session(self, due: Claimed, place: Place) -> Session | None:
        return next((s for s in self.sessions[place.cohort_id] if s.id == due.session_id), None)

    def _letter(self, due: Claimed, place: Place) -> Letter:
        # Told by the time of the first attempt, a later one says the same words.
        about = (due.broadcast_id, due.session_id, due.drop_id)
        way = tuple(self._about_way(due, place).values())
        about_her = (place.zone, place.language, place.only_hopes)
        own = (self._is_out(due), self.opened_meanwhile.get(due.id))
        hers = due.registration_id if due.kind == "arranged" else None
        shared = (due.kind, place.cohort_id, *about, *about_her, due.composed_at, way, *own, hers)
        if shared not in self._letters:
            with language.speaking(place.language):
                self._letters[shared] = self._new_letter(due, place)
        return self._letters[shared]

    def _new_letter(self, due: Claimed, place: Place) -> Letter:
        cohort, webinar = self.cohorts[place.cohort_id]
        subject, words = self._own_words(due, webinar)
        if place.seat_kept:
            # They speak to somebody who comes, and not to one who has a seat and is looked at again.
            subject, words = "", ""
        return Letter(
            kind="announcement" if due.kind == "news" else due.kind,
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
            note=self._note(due, cohort),
            next_step_text=webinar.next_step_text,
            next_step_url=webinar.next_step_url,
            topic=topic_of(due.kind),
            from_name=self.hub.from_name,
            reply_to=self.hub.reply_to,
            look=self.hub.look,
            own_subject=subject,
            own_words=words,
            language=language.current(),
            **self._about_session(due, place, cohort, webinar),
            **self._about_drop(due),
            **self._about_way(due, place),
            drops=self.opened_meanwhile.get(due.id, ()),
        )

    def _about_way(self, due: Claimed, place: Place) -> dict[str, Any]:
        """What somebody on the way to a place is told, and who had hoped for one."""
        if due.kind not in WAY_KINDS:
            return {}
        return {
            "position": self.positions.get(place.id, 0),
            "until": place.offer_until,
            "reason": place.reason,
            "seat_kept": place.seat_kept,
        }

    def _note(self, due: Claimed, cohort: Cohort) -> str:
        if due.kind == "arranged":
            return self.arranged.get(due.registration_id or 0, "")
        return {"confirmation": cohort.welcome_note, "thank_you": cohort.thank_you_note}.get(due.kind, "")

    def _own_words(self, due: Claimed, webinar: Webinar) -> tuple[str, str]:
        """Subject and words that an organizer wrote for this; empty for those of the templates."""
        broadcast = self.broadcasts.get(due.broadcast_id or 0)
        if broadcast is not None and broadcast.announcement_id is not None:
            announcement = self.announcements[broadcast.announcement_id]
            return announcement.subject, announcement.body
        everywhere = self.wordings.get((None, due.kind), ("", ""))
        return self.wordings.get((webinar.id, due.kind), everywhere)

    def _about_session(self, due: Claimed, place: Place, cohort: Cohort, webinar: Webinar) -> dict[str, Any]:
        sessions = self.sessions[place.cohort_id]
        session = self._session(due, place)
        broadcast = self.broadcasts.get(due.broadcast_id or 0)
        ahead = self._ahead(due, place)
        lead = DAY if due.kind == "confirmation" and _is_soon(ahead, due) else _lead(broadcast, session, due)
        method = None
        # Whoever never had a place has nothing in her calendar to be taken out.
        if session is not None and not place.only_hopes:
            on = "cancelled" not in (session.state, cohort.state) and not self._is_out(due)
            method = calendar_method(due.kind, lead, takes_place=on)
        return {
            "session": calendar_session(session, cohort, webinar.title, self.hub) if session else None,
            "session_title": session.title if session else "",
            "session_number": sessions.index(session) + 1 if session else 0,
            "session_count": len(sessions),
            "lead": lead,
            "old_starts_at": broadcast.old_starts_at if broadcast else None,
            "sessions": tuple(LetterSession(s.title, s.starts_at, s.ends_at) for s in ahead),
            "calendar_method": method,
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

    def _recipient(self, due: Claimed, place: Place, letter: Letter) -> Recipient:
        links, returns, asks = self.hub.links, self.hub.returns, due.kind == "prove"
        revision = letter.session.revision if letter.session else 0
        choice = self.choices.get((place.id, due.session_id or 0))
        revision += choice.revision if choice else 0
        # Of what a stranger may have typed nothing is carried to who never asked; only one page opens to her.
        hers = (place.id, place.nonce, place.revision) if asks else (place.person_id, place.link_nonce)
        return Recipient(
            name="" if asks else place.name,
            email=place.email,
            key=due.key,
            message_id=message_id(due, letter.from_address),
            composed_at=due.composed_at,
            me_link=(links.prove if asks else links.me)(*hers),
            unsubscribe_link=(links.no_news if due.kind == "news" else links.unsubscribe)(place.id, place.nonce),
            return_path=returns.for_bounces(due.id) if returns else "",
            unsubscribe_address=returns.for_unsubscribing(due.id) if returns else "",
            offer_link=links.offer(place.id, place.nonce) if due.kind == "offer" else "",
            registration_public_id=place.public_id,
            calendar_revision=revision + place.revision,
            downloads=tuple(
                links.download(place.id, place.nonce, due.drop_id or 0, material.id)
                for material in letter.materials
            ),
        )


def _is_soon(ahead: Sequence[Session], due: Claimed) -> bool:
    return bool(ahead) and ahead[0].starts_at - due.composed_at < DAY


def _lead(broadcast: Broadcast | None, session: Session | None, due: Claimed) -> timedelta | None:
    if broadcast is None or session is None or not broadcast.lead_minutes:
        return None
    return said_lead(timedelta(minutes=broadcast.lead_minutes), session.starts_at, due.composed_at)


def message_id(due: Claimed, sender: str) -> str:
    """The Message-ID of a delivery, without angle brackets.

    The moment it was written tells apart what two databases of one sender number alike.
    """
    return f"{due.id}.{int(due.created_at.timestamp() * 1_000_000)}@{_domain(sender)}"


def _domain(address: str) -> str:
    """The domain of an address as headers write it."""
    return address.rpartition("@")[2].encode("idna").decode()


def batch(due: Collection[Claimed], hub: Hub, guest: Place | None = None) -> Batch:
    """Read what these deliveries speak of; those without a registration go to `guest`, if there is one."""

    def registrations(kind: str) -> set[int]:
        """Whose mails of this kind these are; 0 for the guest."""
        return {row.registration_id or 0 for row in due if row.kind == kind}

    places = read_places({row.registration_id for row in due if row.registration_id is not None})
    if guest is not None:
        places[0] = guest
    cohorts = letter_rows.cohorts_of({place.cohort_id for place in places.values()})
    drops = letter_rows.by_id(Drop, (row.drop_id for row in due))
    one_per_day = any(cohort.late_join == ONE_PER_DAY for cohort, *_ in cohorts.values())
    broadcasts = letter_rows.by_id(Broadcast, (row.broadcast_id for row in due))
    return Batch(
        hub=hub,
        places=places,
        cohorts={id_: (cohort, webinar) for id_, (cohort, webinar, _) in cohorts.items()},
        sessions=sessions_of(cohorts),
        broadcasts=broadcasts,
        drops=drops,
        materials=letter_rows.materials(drops),
        notices=letter_rows.by_id(Notice, (row.notice_id for row in due)),
        announcements=letter_rows.by_id(Announcement, (one.announcement_id for one in broadcasts.values())),
        wordings=letter_rows.wordings() if any(changed for *_, changed in cohorts.values()) else {},
        positions=letter_rows.positions(registrations("waitlisted") - {0}),
        arranged=accommodations.notes(registrations("arranged") - {0}),
        choices=choices_of([place.id for place in places.values() if place.has_choices]),
        opened_meanwhile=opened_meanwhile(due, places, cohorts),
        places_in_line=places_in_line(drops) if one_per_day else {},
        news_to=letter_rows.news_to({places[registration].person_id for registration in registrations("news")}),
    )
