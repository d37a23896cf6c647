"""A cohort file that is read in again after things have happened: what it may change, and who hears of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from tests.building import COHORT, KEY, given_cohort, outbox, session_row, sign_up
from tests.delivering import deliver, write_out
from webinar_hub.cli import importing
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict, Invalid
from webinar_hub.models import Drop
from webinar_hub.queries.changes import Announcement
from webinar_hub.rules.cohort_file import CohortFileErrors, read_cohort_file
from webinar_hub.services import sessions

GIFT = "releases = 2026-12-12T08:00:00"
PAST_GIFT = "releases = 2026-11-20T08:00:00"
NEW_PAST_DROP = '\n[[drops]]\nkey = "late"\ntitle = "Forgotten"\nnote = "Here."\nreleases = 2026-11-20T08:00:00\n'


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    public_id = given_cohort(app, tmp_path)
    sign_up(app, public_id)
    return public_id


def import_(app: Flask, folder: Path, changes: Mapping[str, str], more: str = "") -> importing.Preview:
    text = COHORT
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    file = read_cohort_file(text + more)
    seen = importing.preview(app, file, folder)
    importing.apply(app, file, folder)
    return seen


def move(app: Flask, session: str, to: datetime) -> None:
    with app.app_context(), transaction():
        cohort, row = sessions.find(KEY, session)
        sessions.reschedule(cohort, row, to, row.minutes, actor="test", now=clock.now())


def test_the_file_of_a_cancelled_cohort_is_refused_and_nobody_is_invited_again(
    app: Flask, cohort: str, tmp_path: Path
) -> None:
    with app.app_context(), transaction():
        sessions.cancel_cohort(sessions.find_cohort(KEY), actor="test", now=clock.now())
    deliver(app)
    with pytest.raises(Conflict, match="another cohort key"):
        import_(app, tmp_path, {})
    assert session_row(app, "week-1").state == "cancelled"
    assert deliver(app) == []


class TestThePast:
    """A slip of the year, in the file or on the command line."""

    def refused(self, app: Flask, folder: Path, changes: Mapping[str, str]) -> CohortFileErrors:
        with pytest.raises(CohortFileErrors) as refusal:
            import_(app, folder, changes)
        return refusal.value

    def test_a_session_cannot_go_there_and_its_line_is_named(self, app: Flask, cohort: str, tmp_path: Path) -> None:
        slip = {'title = "Cues"': 'title = "Cues"\nstarts = 2025-12-08T19:00:00'}
        (error,) = self.refused(app, tmp_path, slip).errors
        assert error.line == COHORT.splitlines().index('title = "Cues"') + 2
        assert (error.field, "Is the year right?" in error.message) == ("sessions #1.starts", True)
        assert session_row(app, "week-1").starts_at == datetime(2026, 12, 9, tzinfo=UTC)

    def test_a_whole_series_cannot_either_and_every_session_is_named(
        self, app: Flask, cohort: str, tmp_path: Path
    ) -> None:
        errors = self.refused(app, tmp_path, {"2026-12-08": "2025-12-08"}).errors
        line = COHORT.splitlines().index("first = 2026-12-08T19:00:00") + 1
        assert [(error.line, error.field) for error in errors] == [(line, "cohort.weekly.first")] * 2
        assert ["week-1" in errors[0].message, "week-2" in errors[1].message] == [True, True]

    def test_taking_a_cancellation_back_cannot_bring_a_session_there(
        self, app: Flask, cohort: str, tmp_path: Path
    ) -> None:
        import_(app, tmp_path, {'title = "Cues"': 'title = "Cues"\ncancelled = true'})
        self.refused(app, tmp_path, {'title = "Cues"': 'title = "Cues"\nstarts = 2025-12-08T19:00:00'})

    def test_what_is_over_stays_when_it_was(
        self, app: Flask, cohort: str, tmp_path: Path, travel: Traveller
    ) -> None:
        travel.move_to(datetime(2026, 12, 9, 1, 0, tzinfo=UTC))
        slip = {'title = "Cues"': 'title = "Cues"\nstarts = 2026-12-10T19:00:00'}
        (error,) = self.refused(app, tmp_path, slip).errors
        assert "It is over" in error.message

    def test_a_session_that_runs_may_become_longer(
        self, app: Flask, cohort: str, tmp_path: Path, travel: Traveller
    ) -> None:
        travel.move_to(datetime(2026, 12, 9, 0, 30, tzinfo=UTC))
        import_(app, tmp_path, {'title = "Cues"': 'title = "Cues"\nminutes = 90'})
        assert session_row(app, "week-1").ends_at == datetime(2026, 12, 9, 1, 30, tzinfo=UTC)


class TestMovingBesideOthers:
    """`reschedule` holds to what the file holds to."""

    def test_two_sessions_cannot_run_at_the_same_time(self, app: Flask, cohort: str) -> None:
        with pytest.raises(Conflict, match='"Strokes" is still running'):
            move(app, "week-1", datetime(2026, 12, 15, 18, 30))
        assert session_row(app, "week-1").starts_at == datetime(2026, 12, 9, tzinfo=UTC)

    def test_one_may_begin_when_the_other_ends(self, app: Flask, cohort: str) -> None:
        move(app, "week-1", datetime(2026, 12, 15, 18, 0))
        assert session_row(app, "week-1").revision == 1

    def test_a_cancelled_one_is_in_nobodys_way(self, app: Flask, cohort: str, tmp_path: Path) -> None:
        import_(app, tmp_path, {'title = "Strokes"': 'title = "Strokes"\ncancelled = true'})
        move(app, "week-1", datetime(2026, 12, 15, 18, 30))
        assert session_row(app, "week-1").revision == 1

    def test_a_bonus_that_would_follow_into_a_gap_of_the_clocks_is_said_in_words(
        self, app: Flask, cohort: str, tmp_path: Path
    ) -> None:
        import_(app, tmp_path, {"at = 08:00:00": "at = 02:30:00"})
        with pytest.raises(Invalid, match=r'bonus "A sheet for parents" would follow.*does not exist'):
            move(app, "week-1", datetime(2027, 3, 13, 19, 0))
        assert session_row(app, "week-1").revision == 0


class TestALateBonus:
    """A bonus whose moment is past when the file is read in: it is open, so it is announced, once."""

    @pytest.mark.parametrize(
        ("changes", "more", "title"),
        [({GIFT: PAST_GIFT}, "", "A gift"), ({}, NEW_PAST_DROP, "Forgotten")],
        ids=["moved", "new"],
    )
    def test_it_is_announced_at_once_and_never_again(
        self, app: Flask, cohort: str, tmp_path: Path, changes: Mapping[str, str], more: str, title: str
    ) -> None:
        deliver(app)
        seen = import_(app, tmp_path, changes, more)
        assert seen.announcements == [Announcement("drop", title, 1)]
        assert len(deliver(app)) == 1
        again = import_(app, tmp_path, {**changes, "Four evenings": "Five evenings"}, more)
        assert (again.announcements, deliver(app)) == ([], [])

    def test_one_that_was_open_before_anybody_signed_up_is_not_announced_to_those_who_come(
        self, app: Flask, tmp_path: Path, travel: Traveller
    ) -> None:
        cohort = given_cohort(app, tmp_path, {GIFT: PAST_GIFT})
        sign_up(app, cohort)
        seen = import_(app, tmp_path, {GIFT: PAST_GIFT, "Four evenings": "Five evenings"})
        deliver(app)
        assert (seen.announcements, outbox(app, kind="drop")) == ([], [])

    def test_one_that_was_announced_is_not_announced_for_an_earlier_moment(
        self, app: Flask, cohort: str, tmp_path: Path, travel: Traveller
    ) -> None:
        travel.move_to(datetime(2026, 12, 12, 14, 0, tzinfo=UTC))
        deliver(app)
        seen = import_(app, tmp_path, {GIFT: PAST_GIFT})
        assert (seen.announcements, deliver(app)) == ([], [])

    def test_to_and_fro_is_one_announcement(self, app: Flask, cohort: str, tmp_path: Path) -> None:
        import_(app, tmp_path, {GIFT: PAST_GIFT})
        import_(app, tmp_path, {})
        import_(app, tmp_path, {GIFT: PAST_GIFT})
        deliver(app)
        assert len(outbox(app, kind="drop")) == 1

    def test_who_came_after_it_is_not_told_where_the_past_is_not_hers(
        self, app: Flask, cohort: str, tmp_path: Path, travel: Traveller
    ) -> None:
        from_now_on = {"capacity = 50": 'capacity = 50\nlate_join = "from now on"'}
        import_(app, tmp_path, from_now_on)
        travel.move_to(datetime(2026, 12, 2, 14, 0, tzinfo=UTC))
        sign_up(app, cohort, "bea@x.example")
        deliver(app)
        seen = import_(app, tmp_path, {**from_now_on, GIFT: "releases = 2026-12-01T08:00:00"})
        assert seen.announcements == [Announcement("drop", "A gift", 1)]
        assert [mail.message["To"].addresses[0].addr_spec for mail in deliver(app)] == ["ann@x.example"]

    def test_one_that_waits_in_the_outbox_is_not_sent_before_its_new_moment(
        self, app: Flask, cohort: str, tmp_path: Path, travel: Traveller
    ) -> None:
        deliver(app)
        travel.move_to(datetime(2026, 12, 12, 13, 1, tzinfo=UTC))
        write_out(app)
        (waiting,) = outbox(app, kind="drop", drop_id=drop_id(app))
        assert waiting.state == "queued"
        import_(app, tmp_path, {GIFT: "releases = 2026-12-20T08:00:00"})
        assert [delivery.state for delivery in outbox(app, drop_id=drop_id(app))] == ["cancelled"]
        travel.move_to(datetime(2026, 12, 20, 13, 1, tzinfo=UTC))
        deliver(app)
        assert [delivery.state for delivery in outbox(app, drop_id=drop_id(app))] == ["cancelled", "sent"]


def drop_id(app: Flask, key: str = "gift") -> int:
    with app.app_context():
        return db.session.scalars(select(Drop.id).where(Drop.key == key)).one()
