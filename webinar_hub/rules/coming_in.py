"""How long a sign-in and a one-time link last, and who may be taken out of the team."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from webinar_hub.core.errors import NotFound
from webinar_hub.rules.staff import Membership, Role


class LinkUsedUp(NotFound):
    """The link was used, has expired, or never was one; the three are told apart by nothing."""

    def __init__(self) -> None:
        super().__init__(
            "This link has been used already, or is too old. Nothing was changed. "
            "Ask for a new one: on the sign-in page, or from whoever invited you."
        )


class Purpose(StrEnum):
    """What a one-time link does."""

    OWNER = "owner"
    """Makes the first owner; it is printed where the service runs, and nobody can ask for it."""
    INVITATION = "invitation"
    """Lets somebody who was invited choose her name, zone and password."""
    RESET = "reset"
    """Lets somebody choose a new password."""
    SIGN_IN = "sign-in"
    """Signs somebody in."""
    EMAIL = "e-mail"
    """Proves that a new address is hers."""


LIVES = {
    Purpose.OWNER: timedelta(days=1),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.RESET: timedelta(hours=1),
    Purpose.SIGN_IN: timedelta(minutes=15),
    Purpose.EMAIL: timedelta(hours=2),
}
# Without a sign for so long a browser is signed out: hers, and one that others may sit down at.
STAYS = timedelta(days=30)
RESTS = timedelta(hours=12)
# That it was seen is written down at most so often.
SEEN_EVERY = timedelta(minutes=10)

EVERYWHERE = "*"
"""What a form says for "every webinar"."""


def is_signed_in(seen_at: datetime, *, stays: bool, now: datetime) -> bool:
    """Whether a browser that was last seen then still is signed in."""
    return now - seen_at < (STAYS if stays else RESTS)


def is_owner(memberships: Iterable[Membership]) -> bool:
    """Whether these make somebody an owner of the whole installation."""
    return any(member.role == Role.OWNER and member.webinar_id is None for member in memberships)


def leaves_no_owner(owners: Iterable[int], who: int, after: Iterable[Membership]) -> bool:
    """Whether nobody could let anybody in any more, once `who` has only the memberships `after`.

    `owners` are the ids of all who are owners now and can sign in.
    """
    return not is_owner(after) and set(owners) == {who}


def tidied(memberships: Iterable[Membership]) -> tuple[Membership, ...]:
    """Each webinar once, the first named counts; owners own everything. In order, everything first."""
    kept: dict[int | None, Membership] = {}
    for member in memberships:
        where = None if member.role == Role.OWNER else member.webinar_id
        kept.setdefault(where, Membership(member.role, where))
    return tuple(sorted(kept.values(), key=lambda member: (member.webinar_id is not None, member.webinar_id or 0)))
