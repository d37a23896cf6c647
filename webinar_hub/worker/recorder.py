"""Records results for all senders of a process, several in one commit.

A sender hands its result in, composes its next mail, and sends that only when the result is on the disk: so a crash
can repeat at most one mail for each connection. Meanwhile others hand in theirs, and one commit carries them all:
whoever has to wait first commits for everybody who comes within a moment.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.rules.delivery import Claimed
from webinar_hub.services import mail_events, outbox

# How long a commit waits for mails that are on the wire at that moment, in seconds: a near server takes less.
GATHER = 0.005


@dataclass(slots=True)
class HandedIn:
    """A result on its way to the disk."""

    result: outbox.Result
    following: Sequence[Claimed] = ()
    done: bool = False
    goes_on: bool = True


@dataclass(slots=True)
class Recorder:
    """Shared by the senders of one process; `settle` must be called inside an application context."""

    _turn: threading.Condition = field(default_factory=threading.Condition)
    _waiting: list[HandedIn] = field(default_factory=list)
    _writing: bool = False
    _on_the_wire: int = 0

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Around the sending of a mail whose result will be handed in: a commit waits a moment for it."""
        with self._turn:
            self._on_the_wire += 1
        try:
            yield
        finally:
            with self._turn:
                self._on_the_wire -= 1
                self._turn.notify_all()

    def hand_in(self, result: outbox.Result, following: Sequence[Claimed]) -> HandedIn:
        """Take a result; it is recorded when `settle` has returned, by this sender or by another.

        `following` is the delivery this sender takes up next, if there is one.
        """
        mine = HandedIn(result, following)
        with self._turn:
            self._waiting.append(mine)
        return mine

    def settle(self, mine: HandedIn | None) -> bool:
        """Return when the result is committed: False if the following delivery has been cancelled by then.

        Raises what the database raises; then it is not recorded.
        """
        if mine is None:
            return True
        with self._turn:
            self._turn.wait_for(lambda: mine.done or not self._writing)
            if mine.done:
                return mine.goes_on
            self._writing = True
            self._turn.wait_for(lambda: not self._on_the_wire, GATHER)
            together, self._waiting = self._waiting, []
        try:
            self._write(together)
        finally:
            with self._turn:
                self._writing = False
                # After an error the others try for themselves.
                self._waiting = [each for each in together if not each.done and each is not mine] + self._waiting
                self._turn.notify_all()
        return mine.goes_on

    def _write(self, together: list[HandedIn]) -> None:
        with transaction():
            results, now = [handed.result for handed in together], clock.now()
            mail_events.before_recording(results)
            outbox.record(results, now=now)
            mail_events.after_sending(results, now=now)
            ours = outbox.still_ours([item for handed in together for item in handed.following])
        for handed in together:
            handed.goes_on = all(item.id in ours for item in handed.following)
            handed.done = True
