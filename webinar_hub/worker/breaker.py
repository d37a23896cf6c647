"""Keeps a process from hammering a mail server that is down."""

import threading
from collections.abc import Callable

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0


class Breaker:
    """Closed while mails go out; open for a pause, in seconds, that doubles with each failure to connect.

    Shared by all senders of a process: at the end of a pause one of them may try, the others wait for it.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._pause = 0.0
        self._open_until = 0.0
        self._probing = False

    def may_try(self) -> bool:
        """Whether a sender may talk to the server now; after a failure only one may in each pause."""
        with self._lock:
            if not self._pause:
                return True
            if self._monotonic() < self._open_until:
                return False
            # This one probes; until its answer is in, nobody else needs to.
            self._probing = True
            self._open_until = self._monotonic() + self._pause
            return True

    def failed(self) -> None:
        """The server could not be reached."""
        with self._lock:
            if self._pause and not self._probing:
                return  # It set out before the others had found the server down: the same outage, counted once.
            self._probing = False
            self._pause = min(LONGEST_PAUSE, self._pause * 2) or FIRST_PAUSE
            self._open_until = self._monotonic() + self._pause

    def worked(self) -> None:
        """The server answered."""
        if self._pause:
            with self._lock:
                self._pause = 0.0
                self._probing = False

    def seconds_left(self) -> float:
        """How long until the next try; 0 while closed."""
        with self._lock:
            return max(0.0, self._open_until - self._monotonic()) if self._pause else 0.0
