"""A Celery worker's side of a fleet: takes what is due through `drain`, as the senders of one process do.

The tickets come from `dispatcher.py`; which process this runs in, and its signals, is `webinar_hub/fleet.py`'s.
"""

import mmap
import os
import threading

from flask import Flask

from webinar_hub.adapters.mail import MailTransport
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import forget_connections
from webinar_hub.core.log import get_logger
from webinar_hub.worker.drain import Desk, drain
from webinar_hub.worker.running import make_desk, way_out
from webinar_hub.worker.senders import BATCH

# One ticket keeps a sender busy for so many seconds while more is due; then the next ticket is its turn.
TURN = 5.0
# Seconds on top of what one turn can take by itself, before Celery ends a process that hangs.
SLACK = 15.0

log = get_logger("fleet")


def longest_task(settings: Settings) -> float:
    """Seconds after which a task hangs: a turn, and a batch begun at its end that uses up its lease."""
    return TURN + settings.lease + settings.mail_timeout + SLACK


class Crew:
    """The senders of one Celery worker: processes it forks, or threads; made before the fork.

    Desk and connections are made by the process or thread that uses them, at its first ticket, because neither
    a lock nor a connection survives a fork.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        # One byte that parent and children see alike: Celery tells only the parent that it has to end.
        self._flag = mmap.mmap(-1, 1)
        self._making = threading.Lock()
        self._made_by = 0
        self._desk: Desk | None = None
        self._mine = threading.local()
        self._open: list[MailTransport] = []

    def ask_to_stop(self) -> None:
        """Have every process and thread finish what is on the wire, and put the rest back."""
        self._flag[0] = 1

    @property
    def stopping(self) -> bool:
        """Whether `ask_to_stop` has been called, in whichever process."""
        return self._flag[0] == 1

    def work(self, limit: int) -> int:
        """Send for a turn, in batches of up to `limit`; how many deliveries were claimed.

        Never raises: what is not recorded comes back when its lease runs out, and whoever leads asks again.
        """
        limit, until, claimed = min(max(1, limit), BATCH), clock.monotonic() + TURN, 0
        try:
            desk, transport = self._at_work()
            while not self.stopping and clock.monotonic() < until and desk.breaker.may_try():
                taken = drain(self._app, desk, transport, limit=limit)
                if not taken:
                    break
                claimed += taken
        except Exception as error:
            log.error("sending interrupted", error=repr(error))
        return claimed

    def close(self) -> None:
        """Close this process's connections to the mail server."""
        while self._open:
            self._open.pop().close()

    def _at_work(self) -> tuple[Desk, MailTransport]:
        with self._making:
            if self._made_by != os.getpid() or self._desk is None:
                with self._app.app_context():
                    forget_connections()
                self._desk = make_desk(self._app, lambda: self.stopping)
                self._made_by = os.getpid()
                self._open = []
            if getattr(self._mine, "pid", None) != os.getpid():
                self._mine.pid, self._mine.transport = os.getpid(), way_out(self._app)
                self._open.append(self._mine.transport)
            return self._desk, self._mine.transport
