"""What is sent to a cohort, and when: a pure function from its sessions and drops to planned messages.

The services store the plan (`services/plan.py`); what an audience is, and how a message becomes mails, is
decided next door in `rules/delivery.py` and by the outbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

# A mail that greets everybody loses its sense, but slowly.
DROP_LIFE = timedelta(days=6)
THANK_YOU_LIFE = timedelta(days=6)
# People stop reading them.
MOST_REMINDERS = 10


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """A session as the plan sees it; moments are aware UTC."""

    id: int
    starts_at: datetime
    ends_at: datetime
    cancelled: bool


@dataclass(frozen=True, slots=True)
class DropFacts:
    """A drop as the plan sees it."""

    id: int
    release_at: datetime


@dataclass(frozen=True, slots=True)
class MessageRules:
    """What the organizer chose: reminders by their distance to the start, and what else is said."""

    reminders: tuple[timedelta, ...]
    announces_live: bool
    thank_you_after: timedelta | None


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message to everybody in the cohort. `key` names it for ever, whatever its time becomes.

    It is sent from `due_at` on, and never from `expires_at` on. `lead` is a reminder's distance to the start.
    """

    key: str
    kind: str
    due_at: datetime
    expires_at: datetime
    session_id: int | None = None
    drop_id: int | None = None
    lead: timedelta | None = None


def plan(
    cohort_id: int, sessions: Sequence[SessionFacts], drops: Sequence[DropFacts], rules: MessageRules
) -> list[PlannedMessage]:
    """Everything that will be sent to the cohort at its moments, in the order in which it is due."""
    scheduled = sorted((s for s in sessions if not s.cancelled), key=lambda s: (s.starts_at, s.id))
    messages = [message for session in scheduled for message in _around(session, rules)]
    messages += [_release(drop) for drop in drops]
    if scheduled and rules.thank_you_after is not None:
        messages.append(_thank_you(cohort_id, scheduled, rules.thank_you_after))
    return sorted(messages, key=lambda message: (message.due_at, message.key))


def _around(session: SessionFacts, rules: MessageRules) -> list[PlannedMessage]:
    """The reminders and "we are live", each losing its sense when the next one is due (RELIABILITY F16)."""
    leads = sorted({lead for lead in rules.reminders if lead > timedelta(0)}, reverse=True)
    steps = [(session.starts_at - lead, lead) for lead in leads]
    # The last reminder is still true until the start; only "we are live" is, until the end.
    ends = [*(moment for moment, _ in steps[1:]), session.starts_at][: len(steps)]
    messages = [
        PlannedMessage(
            key=f"session:{session.id}:reminder:-{iso_duration(lead)}",
            kind="reminder",
            due_at=moment,
            expires_at=end,
            session_id=session.id,
            lead=lead,
        )
        for (moment, lead), end in zip(steps, ends, strict=True)
    ]
    if rules.announces_live:
        messages.append(
            PlannedMessage(
                key=f"session:{session.id}:live",
                kind="live",
                due_at=session.starts_at,
                expires_at=session.ends_at,
                session_id=session.id,
            )
        )
    return messages


def _release(drop: DropFacts) -> PlannedMessage:
    return PlannedMessage(
        key=f"drop:{drop.id}:release",
        kind="drop",
        due_at=drop.release_at,
        expires_at=drop.release_at + DROP_LIFE,
        drop_id=drop.id,
    )


def overdue(message: PlannedMessage, now: datetime) -> PlannedMessage | None:
    """A message that nobody has announced and whose moment has passed, as it is sent now; None if it is too late.

    A bonus that is open is worth a mail whenever it opened; a reminder or thank-you for an old time would confuse.
    """
    if message.kind != "drop":
        return None
    return replace(message, due_at=now, expires_at=now + DROP_LIFE)


def _thank_you(cohort_id: int, scheduled: Sequence[SessionFacts], after: timedelta) -> PlannedMessage:
    due_at = max(session.ends_at for session in scheduled) + after
    return PlannedMessage(
        key=f"cohort:{cohort_id}:thank-you",
        kind="thank_you",
        due_at=due_at,
        expires_at=due_at + THANK_YOU_LIFE,
    )


def iso_duration(span: timedelta) -> str:
    """A span as ISO 8601 writes it, in whole minutes: P7D, PT1H, PT10M, P1DT12H."""
    minutes = int(span.total_seconds() // 60)
    days, minutes = divmod(minutes, 24 * 60)
    hours, minutes = divmod(minutes, 60)
    time = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes or not (days or hours) else "")
    return "P" + (f"{days}D" if days else "") + (f"T{time}" if time else "")
