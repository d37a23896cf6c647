"""Puts a worker together and runs it: inside the web process (`start`), or as a process of its own (`run`)."""

import signal
import threading
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING

from flask import Flask

from webinar_hub.adapters.broker import Broker
from webinar_hub.adapters.mail import MailTransport
from webinar_hub.adapters.mail.opening import open_configured
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import transaction
from webinar_hub.core.log import get_logger
from webinar_hub.services import pacing
from webinar_hub.worker.breaker import LOOK_EVERY, Breaker
from webinar_hub.worker.clockwork import Clockwork
from webinar_hub.worker.demo_player import DemoPlayer
from webinar_hub.worker.dispatcher import Dispatcher
from webinar_hub.worker.drain import Desk
from webinar_hub.worker.pacer import Pacer
from webinar_hub.worker.recorder import Recorder
from webinar_hub.worker.senders import Senders
from webinar_hub.worker.tidying import Tidier

if TYPE_CHECKING:
    from webinar_hub.worker.inbox import InboxWatch

# What is on the wire at SIGTERM gets this long, in seconds (F5).
GRACE = 14.0

log = get_logger("worker")


def make_desk(app: Flask, stopping: Callable[[], bool]) -> Desk:
    """What the senders of one process share."""
    settings: Settings = app.extensions["settings"]
    return Desk(
        composer=app.extensions["composer"],
        hub=app.extensions["hub"],
        recorder=Recorder(patience=settings.lease),
        breaker=Breaker(clock.monotonic, partial(_may_look, app), partial(_found_back, app)),
        lease=settings.lease,
        mail_timeout=settings.mail_timeout,
        stopping=stopping,
        pacer=Pacer(app.extensions["limits"]),
    )


def _may_look(app: Flask) -> bool:
    """Whether it is this process's turn to look whether the mail server is back: one may in a second."""
    with app.app_context(), transaction():
        return pacing.may_probe(LOOK_EVERY)


def _found_back(app: Flask) -> None:
    with app.app_context(), transaction():
        pacing.found_back()


def way_out(app: Flask) -> MailTransport:
    """A connection to the mail server of the settings, for one sender."""
    settings: Settings = app.extensions["settings"]
    return open_configured(settings)


def _inbox_watch(app: Flask) -> "InboxWatch | None":
    """Who reads what comes back, where there is a mailbox for it."""
    if app.extensions["inbox"] is None:
        return None
    from webinar_hub.worker.inbox import InboxWatch  # noqa: PLC0415  slow import

    return InboxWatch(app, app.extensions["inbox"])


def demand_runnable(settings: Settings) -> None:
    """Raises ConfigError for settings with which no worker can run on this machine."""
    if settings.broker_url:
        Broker(settings.broker_url).close()


class Worker:
    """The clock and the senders of one process; in a fleet the clock and the leader's dispatcher."""

    def __init__(self, app: Flask) -> None:
        settings: Settings = app.extensions["settings"]
        make = self._fleet if settings.broker_url else self._own_senders
        self._senders: Senders | Dispatcher = make(app, settings)
        self._clockwork = Clockwork(app, self._senders, tick=settings.tick, leader_lease=settings.leader_lease)
        self._inbox = _inbox_watch(app)
        self._tidier = Tidier(app)
        self._player = DemoPlayer(app, self._clockwork.ring_now) if settings.demo else None

    def _own_senders(self, app: Flask, settings: Settings) -> Senders:
        desk = make_desk(app, lambda: self._senders.stopping)
        return Senders(app, desk, lambda: way_out(app), settings.connections)

    def _fleet(self, app: Flask, settings: Settings) -> Dispatcher:
        broker = Broker(settings.broker_url)
        own = self._own_senders(app, settings)
        return Dispatcher(app, broker, own, most=settings.fleet_tasks, leads=lambda: self._clockwork.leads)

    def start(self) -> None:
        """Begin; only after a server has forked."""
        self._senders.start()
        self._clockwork.start()
        self._tidier.start()
        if self._inbox:
            self._inbox.start()
        if self._player:
            self._player.start()
        log.info("worker started")

    def stop(self) -> bool:
        """Finish what is on the wire and hand over; whether everything was finished in time."""
        if self._player:
            self._player.stop()
        if self._inbox:
            self._inbox.stop(0)
        self._tidier.stop()
        finished = self._senders.stop(GRACE)
        if self._inbox:
            self._inbox.stop(0.5)
        self._clockwork.stop()
        log.info("worker stopped", finished=finished)
        return finished


def run(app: Flask) -> int:
    """Be a worker until SIGTERM or SIGINT; the process's exit status."""
    asked = threading.Event()

    def ask(_: int, __: FrameType | None) -> None:
        asked.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    worker = Worker(app)
    worker.start()
    # The system may hand a signal to any thread, but Python answers it in this one, once it is awake (F15).
    while not asked.wait(1.0):
        pass
    return 0 if worker.stop() else 1
