"""Keeps an installation from hammering a mail server that is down."""

import threading
from collections.abc import Callable

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
# One look a second for all processes together; a process whose turn it is not asks again after as long.
LOOK_EVERY = 1.0
# A sender for whom the server has no room rests so long, in seconds, while the others go on.
REST = 5.0
# Others count as going on if one of their mails went out within so many seconds.
LATELY = 30.0


class Breaker:
    """Closed while mails go out; open for a pause, in seconds, that doubles with each failure to connect.

    Shared by all senders of a process: at the end of a pause one of them may try, the others wait for it. Before it
    does, `may_look` is asked, which lets one process of all go ahead; `found_back` tells the others of its success.
    """

    def __init__(
        self,
        monotonic: Callable[[], float],
        may_look: Callable[[], bool] = lambda: True,
        found_back: Callable[[], None] = lambda: None,
    ) -> None:
        self._monotonic = monotonic
        self._may_look = may_look
        self._found_back = found_back
        self._lock = threading.Lock()
        self._pause = 0.0
        self._open_until = 0.0
        self._probing = False
        self._worked_at: float | None = None
        self._mine = threading.local()

    @property
    def is_open(self) -> bool:
        """Whether the server is thought to be down: who may try nevertheless takes one mail only."""
        return bool(self._pause)

    def may_try(self) -> bool:
        """Whether a sender may talk to the server now; after a failure only one may in each pause."""
        if self._monotonic() < getattr(self._mine, "rests_until", 0.0):
            return False
        with self._lock:
            if not self._pause:
                return True
            if self._monotonic() < self._open_until:
                return False
            # This one probes; until its answer is in, nobody else needs to.
            self._probing = True
            self._open_until = self._monotonic() + self._pause
        if self._may_look():
            return True
        with self._lock:
            self._probing = False
            self._open_until = self._monotonic() + LOOK_EVERY
        return False

    def failed(self, *, crowded: bool = False) -> bool:
        """The server could not be reached; whether this is the beginning of an outage.

        `crowded`: it was there, but had no room for one more connection (421). While others get through that is no
        outage, and only the calling sender rests.
        """
        with self._lock:
            if crowded and not self._pause and self._others_get_through():
                self._mine.rests_until = self._monotonic() + REST
                return False
            if self._pause and not self._probing:
                return False  # It set out before the others had found the server down: counted once.
            begins = not self._pause
            self._probing = False
            self._pause = min(LONGEST_PAUSE, self._pause * 2) or FIRST_PAUSE
            self._open_until = self._monotonic() + self._pause
            return begins

    def worked(self) -> bool:
        """The server answered; whether this is the end of an outage."""
        self._worked_at = self._monotonic()
        if not self._pause:
            return False
        with self._lock:
            ends = bool(self._pause)
            self._pause = 0.0
            self._probing = False
        if ends:
            self._found_back()
        return ends

    def seconds_left(self) -> float:
        """How long until the next try; 0 while closed."""
        with self._lock:
            return max(0.0, self._open_until - self._monotonic()) if self._pause else 0.0

    def _others_get_through(self) -> bool:
        return self._worked_at is not None and self._monotonic() - self._worked_at < LATELY
