"""What a mail is made from: facts all recipients share, and those only she has; email.py makes bytes of both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from webinar_hub.core import language
from webinar_hub.documents.calendar_session import CalendarSession
from webinar_hub.documents.look import HOUSE_LOOK, Look

Topic = Literal["service", "reminders", "bonuses", "news"]
CalendarMethod = Literal["REQUEST", "CANCEL"]

_SESSION = ("session", "session_title")

NEEDS: Mapping[str, tuple[str, ...]] = {
    "confirmation": ("webinar_slug", "webinar_title", "sessions"),
    "invite": (*_SESSION, "session_number", "session_count", "calendar_method"),
    "reminder": (*_SESSION, "lead"),
    "live": _SESSION,
    "drop": ("drop_title", "drop_public_id"),
    "catch_up": ("webinar_title", "drops"),
    "thank_you": ("webinar_title",),
    "session_changed": (*_SESSION, "old_starts_at"),
    "session_cancelled": _SESSION,
    "session_added": _SESSION,
    "cohort_cancelled": ("webinar_title",),
    "registration_cancelled": ("webinar_title",),
    "calendar_cancel": (*_SESSION, "calendar_method"),
    "arranged": ("webinar_title",),
    "my_link": (),
    "prove": ("webinar_title",),
    "waitlisted": ("webinar_title", "position"),
    "offer": ("webinar_title", "until"),
    "offer_over": ("webinar_title",),
    "applied": ("webinar_title",),
    "declined": ("webinar_title",),
    "waitlist_left": ("webinar_title",),
    "waitlist_over": ("webinar_title",),
    "announcement": ("own_subject", "own_words"),
}
"""Each kind of mail with the fields of a letter it cannot do without; its words are a folder of templates."""

KINDS = frozenset(NEEDS)


class UnknownKind(KeyError):
    """There are no templates for this kind of mail: a row of a newer or older release, to be parked (F13)."""


class IncompleteLetter(ValueError):
    """A letter lacks a fact that its kind speaks of."""


@dataclass(frozen=True, slots=True)
class LetterSession:
    """One date in a list of dates; moments are aware UTC."""

    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class LetterDrop:
    """One bonus in a list of several."""

    public_id: str
    title: str
    surprise: bool


@dataclass(frozen=True, slots=True)
class LetterMaterial:
    """Something in a bonus: a file with its `extension` (no dot) and `size` in bytes, or, with a `link`, a page."""

    id: int
    title: str
    description: str
    link: str
    extension: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What all recipients in one zone share; equal letters are rendered once, so nothing personal may be in it.

    Texts are as people typed them. `note` and `drop_note` are Markdown. `lead` is a reminder's distance to the
    start; in a confirmation it says that the first session starts within it, so that the mail is to have its join
    button (give a round figure there, not the exact rest: each figure is a rendering of its own). `from_name` and
    `reply_to` stand in for the organizer's in the headers where they are set.
    `position` is a number in the waitlist, from 1 on, `until` (aware UTC) the end of an offer, `reason` why an
    organizer said no, `seat_kept` whether her seat is kept while she is looked at again. Who shares a letter
    shares these, too.
    `own_subject` and `own_words` (Markdown) are an organizer's, with the placeholders of `rules/wording.py`; where
    they are empty, the mail says what its templates say, in `language`.
    Raises UnknownKind, and IncompleteLetter when the kind's facts (`NEEDS`) or a calendar's session are missing.
    """

    kind: str
    webinar_slug: str
    webinar_title: str
    cohort_title: str
    cohort_zone: str
    recipient_zone: str
    organizer_name: str
    organizer_email: str
    sender: str
    base_url: str
    host: str
    session: CalendarSession | None = None
    session_title: str = ""
    session_number: int = 0
    session_count: int = 0
    lead: timedelta | None = None
    old_starts_at: datetime | None = None
    sessions: tuple[LetterSession, ...] = ()
    drop_public_id: str = ""
    drop_title: str = ""
    drop_note: str = ""
    surprise: bool = False
    materials: tuple[LetterMaterial, ...] = ()
    drops: tuple[LetterDrop, ...] = ()
    note: str = ""
    next_step_text: str = ""
    next_step_url: str = ""
    calendar_method: CalendarMethod | None = None
    topic: Topic = "service"
    from_name: str = ""
    reply_to: str = ""
    look: Look = HOUSE_LOOK
    own_subject: str = ""
    own_words: str = ""
    language: str = language.DEFAULT
    position: int = 0
    until: datetime | None = None
    reason: str = ""
    seat_kept: bool = False

    def __post_init__(self) -> None:
        if self.kind not in NEEDS:
            raise UnknownKind(self.kind)
        missing = [field for field in NEEDS[self.kind] if not getattr(self, field)]
        if self.calendar_method and not self.session:
            missing.append("session")
        if missing:
            raise IncompleteLetter(f"a letter of kind {self.kind} needs {', '.join(missing)}")

    @property
    def from_address(self) -> str:
        """The envelope's and From's address: the configured sender, else the organizer's own."""
        return self.sender or self.organizer_email

    @property
    def can_be_unsubscribed(self) -> bool:
        """Whether she may end such mails with one click; mails about her place itself always come."""
        return self.topic != "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """What only she has. Every field is the same on every attempt, so that the bytes are, too (F3).

    `key` is the delivery's logical key, `message_id` is without angle brackets, `composed_at` (aware UTC) becomes
    Date and DTSTAMP, `calendar_revision` SEQUENCE; `downloads` has one personal link per material of the letter,
    in its order. `return_path` is the envelope sender, where it is not the letter's own address; a mail to
    `unsubscribe_address`, if there is one, unsubscribes.
    """

    name: str
    email: str
    key: str
    message_id: str
    composed_at: datetime
    me_link: str
    unsubscribe_link: str
    registration_public_id: str
    calendar_revision: int = 0
    return_path: str = ""
    unsubscribe_address: str = ""
    offer_link: str = ""
    downloads: tuple[str, ...] = ()
