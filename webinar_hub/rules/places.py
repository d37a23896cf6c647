"""Where a registration stands, and every step it may take from there; `docs/registration-states.md` draws it.

What a step costs and whom it tells is decided in the services; here is only what follows what. Nobody is stored as
"no-show": that is somebody confirmed of whom the append-only evidence of joining has nothing, and is worked out.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from webinar_hub.core.errors import Conflict
from webinar_hub.core.language import gettext as _
from webinar_hub.rules.calendar_mail import CANCELS


class State(StrEnum):
    """Where a registration stands."""

    UNPROVEN = "unproven"
    """She has not shown yet that the address is hers (double opt-in): nothing but that question is mailed."""
    PENDING = "pending"
    """The organizer has not decided yet."""
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    """A seat is held for her until her offer runs out."""
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    """The organizer said no."""
    CANCELLED = "cancelled"
    """She or the organizer gave the place back."""


class Step(StrEnum):
    """What can happen to a registration."""

    PROVE = "prove"
    APPROVE = "approve"
    DECLINE = "decline"
    OFFER = "offer"
    ACCEPT = "accept"
    LET_GO = "let go"
    EXPIRE = "expire"
    TAKE_BACK = "take back"
    """An organizer takes an offer back: she waits where she waited."""
    REVIEW = "review"
    CANCEL = "cancel"
    RETURN = "return"


HOLDS_SEAT = frozenset({State.CONFIRMED, State.OFFERED})
"""Those counted in `Cohort.seats_taken`, beside the few whose seat is kept while they are looked at again."""
ENTRANCES = frozenset({State.UNPROVEN, State.PENDING, State.WAITLISTED, State.CONFIRMED})
"""Where a new registration may begin, and somebody who comes back begins again."""
HOPES = frozenset({State.UNPROVEN, State.PENDING, State.WAITLISTED, State.OFFERED})
"""Those who have no place yet, and may still get one."""
GONE = frozenset({State.DECLINED, State.CANCELLED})

FOLLOWS: dict[tuple[State, Step], frozenset[State]] = {
    (State.UNPROVEN, Step.PROVE): frozenset({State.PENDING, State.WAITLISTED, State.CONFIRMED}),
    (State.UNPROVEN, Step.CANCEL): frozenset({State.CANCELLED}),
    (State.PENDING, Step.APPROVE): frozenset({State.CONFIRMED, State.WAITLISTED}),
    (State.PENDING, Step.DECLINE): frozenset({State.DECLINED}),
    (State.PENDING, Step.CANCEL): frozenset({State.CANCELLED}),
    (State.WAITLISTED, Step.OFFER): frozenset({State.OFFERED}),
    (State.WAITLISTED, Step.APPROVE): frozenset({State.CONFIRMED}),
    (State.WAITLISTED, Step.DECLINE): frozenset({State.DECLINED}),
    (State.WAITLISTED, Step.CANCEL): frozenset({State.CANCELLED}),
    (State.OFFERED, Step.ACCEPT): frozenset({State.CONFIRMED}),
    (State.OFFERED, Step.LET_GO): frozenset({State.CANCELLED}),
    (State.OFFERED, Step.EXPIRE): frozenset({State.CANCELLED}),
    (State.OFFERED, Step.TAKE_BACK): frozenset({State.WAITLISTED}),
    (State.OFFERED, Step.CANCEL): frozenset({State.CANCELLED}),
    (State.CONFIRMED, Step.REVIEW): frozenset({State.PENDING}),
    (State.CONFIRMED, Step.CANCEL): frozenset({State.CANCELLED}),
    (State.DECLINED, Step.APPROVE): frozenset({State.CONFIRMED, State.WAITLISTED}),
    (State.CANCELLED, Step.RETURN): ENTRANCES,
}

WORDS = {
    State.UNPROVEN: "address not proven",
    State.PENDING: "waits for a decision",
    State.WAITLISTED: "on the waitlist",
    State.OFFERED: "seat offered",
    State.CONFIRMED: "confirmed",
    State.DECLINED: "declined",
    State.CANCELLED: "cancelled",
}
"""What the studio calls each state."""

LAST_OFFER = timedelta(minutes=15)
"""So long before the start of the last chance the last offer is made: nobody can rearrange an evening in less."""
SHARE = 4
"""An offer takes no more than this part of the time that is left: enough for three more who are asked after her."""


class IllegalStep(Conflict):
    """A step that does not follow from where the registration stands; nothing was changed.

    `subject` and `actor` are for the audit log, where a service knows them.
    """

    def __init__(self, state: State, step: Step) -> None:
        super().__init__(
            _("Somebody was quicker: this place is no longer what it was. Load the page again to see what it is.")
        )
        self.state, self.step = state, step
        self.subject = self.actor = ""


def following(state: State, step: Step, wanted: State) -> State:
    """Where the step leads, which is `wanted`. Raises IllegalStep where it may not."""
    if wanted not in FOLLOWS.get((state, step), frozenset()):
        raise IllegalStep(state, step)
    return wanted


def holds_seat(state: str, *, kept: bool) -> bool:
    """Whether a seat is counted for her; `kept` while she is looked at again."""
    return state in HOLDS_SEAT or kept


def first_stop(*, proves_address: bool, needs_approval: bool, proven: bool, approved: bool) -> State | None:
    """Where she waits before a seat is looked for: what the cohort asks, and what she has shown; None: nowhere."""
    if proves_address and not proven:
        return State.UNPROVEN
    if needs_approval and not approved:
        return State.PENDING
    return None


def offer_end(starts: Iterable[datetime], offer_minutes: int, now: datetime) -> datetime | None:
    """Until when a seat offered now is held; None when it is too late for offers (FEATURES A5).

    `starts` are the starts of the sessions that take place: one that is nearer than a quarter of an hour is no
    chance any more. She has the cohort's minutes, but no more than a quarter of what is left to the next chance.
    """
    chances = [start for start in starts if start - now >= LAST_OFFER]
    if not chances:
        return None
    return now + min(timedelta(minutes=offer_minutes), (min(chances) - now) / SHARE)


# Mails that speak of a place, and those that speak of the way to one, with where she must stand to be sent them.
_NEEDS_A_PLACE = frozenset(
    (
        "confirmation",
        "invite",
        "reminder",
        "live",
        "drop",
        "thank_you",
        "session_changed",
        "session_added",
    )
)
_ON_THE_WAY = {
    "prove": frozenset({State.UNPROVEN}),
    "waitlisted": frozenset({State.WAITLISTED}),
    "offer": frozenset({State.OFFERED}),
    "applied": frozenset({State.PENDING}),
    "declined": frozenset({State.DECLINED}),
    "offer_over": frozenset({State.CANCELLED}),
    "waitlist_left": frozenset({State.CANCELLED}),
    "waitlist_over": frozenset({State.CANCELLED}),
}
WAY_KINDS = frozenset(_ON_THE_WAY)


def may_be_told(kind: str, state: str) -> bool:
    """Whether a mail of this kind is still true for somebody who stands there by now."""
    if state == State.UNPROVEN and kind not in CANCELS:
        # Until she has shown that the address is hers, nothing else goes to it.
        return kind == "prove"
    if kind in CANCELS | {"my_link", "news"}:
        return True
    if kind in _ON_THE_WAY:
        return state in _ON_THE_WAY[kind]
    return state == State.CONFIRMED if kind in _NEEDS_A_PLACE else state not in GONE
