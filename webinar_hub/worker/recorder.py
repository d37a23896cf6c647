"""Records results for all senders of a process, several in one commit.

A sender hands its result in, composes its next mail, and sends that only when the result is on the disk: so a crash
can repeat at most one mail for each connection. Meanwhile others hand in theirs, and one commit carries them all:
whoever has to wait first commits for everybody who comes within the time that a commit takes. A database that is
away for a moment is waited for: what the server has said is known only here, and forgetting it would send the mail
again (F4, F6).
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import InterfaceError, OperationalError

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.log import get_logger
from webinar_hub.rules.delivery import Claimed
from webinar_hub.services import mail_events, outbox

# A commit waits at most so many seconds for mails that are on the wire, and no longer than the last commit took:
# whoever misses this one waits for a whole one more.
GATHER = 0.02
# Between two tries to reach a database that is away, in seconds.
PAUSE = 0.5

log = get_logger("worker")


@dataclass(slots=True)
class HandedIn:
    """A result on its way to the disk."""

    result: outbox.Result
    following: Sequence[Claimed] = ()
    done: bool = False
    goes_on: bool = True


@dataclass(slots=True)
class Recorder:
    """Shared by the senders of one process; `settle` must be called inside an application context.

    `patience` is how many seconds it waits for a database that is away; longer than a lease would be in vain.
    """

    patience: float = 0.0
    _turn: threading.Condition = field(default_factory=threading.Condition)
    _nobody_sends: threading.Event = field(default_factory=threading.Event)
    _takes: float = GATHER
    _waiting: list[HandedIn] = field(default_factory=list)
    _writing: bool = False
    _on_the_wire: int = 0

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Around the sending of a mail whose result will be handed in: a commit waits a moment for it."""
        with self._turn:
            self._on_the_wire += 1
            self._look_around()
        try:
            yield
        finally:
            with self._turn:
                self._on_the_wire -= 1
                self._look_around()

    def hand_in(self, result: outbox.Result, following: Sequence[Claimed]) -> HandedIn:
        """Take a result; it is recorded when `settle` has returned, by this sender or by another.

        `following` is the delivery this sender takes up next, if there is one.
        """
        mine = HandedIn(result, following)
        with self._turn:
            self._waiting.append(mine)
        return mine

    def _look_around(self) -> None:
        if self._on_the_wire:
            self._nobody_sends.clear()
        else:
            self._nobody_sends.set()

    def settle(self, mine: HandedIn | None) -> bool:
        """Return when the result is committed: False if the following delivery has been cancelled by then.

        Raises what the database raises, after `patience` where it cannot be reached; then it is not recorded.
        """
        if mine is None:
            return True
        with self._turn:
            self._turn.wait_for(lambda: mine.done or not self._writing)
            if mine.done:
                return mine.goes_on
            self._writing = True
        self._nobody_sends.wait(min(GATHER, self._takes))
        with self._turn:
            together, self._waiting = self._waiting, []
        try:
            self._write_patiently(together)
        finally:
            with self._turn:
                self._writing = False
                # After an error the others try for themselves.
                self._waiting = [each for each in together if not each.done and each is not mine] + self._waiting
                self._turn.notify_all()
        return mine.goes_on

    def _write_patiently(self, together: list[HandedIn]) -> None:
        deadline = clock.monotonic() + self.patience
        while True:
            try:
                return self._write(together)
            except (OperationalError, InterfaceError) as error:
                if clock.monotonic() + PAUSE > deadline:
                    raise
                log.warning("results wait for the database", mails=len(together), error=repr(error.orig))
            threading.Event().wait(PAUSE)

    def _write(self, together: list[HandedIn]) -> None:
        began = clock.monotonic()
        results = [handed.result for handed in together]
        ours = _recorded(results, [item for handed in together for item in handed.following], clock.now())
        self._takes = clock.monotonic() - began
        for handed in together:
            handed.goes_on = all(item.id in ours for item in handed.following)
            handed.done = True


def _recorded(results: Sequence[outbox.Result], following: Sequence[Claimed], now: datetime) -> set[int]:
    """Commit the results; which of the following deliveries are still ours, by id."""
    if outbox.may_be_recorded_at_once(results):
        return outbox.record_at_once(results, following, now=now)
    with transaction():
        mail_events.before_recording(results)
        outbox.record(results, now=now)
        mail_events.after_sending(results, now=now)
        return outbox.still_ours(following)
