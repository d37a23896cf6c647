"""Where a registration stands, and every step it may take from there; `docs/registration-states.md` draws it.

What a step costs and whom it tells is decided in the services; here is only what follows what. Nobody is stored as
"no-show": that is somebody confirmed of whom the append-only evidence of joining has nothing, and is worked out.
"""

from enum import StrEnum

from webinar_hub.core.errors import Conflict
from webinar_hub.core.language import gettext as _


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
    WAIT = "wait"
    OFFER = "offer"
    ACCEPT = "accept"
    LET_GO = "let go"
    EXPIRE = "expire"
    REVIEW = "review"
    CANCEL = "cancel"
    RETURN = "return"


HOLDS_SEAT = frozenset({State.CONFIRMED, State.OFFERED})
"""Those counted in `Cohort.seats_taken`."""
ENTRANCES = frozenset({State.UNPROVEN, State.PENDING, State.WAITLISTED, State.CONFIRMED})
"""Where a new registration may begin, and somebody who comes back begins again."""

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
    (State.OFFERED, Step.EXPIRE): frozenset({State.WAITLISTED, State.CANCELLED}),
    (State.OFFERED, Step.CANCEL): frozenset({State.CANCELLED}),
    (State.CONFIRMED, Step.REVIEW): frozenset({State.PENDING}),
    (State.CONFIRMED, Step.CANCEL): frozenset({State.CANCELLED}),
    (State.DECLINED, Step.APPROVE): frozenset({State.CONFIRMED, State.WAITLISTED}),
    (State.CANCELLED, Step.RETURN): ENTRANCES,
}


class IllegalStep(Conflict):
    """A step that does not follow from where the registration stands; nothing was changed."""

    def __init__(self, state: State, step: Step) -> None:
        super().__init__(_("Somebody was quicker: this place is no longer what it was. Load the page again."))
        self.state, self.step = state, step


def following(state: State, step: Step, wanted: State) -> State:
    """Where the step leads, which is `wanted`. Raises IllegalStep where it may not."""
    if wanted not in FOLLOWS.get((state, step), frozenset()):
        raise IllegalStep(state, step)
    return wanted
