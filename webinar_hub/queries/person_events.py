"""What a person's story is made of: each source gives the newest of its events before a moment, in words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.models import (
    AccessCode,
    AttendanceSegment,
    AuditEntry,
    CodeUse,
    Consent,
    Delivery,
    DeliveryEvent,
    Download,
    Drop,
    Invitation,
    InvitationList,
    InviteReply,
    Material,
    MaterialVersion,
    PersonNote,
    Registration,
    Session,
    Task,
)
from webinar_hub.rules.audit_words import action_words
from webinar_hub.rules.delivery_story import KINDS


@dataclass(frozen=True, slots=True)
class Item:
    """One event. `sort` says what it is about, `state` how it ended; `delivery` is a mail that may be sent again.

    `actor` is the audit log's; `who` the same in words, "" where it is nobody's doing.
    """

    at: datetime
    sort: str
    title: str
    detail: str = ""
    cohort: str = ""
    state: str = ""
    delivery: int | None = None
    actor: str = ""
    who: str = ""

    def by(self, organizers: Mapping[int, str]) -> "Item":
        """With the name of whoever did it."""
        kind, _, id_ = self.actor.partition(":")
        name = organizers.get(int(id_), "somebody of the staff") if kind == "organizer" and id_.isdigit() else ""
        words = {
            "person": "herself",
            "mail": "what came back about her mails",
            "cli": "the command line",
            "colleague": "her colleague",
            "system": "the service itself",
        }
        return replace(self, who=name or words.get(kind, kind))


@dataclass(frozen=True, slots=True)
class Whose:
    """A person, with the addresses merged into her, and the places in sight: by id, the cohort's title."""

    people: tuple[int, ...]
    places: Mapping[int, str]


Source = Callable[[Whose, datetime | None, int], Iterator[Item]]
_ABOUT = func.coalesce(Session.title, Drop.title, "")


def _newest(model: Any, statement: Any, moment: Any, until: datetime | None, limit: int) -> Any:
    if until is not None:
        statement = statement.where(moment <= until)
    # What happened at one moment has the same order on every page.
    return db.session.execute(statement.order_by(moment.desc(), model.id).limit(limit))


