"""A new tz database moves a zone's clocks: what is ahead keeps its wall time, and everybody is told once (F19)."""

import zoneinfo
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from tests.building import given_cohort, outbox, sign_up
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, Broadcast, Drop, Session
from webinar_hub.services import broadcasts, zone_rules

HOUR = timedelta(hours=1)
Swap = Callable[[str, str], None]


@pytest.fixture
def swap(tmp_path: Path) -> Iterator[Swap]:
    """A tz database in which one zone has the clocks of another."""
    real = zoneinfo.TZPATH

    def swap(name: str, clocks_of: str) -> None:
        target = tmp_path / "zones" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(files("tzdata").joinpath("zoneinfo", clocks_of).read_bytes())
        zoneinfo.reset_tzpath([tmp_path / "zones", *map(Path, real)])
        zoneinfo.ZoneInfo.clear_cache()

    yield swap
    zoneinfo.reset_tzpath(real)
    zoneinfo.ZoneInfo.clear_cache()


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    """Two Tuesdays at 7 pm in New York, which is midnight UTC, and one person in it."""
    public_id = given_cohort(app, tmp_path)
    sign_up(app, public_id)
    return public_id


def follow(app: Flask) -> int:
    with app.app_context(), transaction():
        moved = zone_rules.follow(clock.now())
        while broadcasts.expand_next(clock.now()).more:
            pass
        return moved


def sessions(app: Flask) -> list[Session]:
    with app.app_context():
        return list(db.session.scalars(select(Session).order_by(Session.starts_at)))


def test_what_is_ahead_keeps_its_wall_time(app: Flask, cohort: str, swap: Swap) -> None:
    before = sessions(app)
    swap("America/New_York", "America/Halifax")
    assert follow(app) == 2
    after = sessions(app)
    assert [session.starts_at for session in after] == [session.starts_at - HOUR for session in before]
    assert [session.ends_at - session.starts_at for session in after] == [HOUR, HOUR]
    assert [session.wall_start for session in after] == [session.wall_start for session in before]
    with app.app_context():
        gift = db.session.scalars(select(Drop).where(Drop.key == "gift")).one()
        assert gift.release_at == datetime(2026, 12, 12, 12, tzinfo=UTC)
        live = db.session.scalars(select(Broadcast).where(Broadcast.kind == "live", Broadcast.state == "planned"))
        assert sorted(row.due_at for row in live) == [session.starts_at for session in after]


def test_everybody_gets_one_update_for_each_session(app: Flask, cohort: str, swap: Swap) -> None:
    revisions = [session.revision for session in sessions(app)]
    swap("America/New_York", "America/Halifax")
    follow(app)
    assert follow(app) == 0
    assert [row.session_id for row in outbox(app, kind="session_changed")] == [1, 2]
    assert [session.revision for session in sessions(app)] == [revision + 1 for revision in revisions]
    with app.app_context():
        actors = db.session.scalars(select(AuditEntry.actor).where(AuditEntry.action == "session.changed")).all()
    assert actors == [zone_rules.ACTOR] * 2


def test_the_same_rules_change_nothing(app: Flask, cohort: str) -> None:
    before = [(session.starts_at, session.revision) for session in sessions(app)]
    assert follow(app) == 0
    assert [(session.starts_at, session.revision) for session in sessions(app)] == before
    assert outbox(app, kind="session_changed") == []


def test_what_is_over_stays_as_it_was(app: Flask, cohort: str, swap: Swap, travel: Traveller) -> None:
    first, second = sessions(app)
    travel.move_to(first.ends_at + HOUR)
    swap("America/New_York", "America/Halifax")
    assert follow(app) == 1
    assert [session.starts_at for session in sessions(app)] == [first.starts_at, second.starts_at - HOUR]
