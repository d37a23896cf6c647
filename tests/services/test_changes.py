"""What a wish to change a cohort's dates does, and what it may not do (FEATURES B2, B3)."""

from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from tests.building import KEY, given_cohort, given_sessions, session_row, sign_up
from tests.changing import MOVE, WEEK_LATER, WISHES, apply, everything, undo
from tests.counting import counting
from tests.delivering import deliver
from webinar_hub.core import clock
from webinar_hub.core.db import db, rehearsal, transaction
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.models import AuditEntry, Broadcast, Change, Delivery, Drop
from webinar_hub.rules.change import WINDOW, Wish
from webinar_hub.services import changes, picture, sessions, undoing
from webinar_hub.services.editing import EditedMeanwhile


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    public_id = given_cohort(app, tmp_path)
    sign_up(app, public_id)
    deliver(app)
    travel.shift(timedelta(minutes=1))
    return public_id


def test_an_older_decision_does_not_overwrite_a_newer_one(app: Flask, cohort: str) -> None:
    with app.app_context(), rehearsal():
        seen = changes.standing(picture.rows_of(sessions.find_cohort(KEY)))
    apply(app, Wish("cancel", key="week-2"), seen)
    with pytest.raises(EditedMeanwhile):
        apply(app, MOVE, seen)
    assert session_row(app).wall_start == "2026-12-08T19:00:00"


REFUSED: dict[str, tuple[Wish, str]] = {
    "past": (Wish("move", key="week-1", starts=datetime(2025, 12, 8, 19, 0)), "into the past"),
    "overlap": (Wish("move", key="week-1", starts=datetime(2026, 12, 15, 19, 30)), "still running"),
    "clock change": (Wish("move", key="week-1", starts=datetime(2027, 3, 14, 2, 30)), "does not exist"),
    "nothing": (Wish("move", key="week-1", starts=datetime(2026, 12, 8, 19, 0)), "how it is already"),
    "no days": (Wish("shift", days=0), "by how many days"),
    "far back": (Wish("shift", days=-30), "past"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_in_words(app: Flask, cohort: str, name: str) -> None:
    wish, words = REFUSED[name]
    before = everything(app)
    with pytest.raises((Conflict, Invalid), match=words):
        apply(app, wish)
    assert everything(app) == before
    with app.app_context():
        assert db.session.scalars(select(Change)).all() == []


def test_an_unknown_session_is_not_there(app: Flask, cohort: str) -> None:
    with pytest.raises(NotFound):
        apply(app, Wish("cancel", key="week-9"))


def test_moving_a_cohort_by_a_week_moves_what_belongs_to_it(app: Flask, cohort: str) -> None:
    apply(app, WEEK_LATER)
    assert [session_row(app, key).wall_start for key in ("week-1", "week-2")] == [
        "2026-12-15T19:00:00",
        "2026-12-22T19:00:00",
    ]
    with app.app_context():
        drops = {drop.key: drop.wall_release for drop in db.session.scalars(select(Drop))}
    assert drops == {"sheet": "2026-12-16T08:00:00", "gift": "2026-12-19T08:00:00"}


def test_all_sessions_move_by_days_and_to_the_time_of_day(app: Flask, cohort: str) -> None:
    apply(app, WISHES["all"])
    assert [session_row(app, key).wall_start for key in ("week-1", "week-2")] == [
        "2026-12-09T18:30:00",
        "2026-12-16T18:30:00",
    ]


def test_the_audit_log_holds_before_and_after(app: Flask, cohort: str) -> None:
    undo(app, apply(app, MOVE))
    with app.app_context():
        found = {entry.action: entry for entry in db.session.scalars(select(AuditEntry))}
    id_ = str(session_row(app).id)
    detail = found["dates.changed"].detail
    assert detail["before"]["sessions"][id_]["wall_start"] == "2026-12-08T19:00:00"
    assert detail["after"]["sessions"][id_]["wall_start"] == "2026-12-10T18:00:00"
    assert found["change.undone"].actor == "organizer:1"


def test_the_number_of_statements_does_not_grow_with_the_sessions(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    numbers = set()
    for more in (1, 2, 297):
        given_sessions(app, more)
        with app.app_context(), counting(app) as there, transaction():
            change = changes.apply(KEY, WEEK_LATER, seen=None, actor="organizer:1", now=clock.now())
        with app.app_context(), counting(app) as back, transaction():
            undoing.undo(KEY, change.id, actor="organizer:1", now=clock.now())
        numbers.add((ways(there), ways(back)))
    # Rows that change the same columns go together, so one more kind of row is one more way there.
    assert max(there for there, _ in numbers) - min(there for there, _ in numbers) <= 1, numbers
    assert len({back for _, back in numbers}) == 1, numbers


def ways(statements: list[str]) -> int:
    """How often the database is asked: SQLite gets rows of one INSERT one by one."""
    return sum(1 for _ in groupby(statement[:40] for statement in statements))


def test_a_window_belongs_to_the_outbox_not_to_a_process(app: Flask, cohort: str, travel: Traveller) -> None:
    apply(app, MOVE)
    with app.app_context():
        (held,) = db.session.scalars(select(Broadcast).where(Broadcast.kind == "session_changed"))
        assert held.held_until == clock.now() + WINDOW
        assert db.session.scalars(select(Delivery).where(Delivery.kind == "session_changed")).all() == []
