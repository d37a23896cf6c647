"""One commit for several requests: what threads of this process want to write at once reaches the disk together.

Only wishes of one group share a transaction, such as the sign-ups of one cohort, and a process writes one group at
a time. So a transaction never holds the seats of two cohorts, and no two processes wait for each other's crosswise.
What they may still lock crosswise (two networks, one address in two browsers) the database ends for one of them;
then each of its wishes is tried alone.

Waiting for the disk is most of what a short transaction does. Who comes while one is being written waits for its
end, and then one of those who waited writes for all of them. Where several wrote together the last time, it first
waits for as many again, but no longer than the last transaction took: half of a sign-up is the same for all in it.
Who comes alone waits for nobody.
"""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy.exc import IntegrityError, NoResultFound

from webinar_hub.core import clock
from webinar_hub.core.db import transaction

Result = TypeVar("Result")


@dataclass(slots=True)
class _Wish(Generic[Result]):
    """What one thread wants written; `over` when it has been tried, perhaps with others of its group."""

    work: Callable[[], Result]
    group: Hashable
    over: bool = False
    results: list[Result] = field(default_factory=list)
    error: Exception | None = None


# What a wish meets whose row somebody has deleted since it looked.
GONE = (IntegrityError, NoResultFound)
# In seconds: the longest that anybody waits for company.
LONGEST_PATIENCE = 0.02

_turn = threading.Condition()
_waiting: list[_Wish[Any]] = []
_writing = False
# How many wrote together the last time, and how many seconds that took.
_company = 1
_patience = 0.0


def together(work: Callable[[], Result], *, group: Hashable) -> Result:
    """Run `work` in a transaction, perhaps in one with what other threads want; its result, once that is committed.

    `group` names what many of them lock (the cohort): only wishes of one group are written together. `work` may run
    in another thread, and twice: it speaks to the database and to nothing of the request.
    Raises what `work` raises; then nothing of it is written. Whoever shared a transaction with it does not notice,
    because after a failure everybody tries again alone.
    """
    mine = _Wish(work, group)
    ours = _wait_for_turn(mine)
    if ours:
        began = clock.monotonic()
        try:
            _try(ours)
        finally:
            _end_turn(ours, clock.monotonic() - began)
    if mine.error:
        raise mine.error
    for result in mine.results:
        return result
    with transaction():
        return work()


def _wait_for_turn(mine: _Wish[Any]) -> list[_Wish[Any]]:
    """The wishes of our group, if it falls to this thread to write them; none if another one has tried ours."""
    global _writing, _company
    with _turn:
        _waiting.append(mine)
        _turn.notify_all()
        _turn.wait_for(lambda: mine.over or not _writing)
        if mine.over:
            return []
        _writing = True
        _turn.wait_for(lambda: len(_of(mine.group)) >= _company, timeout=_patience)
        ours = _of(mine.group)
        _company = len(ours)
        _waiting[:] = [wish for wish in _waiting if wish.group != mine.group]
        return ours


def _of(group: Hashable) -> list[_Wish[Any]]:
    return [wish for wish in _waiting if wish.group == group]


def _try(ours: list[_Wish[Any]]) -> None:
    try:
        with transaction():
            results = [wish.work() for wish in ours]
    except Exception as error:
        # Among several nobody knows whose it is, so each of them finds out for itself. What a wish pointed to may
        # have been deleted while it was written, as a person who comes back in that moment: it is tried once more.
        if len(ours) == 1 and not isinstance(error, GONE):
            ours[0].error = error
    else:
        for wish, result in zip(ours, results, strict=True):
            wish.results.append(result)


def _end_turn(ours: list[_Wish[Any]], took: float) -> None:
    global _writing, _patience
    with _turn:
        _writing = False
        _patience = min(took, LONGEST_PATIENCE)
        for wish in ours:
            wish.over = True
        _turn.notify_all()
