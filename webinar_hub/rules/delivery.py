"""Decisions about one delivery: who belongs to an audience, what goes first, when to try again, when to stop."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Topic = Literal["service", "reminders", "bonuses", "news"]
FinalState = Literal["sent", "failed", "expired"]

# Kinds that anybody may switch off; every other kind belongs to the service she signed up for.
TOPICS: dict[str, Topic] = {
    "reminder": "reminders",
    "live": "reminders",
    "drop": "bonuses",
    "catch_up": "bonuses",
    "thank_you": "bonuses",
    "news": "news",
}
# Lower goes first: what a person waits for, then what has an hour, then what may take its time.
PRIORITIES: dict[str, int] = {
    "reminder": 1,
    "live": 1,
    "announcement": 1,
    "drop": 2,
    "catch_up": 2,
    "thank_you": 2,
    "news": 3,
}
ALL_PRIORITIES = (0, 1, 2, 3)

# Minutes between attempts after a temporary refusal; greylisting wants the first three (F9).
BACKOFF_MINUTES = (1, 5, 15, 30, 60, 120, 240)
# After so many attempts a provider's own wish to be asked again soon is no longer followed.
PATIENT_STEPS = 3
# A mail without an end of its own is given up after this long (RFC 5321 4.5.4.1 asks for four to five days).
PATIENCE = timedelta(days=5)
# A mail that cannot even be composed is tried this often: a deploy may bring the missing template back (F13).
COMPOSE_ATTEMPTS = 8
# So often a mail may be in the hands of a process that dies before it is suspected to be the reason.
DEATHS = 3
RESENT_WITHIN = timedelta(hours=2)
# How the token of a lease ends that follows one that ran out.
RESCUED = "~rescued"


def topic_of(kind: str) -> Topic:
    """What a person may switch off to stop mails of this kind; "service" cannot be."""
    return TOPICS.get(kind, "service")


def priority_of(kind: str) -> int:
    """The order among due mails; lower goes first."""
    return PRIORITIES.get(kind, 0)


def registered_before(
    kind: str, due_at: datetime, lead: timedelta | None, next_due: datetime | None = None
) -> datetime:
    """A broadcast goes to those who registered at or before this moment (FEATURES D2).

    Nobody who signed up a moment ago is reminded of what her confirmation just said: a reminder skips those
    who came within its own lead, two hours at most. Where the next reminder of the session is due within two hours
    of this one, and of her sign-up, she gets that one alone: `next_due` is when this one loses its sense.
    Everything else goes to all who were there when it was due.
    """
    if kind != "reminder" or lead is None:
        return due_at
    before = due_at - min(lead, RESENT_WITHIN)
    if next_due is not None and next_due < due_at + lead and next_due - due_at <= RESENT_WITHIN:
        before = min(before, next_due - RESENT_WITHIN)
    return before


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery this process holds until its lease runs out; whoever knows `lease_token` may record it."""

    id: int
    key: str
    kind: str
    registration_id: int | None
    broadcast_id: int | None
    session_id: int | None
    drop_id: int | None
    attempts: int
    created_at: datetime
    composed_at: datetime
    expires_at: datetime | None
    lease_token: str
    due_at: datetime
    notice_id: int | None = None

    @property
    def is_rescued(self) -> bool:
        """Whether it was taken over from somebody whose lease had run out."""
        return self.lease_token.endswith(RESCUED)

    @property
    def is_suspect(self) -> bool:
        """Whether senders died with it in their hands again and again."""
        return self.is_rescued and self.attempts > DEATHS


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """No more tries."""

    state: FinalState


def after_deferral(
    attempts: int,
    *,
    created_at: datetime,
    expires_at: datetime | None,
    now: datetime,
    jitter: float,
    asked: float | None = None,
) -> Retry | Stop:
    """What follows the `attempts`-th temporary refusal; `jitter` from 0 to 1 spreads those that failed together.

    A mail with an end is tried until then; one without for five days. `asked` is how many seconds the provider
    wants us to wait: that long, but not longer than our own longest step, and from the fourth time on not shorter
    than our own step, for it may not know better.
    """
    seconds = BACKOFF_MINUTES[min(attempts, len(BACKOFF_MINUTES)) - 1] * 60.0
    if asked is not None:
        seconds = min(max(asked, seconds if attempts > PATIENT_STEPS else 1.0), BACKOFF_MINUTES[-1] * 60.0)
    next_try = now + timedelta(seconds=seconds * (1 + 0.2 * jitter))
    if expires_at is not None:
        return Retry(next_try) if next_try < expires_at else Stop("expired")
    return Retry(next_try) if next_try < created_at + PATIENCE else Stop("failed")


def after_compose_error(attempts: int, *, now: datetime) -> Retry | Stop:
    """What follows a mail that could not be composed: later again, then parked as failed for people to see."""
    if attempts >= COMPOSE_ATTEMPTS:
        return Stop("failed")
    return Retry(now + timedelta(minutes=BACKOFF_MINUTES[min(attempts, len(BACKOFF_MINUTES)) - 1]))