def mails(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """Every delivery, sent or not, at the moment it went out or was due."""
    moment = func.coalesce(Delivery.sent_at, Delivery.due_at, type_=Delivery.due_at.type)
    rows = _newest(
        Delivery,
        select(Delivery, _ABOUT, moment)
        .outerjoin(Session, Session.id == Delivery.session_id)
        .outerjoin(Drop, Drop.id == Delivery.drop_id)
        .where(Delivery.registration_id.in_(whose.places)),
        moment,
        until,
        limit,
    )
    for row, about, at in rows:
        words = KINDS.get(row.kind, row.kind)
        title = f"{words[:1].upper()}{words[1:]}" + (f": {about}" if about else "")
        detail = (row.reply or "") if row.state in ("failed", "cancelled", "suppressed") else ""
        yield Item(at, "mail", title, detail, whose.places[row.registration_id], row.state, row.id)


_EVENTS = {
    "delivered": "Delivered to her mailbox",
    "deferred": "Her mail server says “not now”",
    "bounced_hard": "Came back: the address does not take mail",
    "bounced_soft": "Came back for now",
    "blocked": "Her mail server refused our mail",
    "complained": "She marked our mail as unwanted",
    "unsubscribed": "She unsubscribed",
}


def came_back(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """What mail servers and providers told about her mails."""
    rows = _newest(
        DeliveryEvent,
        select(DeliveryEvent, Delivery.kind, Delivery.registration_id)
        .join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
        .where(Delivery.registration_id.in_(whose.places)),
        DeliveryEvent.happened_at,
        until,
        limit,
    )
    for row, kind, place in rows:
        state = "delivered" if row.kind == "delivered" else "bounced"
        about = f"About the {KINDS.get(kind, kind)}. {row.detail}".strip()
        title = _EVENTS.get(row.kind, row.kind)
        yield Item(row.happened_at, "returned", title, about, whose.places[place], state)


def attended(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """Every time she joined a session."""
    rows = _newest(
        AttendanceSegment,
        select(AttendanceSegment.started_at, Session.title, AttendanceSegment.registration_id)
        .join(Session, Session.id == AttendanceSegment.session_id)
        .where(AttendanceSegment.registration_id.in_(whose.places)),
        AttendanceSegment.started_at,
        until,
        limit,
    )
    for at, title, place in rows:
        yield Item(at, "joined", f"Joined {title or 'the session'}", "", whose.places[place])


def downloaded(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """Every material she took."""
    rows = _newest(
        Download,
        select(Download.downloaded_at, Material.title, Drop.title, Download.registration_id)
        .join(Drop, Drop.id == Download.drop_id)
        .join(MaterialVersion, MaterialVersion.id == Download.material_version_id)
        .join(Material, Material.id == MaterialVersion.material_id)
        .where(Download.registration_id.in_(whose.places)),
        Download.downloaded_at,
        until,
        limit,
    )
    for at, title, drop, place in rows:
        yield Item(at, "took", f"Downloaded {title}", f"From the bonus “{drop}”.", whose.places[place])


def answered(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """What her calendar said to invites."""
    rows = _newest(
        InviteReply,
        select(InviteReply, Session.title)
        .join(Session, Session.id == InviteReply.session_id)
        .where(InviteReply.registration_id.in_(whose.places)),
        InviteReply.replied_at,
        until,
        limit,
    )
    words = {"accepted": "said yes to", "declined": "said no to", "tentative": "said “perhaps” to"}
    for row, title in rows:
        said = f"Her calendar {words[row.answer]} {title or 'the session'}"
        yield Item(row.replied_at, "answered", said, "", whose.places[row.registration_id], row.answer)


def agreed(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """Consents as they were given, with their words."""
    rows = _newest(
        Consent, select(Consent).where(Consent.person_id.in_(whose.people)), Consent.given_at, until, limit
    )
    for (row,) in rows:
        yield Item(
            row.given_at, "consent", f"Agreed to {row.topic}", f"“{row.words}” on {row.page}{_from(row.network)}"
        )


def withdrew(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """Consents as they were withdrawn."""
    ended = select(Consent).where(Consent.person_id.in_(whose.people), Consent.withdrawn_at.is_not(None))
    for (row,) in _newest(Consent, ended, Consent.withdrawn_at, until, limit):
        yield Item(row.withdrawn_at, "consent", f"No longer agrees to {row.topic}")


_CHANGES = {
    "registration.cancelled": "Place cancelled",
    "registration.returned": "Took the place again",
    "registration.added": "Added by hand",
    "registration.offered": "A seat was offered to her",
    "registration.offer_ran_out": "Her offer of a seat ran out",
    "registration.offer_taken_back": "Her offer of a seat was taken back",
    "registration.accepted": "Accepted the seat",
    "registration.approved": "Her sign-up was approved",
    "registration.declined": "Her sign-up was declined",
    "registration.reviewed": "Changed her sign-up, which has to be decided on again",
    "registration.moved_to_front": "Moved to the front of the waitlist",
    "registration.moved_back": "Moved back to her turn in the waitlist",
    "registration.refused": "A step was refused, because somebody was quicker",
    "registration.imported": "Added from a file",
    "registration.moved": "Moved to another cohort",
    "topics.chosen": "Chose which mails she gets",
    "topics.ended": "Ended reminders and bonuses",
    "session.opted_out": "Left a date of the series out",
    "session.opted_in": "Took a date of the series back",
    "hours.chosen": "Chose the hours of her mails",
    "pause.begun": "Began a pause",
    "pause.ended": "Ended her pause",
    "details.changed": "Corrected name, profession or zone",
    "address.asked": "Asked for another address",
    "address.sent_again": "Had the question sent to the new address again",
    "address.taken_back": "Keeps the old address after all",
    "address.stopped": "Stopped a change of address, and ended all links so far",
    "address.undone": "Put her address back from its mailbox, and ended all links so far",
    "address.changed": "Changed her address",
    "address.corrected": "Address corrected by hand",
    "transfer.offered": "Offered the seat to a colleague",
    "transfer.withdrawn": "Took the offer to a colleague back",
    "transfer.declined": "The colleague said no; the seat stays hers",
    "transfer.expired": "The colleague did not answer; the seat stays hers",
    "transfer.taken": "The colleague has the seat now",
    "registration.received": "Has a colleague's seat",
    "feed.opened": "Opened a calendar subscription",
    "feed.closed": "Closed the calendar subscription",
    "suppression.began": "Mails to her stopped",
    "suppression.lifted": "Mails to her go out again",
    "delivery.resent": "A mail was sent again",
    "delivery.skipped": "Left out of a planned mail",
    "person.noted": "Wrote a note",
    "person.tagged": "Put a tag on her",
    "person.untagged": "Took a tag off her",
    "person.merged": "Two addresses became one person",
    "consent.given": "",
    "consent.withdrawn": "",
    "invite.answered": "",
}


def changed(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """What the audit log has of her and of her places; what another source tells is left out."""
    subjects = [f"person:{id_}" for id_ in whose.people] + [f"registration:{id_}" for id_ in whose.places]
    told = [action for action, words in _CHANGES.items() if not words] + ["person.noted"]
    rows = _newest(
        AuditEntry,
        select(AuditEntry).where(AuditEntry.subject.in_(subjects), AuditEntry.action.not_in(told)),
        AuditEntry.at,
        until,
        limit,
    )
    for (row,) in rows:
        kind, _, id_ = row.subject.partition(":")
        cohort = whose.places.get(int(id_), "") if kind == "registration" else ""
        yield Item(
            row.at,
            "changed",
            _CHANGES.get(row.action) or action_words(row.action),
            _said(row.detail),
            cohort,
            actor=row.actor,
        )


def _said(detail: Mapping[str, Any]) -> str:
    """The details a reader can use."""
    told = {
        "tag": "Tag: {}.",
        "reason": "{}",
        "new": "The new one: {}.",
        "offered_to": "To {}.",
        "cohort": "Cohort: {}.",
        "told": "",
        "kind": "The {}.",
    }
    parts = []
    for name, words in told.items():
        if name in detail and words:
            value = KINDS.get(str(detail[name]), detail[name]) if name == "kind" else detail[name]
            parts.append(words.format(value))
    if detail.get("told") is False:
        parts.append("She was not told.")
    return " ".join(parts)


def asked(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """Tasks that came up, and their end."""
    rows = _newest(Task, select(Task).where(Task.registration_id.in_(whose.places)), Task.created_at, until, limit)
    for (row,) in rows:
        state = "done" if row.done_at else "open"
        yield Item(row.created_at, "task", row.text, "", whose.places[row.registration_id], state)


def noted(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """Notes of the staff."""
    rows = _newest(
        PersonNote,
        select(PersonNote).where(PersonNote.person_id.in_(whose.people)),
        PersonNote.written_at,
        until,
        limit,
    )
    for (row,) in rows:
        yield Item(row.written_at, "note", "Note", row.text, actor=row.author)


def registered(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """When she took her places."""
    rows = _newest(
        Registration,
        select(Registration).where(Registration.id.in_(whose.places)),
        Registration.registered_at,
        until,
        limit,
    )
    for (row,) in rows:
        yield Item(row.registered_at, "place", "Took a place", "", whose.places[row.id])


def came_with(whose: Whose, until: datetime | None, limit: int) -> Iterator[Item]:
    """By whom she was asked to come, and with which code she came in."""
    uses = select(CodeUse, AccessCode.code, AccessCode.label).join(AccessCode, AccessCode.id == CodeUse.code_id)
    rows = _newest(CodeUse, uses.where(CodeUse.registration_id.in_(whose.places)), CodeUse.used_at, until, limit)
    for row, code, label in rows:
        yield Item(row.used_at, "place", f"Came in with the code {code}", label, whose.places[row.registration_id])
    lists = select(Invitation, InvitationList).join(InvitationList, InvitationList.id == Invitation.list_id)
    asked = lists.where(Invitation.registration_id.in_(whose.places))
    for row, by in _newest(Invitation, asked, Invitation.answered_at, until, limit):
        who = ", ".join(filter(None, (by.inviter_name, by.organisation))) if by.kind == "group" else by.title
        said = (
            f"Signed up by {who}, and confirmed herself" if by.kind == "group" else f"Came by an invitation: {who}"
        )
        yield Item(row.answered_at, "place", said, "", whose.places[row.registration_id])


SOURCES: tuple[Source, ...] = (
    mails, came_back, attended, downloaded, answered, agreed, withdrew, changed, asked, noted, registered,
    came_with,
)  # fmt: skip


def _from(network: str) -> str:
    return f", from the network address {network}" if network else ""
