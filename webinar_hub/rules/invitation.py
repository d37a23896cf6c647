"""Invitations: what may be sent to whom and how often, and what a manager is told of her people."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal, cast

from webinar_hub.core.tokens import Tokens

Answer = Literal["planned", "invited", "registered", "declined", "withdrawn", "bounced"]
Progress = Literal["invited", "confirmed", "waiting", "declined", "withdrawn", "bounced"]
STATES: tuple[Answer, ...] = ("planned", "invited", "registered", "declined", "withdrawn", "bounced")
OPEN: tuple[Answer, ...] = ("planned", "invited")
"""She has not answered yet."""

MOST_IN_GROUP = 50
MOST_IN_LIST = 2000
LONGEST_WORDS = 4000
GROUPS_PER_NETWORK = 10
GUESTS_PER_NETWORK = 100
GROUPS_PER_MANAGER = 5
"""In a day."""
DAY = timedelta(days=1)
APART = timedelta(days=1)
"""Between two of these mails to one address, whoever asked for them (mail-bomb guard)."""
MOST_MAILS = 3
"""To one person about one invitation: the first, and two reminders."""
EVERYWHERE = "all"


@dataclass(frozen=True, slots=True)
class Asked:
    """What decides about one more mail to somebody."""

    state: str
    mails: int
    mailed_at: datetime | None


def may_be_reminded(asked: Asked, now: datetime) -> bool:
    """Whether one more mail may be asked for: she was written to, not lately, not too often, and said nothing."""
    rested = asked.mailed_at is not None and asked.mailed_at + APART <= now
    return asked.state == "invited" and 0 < asked.mails < MOST_MAILS and rested


def progress(state: str, place: str | None) -> Progress:
    """What a manager is told: `place` is the state of the registration that came of the invitation, or None."""
    if state == "registered":
        if place in (None, "confirmed"):
            return "confirmed"
        return "declined" if place in ("cancelled", "declined") else "waiting"
    return "invited" if state in OPEN else cast("Progress", state)


def next_mail(mails: int, remind_after_days: int | None, now: datetime) -> datetime | None:
    """When she is written to again by itself, after the `mails`-th mail that leaves now: one reminder, or None."""
    return now + timedelta(days=remind_after_days) if remind_after_days and mails == 1 else None


def held_until(hours: int | None, now: datetime) -> datetime | None:
    """Until when a seat is kept for somebody who was signed up by another; None for not at all."""
    return now + timedelta(hours=hours) if hours else None


def address_marks(tokens: Tokens, email_key: str) -> list[str]:
    """By what an address that wants no invitations is known again, the last one is what is kept of it.

    Only whoever has the secret key can try whether a mark is that of an address. The first one has no key: so they
    were kept at the beginning, and a "no" of then still holds.
    """
    said = f"invitations:{email_key}"
    return [sha256(said.encode()).hexdigest(), *tokens.fingerprints(said)]


def once_key(form_token: str, *said: str) -> str:
    """What names a form that was filled in: sent again as it was it is known, with other words it is another."""
    return sha256("\n".join((form_token, *said)).encode()).hexdigest()


def scope_of(cohort: int) -> str:
    """The scope of a refusal that concerns one cohort only."""
    return f"cohort:{cohort}"
