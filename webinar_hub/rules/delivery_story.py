"""One delivery explained in words: what it is, what has happened to it, what happens next, and why not.

Pure: facts in, lines out. How a moment is written is the reader's choice and comes in as `say`. The states are
those of `docs/message-states.md`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from webinar_hub.rules.delivery import PATIENCE, topic_of

Say = Callable[[datetime], str]

# Due for longer than this, somebody should have sent it.
LATE = timedelta(minutes=2)
# How long a mail may be tried that is sent although its sense had passed.
FORCED_LIFE = timedelta(days=1)
KINDS = {
    "confirmation": "confirmation of a sign-up",
    "invite": "invite to one session",
    "reminder": "reminder",
    "live": "“we are live”",
    "drop": "bonus",
    "catch_up": "bonuses that opened during a pause",
    "thank_you": "thank-you",
    "session_changed": "news that a session moved",
    "session_added": "news of one more session",
    "session_cancelled": "news that a session was cancelled",
    "cohort_cancelled": "news that the cohort was cancelled",
    "registration_cancelled": "word that a place was given back",
    "calendar_cancel": "withdrawal of one calendar entry",
    "arranged": "word that what she needs is arranged",
    "my_link": "new personal link",
    "prove": "question whether the address is hers",
    "waitlisted": "word of her number in the waitlist",
    "offer": "offer of a seat",
    "offer_over": "word that her offer ran out",
    "applied": "word that her sign-up waits for a decision",
    "declined": "word that her sign-up was declined",
    "waitlist_left": "word that she left the waitlist",
    "waitlist_over": "word that the waitlist is closed",
    "announcement": "announcement",
    "news": "news",
    "notice": "mail to staff, or a test",
}


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """A delivery and what it hangs on; moments are aware UTC.

    `cohort` is empty for a notice.
    `lease` says whether somebody holds it by the database's clock; `on_the_wire` that its sender has not yet said
    what happened. `by_hand` is what operators did to it.
    """

    id: int
    key: str
    kind: str
    state: str
    attempts: int
    created_at: datetime
    due_at: datetime
    expires_at: datetime | None
    composed_at: datetime | None
    sent_at: datetime | None
    reply: str
    lease: Literal["held", "run out", "none"]
    on_the_wire: bool
    about: str
    cohort: str
    name: str
    email: str
    place_cancelled: bool
    session_cancelled: bool
    reminders_off: bool
    bonuses_off: bool
    suppressed: bool
    planned: bool
    by_hand: tuple[str, ...] = ()


def story(facts: DeliveryFacts, now: datetime, say: Say, *, commands: bool = True) -> list[str]:
    """Everything there is to know about a delivery, a sentence or two a line.

    With `commands` it names what to type where something can be done; a page has buttons for that.
    """
    about = f" about “{facts.about}”" if facts.about else ""
    cohort = f", of {facts.cohort}" if facts.cohort else ""
    return [
        f"Delivery {facts.id} is the {KINDS.get(facts.kind, facts.kind)}{about}{cohort}.",
        f"It goes to {facts.name} <{facts.email}>." if facts.name else f"It goes to {facts.email}.",
        _origin(facts, say),
        *([_attempts(facts, say)] if facts.attempts else ["No attempt to send it has been made."]),
        *facts.by_hand,
        *_now(facts, now, say),
        *(_commands(facts) if commands else ()),
        f"Its key is {facts.key}; the mail carries it as X-Entity-Ref-ID.",
    ]


def obstacle(facts: DeliveryFacts) -> str:
    """Why a sender would find nothing to say, so that it is cancelled when its turn comes; "" without a reason."""
    topic = topic_of(facts.kind)
    farewell = facts.kind in ("registration_cancelled", "calendar_cancel", "cohort_cancelled", "session_cancelled")
    if facts.place_cancelled and not farewell and facts.kind != "my_link":
        return "The place was given back."
    if (topic == "reminders" and facts.reminders_off) or (topic == "bonuses" and facts.bonuses_off):
        return "She has ended mails of this kind."
    if facts.session_cancelled and facts.kind in ("invite", "reminder", "live", "session_changed", "session_added"):
        return "The session was cancelled."
    return ""


def retry_refusal(state: str, expires_at: datetime | None, now: datetime, *, on_the_wire: bool) -> tuple[str, bool]:
    """Why a delivery must not be put back into the queue ("" when it may), and whether force may do it."""
    if state == "sent":
        return "It was sent: a second one would be a repetition.", False
    if state in ("queued", "sending"):
        return "It is waiting or on its way already.", False
    if on_the_wire:
        return "It was cancelled while it was on the wire, and its sender has not said what happened.", True
    if expires_at is not None and expires_at <= now:
        return "Its sense has passed: it would come too late.", True
    return "", False


def _origin(facts: DeliveryFacts, say: Say) -> str:
    because = "when its message of the plan came due" if facts.planned else "by the change it tells of"
    return f"It was written into the outbox on {say(facts.created_at)}, {because}."


def _attempts(facts: DeliveryFacts, say: Say) -> str:
    times = "Once" if facts.attempts == 1 else f"{facts.attempts} times"
    first = f", first on {say(facts.composed_at)}" if facts.composed_at else ""
    said = f" The last answer: {facts.reply}" if facts.reply else " No answer is known."
    return f"{times} a sender has taken it up{first}.{said}"


def _now(facts: DeliveryFacts, now: datetime, say: Say) -> Iterator[str]:
    yield from {
        "queued": _queued,
        "sending": _sending,
        "sent": _sent,
        "failed": _failed,
        "expired": _expired,
        "cancelled": _cancelled,
        "suppressed": _suppressed,
    }[facts.state](facts, now, say)


def _queued(facts: DeliveryFacts, now: datetime, say: Say) -> Iterator[str]:
    if facts.expires_at is not None and facts.expires_at <= now:
        yield f"It waits, but its sense passed on {say(facts.expires_at)}: it will be marked expired, and not sent."
        return
    if facts.due_at > now:
        again = "It is tried again on" if facts.attempts else "It goes out on"
        yield f"{again} {say(facts.due_at)}. {_end(facts, say)}"
    else:
        yield f"It has been due since {say(facts.due_at)}: the next free sender takes it. {_end(facts, say)}"
        if now - facts.due_at > LATE:
            yield "That is late. Is a worker running, does the mail server answer? `webinar-hub doctor` says."
    if why := obstacle(facts):
        yield f"{why} So it will be cancelled when its turn comes."
    elif facts.suppressed:
        yield "Her address is suppressed: mails to it came back or she complained."


def _end(facts: DeliveryFacts, say: Say) -> str:
    """When it is given up. A mail without an end of its own is tried for five days (RFC 5321 4.5.4.1)."""
    if facts.expires_at is not None:
        return f"It makes sense until {say(facts.expires_at)}; then it is given up."
    return f"While the server says “not now” it is tried until {say(facts.created_at + PATIENCE)}."


def _sending(facts: DeliveryFacts, _: datetime, __: Say) -> Iterator[str]:
    if facts.lease == "held":
        yield "A sender is busy with it at this moment."
    else:
        yield "Its sender died or stands still: the lease has run out, and the next free sender takes it over."


def _sent(facts: DeliveryFacts, _: datetime, say: Say) -> Iterator[str]:
    moment = f" on {say(facts.sent_at)}" if facts.sent_at else ""
    yield f"The mail server took it{moment}. Nothing more happens; whether she has read it nobody here knows."


def _failed(facts: DeliveryFacts, _: datetime, __: Say) -> Iterator[str]:
    if re.match(r"5\d\d", facts.reply):
        yield "The mail server refused it for good. Look at what it said: often the address does not exist."
    elif re.match(r"4\d\d", facts.reply):
        yield "The mail server said “not now” until it made no sense to go on."
    elif facts.reply.startswith("Cannot be composed"):
        yield "It could not be composed. That is a fault of this program or of a template; the log says more."
    else:
        yield "It cannot be sent."


def _expired(facts: DeliveryFacts, _: datetime, say: Say) -> Iterator[str]:
    end = f" after {say(facts.expires_at)}" if facts.expires_at else ""
    yield f"It was not sent in time and makes no sense{end}."


def _cancelled(facts: DeliveryFacts, _: datetime, __: Say) -> Iterator[str]:
    if facts.on_the_wire:
        yield "It was cancelled while it was on the wire; if the server takes it after all, it becomes “sent”."
    why = obstacle(facts) or "She left or unsubscribed, its session moved, or it was cancelled by hand."
    yield f"It was cancelled before it was sent. {why}"


def _suppressed(facts: DeliveryFacts, _: datetime, __: Say) -> Iterator[str]:
    yield "It was not sent, because mails to her address are stopped: they came back, or she complained."


def _commands(facts: DeliveryFacts) -> Iterator[str]:
    """What to type to send it after all."""
    if facts.state == "failed":
        yield f"When the cause is mended: `webinar-hub outbox retry {facts.id}`."
    if facts.state == "expired":
        yield f"To send it all the same: `webinar-hub outbox retry --force {facts.id}`."
    if facts.state != "suppressed":
        return
    lift = f"`webinar-hub suppressions lift {facts.email}`, then " if facts.suppressed else ""
    yield f"When she can be reached again: {lift}`webinar-hub outbox retry {facts.id}`."
