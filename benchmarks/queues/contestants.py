"""Each queue as its own documentation sets it up: what is prepared, how mails get in, which processes send them.

Two worker processes where a queue can use them, as the machine has two cores; APScheduler cannot: "You must not
share a job store between two schedulers".
"""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.databases import sqlite
from benchmarks.installation import Installation, installed, make_due, register
from benchmarks.processes import PYTHON, ROOT
from benchmarks.queues.crowd import Crowd
from benchmarks.queues.ground import Ground
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.services import broadcasts

CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Ready:
    """A queue set up for one round: `enqueue` puts so many mails in and answers how long that took, in seconds;
    `workers` send them.

    `already_awake` workers are started before there is anything to send, as ours always are; starting them
    afterwards would count the time they take to start.
    """

    enqueue: Callable[[int], float]
    workers: Crowd
    already_awake: bool = False


@dataclass(frozen=True, slots=True)
class Contestant:
    """`ready(ground, folder, port, mails)` sets it up; `recovers` is how long after the last mail of a restarted
    worker one must wait, in seconds, before what has not come counts as lost."""

    name: str
    ready: Callable[[Ground, Path, int, int], AbstractContextManager[Ready]]
    recovers: float = 15
    is_peer: bool = True


def ours(workers: int, *, on_sqlite: bool = False) -> Contestant:
    """Our dispatcher; its lease is shorter than the default of 45 s, so that the wait after a kill is shorter."""

    @contextmanager
    def ready(ground: Ground, _: Path, port: int, mails: int) -> Iterator[Ready]:
        with sqlite() as file:
            url = file if on_sqlite else ground.database()
            settings = {"MAIL": f"smtp://127.0.0.1:{port}", "CONNECTIONS": str(CONNECTIONS), "LEASE": "21"}
            with installed(url, **settings) as hub:
                register(hub, mails)
                command = [PYTHON, "-m", "webinar_hub", "worker"]
                yield Ready(lambda _: _expand(hub), Crowd([command] * workers, hub.environment), already_awake=True)

    kind = "SQLite" if on_sqlite else "PostgreSQL"
    return Contestant(f"ours, {workers} × {CONNECTIONS}, {kind}", ready, recovers=40, is_peer=False)


def _expand(hub: Installation) -> float:
    """What a worker's clock does when a broadcast is due; here, so that it is timed."""
    begun = time.perf_counter()
    make_due(hub)
    with hub.app.app_context():
        more = True
        while more:
            with transaction():
                more = broadcasts.expand_next(clock.now()).more
    return time.perf_counter() - begun


def bare(processes: int) -> Contestant:
    """smtplib with ready-made bytes."""

    @contextmanager
    def ready(ground: Ground, folder: Path, port: int, mails: int) -> Iterator[Ready]:
        command = [PYTHON, "-m", "benchmarks.queues.bare", str(CONNECTIONS), str(mails // processes)]
        yield Ready(lambda _: 0.0, Crowd([command] * processes, _environment(folder, port)))

    return Contestant(f"bare smtplib, ready-made, {processes} × {CONNECTIONS}", ready, recovers=0, is_peer=False)


def celery(*, late: bool) -> Contestant:
    """Celery on Redis, prefork, 2 processes."""

    @contextmanager
    def ready(ground: Ground, folder: Path, port: int, mails: int) -> Iterator[Ready]:
        redis = {"BENCH_REDIS_URL": ground.empty_redis(), **({"BENCH_ACKS_LATE": "yes"} if late else {})}
        environment = _environment(folder, port) | redis
        worker = [
            ground.python, "-m", "celery", "--quiet", "-A", "benchmarks.queues.celery_tasks", "worker",
            "--concurrency", "2", "--loglevel", "ERROR",
        ]  # fmt: skip
        yield Ready(_by_command(ground, environment, "celery_tasks"), Crowd([worker], environment))

    return Contestant(f"Celery on Redis, 2 processes, acks {'late' if late else 'early'}", ready, recovers=75)


@contextmanager
def _huey(ground: Ground, folder: Path, port: int, mails: int) -> Iterator[Ready]:
    environment = _environment(folder, port)
    module = "benchmarks.queues.huey_tasks.huey"
    worker = [ground.python, "-m", "huey.bin.huey_consumer", module, "-k", "process", "-w", "2", "-q"]
    yield Ready(_by_command(ground, environment, "huey_tasks"), Crowd([worker], environment))


@contextmanager
def _procrastinate(ground: Ground, folder: Path, port: int, mails: int) -> Iterator[Ready]:
    environment = _environment(folder, port) | {"BENCH_DATABASE_URL": ground.database()}
    _run([ground.python, "-m", "benchmarks.queues.procrastinate_tasks", "prepare"], environment)
    app = "benchmarks.queues.procrastinate_tasks.app"
    worker = [
        ground.python,
        "-m",
        "procrastinate",
        "--log-level",
        "warning",
        "--app",
        app,
        "worker",
        "--concurrency",
        "2",
    ]
    yield Ready(_by_command(ground, environment, "procrastinate_tasks"), Crowd([worker] * 2, environment))


@contextmanager
def _apscheduler(ground: Ground, folder: Path, port: int, mails: int) -> Iterator[Ready]:
    environment = _environment(folder, port) | {"BENCH_DATABASE_URL": ground.database()}
    worker = [ground.python, "-m", "benchmarks.queues.apscheduler_jobs", "work"]
    yield Ready(_by_command(ground, environment, "apscheduler_jobs"), Crowd([worker], environment))


@contextmanager
def _post_office(ground: Ground, folder: Path, port: int, mails: int) -> Iterator[Ready]:
    environment = _environment(folder, port) | {
        "BENCH_DATABASE_URL": ground.database(),
        "DJANGO_SETTINGS_MODULE": "benchmarks.queues.post_office_site",
        "TMPDIR": str(folder),
    }
    _run([ground.python, "-m", "django", "migrate", "--verbosity", "0"], environment)
    # It wants to be called again and again by cron: here as soon as it has ended.
    command = f"while :; do {ground.python} -m django send_queued_mail --processes 2 || true; sleep 1; done"
    yield Ready(_by_command(ground, environment, "post_office_site"), Crowd([["sh", "-c", command]], environment))


def _environment(folder: Path, port: int) -> dict[str, str]:
    return {"BENCH_FOLDER": str(folder), "BENCH_PORT": str(port), "PYTHONPATH": str(ROOT)}


def _by_command(ground: Ground, environment: Mapping[str, str], module: str) -> Callable[[int], float]:
    def enqueue(mails: int) -> float:
        command = [ground.python, "-m", f"benchmarks.queues.{module}"]
        # What it takes to start is not what it takes to enqueue.
        start = _run([*command, "0"], environment)
        return _run([*command, str(mails)], environment) - start

    return enqueue


def _run(command: Sequence[str], environment: Mapping[str, str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=True)
    return time.perf_counter() - begun


def field() -> dict[str, Contestant]:
    """All of them, by a short name."""
    return {
        "ours-1": ours(1),
        "ours-2": ours(2),
        "ours-sqlite": ours(1, on_sqlite=True),
        "bare-1": bare(1),
        "bare-2": bare(2),
        "post-office": Contestant("django-post-office, 2 processes", _post_office),
        "celery": celery(late=False),
        "celery-late": celery(late=True),
        "procrastinate": Contestant("procrastinate on PostgreSQL, 2 × 2", _procrastinate, recovers=130),
        "huey": Contestant("huey on SQLite, 2 processes", _huey),
        "apscheduler": Contestant("APScheduler, a job a mail, 4 threads", _apscheduler),
    }
