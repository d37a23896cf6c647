"""Rings at the right moment, with APScheduler: expands what is due, wakes the senders, sweeps up.

It holds nothing that matters: one job in memory that re-arms itself to the next due moment, with a slow tick
behind it for what other processes have written. A lease row says which process expands and sweeps.
"""

import socket
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger
from flask import Flask

from webinar_hub.core import clock, metrics, wake
from webinar_hub.core.db import transaction
from webinar_hub.core.log import get_logger
from webinar_hub.queries import health, lines
from webinar_hub.queries.head_starts import HeadStart, head_starts
from webinar_hub.rules.pacing import Limits
from webinar_hub.services import (
    addresses,
    allowances,
    broadcasts,
    inviting,
    leadership,
    notices,
    one_time_links,
    outbox,
    pacing,
    places,
    presenters,
    proving,
    sign_ins,
    transfers,
    zone_rules,
)
from webinar_hub.worker import digests
from webinar_hub.worker.bells import Bells
from webinar_hub.worker.clearing import Clearer
from webinar_hub.worker.dispatcher import Dispatcher
from webinar_hub.worker.senders import Senders

log = get_logger("clock")
JOB = "ring"
SWEEP_EVERY = timedelta(minutes=10)
ALLOWANCES_KEPT = timedelta(days=1)
# Less than this a clock is corrected all the time.
PUT_BACK = timedelta(seconds=5)
# How often, in seconds of real time, the leader looks for seats that are free and people who wait for one.
LINES_EVERY = 15.0
# How often, in seconds of real time, the leader looks what presenters have to be told.
TELL_EVERY = 15.0
# How often, in seconds of real time, the leader looks which invitations are due.
INVITE_EVERY = 3.0
# How often, in seconds of real time, the leader looks which reminders to many must begin early.
LOOK_AHEAD_EVERY = 5.0


class _Tick(BaseTrigger):  # type: ignore[misc]
    """Again so many seconds from now, whenever that is.

    APScheduler's own interval lists every tick that was missed: a clock that jumps by years misses billions (F17).
    """

    def __init__(self, seconds: float) -> None:
        self._step = timedelta(seconds=seconds)

    def get_next_fire_time(self, _: datetime | None, now: datetime) -> datetime:
        """The next tick."""
        return now + self._step


class _Scheduler(BackgroundScheduler):  # type: ignore[misc]
    """Rings within `tick` seconds of real time, whatever became of the clock.

    APScheduler waits for a moment of the wall clock: put back by an hour, it would sleep for that hour (F17).
    """

    def __init__(self, tick: float, **options: Any) -> None:
        super().__init__(**options)
        self._tick = tick

    def _process_jobs(self) -> float | None:
        """Wait no longer than the clockwork ever asks for; more than that means that the clock was put back."""
        seconds: float | None = super()._process_jobs()
        if seconds is None or seconds <= self._tick + 1:
            return seconds
        for job in self.get_jobs():
            job.modify(next_run_time=clock.real_now())
        return 0.0


