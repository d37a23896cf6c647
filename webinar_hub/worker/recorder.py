"""Records results for all senders of a process, several in one commit.

A sender waits until its result is on the disk before it sends the next mail, so a crash can repeat at most one
mail for each connection. Waiting together lets one commit carry them all: whoever comes first commits for
everybody who has come by then.
"""

import threading
from dataclasses import dataclass, field

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.services import outbox


@dataclass(slots=True)
class _Waiting:
    result: outbox.Result
    done: bool = False


@dataclass(slots=True)
class Recorder:
    """Shared by the senders of one process; `record` must be called inside an application context."""

    _gate: threading.Lock = field(default_factory=threading.Lock)
    _commit: threading.Lock = field(default_factory=threading.Lock)
    _waiting: list[_Waiting] = field(default_factory=list)

    def record(self, result: outbox.Result) -> None:
        """Return when the result is committed. Raises what the database raises; then it is not recorded."""
        mine = _Waiting(result)
        with self._gate:
            self._waiting.append(mine)
        with self._commit:
            if mine.done:
                return
            with self._gate:
                together, self._waiting = self._waiting, []
            self._write(together)

    def _write(self, together: list[_Waiting]) -> None:
        try:
            with transaction():
                outbox.record([waiting.result for waiting in together], now=clock.now())
        except BaseException:
            # The others come for the lock next and try for themselves.
            with self._gate:
                self._waiting = [waiting for waiting in together[1:] if not waiting.done] + self._waiting
            raise
        for waiting in together:
            waiting.done = True
