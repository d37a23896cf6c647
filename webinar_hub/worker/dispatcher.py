"""The leader's side of a fleet: hands out tickets to the Celery workers as long as something is due.

It stands where the senders of a single process stand (`senders.py`). Where no ticket gets through it lends a hand
itself, so a broker that is away, or a fleet of which nobody is left, slows the mails down and stops none.
"""

import threading
from collections.abc import Callable

from flask import Flask

from webinar_hub.adapters.broker import Broker, BrokerAway
from webinar_hub.core import clock
from webinar_hub.core.log import Seldom, get_logger
from webinar_hub.services import outbox
from webinar_hub.worker.senders import Senders

# Deliveries a ticket stands for: fewer than a sender of one process claims, so that several share what is due.
BATCH = 25
# Seconds without a ticket being taken after which the leader sends too; longer than a worker's turn.
LENDS_A_HAND_AFTER = 10.0

log = get_logger("fleet")


class Dispatcher:
    """Started, woken and stopped by the worker that rings the clock; hands out tickets only while `leads()`.

    `most` tickets wait in the queue at any time, however much is due.
    """

    def __init__(self, app: Flask, broker: Broker, own: Senders, *, most: int, leads: Callable[[], bool]) -> None:
        self._app = app
        self._broker = broker
        self._own = own
        self._most = most
        self._leads = leads
        self._taken_at = clock.monotonic()
        self._left = 0
        self._may_warn = Seldom(clock.monotonic)
        self._stop = threading.Event()
        self._call = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether `stop` has been called."""
        return self._stop.is_set()

    def start(self) -> None:
        """Begin to hand out tickets."""
        self._own.start()
        self._thread.start()

    def wake(self) -> None:
        """Look whether something is due."""
        self._call.set()

    def stop(self, seconds: float) -> bool:
        """Hand out no more, and finish what this process has on the wire; whether that was done in `seconds`."""
        self._stop.set()
        self.wake()
        deadline = clock.monotonic() + seconds
        finished = self._own.stop(seconds)
        self._thread.join(max(0.0, deadline - clock.monotonic()))
        return finished

    def _run(self) -> None:
        while not self._stop.is_set():
            self._call.wait()
            self._call.clear()
            if self._leads() and not self._stop.is_set():
                self._look()
        self._broker.close()

    def _look(self) -> None:
        try:
            with self._app.app_context():
                due = outbox.waiting(self._most * BATCH, now=clock.now())
            if due:
                self._hand_out(min(self._most, -(-due // BATCH)))
        except Exception as error:
            # The database may be away for a minute (F6): the clock wakes us again.
            log.error("tickets not handed out", error=repr(error))

    def _hand_out(self, tickets: int) -> None:
        try:
            waiting = self._broker.top_up(tickets, batch=BATCH)
        except BrokerAway as error:
            self._lend_a_hand("the broker is away", str(error))
            return
        if waiting < self._left or not waiting:
            self._taken_at = clock.monotonic()
        self._left = max(tickets, waiting)
        if clock.monotonic() - self._taken_at > LENDS_A_HAND_AFTER:
            self._lend_a_hand("nobody takes a ticket", "Is a Celery worker running?")

    def _lend_a_hand(self, trouble: str, detail: str) -> None:
        if self._may_warn():
            log.warning("leader sends by itself", trouble=trouble, detail=detail)
        self._own.wake()
