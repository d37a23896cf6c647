"""Limits of tries: the same whether they are counted in the database or in Redis, and while Redis is away."""

import signal
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.building import NOW, given_cohort, sign_up
from tests.loopback_redis import Redis
from webinar_hub.adapters.tries import PATIENCE, RedisTries
from webinar_hub.core import clock, log
from webinar_hub.core.config import ConfigError, Settings
from webinar_hub.core.db import db, rehearsal, transaction
from webinar_hub.core.errors import TooMany
from webinar_hub.models import Allowance
from webinar_hub.services import allowances

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.close()


@pytest.fixture(params=["database", "redis"])
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    if request.param == "database":
        return settings
    server: Redis = request.getfixturevalue("server")
    if not server.answers():
        server.start()
    server.client.flushall()
    return settings.model_copy(update={"redis_url": server.url})


@pytest.fixture(autouse=True)
def _connections_end(app: Flask) -> Iterator[None]:
    yield
    tries: RedisTries | None = app.extensions["tries"]
    if tries is not None:
        tries.close()


def spend(app: Flask, who: str = "ann", *, limit: int = 2, after: timedelta = timedelta(0)) -> None:
    with app.app_context(), transaction():
        allowances.spend("test", who, limit=limit, window=HOUR, now=NOW + after)


def refused(app: Flask, **wanted: object) -> int:
    """For how many seconds she is sent away."""
    with pytest.raises(TooMany) as caught:
        spend(app, **wanted)
    return caught.value.retry_after


def counted_in_database(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Allowance)) or 0


def test_so_many_tries_in_a_window_and_then_a_wait(app: Flask) -> None:
    spend(app)
    spend(app, after=10 * SECOND)
    assert refused(app, after=20 * SECOND) == 3581
    assert refused(app, after=HOUR - SECOND) == 2
    spend(app, after=HOUR)
    spend(app, after=HOUR)
    assert refused(app, after=HOUR) == 3601


def test_being_refused_does_not_lengthen_the_wait(app: Flask) -> None:
    spend(app, limit=1)
    for second in range(30):
        refused(app, limit=1, after=second * SECOND)
    spend(app, limit=1, after=HOUR)


def test_each_has_an_allowance_of_their_own(app: Flask) -> None:
    spend(app, "ann", limit=1)
    spend(app, "bea", limit=1)
    refused(app, who="ann", limit=1)
    with app.app_context(), transaction():
        allowances.spend("something else", "ann", limit=1, window=HOUR, now=NOW)


def test_a_try_that_comes_to_nothing_is_not_counted(app: Flask) -> None:
    """A full cohort must not use up what a clinic's network may try."""
    for _ in range(5):
        with pytest.raises(ZeroDivisionError), app.app_context(), transaction():
            allowances.spend("test", "ann", limit=2, window=HOUR, now=NOW)
            raise ZeroDivisionError
        with app.app_context(), rehearsal():
            allowances.spend("test", "ann", limit=2, window=HOUR, now=NOW)
    spend(app)
    spend(app)
    refused(app)


def test_of_many_at_once_no_more_come_through_than_may(app: Flask) -> None:
    passed: list[int] = []

    def try_it(number: int) -> None:
        try:
            spend(app, limit=5)
            passed.append(number)
        except TooMany:
            pass

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(passed) == 5


def test_nobody_s_name_is_kept(app: Flask, request: pytest.FixtureRequest) -> None:
    spend(app, "ann@x.example")
    with app.app_context():
        kept = list(db.session.scalars(select(Allowance.name)))
    if app.extensions["tries"]:
        kept += [key.decode() for key in request.getfixturevalue("server").client.scan_iter()]
    assert len(kept) == 1
    assert "ann" not in kept[0]


@pytest.fixture
def with_redis(app: Flask, server: Redis) -> Iterator[RedisTries]:
    """The app counts in Redis, however its settings are."""
    if not server.answers():
        server.start()
    tries = RedisTries(server.url)
    app.extensions["tries"] = tries
    yield tries
    tries.close()


def test_with_redis_the_database_is_left_in_peace(app: Flask, with_redis: RedisTries) -> None:
    spend(app, "cleo")
    assert counted_in_database(app) == 0


def test_what_redis_counts_goes_by_itself(app: Flask, with_redis: RedisTries, server: Redis) -> None:
    spend(app, "dora")
    assert all(0 < server.client.pttl(key) <= 3_600_000 for key in server.client.scan_iter())


def test_while_redis_is_away_the_database_counts_and_it_is_said_once(
    app: Flask, with_redis: RedisTries, server: Redis, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    log.configure("warning", as_json=True)
    cohort = given_cohort(app, tmp_path)
    server.stop()
    sign_up(app, cohort)
    sign_up(app, cohort, email="bea@x.example")
    assert counted_in_database(app) == 3
    assert capsys.readouterr().err.count("Redis does not answer") == 1
    server.start()
    with_redis._away_until = 0.0
    sign_up(app, cohort, email="cleo@x.example")
    assert counted_in_database(app) == 3


def test_a_redis_that_stands_still_costs_a_moment_once(app: Flask, with_redis: RedisTries, server: Redis) -> None:
    server.signal(signal.SIGSTOP)
    try:
        began = clock.monotonic()
        for number in range(10):
            spend(app, f"person {number}")
        assert clock.monotonic() - began < 10 * PATIENCE
    finally:
        server.signal(signal.SIGCONT)
    assert counted_in_database(app) == 10


def test_a_machine_without_redis_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigError, match=r"pip install 'webinar-hub\[fleet\]'"):
        RedisTries("redis://127.0.0.1:9/0")
