"""A worker whose parts are timed from outside: `python -m benchmarks.timed_worker result.json`; for share.py.

Each part has two clocks: the processor time of the sender threads in it, and the time that passed, which also holds
waiting: for the server, for the disk, for Python's lock. A part inside another is taken out of the outer one.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from webinar_hub.adapters.mail.smtp import SmtpTransport
from webinar_hub.app import create_app
from webinar_hub.core.config import read_settings
from webinar_hub.documents.email import Composer
from webinar_hub.queries import letters
from webinar_hub.worker import drain, recorder, running, senders


@dataclass(slots=True)
class Clocks:
    """The sums of one thread, by part: seconds of processor, seconds passed, times entered."""

    sums: dict[str, list[float]] = field(default_factory=dict)
    inner: list[list[float]] = field(default_factory=list)


_own = threading.local()
_all: list[Clocks] = []


def _clocks() -> Clocks:
    if not hasattr(_own, "clocks"):
        _own.clocks = Clocks()
        _all.append(_own.clocks)
    clocks: Clocks = _own.clocks
    return clocks


@contextmanager
def part(name: str) -> Iterator[None]:
    """Everything inside belongs to this part, but for what names a part of its own."""
    clocks = _clocks()
    clocks.inner.append([0.0, 0.0])
    cpu, passed = time.thread_time(), time.perf_counter()
    try:
        yield
    finally:
        spent = time.thread_time() - cpu, time.perf_counter() - passed
        own = clocks.inner.pop()
        if clocks.inner:
            clocks.inner[-1][0] += spent[0]
            clocks.inner[-1][1] += spent[1]
        sums = clocks.sums.setdefault(name, [0.0, 0.0, 0])
        sums[0] += spent[0] - own[0]
        sums[1] += spent[1] - own[1]
        sums[2] += 1


def _time_function(owner: Any, function: str, name: str) -> None:
    original: Callable[..., Any] = getattr(owner, function)

    def timed(*arguments: Any, **named: Any) -> Any:
        with part(name):
            return original(*arguments, **named)

    setattr(owner, function, timed)


def _time_transactions(module: ModuleType, name: str) -> None:
    """The whole of a transaction: its beginning, its statements and its commit."""
    original: Callable[[], AbstractContextManager[Any]] = module.transaction  # type: ignore[attr-defined]

    @contextmanager
    def timed() -> Iterator[Any]:
        with part(name), original() as session:
            yield session

    module.transaction = timed  # type: ignore[attr-defined]


def main() -> int:
    """Be a worker until SIGTERM, then write the sums of all senders to the file named."""
    _time_transactions(drain, "claim")
    _time_transactions(recorder, "record")
    _time_function(recorder.Recorder, "settle", "wait for the record")
    _time_function(letters, "batch", "read")
    _time_function(letters.Batch, "mail", "compose")
    _time_function(Composer, "compose", "compose")
    _time_function(SmtpTransport, "send", "smtp")
    _time_function(senders, "drain", "other")
    status = running.run(create_app(read_settings()))
    Path(sys.argv[1]).write_text(json.dumps([clocks.sums for clocks in _all]), encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
