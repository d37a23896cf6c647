"""What the messages of the plan are called where an organizer reads of them."""

from datetime import timedelta

from webinar_hub.documents.when import duration_in_words

_KINDS = {
    "reminder": "reminder",
    "live": "we are live",
    "drop": "bonus drop",
    "catch_up": "bonuses of a pause",
    "thank_you": "thank-you",
    "session_changed": "session moved",
    "session_added": "new session",
    "session_cancelled": "session cancelled",
    "cohort_cancelled": "cohort cancelled",
    "confirmation": "confirmation",
    "invite": "invite to one session",
    "registration_cancelled": "place given back",
    "announcement": "announcement",
    "news": "news",
    "notice": "mail to staff, or a test",
    "calendar_cancel": "calendar entry withdrawn",
    "arranged": "something arranged for her",
    "my_link": "new personal link",
    "prove": "question whether the address is hers",
    "waitlisted": "number in the waitlist",
    "offer": "offer of a seat",
    "offer_over": "offer that ran out",
    "applied": "sign-up that waits for a decision",
    "declined": "sign-up declined",
    "waitlist_left": "waitlist left",
    "waitlist_over": "waitlist closed",
}


def message_words(kind: str, lead: timedelta | None = None) -> str:
    """A kind of message, a reminder with its distance to the start: "reminder, 1 hour before"."""
    words = _KINDS.get(kind, kind)
    return f"{words}, {duration_in_words(lead)} before" if lead else words
