"""Moments, transactions, tokens and the clock that can be moved."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from webinar_hub.core import clock, wake
from webinar_hub.core.db import UtcDateTime, db, leave_work, rehearsal, transaction
from webinar_hub.core.db import _on_connect as on_connect
from webinar_hub.core.tokens import Tokens, nonce, public_id
from webinar_hub.models import Lease

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def lease(name: str) -> Lease:
    return Lease(name=name, owner="me", until=NOW)


def names(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Lease.name).order_by(Lease.name)))


def test_a_moment_comes_back_aware_and_in_utc(app: Flask) -> None:
    from zoneinfo import ZoneInfo

    with app.app_context():
        with transaction() as session:
            session.add(Lease(name="x", owner="me", until=NOW.astimezone(ZoneInfo("Asia/Kolkata"))))
        assert db.session.scalars(select(Lease.until)).one() == NOW
        assert db.session.scalars(select(Lease.until)).one().tzinfo == UTC


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), db.metadata.tables["leases"])  # type: ignore[arg-type]


def test_a_transaction_is_all_or_nothing(app: Flask) -> None:
    with app.app_context(), pytest.raises(RuntimeError), transaction() as session:
        session.add(lease("a"))
        session.flush()
        raise RuntimeError
    assert names(app) == []


def test_a_rehearsal_leaves_nothing(app: Flask) -> None:
    with app.app_context(), rehearsal() as session:
        session.add(lease("a"))
        session.flush()
        assert session.scalars(select(Lease.name)).all() == ["a"]
    assert names(app) == []


def test_the_worker_is_woken_after_the_commit_and_only_then(app: Flask) -> None:
    seen: list[list[str]] = []
    stop = wake.listen(lambda: seen.append(names(app)))
    try:
        with app.app_context():
            with transaction() as session:
                session.add(lease("a"))
                leave_work()
                assert seen == []
            with pytest.raises(RuntimeError), transaction():
                leave_work()
                raise RuntimeError
            with transaction() as session:
                session.add(lease("b"))
    finally:
        stop()
    assert seen == [["a"]]


def test_leases_run_by_the_clock_of_the_database(app: Flask, tmp_path: Path) -> None:
    clock.set_to(clock.now() + timedelta(days=9), tmp_path / "clock")
    with app.app_context():
        moment = db.session.scalar(select(clock.lease_moment(30)))
        assert abs(moment.replace(tzinfo=UTC) - datetime.now(UTC) - timedelta(seconds=30)) < timedelta(seconds=5)


def test_sqlite_commits_to_the_disk(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            assert db.session.execute(text("PRAGMA synchronous")).scalar() == 2
            assert db.session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert db.session.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_what_is_deleted_is_overwritten_also_where_sqlite_does_not_do_so_by_itself() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA secure_delete=OFF")
    on_connect(connection, None)
    assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)


def test_the_clock_moves_forward_only_and_remembers(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    later = clock.now() + timedelta(days=3)
    clock.set_to(later, file)
    assert later <= clock.now() < later + timedelta(seconds=5)
    clock.set_to(later - timedelta(days=1), file)
    assert clock.now() >= later
    clock.restore(tmp_path / "nothing")
    assert clock.now() < later
    clock.restore(file)
    assert clock.now() >= later


def test_a_token_is_good_for_its_purpose_its_shape_and_its_keys() -> None:
    tokens = Tokens(["old", "new"])
    token = tokens.sign("me", 7, "n")
    assert token == tokens.sign("me", 7, "n"), "the same mail sent twice has the same bytes"
    assert tokens.read("me", token, (int, str)) == (7, "n")
    assert tokens.read("download", token, (int, str)) is None
    assert tokens.read("me", token, (int, int)) is None
    assert tokens.read("me", token + "x", (int, str)) is None
    assert Tokens(["new", "newer"]).read("me", token, (int, str)) == (7, "n"), "keys can be changed"
    assert Tokens(["newer"]).read("me", token, (int, str)) is None


def test_names_and_nonces_cannot_be_guessed() -> None:
    assert len({public_id() for _ in range(1000)}) == 1000
    assert len(public_id()) == 16
    assert len(nonce()) >= 22, "128 bits (ASVS 7.2.3)"