class Clockwork:
    """One per process that may lead; `tick` and `leader_lease` in seconds of real time."""

    def __init__(self, app: Flask, senders: Senders | Dispatcher, *, tick: float, leader_lease: float) -> None:
        self._app = app
        self._senders = senders
        self._tick = tick
        self._leader_lease = leader_lease
        self._owner = f"{socket.gethostname()}:{uuid4().hex}"
        self._leads_until = 0.0
        self._swept_at: datetime | None = None
        self._latest = clock.now()
        self._limits: Limits = app.extensions["limits"]
        self._ahead: list[HeadStart] = []
        self._looked_ahead_at = 0.0
        self._told_at: float | None = None
        self._turned_at: float | None = None
        self._invited_at: float | None = None
        self._clearer = Clearer(app)
        self._bells = Bells()
        self._again = threading.Event()
        self._ringing = threading.Lock()
        self._stopped = False
        # Late is better than never, and one ring answers all that were missed.
        defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        self._scheduler = _Scheduler(
            tick, executors={"default": ThreadPoolExecutor(1)}, job_defaults=defaults, timezone="UTC"
        )

    @property
    def leads(self) -> bool:
        """Whether this process held the lease when it last looked, and still must hold it."""
        return clock.monotonic() < self._leads_until

    def start(self) -> None:
        """Begin to ring; must not be called before a server has forked its processes."""
        self._scheduler.add_job(self._ring, _Tick(self._tick), id=JOB, next_run_time=clock.real_now())
        self._scheduler.start()
        self._stop_listening = wake.listen(self.ring_now)

    def stop(self) -> None:
        """Ring no more, and let another process lead at once."""
        self._stop_listening()
        # APScheduler's own waiting would deadlock with a ring that re-arms itself: it holds the lock for that.
        with self._ringing:
            self._stopped = True
            self._scheduler.shutdown(wait=False)
        with self._app.app_context():
            try:
                with transaction():
                    leadership.give_up(self._owner)
            except Exception as error:
                log.warning("leadership not handed over", error=repr(error))

    def ring_now(self) -> None:
        """Ring as soon as possible: something was just committed, or the clock was moved."""
        self._again.set()
        self._senders.wake()
        self._scheduler.modify_job(JOB, next_run_time=clock.real_now())

    def _ring(self) -> None:
        with self._ringing:
            if not self._stopped:
                self._look()

    def _look(self) -> None:
        try:
            with self._app.app_context():
                called = self._again.is_set()
                self._again.clear()
                leads = self._leads()
                if leads:
                    self._notice_a_clock_put_back()
                due = self._next_due(called)
                waiting = (due is not None and due <= clock.now()) or outbox.orphaned(clock.now())
                if leads and waiting:
                    self._bells.ring("take up", self._take_up, None)
                    due = self._next_due(called=True)
                if waiting:
                    self._senders.wake()
                if leads:
                    due = self._ring_the_others(due)
            self._arm(due)
        except Exception as error:
            # A database that is away must not stop the clock (F6): the next tick tries again.
            log.error("ring failed", error=repr(error))
            metrics.record_ring_failure()

    def _ring_the_others(self, due: datetime | None) -> datetime | None:
        """Do what is not about mails that are due, each by itself; when the next thing is due after that."""
        self._sweep()
        for name, bell in (
            ("presenters", self._tell_presenters), ("waitlists", self._turn_lines), ("invitations", self._invite),
        ):  # fmt: skip
            due = self._bells.ring(name, partial(bell, due), due)
        self._bells.ring("clearing", self._clearer.look, None)
        return due

    def _leads(self) -> bool:
        """Hold the lease, renewed when a third of it is used up rather than at every tick."""
        if self.leads:
            return True
        with transaction():
            leads = leadership.hold(self._owner, self._leader_lease)
        self._leads_until = clock.monotonic() + self._leader_lease / 3 if leads else 0.0
        return leads

    def _notice_a_clock_put_back(self) -> None:
        """What was due before the clock was put back is due still: its moment would come a second time (F17)."""
        now, before = clock.now(), self._latest
        self._latest = now
        if now < before - PUT_BACK:
            with transaction():
                hurried = outbox.hurry(before, now=now)
            log.warning("the clock was put back", seconds=round((before - now).total_seconds()), due=hurried)

    def _next_due(self, called: bool) -> datetime | None:
        """When the next thing is to be done, a reminder's early start included; `called`: something has changed."""
        if self._limits.rate and (called or clock.monotonic() - self._looked_ahead_at > LOOK_AHEAD_EVERY):
            self._ahead = head_starts(clock.now(), self._limits.rate)
            self._looked_ahead_at = clock.monotonic()
        moments = [start.starts_at for start in self._ahead]
        return min(filter(None, (health.next_due(), *moments)), default=None)

    def _take_up(self) -> None:
        """Give up what has lost its sense, and write out what is due, so that the senders find it."""
        with transaction():
            missed, expired = broadcasts.miss_expired(clock.now()), outbox.expire(clock.now())
        if missed or expired:
            log.warning("too late to send", messages=missed, deliveries=expired)
            metrics.record_too_late(missed, expired)
        early = {start.broadcast_id: start.due_at for start in self._ahead if start.starts_at <= clock.now()}
        more = True
        while more:
            with transaction():
                expanded = broadcasts.expand_next(clock.now(), early)
            more = expanded.more
            if expanded.deliveries:
                log.info("expanded", deliveries=expanded.deliveries)
                metrics.record_expansion(expanded.deliveries)

    def _tell_presenters(self, due: datetime | None) -> datetime | None:
        """Compare what presenters were told with what is; when the next thing is due after that.

        Not at every call: a thousand sign-ups call a thousand times, and change nothing for presenters.
        """
        if self._told_at is not None and clock.monotonic() - self._told_at < TELL_EVERY:
            return due
        self._told_at = clock.monotonic()
        with transaction():
            told = presenters.tell(self._app.extensions["voice"](), now=clock.now())
        if not told:
            return due
        log.info("presenters told", mails=told)
        return self._next_due(called=True)

    def _turn_lines(self, due: datetime | None) -> datetime | None:
        """End offers of seats that ran out, and ask who is next; when the next thing is due after that.

        Whoever leaves offers the seat at once: this is for offers that end, and for what was passed over.
        """
        end = lines.next_end()
        rests = self._turned_at is not None and clock.monotonic() - self._turned_at < LINES_EVERY
        if rests and (end is None or end > clock.now()):
            return min(filter(None, (due, end)), default=None)
        self._turned_at = clock.monotonic()
        took = 0
        for cohort in lines.due(clock.now()):
            took += self._bells.ring(f"waitlist {cohort}", partial(_turn, cohort), 0)
        if took:
            log.info("waitlists turned", steps=took)
            due = self._next_due(called=True)
        return min(filter(None, (due, lines.next_end())), default=None)

    def _invite(self, due: datetime | None) -> datetime | None:
        """Write the invitations that are due; when the next thing is due after that.

        Looked at no more often than every few seconds, and again at once while there is more.
        """
        if self._invited_at is not None and clock.monotonic() - self._invited_at < INVITE_EVERY:
            return due
        self._invited_at = clock.monotonic()
        more = inviting.is_due(clock.now())
        if not more:
            return due
        while more:
            with transaction():
                more = inviting.tell(self._app.extensions["voice"](), now=clock.now()) >= inviting.AT_ONCE
        return self._next_due(called=True)

    def _sweep(self) -> None:
        now = clock.now()
        if self._swept_at is not None and now - self._swept_at < SWEEP_EVERY:
            return
        for name, part in self._parts(now).items():
            self._bells.ring(name, partial(_alone, part), None)
        self._swept_at = now

    def _parts(self, now: datetime) -> dict[str, Callable[[], object]]:
        """What is swept, by its name in the log."""
        real = clock.real_now()
        parts: dict[str, Callable[[], object]] = {
            "allowances": lambda: allowances.forget(now - ALLOWANCES_KEPT),
            "notices": notices.forget_sent,
            "one-time links": lambda: one_time_links.forget_expired(real),
            "sign-ins": lambda: sign_ins.forget_ended(real),
            "unproven": lambda: proving.forget_unproven(now),
            "addresses": lambda: addresses.forget_expired(now),
            "transfers": lambda: transfers.end_expired(self._app.extensions["voice"](), now=now),
            "digests": lambda: digests.write_due(self._app, now),
        }
        if self._limits.any:
            parts["pacing"] = pacing.forget
        if self._swept_at is None:
            # A process reads the tz database when it starts: whatever is new in it is new once.
            parts["zone rules"] = lambda: zone_rules.follow(now)
        return parts

    def _arm(self, due: datetime | None) -> None:
        """Ring at the next due moment if that comes before the tick, at once if somebody called meanwhile."""
        soonest = clock.real_now() + timedelta(seconds=self._tick)
        if self._again.is_set():
            soonest = clock.real_now()
        elif due is not None and clock.now() < due:
            soonest = min(soonest, clock.real_now() + (due - clock.now()))
        self._scheduler.modify_job(JOB, next_run_time=soonest)


def _alone(part: Callable[[], object]) -> None:
    with transaction():
        part()


def _turn(cohort: int) -> int:
    with transaction():
        return places.turn(cohort, now=clock.now())
