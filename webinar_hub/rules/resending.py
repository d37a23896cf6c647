"""May a mail be sent once more? What would say something that is not so any more is refused, in words."""

from dataclasses import dataclass

from webinar_hub.rules.calendar_mail import CANCELS
from webinar_hub.rules.delivery import topic_of
from webinar_hub.rules.places import WAY_KINDS, WORDS, State, may_be_told

ABOUT_WHAT_TAKES_PLACE = frozenset(("invite", "reminder", "live", "session_changed", "session_added"))


@dataclass(frozen=True, slots=True)
class Sendable:
    """A delivery with all that decides; `session_state` is "" for a mail about none."""

    kind: str
    state: str
    place_state: str
    cohort_state: str
    session_state: str
    session_over: bool
    anything_ahead: bool
    reminders_off: bool
    bonuses_off: bool
    mail_stopped: bool


def resend_refusal(mail: Sendable) -> str:
    """Why it is not sent again; "" when it is."""
    if mail.state in ("queued", "sending"):
        return "This mail has not gone out yet. It leaves by itself."
    if mail.mail_stopped:
        return "Mails to her address are stopped. Lift that first, then send it again."
    return _by_place(mail) or _by_session(mail) or _by_wish(mail)


def _by_place(mail: Sendable) -> str:
    if mail.place_state == "unproven" and mail.kind != "prove":
        return "She has not shown yet that the address is hers, so nothing but that question goes to it."
    if mail.kind == "prove" and mail.place_state != "unproven":
        return "She has shown that the address is hers, or left."
    if mail.place_state == State.CANCELLED and mail.kind not in CANCELS | {"my_link"} | WAY_KINDS:
        return "Her place is cancelled, so this mail would be wrong."
    if not may_be_told(mail.kind, mail.place_state):
        return f"Her place is not what this mail says any more ({WORDS[State(mail.place_state)]})."
    # It would take out of her calendar what she has a place in.
    still_on = mail.cohort_state != "cancelled" and mail.session_state != "cancelled"
    if mail.place_state == "confirmed" and still_on and mail.kind in CANCELS:
        return "She has a place and the date is on, so this mail would be wrong."
    return ""


def _by_session(mail: Sendable) -> str:
    if mail.kind in ABOUT_WHAT_TAKES_PLACE and mail.session_state == "cancelled":
        return "That session was cancelled."
    if mail.session_over and mail.kind in ABOUT_WHAT_TAKES_PLACE | {"session_cancelled", "calendar_cancel"}:
        return "That session is over."
    if mail.kind == "confirmation" and not mail.anything_ahead:
        return "No session of this cohort is ahead."
    return ""


def _by_wish(mail: Sendable) -> str:
    off = {"reminders": mail.reminders_off, "bonuses": mail.bonuses_off}
    if off.get(topic_of(mail.kind)):
        return "She has ended these mails. On her own page she can ask for them again."
    return ""
