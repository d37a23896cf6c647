"""Lets mails go at the pace that the limits allow, and keeps every sender free for what is urgent.

Shared by the senders of one process; what all processes share is in the database. Where nothing is limited it
costs no statement, and only sees to it that no sender is busy with one batch for long.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.log import get_logger
from webinar_hub.models import Delivery
from webinar_hub.queries.letters import Batch
from webinar_hub.rules.delivery import Claimed, priority_of
from webinar_hub.rules.pacing import AHEAD, CLAIM, DAY, HOUR, LATE, TURN, Admission, AtTheDoor, Limits, domain_of
from webinar_hub.services import pacing

# Bulk that has used up its share of the day asks again after so many seconds, in case that a limit was raised.
ASK_AGAIN = 60.0
# Two paced mails of one process are at least so much of an interval apart, however late one of them is.
SPACING = 0.9

log = get_logger("pace")


class Turn:
    """One sender with the mails it may send, each at its slot (in seconds of `clock.monotonic`)."""

    def __init__(self, pacer: "Pacer", mails: Sequence[Claimed], slots: Mapping[int, float]) -> None:
        self.mails = mails
        self._pacer = pacer
        self._slots = slots
        self._until = clock.monotonic() + TURN
        # In seconds: for the slot, and then for the mail before. A lease must outlast it (`core/config.py`).
        self.longest_wait = 2 * AHEAD if slots else 0.0

    def is_over(self, position: int) -> bool:
        """Whether the rest, from this position on, should go back: it took too long, or a slot was missed."""
        now = clock.monotonic()
        if now > self._until:
            self._pacer.manages(max(1, position))
            return True
        return now > self._slots.get(self.mails[position].id, now) + LATE

    def wait(self, item: Claimed) -> None:
        """Return when this mail's slot has come, within `longest_wait`."""
        slot = self._slots.get(item.id)
        if slot is not None:
            self._pacer.wait_until(slot)


@dataclass(slots=True)
class Pacer:
    """The senders of one process at the door; moments in seconds of `clock.monotonic`."""

    limits: Limits = field(default_factory=Limits)
    # What this process remembers, so that it need not claim mails only to put them back.
    _full_until: float = 0.0
    _bulk_ends_until: float = 0.0
    _closed_until: float = 0.0
    _lining_up: bool = False
    _gate: threading.Lock = field(default_factory=threading.Lock)
    _gate_opens: float = 0.0
    _warned_at: float | None = None
    _mine: threading.local = field(default_factory=threading.local)
    _bell: threading.Event = field(default_factory=threading.Event)

    def batch(self, limit: int) -> int:
        """How many mails to claim, so that this sender is done with them within a few seconds; 0 for none."""
        if self._closed_until > clock.monotonic():
            return 0
        if self.limits.rate and not self._lining_up:
            limit = min(limit, max(1, round(self.limits.rate * CLAIM)))
        managed = getattr(self._mine, "managed", limit)
        # A server that was slow once may be quick again: a little more each time.
        self._mine.managed = managed * 2 if managed < limit else limit
        return min(limit, managed)

    def manages(self, mails: int) -> None:
        """Remember how many mails the calling sender got done in one turn."""
        self._mine.managed = mails

    def conditions(self) -> tuple[Any, ...]:
        """What may be claimed at all: only what is urgent while bulk could not go anyway."""
        now = clock.monotonic()
        if self._full_until > now:
            return (Delivery.priority == 0, Delivery.broadcast_id.is_(None))
        if self._bulk_ends_until > now:
            return (Delivery.priority == 0,)
        return ()

    def admit(self, claimed: Sequence[Claimed], batch: Batch) -> Turn:
        """Take slots for claimed mails, and give back those whose turn it is not; no statement without a limit."""
        if not self.limits.any:
            return Turn(self, claimed, {})
        waiting = [_at_the_door(item, batch) for item in claimed]
        with transaction():
            admission, seconds_now = pacing.admit(waiting, self.limits)
            others = [item for item in claimed if item.id not in admission.go]
            if others:
                pacing.put_back(others, admission, seconds_now=seconds_now, now=clock.now())
        began = clock.monotonic()
        self._remember(admission, seconds_now, began)
        slots = {id_: began + slot - seconds_now for id_, slot in admission.go.items() if slot > seconds_now}
        return Turn(self, [item for item in claimed if item.id in admission.go], slots)

    def refund(self, mails: int) -> None:
        """Inside a transaction: these mails were admitted and never reached the server."""
        if self.limits.daily and mails:
            pacing.refund(mails)

    def wait_until(self, slot: float) -> None:
        """Return when the slot has come, and not right behind another mail: the server may count strictly."""
        self._bell.wait(max(0.0, min(AHEAD, slot - clock.monotonic())))
        if self.limits.rate:
            with self._gate:
                opens = max(self._gate_opens, clock.monotonic())
                self._gate_opens = opens + SPACING / self.limits.rate
            self._bell.wait(max(0.0, min(AHEAD, opens - clock.monotonic())))

    def _remember(self, admission: Admission, seconds_now: float, began: float) -> None:
        self._lining_up = len(admission.again) > len(admission.go)
        if admission.full_until:
            self._full_until = began + admission.full_until - seconds_now
        if admission.more_at:
            pause = began + min(ASK_AGAIN, admission.more_at - seconds_now)
            self._bulk_ends_until = pause
            self._closed_until = pause if admission.nothing_left else 0.0
            self._warn(admission, seconds_now)

    def _warn(self, admission: Admission, seconds_now: float) -> None:
        """Tell the operator, at most once a day and process."""
        if self._warned_at is None or seconds_now - self._warned_at > DAY:
            self._warned_at = seconds_now
            hours = round((admission.more_at - seconds_now) / HOUR, 1)
            log.warning("the day's mails are used up", limit=self.limits.daily, more_in_hours=hours)


def _at_the_door(item: Claimed, batch: Batch) -> AtTheDoor:
    priority = priority_of(item.kind)
    return AtTheDoor(
        id=item.id,
        domain=domain_of(batch.address(item)),
        priority=priority,
        urgent=priority == 0 and item.broadcast_id is None,
        # What was put back once, by its domain's line or by the server, is due later than it was written.
        waited=item.due_at > item.created_at,
    )
