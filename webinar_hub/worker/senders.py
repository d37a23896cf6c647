"""The sender threads of a process, each with a connection of its own that it keeps open between mails."""

import threading
from collections.abc import Callable

from flask import Flask

from webinar_hub.adapters.mail import MailTransport
from webinar_hub.core import clock
from webinar_hub.core.log import get_logger
from webinar_hub.worker.drain import Desk, drain

BATCH = 100
# How long a sender waits when the database is away, in seconds.
PAUSE = 1.0

log = get_logger("worker")


class Senders:
    """Started once, woken whenever there may be something due, stopped with what is in flight finished."""

    def __init__(self, app: Flask, desk: Desk, open_transport: Callable[[], MailTransport], threads: int) -> None:
        self._app = app
        self._desk = desk
        self._open_transport = open_transport
        self._stop = threading.Event()
        self._calls = [threading.Event() for _ in range(threads)]
        self._threads = [
            threading.Thread(target=self._run, args=(call,), name="sender", daemon=True) for call in self._calls
        ]

    @property
    def stopping(self) -> bool:
        """Whether `stop` has been called."""
        return self._stop.is_set()

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Let every idle sender look whether something is due."""
        for call in self._calls:
            call.set()

    def stop(self, seconds: float) -> bool:
        """Claim no more, finish what is on the wire; whether that was done within `seconds`."""
        self._stop.set()
        self.wake()
        deadline = clock.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - clock.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, call: threading.Event) -> None:
        transport = self._open_transport()
        while not self._stop.is_set():
            call.wait()
            call.clear()
            self._work(transport)
        transport.close()

    def _work(self, transport: MailTransport) -> None:
        """Send until nothing is due, or the way out is closed; the clock wakes us again then."""
        try:
            while not self._stop.is_set() and self._desk.breaker.may_try():
                if not drain(self._app, self._desk, transport, limit=BATCH):
                    break
        except Exception as error:
            # The database may be away for a minute (F6); what was claimed comes back when its lease runs out.
            log.error("sending interrupted", error=repr(error))
            self._stop.wait(PAUSE)
