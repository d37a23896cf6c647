"""What follows when a session moves, is cancelled or added, and what the plan makes of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from tests.building import COHORT, KEY, expand, given_cohort, outbox, session_row, sign_up
from tests.delivering import deliver
from webinar_hub.cli import importing
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.models import Broadcast, Cohort, Drop, Session
from webinar_hub.rules.cohort_file import read_cohort_file
from webinar_hub.services import outbox as outbox_service
from webinar_hub.services import sessions

ANNOUNCEMENTS = ("session_changed", "session_added", "session_cancelled", "cohort_cancelled")


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    public_id = given_cohort(app, tmp_path)
    sign_up(app, public_id)
    return public_id


def change(app: Flask, verb: Callable[[Cohort, Session], None], session: str = "week-1") -> None:
    with app.app_context(), transaction():
        verb(*sessions.find(KEY, session))


def move(app: Flask, to: datetime, session: str = "week-1", minutes: int = 60) -> None:
    change(
        app,
        lambda cohort, row: sessions.reschedule(cohort, row, to, minutes, actor="test", now=clock.now()),
        session,
    )


def cancel(app: Flask, session: str = "week-1") -> None:
    change(app, lambda cohort, row: sessions.cancel(cohort, row, actor="test", now=clock.now()), session)


def planned(app: Flask, **wanted: str) -> dict[str, datetime]:
    with app.app_context():
        rows = db.session.scalars(select(Broadcast).filter_by(state="planned", **wanted))
        return {row.key if row.round == 1 else f"{row.key}@{row.round}": row.due_at for row in rows}


def test_weekly_at_seven_stays_seven_across_the_clock_change(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    given_cohort(app, tmp_path, {"2026-12-08T19:00:00": "2027-03-09T19:00:00", "2026-12-12": "2027-03-12"})
    assert session_row(app, "week-1").starts_at == datetime(2027, 3, 10, 0, 0, tzinfo=UTC)
    assert session_row(app, "week-2").starts_at == datetime(2027, 3, 16, 23, 0, tzinfo=UTC)


def test_moving_retimes_reminders_and_the_drop_that_follows(app: Flask, cohort: str) -> None:
    before = planned(app)
    move(app, datetime(2026, 12, 10, 18, 0))
    shift = timedelta(days=2) - timedelta(hours=1)
    after = planned(app)
    moved = {key for key in before if after[key] != before[key]}
    session = session_row(app).id
    assert {f"session:{session}:live", f"session:{session}:reminder:-PT1H"} <= moved
    assert all(after[key] - before[key] == shift for key in moved if key.startswith("session:"))
    with app.app_context():
        sheet = db.session.scalars(select(Drop).where(Drop.key == "sheet")).one()
    assert sheet.release_at == datetime(2026, 12, 11, 13, 0, tzinfo=UTC), "the day after at eight in New York"


def test_moving_raises_the_revision_and_tells_everybody_once(app: Flask, cohort: str) -> None:
    move(app, datetime(2026, 12, 10, 18, 0))
    expand(app)
    assert session_row(app).revision == 1
    assert [delivery.kind for delivery in outbox(app)] == ["confirmation", "session_changed"]


def test_moving_twice_in_a_row_leaves_only_the_last_word(app: Flask, cohort: str) -> None:
    move(app, datetime(2026, 12, 10, 18, 0))
    expand(app)
    move(app, datetime(2026, 12, 11, 18, 0))
    expand(app)
    assert [delivery.state for delivery in outbox(app, kind="session_changed")] == ["cancelled", "queued"]


def test_moving_to_where_it_is_says_nothing(app: Flask, cohort: str) -> None:
    move(app, datetime(2026, 12, 8, 19, 0))
    assert session_row(app).revision == 0
    assert not set(planned(app)) & {key for key in planned(app) if "changed" in key}


def test_a_reminder_that_waits_in_the_outbox_is_not_sent_for_the_old_time(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    travel.move_to(datetime(2026, 12, 8, 0, 1, tzinfo=UTC))
    expand(app)
    assert outbox(app, kind="reminder")[-1].state == "queued"
    move(app, datetime(2026, 12, 15, 12, 0))
    assert {delivery.state for delivery in outbox(app, kind="reminder")} == {"cancelled"}


def test_what_went_out_for_the_old_time_goes_out_again_for_the_new_one(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    travel.move_to(datetime(2026, 12, 8, 0, 1, tzinfo=UTC))
    expand(app)
    move(app, datetime(2026, 12, 14, 12, 0))
    session = session_row(app).id
    assert planned(app)[f"session:{session}:reminder:-P1D@2"] == datetime(2026, 12, 13, 17, 0, tzinfo=UTC)
    travel.move_to(datetime(2026, 12, 13, 17, 1, tzinfo=UTC))
    expand(app)
    day_before = [d for d in outbox(app, kind="reminder") if "-P1D" in d.key and d.session_id == session]
    assert [delivery.state for delivery in day_before] == ["cancelled", "queued"]


@pytest.mark.parametrize(
    ("to", "error"),
    [
        (datetime(2026, 11, 1, 12, 0), Conflict),
        (datetime(2027, 3, 14, 2, 30), Invalid),
    ],
)
def test_a_time_that_cannot_be_is_refused_and_nothing_changes(
    app: Flask, cohort: str, to: datetime, error: type[Exception]
) -> None:
    before = planned(app)
    with pytest.raises(error):
        move(app, to)
    assert planned(app) == before
    assert session_row(app).starts_at == datetime(2026, 12, 9, 0, 0, tzinfo=UTC)


def test_cancelling_withdraws_reminders_and_says_so_to_everybody(app: Flask, cohort: str) -> None:
    cancel(app)
    expand(app)
    session = session_row(app)
    assert (session.state, session.revision) == ("cancelled", 1)
    assert [delivery.kind for delivery in outbox(app)] == ["confirmation", "session_cancelled"]
    assert not [key for key in planned(app) if key.startswith(f"session:{session.id}:")]
    cancel(app)
    assert session_row(app).revision == 1, "cancelling twice is cancelling once"


def test_a_session_that_is_over_can_neither_move_nor_be_cancelled(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    travel.move_to(datetime(2026, 12, 9, 1, 0, tzinfo=UTC))
    with pytest.raises(Conflict):
        move(app, datetime(2026, 12, 20, 12, 0))
    with pytest.raises(Conflict):
        cancel(app)


def test_cancelling_a_cohort_ends_everything_that_was_planned(app: Flask, cohort: str) -> None:
    with app.app_context(), transaction():
        sessions.cancel_cohort(sessions.find_cohort(KEY), actor="test", now=clock.now())
    expand(app)
    assert planned(app) == {}
    assert [(d.kind, d.state) for d in outbox(app)] == [
        ("confirmation", "cancelled"),
        ("cohort_cancelled", "queued"),
    ]


@pytest.mark.parametrize("told", [True, False])
def test_a_cohort_takes_a_session_out_of_calendars_once(app: Flask, cohort: str, told: bool) -> None:
    deliver(app)
    cancel(app)
    if told:
        deliver(app)
    with app.app_context(), transaction():
        sessions.cancel_cohort(sessions.find_cohort(KEY), actor="test", now=clock.now())
    deliver(app)
    cancels = [d for d in outbox(app, state="sent") if d.kind in (*ANNOUNCEMENTS, "calendar_cancel")]
    week_1, week_2 = session_row(app).id, session_row(app, "week-2").id
    assert sorted(d.session_id or 0 for d in cancels) == sorted((week_1, week_2))


def test_an_unknown_name_is_answered_with_those_there_are(app: Flask, cohort: str) -> None:
    with app.app_context(), pytest.raises(NotFound, match="week-1, week-2"):
        sessions.find(KEY, "week-9")


def test_the_cost_of_moving_does_not_depend_on_how_many_are_registered(app: Flask, cohort: str) -> None:
    for number in range(20):
        sign_up(app, cohort, f"p{number}@x.example", network=f"192.0.2.{number}")
    move(app, datetime(2026, 12, 10, 18, 0))
    assert outbox(app, kind="session_changed") == [], "one broadcast row until the worker expands it"
    assert len([key for key in planned(app) if "session_changed" in key]) == 1


class TestTheFile:
    """The same changes, made in the cohort file."""

    def import_(self, app: Flask, folder: Path, old: str, new: str) -> importing.Preview:
        assert old in COHORT
        file = read_cohort_file(COHORT.replace(old, new))
        seen = importing.preview(app, file, folder)
        importing.apply(app, file, folder)
        return seen

    def told(self, app: Flask) -> list[str]:
        expand(app)
        return [delivery.kind for delivery in outbox(app) if delivery.kind in ANNOUNCEMENTS]

    def test_the_same_file_again_changes_nothing(self, app: Flask, cohort: str, tmp_path: Path) -> None:
        seen = self.import_(app, tmp_path, "Four evenings", "Four evenings")
        assert (seen.changes, seen.announcements, self.told(app)) == ([], [], [])

    def test_a_preview_leaves_no_trace(self, app: Flask, cohort: str, tmp_path: Path) -> None:
        before = planned(app)
        importing.preview(app, read_cohort_file(COHORT.replace("19:00:00", "18:00:00")), tmp_path)
        assert planned(app) == before
        assert session_row(app).revision == 0

    def test_moving_the_series_tells_of_each_session(self, app: Flask, cohort: str, tmp_path: Path) -> None:
        seen = self.import_(app, tmp_path, "2026-12-08T19:00:00", "2026-12-08T18:00:00")
        assert [(item.kind, item.people) for item in seen.announcements] == [("session_changed", 1)] * 2
        assert self.told(app) == ["session_changed"] * 2

    def test_other_words_reach_calendars_without_a_mail(self, app: Flask, cohort: str, tmp_path: Path) -> None:
        self.import_(app, tmp_path, 'title = "Cues"', 'title = "Reading cues"')
        assert session_row(app).revision == 1
        assert self.told(app) == []

    def test_a_week_more_is_an_invite_for_everybody(self, app: Flask, cohort: str, tmp_path: Path) -> None:
        self.import_(app, tmp_path, "weeks = 2", "weeks = 3")
        assert self.told(app) == ["session_added"]

    def test_a_week_less_is_a_cancellation(self, app: Flask, cohort: str, tmp_path: Path) -> None:
        self.import_(
            app, tmp_path, 'weeks = 2\nminutes = 60\n\n[[sessions]]\ntitle = "Cues"', "weeks = 1\nminutes = 60"
        )
        assert self.told(app) == ["session_cancelled"]
        assert session_row(app, "week-2").state == "cancelled"

    def test_taking_a_cancellation_back_invites_again_with_a_higher_revision(
        self, app: Flask, cohort: str, tmp_path: Path
    ) -> None:
        self.import_(app, tmp_path, 'title = "Cues"', 'title = "Cues"\ncancelled = true')
        self.import_(app, tmp_path, "Four evenings", "Four evenings")
        assert (session_row(app).state, session_row(app).revision) == ("scheduled", 2)
        assert self.told(app) == ["session_cancelled", "session_added"]

    def test_fewer_seats_than_people_is_refused_whole(self, app: Flask, cohort: str, tmp_path: Path) -> None:
        sign_up(app, cohort, "bea@x.example")
        file = read_cohort_file(COHORT.replace("capacity = 50", "capacity = 1").replace("Four", "Five"))
        with pytest.raises(Conflict, match="2 people have a seat"):
            importing.apply(app, file, tmp_path)
        with app.app_context():
            assert db.session.scalars(select(Cohort.capacity)).one() == 50


def test_an_invite_that_was_queued_before_a_cancellation_is_never_claimed(app: Flask, cohort: str) -> None:
    with app.app_context():
        with transaction():
            (confirmation,) = outbox_service.claim(10, lease=60, now=clock.now())
        with transaction():
            outbox_service.record([outbox_service.Result(confirmation, "sent", "250")], now=clock.now())
    assert [(d.kind, d.state) for d in outbox(app)] == [("confirmation", "sent"), ("invite", "queued")]
    cancel(app, "week-2")
    assert [d.state for d in outbox(app, kind="invite")] == ["cancelled"]
