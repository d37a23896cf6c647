"""Plays one queue: a round against the clock, and a round in which everything is killed in the middle."""

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.queues.contestants import Contestant
from benchmarks.queues.ground import Ground
from benchmarks.queues.sink import Sink, sink
from benchmarks.queues.words import Words

LOOK_EVERY = 0.1
AWAKE = 4.0
PATIENCE = 200
# The first mails go out while some workers still start.
COUNTED_FROM = 0.2


@dataclass(frozen=True, slots=True)
class Round:
    """Mails a second, seconds to enqueue them, most megabytes, processor milliseconds a mail, mails received."""

    rate: float
    enqueueing: float
    megabytes: float
    cpu: float
    received: int


@dataclass(frozen=True, slots=True)
class Killed:
    """What came of a run that was killed with -9 after a quarter of its mails and started again."""

    lost: int
    repeated: int
    seconds: float


def play(contestant: Contestant, ground: Ground, words: Words, mails: int) -> Round:
    """One round, on a new database and a new server."""
    with TemporaryDirectory() as name:
        folder = _furnished(Path(name), words)
        with sink(folder) as server, contestant.ready(ground, folder, server.port, mails) as one:
            try:
                if one.already_awake:
                    one.workers.start()
                    time.sleep(AWAKE)
                enqueueing = one.enqueue(mails)
                if not one.already_awake:
                    one.workers.start()
                memory, cpu, counted = [0.0], 0.0, 0
                until = time.monotonic() + PATIENCE
                while server.received < mails and time.monotonic() < until:
                    if not counted and server.received >= COUNTED_FROM * mails:
                        cpu, counted = one.workers.cpu(), server.received
                    memory.append(one.workers.memory())
                    time.sleep(LOOK_EVERY)
                used = one.workers.cpu() - cpu
            finally:
                one.workers.end()
        return Round(
            rate=_rate(server, mails),
            enqueueing=enqueueing,
            megabytes=max(memory),
            cpu=1000 * used / max(1, server.received - counted),
            received=server.received,
        )


def kill(contestant: Contestant, ground: Ground, words: Words, mails: int) -> Killed:
    """Kill all its workers, start them again, and wait until everything has come or nothing comes any more."""
    with TemporaryDirectory() as name:
        folder = _furnished(Path(name), words)
        with sink(folder, writes=True) as server, contestant.ready(ground, folder, server.port, mails) as one:
            try:
                one.enqueue(mails)
                one.workers.start()
                _wait(server, mails // 4, PATIENCE)
                one.workers.kill()
                killed = time.monotonic()
                one.workers.start()
                _wait(server, mails, contestant.recovers)
                if server.received >= mails:
                    # A mail that comes twice may make up for one that never comes: look until nothing moves.
                    _wait(server, 10**9, 3 if len(server.references()) >= mails else contestant.recovers)
            finally:
                one.workers.end()
            came = server.references()
            return Killed(mails - len(came), came.total() - len(came), server.seen[-1][0] - killed)


def _wait(server: Sink, mails: int, silence: float) -> None:
    """Until so many were received, or nothing has come for so many seconds."""
    known, since = server.received, time.monotonic()
    while server.received < mails and time.monotonic() - since < silence:
        time.sleep(0.02)
        if server.received != known:
            known, since = server.received, time.monotonic()


def _furnished(folder: Path, words: Words) -> Path:
    words.write(folder)
    return folder


def _rate(server: Sink, mails: int) -> float:
    """Over the mails that are counted, as the server saw them."""
    first, last = server.moment_of(round(COUNTED_FROM * mails)), server.seen[-1]
    already = next(count for moment, count in server.seen if moment == first)
    return (last[1] - already) / (last[0] - first)
