"""Dates left out, late joiners, bonuses on her own clock, pauses and hours, played by the worker's own parts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from tests.building import (
    KEY,
    NOW,
    given_cohort,
    given_sessions,
    only_person,
    only_registration,
    outbox,
    session_row,
    sign_up,
)
from tests.counting import counting
from tests.delivering import Mail, deliver, write_out
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.models import Broadcast, Cohort, Delivery, Drop
from webinar_hub.queries import calendars, health
from webinar_hub.queries import me as pages
from webinar_hub.rules.hours import Hours
from webinar_hub.services import cohorts, drops, registrations, rhythms, series, sessions, silencing

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = datetime(2026, 12, 9, 0, 0, tzinfo=UTC)
"""The first session: Tuesday 7 pm in New York."""
OWN_CLOCK = {
    'after_session = "week-1"\ndays = 1\nat = 08:00:00': "days_after_enrolment = 3\nat = 08:00:00",
}


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


def choose(app: Flask, verb: object, key: str) -> None:
    person, registration = only_person(app).id, only_registration(app).public_id
    with app.app_context(), transaction():
        verb(person, registration, session_row(app, key).public_id, now=clock.now())  # type: ignore[operator]


def play(app: Flask, travel: Traveller, until: datetime) -> list[tuple[datetime, Mail]]:
    """Ring at every moment at which something is due, as the clock does, and read what arrives."""
    arrived = []
    while True:
        with app.app_context():
            due = health.next_due()
        if due is None or due > until:
            travel.move_to(until)
            return arrived
        travel.move_to(max(due, clock.now()))
        moment = clock.now()
        arrived += [(moment, mail) for mail in deliver(app)]


def mails(arrived: list[tuple[datetime, Mail]], *words: str) -> list[datetime]:
    """When mails arrived whose subject has one of these words."""
    return [at for at, mail in arrived if any(word in mail.subject for word in words)]


class TestSeries:
    def test_a_date_left_out_is_silent_and_comes_back_with_a_higher_sequence(
        self, app: Flask, cohort: str, travel: Traveller
    ) -> None:
        sign_up(app, cohort)
        uid = {mail.invites[0].uid: mail.invites[0] for mail in deliver(app) if mail.invites}
        choose(app, series.opt_out, "week-1")
        choose(app, series.opt_out, "week-1")
        (cancel,) = deliver(app)
        (gone,) = cancel.invites
        assert gone.method == "CANCEL"
        assert gone.revision > uid[gone.uid].revision
        # Meanwhile it moves, and everything about it is sent to others.
        with app.app_context(), transaction():
            moved = sessions.find(KEY, "week-1")
            sessions.reschedule(*moved, datetime(2026, 12, 8, 18, 0), 60, actor="test", now=clock.now())
        arrived = play(app, travel, FIRST + HOUR)
        assert [mail for _, mail in arrived if "Cues" in mail.subject] == []
        travel.move_to(NOW + DAY)
        choose(app, series.opt_in, "week-1")
        (invite,) = [mail for mail in deliver(app) if mail.invites]
        assert invite.invites[0].method == "REQUEST"
        assert invite.invites[0].uid == gone.uid
        assert invite.invites[0].revision > gone.revision
        # Her calendar's answer is to the entry as it is by now.
        choose(app, series.opt_out, "week-1")
        (again,) = deliver(app)
        assert again.invites[0].revision > invite.invites[0].revision

    def test_her_page_and_her_feed_know_only_what_she_means_to_come_to(self, app: Flask, cohort: str) -> None:
        sign_up(app, cohort)
        choose(app, series.opt_out, "week-1")
        with app.app_context():
            person = only_person(app).id
            (view,) = pages.my_page(person, app.extensions["links"], clock.now()).registrations
            feed = calendars.personal(person, app.extensions["hub"])
        assert [each.title for each in view.meant] == ["Strokes"]
        assert view.cohort.next_session == view.meant[0]
        assert view.can_leave
        assert [entry.session.title for entry in feed] == ["Strokes · Baby massage & you"]

    def test_signing_up_twice_puts_nothing_back_and_new_sessions_are_hers(
        self, app: Flask, cohort: str, travel: Traveller
    ) -> None:
        sign_up(app, cohort)
        deliver(app)
        choose(app, series.opt_out, "week-1")
        deliver(app)
        travel.shift(HOUR)
        sign_up(app, cohort)
        again = deliver(app)
        assert not any(
            invite.method == "REQUEST" and "Cues" in invite.title for mail in again for invite in mail.invites
        )
        given_sessions(app, 1)
        with app.app_context(), transaction():
            more = sessions.find(KEY, "more-3")
            sessions.added(*more, actor="test", now=clock.now())
        (added,) = deliver(app)
        assert added.invites[0].method == "REQUEST"

    def test_only_her_own_dates_that_are_ahead(self, app: Flask, cohort: str, travel: Traveller) -> None:
        sign_up(app, cohort)
        person, hers, other = (
            only_person(app).id,
            only_registration(app).public_id,
            session_row(app, "week-2").public_id,
        )
        with app.app_context():
            with pytest.raises(NotFound), transaction():
                series.opt_out(person + 1, hers, other, now=clock.now())
            with pytest.raises(NotFound), transaction():
                series.opt_out(person, hers, "0" * 16, now=clock.now())
        travel.move_to(FIRST + 2 * HOUR)
        with pytest.raises(Conflict):
            choose(app, series.opt_out, "week-1")


class TestLateJoiners:
    def test_one_bonus_a_day_until_she_has_caught_up(self, app: Flask, tmp_path: Path, travel: Traveller) -> None:
        cohort = given_cohort(
            app,
            tmp_path,
            {'title = "Tuesday evenings"\n': 'title = "Tuesday evenings"\nlate_join = "one per day"\n'},
        )
        sign_up(app, cohort, "early@x.example")
        came = datetime(2026, 12, 12, 20, 0, tzinfo=UTC)
        early = play(app, travel, came)
        assert len(mails(early, "bonus", "surprise")) == 2
        sign_up(app, cohort, "late@x.example", zone="America/New_York")
        late = play(app, travel, came + 10 * DAY)
        eight = datetime(2026, 12, 13, 13, 0, tzinfo=UTC)
        assert mails(late, "bonus", "surprise") == [eight, eight + DAY]
        with app.app_context():
            drop = db.session.scalars(select(Drop).where(Drop.key == "gift")).one()
            person = next(p for p in (1, 2, 3) if p != only_first(app))
            seen = pages.my_page(person, app.extensions["links"], came + HOUR).registrations[0].cohort.drops
        assert [(each.released, each.release_at) for each in seen] == [(False, eight), (False, eight + DAY)]
        assert drop.release_at < came

    def test_late_reminders_collapse_into_one(self, app: Flask, cohort: str, travel: Traveller) -> None:
        play(app, travel, FIRST - timedelta(hours=2, minutes=5))
        sign_up(app, cohort, zone="America/New_York")
        arrived = play(app, travel, FIRST - timedelta(minutes=1))
        about = [(at, mail) for at, mail in arrived if "Cues" in mail.subject]
        assert [FIRST - at for at, _ in about] == [timedelta(minutes=10)]
        confirmation = arrived[0][1]
        assert "Join live" in confirmation.text


def only_first(app: Flask) -> int:
    with app.app_context():
        return db.session.scalars(select(Delivery.registration_id).order_by(Delivery.id)).first() or 0


class TestOwnClock:
    def test_each_is_written_to_days_after_she_came_once_and_not_after_she_left(
        self, app: Flask, tmp_path: Path, travel: Traveller
    ) -> None:
        cohort = given_cohort(app, tmp_path, OWN_CLOCK)
        sign_up(app, cohort, "ann@x.example")
        travel.move_to(NOW + DAY)
        sign_up(app, cohort, "bea@x.example")
        sign_up(app, cohort, "gone@x.example")
        with app.app_context(), transaction():
            rows = db.session.scalars(select(Delivery).order_by(Delivery.id)).all()
            gone = rows[-1].registration_id
            row = db.session.get_one(registrations.Registration, gone)
            registrations.leave(row, actor="test", now=clock.now())
        arrived = play(app, travel, NOW + 8 * DAY)
        eight = datetime(2026, 11, 26, 13, 0, tzinfo=UTC)
        assert mails(arrived, "A sheet") == [eight, eight + DAY]
        keys = [each.key for each in outbox(app, kind="drop")]
        assert len(keys) == len(set(keys)) == 2

    def test_what_changes_while_it_runs_reaches_those_ahead_and_finishers_only_if_asked(
        self, app: Flask, cohort: str, travel: Traveller
    ) -> None:
        sign_up(app, cohort, "ann@x.example")
        travel.move_to(NOW + 5 * DAY)
        sign_up(app, cohort, "bea@x.example")
        wish = drops.Wish("Step two", "", False, drops.OnOwnClock(4, None))
        with app.app_context(), transaction():
            public_id = drops.create(KEY, wish, actor="test", now=clock.now()).public_id
        play(app, travel, NOW + 8 * DAY)
        assert outbox(app, kind="drop") == []
        # Sooner: three days, which Bea has been here for by now.
        sooner = drops.Wish("Step two", "", False, drops.OnOwnClock(3, None))
        with app.app_context(), transaction():
            drops.change(KEY, public_id, sooner, 1, actor="test", now=clock.now())
        assert mails(play(app, travel, NOW + 12 * DAY), "Step two") == [NOW + 8 * DAY]
        for_all = drops.Wish("Step two", "", False, drops.OnOwnClock(3, None, also_past=True))
        with app.app_context(), transaction():
            drops.change(KEY, public_id, for_all, 2, actor="test", now=clock.now())
        assert mails(play(app, travel, NOW + 13 * DAY), "Step two") == [NOW + 12 * DAY]
        assert len({each.registration_id for each in outbox(app, kind="drop", state="sent")}) == 2

    def test_after_going_back_to_a_backup_it_goes_on_with_those_whose_turn_is_later(
        self, app: Flask, tmp_path: Path, travel: Traveller
    ) -> None:
        cohort = given_cohort(app, tmp_path, OWN_CLOCK)
        sign_up(app, cohort, "ann@x.example")
        travel.move_to(NOW + 4 * DAY)
        sign_up(app, cohort, "bea@x.example")
        with app.app_context(), transaction():
            silencing.silence(clock.now(), actor="test", now=clock.now())
        later = datetime(2026, 11, 30, 13, 0, tzinfo=UTC)
        assert mails(play(app, travel, later + DAY), "A sheet") == [later]

    def test_the_next_bell_is_exact_and_a_turn_costs_the_same_for_one_and_for_thirty(
        self, app: Flask, tmp_path: Path, travel: Traveller
    ) -> None:
        cohort = given_cohort(app, tmp_path, OWN_CLOCK)

        def turn(people: int, day: int) -> int:
            travel.move_to(NOW + day * DAY)
            for number in range(people):
                sign_up(app, cohort, f"{day}-{number}@x.example")
            moment = datetime(2026, 11, 26, 13, 0, tzinfo=UTC) + day * DAY
            travel.move_to(moment - timedelta(seconds=1))
            deliver(app)
            travel.move_to(moment)
            with counting(app) as statements:
                write_out(app)
            return len(statements)

        one, many = turn(1, 0), turn(30, 7)
        assert one == many
        with app.app_context():
            own = db.session.scalars(select(Broadcast).where(Broadcast.own_days.is_not(None))).one()
        assert own.due_at > clock.now()


class TestPause:
    def test_nothing_of_it_comes_and_one_mail_tells_what_opened(
        self, app: Flask, cohort: str, travel: Traveller
    ) -> None:
        sign_up(app, cohort)
        deliver(app)
        with app.app_context(), transaction():
            until = rhythms.pause(only_person(app).id, 3, ("reminders", "bonuses"), now=clock.now())
        with app.app_context(), transaction():
            row = sessions.find(KEY, "week-2")
            sessions.reschedule(*row, datetime(2026, 12, 15, 18, 0), 60, actor="test", now=clock.now())
        quiet = play(app, travel, until - timedelta(seconds=1))
        assert [mail.subject for _, mail in quiet if "Strokes" not in mail.subject] == []
        assert len(quiet) == 1
        (back,) = play(app, travel, until)
        assert back[0] == until
        assert [title in back[1].text for title in ("A sheet for parents", "A gift")] == [True, True]
        assert len(mails(play(app, travel, FIRST + 8 * DAY), "Strokes")) > 0

    def test_she_may_end_it_earlier_and_begin_it_anew(self, app: Flask, cohort: str, travel: Traveller) -> None:
        sign_up(app, cohort)
        deliver(app)
        person = only_person(app).id
        for weeks in (2, 8):
            with app.app_context(), transaction():
                rhythms.pause(person, weeks, ("bonuses",), now=clock.now())
        play(app, travel, FIRST + DAY)
        with app.app_context(), transaction():
            rhythms.resume(person, now=clock.now())
            rhythms.resume(person, now=clock.now())
        told = deliver(app)
        assert [("A sheet" in mail.text, "A gift" in mail.text) for mail in told] == [(True, False)]
        assert mails(play(app, travel, FIRST + 60 * DAY), "paused") == []


class TestHours:
    def test_each_reads_it_at_an_hour_that_suits_her(self, app: Flask, cohort: str, travel: Traveller) -> None:
        with app.app_context(), transaction():
            row = db.session.scalars(select(Cohort)).one()
            cohorts.set_hours(row, Hours(bonus_at=8 * 60, opens=8 * 60, closes=20 * 60))
        for name, zone in (("ny", "America/New_York"), ("la", "America/Los_Angeles"), ("tokyo", "Asia/Tokyo")):
            sign_up(app, cohort, f"{name}@x.example", zone=zone)
        sign_up(app, cohort, "own@x.example", zone="America/New_York")
        deliver(app)
        with app.app_context(), transaction():
            own = db.session.scalars(select(registrations.Person).order_by(registrations.Person.id.desc())).first()
            assert own is not None
            rhythms.choose_hours(own.id, bonus_at=21 * 60, window=(0, 1440), weekdays_only=None, now=clock.now())
        opens = datetime(2026, 12, 9, 13, 0, tzinfo=UTC)
        travel.move_to(opens)
        with counting(app) as statements:
            write_out(app)
        due = [each.due_at for each in outbox(app, kind="drop")]
        assert due == [opens, opens + 3 * HOUR, opens + 10 * HOUR, opens + 13 * HOUR]
        assert len(statements) < 40

    def test_the_day_before_waits_for_the_morning_and_the_hour_before_does_not(
        self, app: Flask, cohort: str, travel: Traveller
    ) -> None:
        sign_up(app, cohort, zone="Asia/Tokyo")
        deliver(app)
        with app.app_context(), transaction():
            rhythms.choose_hours(
                only_person(app).id, bonus_at=None, window=(10 * 60, 20 * 60), weekdays_only=None, now=clock.now()
            )
        arrived = play(app, travel, FIRST)
        # 19:00 in New York is 9:00 in Tokyo.
        assert [FIRST - at for at in mails(arrived, "Cues")] == [
            6 * DAY + 23 * HOUR, 23 * HOUR, HOUR, timedelta(minutes=10), timedelta(0),
        ]  # fmt: skip
