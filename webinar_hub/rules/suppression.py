"""When an address is no longer written to (FEATURES D8), and what follows for what it would have been sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from webinar_hub.rules.delivery import topic_of
from webinar_hub.rules.mail_events import EventKind

SOFT_BOUNCES = 3
SOFT_WINDOW = timedelta(days=14)
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Told:
    """A fact that has just come in, with what is known of her address.

    `soft_deliveries` counts the different mails that bounced softly within the window, this one included.
    """

    kind: EventKind
    happened_at: datetime
    detail: str
    soft_deliveries: int
    lifted_at: datetime | None


def soft_bounces_since(now: datetime, lifted_at: datetime | None) -> datetime:
    """From when on soft bounces count: 14 days, or since somebody said that the address is good again."""
    return max(now - SOFT_WINDOW, lifted_at) if lifted_at else now - SOFT_WINDOW


def suppression_reason(told: Told) -> str:
    """Why she is written to no more, in words for the organizer; "" while she still is.

    What happened before the address was last declared good comes too late.
    """
    if told.lifted_at is not None and told.happened_at <= told.lifted_at:
        return ""
    detail = f": {told.detail}" if told.detail else "."
    if told.kind == "bounced_hard":
        return f"Her mail server refused the address{detail}"[:LONGEST_REASON]
    if told.kind == "complained":
        return "She marked a mail as spam."
    if told.kind == "bounced_soft" and told.soft_deliveries >= SOFT_BOUNCES:
        words = f"{told.soft_deliveries} mails in 14 days could not be delivered"
        return f"{words}, the last{detail}"[:LONGEST_REASON]
    return ""


def ends_topics(kind: EventKind) -> bool:
    """Whether it also ends her reminders and bonuses, as if she had unsubscribed."""
    return kind in ("complained", "unsubscribed")


def needs_a_person(kind: str) -> bool:
    """Whether a mail of this kind that is not sent has to reach her in another way.

    What she could switch off herself is left out; what belongs to her place is told by telephone.
    """
    return topic_of(kind) == "service"


# What she ought to know, by the kind of mail that would have told her; {session} is its title.
_NEWS = {
    "confirmation": "Her place is confirmed.",
    "invite": "She has no calendar entry for {session}.",
    "session_changed": "{session} was moved{time}.",
    "session_cancelled": "{session} was cancelled.",
    "session_added": "A session was added: {session}{time}.",
    "cohort_cancelled": "The whole cohort was cancelled.",
    "registration_cancelled": "Her place was given back.",
    "calendar_cancel": "{session} has to be taken out of her calendar.",
    "arranged": "What she needs to take part is arranged.",
    "announcement": "There is an announcement she has not got: the outbox says which.",
    "prove": "She was to show that the address is hers before she gets a place: ask for another address.",
    "waitlisted": "She is on the waitlist.",
    "offer": "A seat is held for her, and she has to accept it on her page.",
    "offer_over": "The seat that was held for her went to somebody else, because she did not answer in time.",
    "applied": "Her sign-up waits for your decision.",
    "declined": "Her sign-up was declined.",
    "waitlist_left": "She is no longer on the waitlist.",
    "waitlist_over": "No seat came free for her.",
    "my_link": "She asked for her personal link, which can only be sent by mail: ask for another address.",
}


def call_words(kind: str, session: str, when: str) -> str:
    """The task that takes the place of a mail of this kind; `session` and `when` may be ""."""
    named = f"“{session}”" if session else "the session"
    news = _NEWS.get(kind, "There is news about her place.")
    words = news.format(session=named, time=f" and begins {when}" if when else "")
    return f"Call this person: a mail could not reach her. {words[:1].upper()}{words[1:]}"
