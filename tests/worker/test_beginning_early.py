"""A reminder to many goes out early enough, says the truth, and reaches also those who come meanwhile, once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from tests.building import KEY, given_cohort, outbox, sign_up
from tests.delivering import Post, desk, read
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Broadcast, Cohort, Delivery, Person, Registration
from webinar_hub.queries.head_starts import HeadStart, head_starts
from webinar_hub.services import broadcasts, registrations, sessions
from webinar_hub.worker.drain import drain

STARTS = datetime(2026, 12, 9, 0, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Six people at this rate take twenty minutes: a quarter of an hour too long.
RATE = 6 / (20 * 60)


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


@pytest.fixture
def six(app: Flask, cohort: str, travel: Traveller) -> None:
    """Six people have signed up and read their confirmations and earlier reminders."""
    for number in range(6):
        sign_up(app, cohort, f"p{number}@x.example")
    for moment in (STARTS - 7 * DAY, STARTS - DAY):
        travel.move_to(moment)
        play(app)


def play(app: Flask, rate: float = 0.0) -> list[str]:
    """What the leader and a sender do at this moment; the subjects of the mails, in order."""
    post = Post()
    with app.app_context():
        early = {start.broadcast_id: start.due_at for start in begun(rate)}
        more = True
        while more:
            with transaction():
                more = broadcasts.expand_next(clock.now(), early).more
    while drain(app, desk(app), post, limit=20):
        pass
    return [read(envelope).subject for envelope in post.tried]


def begun(rate: float) -> list[HeadStart]:
    return [start for start in head_starts(clock.now(), rate) if start.starts_at <= clock.now()] if rate else []


def hour_before(app: Flask, **wanted: str) -> list[Delivery]:
    return [row for row in outbox(app, **wanted) if "session:1:reminder:-PT1H" in row.key]


def broadcast(app: Flask) -> Broadcast:
    with app.app_context():
        return db.session.scalars(select(Broadcast).where(Broadcast.key == "session:1:reminder:-PT1H")).one()


@pytest.mark.usefixtures("six")
class TestBeginningEarly:
    def test_it_begins_when_it_must_and_not_before(self, app: Flask, travel: Traveller) -> None:
        with app.app_context():
            starts = {start.due_at: start.starts_at for start in head_starts(clock.now(), RATE)}
        # The last reminder, ten minutes before, may begin five minutes earlier.
        assert starts == {
            STARTS - HOUR: STARTS - HOUR - 15 * MINUTE,
            STARTS - 10 * MINUTE: STARTS - 15 * MINUTE,
            # A week before the second one.
            STARTS: STARTS - 15 * MINUTE,
        }
        travel.move_to(STARTS - HOUR - 16 * MINUTE)
        assert play(app, RATE) == []
        travel.shift(MINUTE)
        assert len(play(app, RATE)) == 6

    def test_its_words_are_true(self, app: Flask, travel: Traveller) -> None:
        travel.move_to(STARTS - HOUR - 15 * MINUTE)
        assert set(play(app, RATE)) == {"In 80 minutes: Cues"}

    def test_nobody_is_told_twice_and_who_came_meanwhile_is_told_at_the_moment(
        self, app: Flask, cohort: str, travel: Traveller
    ) -> None:
        with app.app_context(), transaction() as session:
            # So that she, who comes while it goes out, is in time for it.
            session.execute(
                Broadcast.__table__.update().where(Broadcast.lead_minutes == 60).values(lead_minutes=70)
            )
        travel.move_to(STARTS - HOUR - 15 * MINUTE)
        assert len(play(app, RATE)) == 6
        sign_up(app, cohort, "meanwhile@x.example")
        with app.app_context(), transaction() as session:
            late = session.scalars(select(Registration).order_by(Registration.id.desc())).first()
            late.registered_at = STARTS - HOUR - 70 * MINUTE
        assert not [subject for subject in play(app, RATE) if "minutes" in subject]
        assert broadcast(app).state == "expanding"
        travel.move_to(STARTS - HOUR)
        play(app, RATE)
        assert [row.state for row in hour_before(app)] == ["sent"] * 7
        assert broadcast(app).state == "expanded"

    def test_who_left_and_came_back_meanwhile_is_told_at_the_moment(
        self, app: Flask, cohort: str, travel: Traveller
    ) -> None:
        with app.app_context():
            person, place = db.session.execute(
                select(Person.id, Registration.public_id).join(Registration).order_by(Person.id).limit(1)
            ).one()
        travel.move_to(STARTS - 2 * HOUR)
        with app.app_context(), transaction():
            registrations.cancel(person, place, now=clock.now())
        travel.move_to(STARTS - HOUR - 11 * MINUTE)
        play(app, RATE)
        assert len(hour_before(app)) == 5
        with app.app_context(), transaction():
            registrations.come_back(person, place, now=clock.now())
            registered_at = db.session.scalars(select(Registration).where(Registration.public_id == place)).one()
            registered_at.registered_at = STARTS - 3 * HOUR
        travel.move_to(STARTS - HOUR)
        play(app, RATE)
        assert len(hour_before(app, state="sent")) == 6

    def test_a_session_that_moves_after_it_has_begun_is_announced_anew(self, app: Flask, travel: Traveller) -> None:
        travel.move_to(STARTS - HOUR - 15 * MINUTE)
        play(app, RATE)
        with app.app_context(), transaction():
            cohort, session = sessions.find(KEY, "week-1")
            sessions.reschedule(cohort, session, datetime(2026, 12, 9, 19, 0), 60, actor="test", now=clock.now())
        travel.move_to(STARTS + DAY - HOUR)
        assert play(app).count("In 1 hour: Cues") == 6
        assert len(hour_before(app, state="sent")) == 12

    def test_an_audience_that_is_gone_ends_it(self, app: Flask, travel: Traveller) -> None:
        with app.app_context(), transaction() as session:
            session.execute(Registration.__table__.update().values(state="cancelled"))
        travel.move_to(STARTS - HOUR - 15 * MINUTE)
        assert play(app, RATE) == []
        travel.move_to(STARTS - HOUR)
        assert play(app, RATE) == []
        assert broadcast(app).state == "expanded"

    def test_without_a_limit_nothing_begins_early(self, app: Flask) -> None:
        with app.app_context():
            assert head_starts(clock.now(), 0.0) == []
            assert db.session.scalar(select(Cohort.seats_taken)) == 6


@pytest.mark.parametrize(
    ("hours_before", "words"),
    [
        (24, "Tomorrow: Cues"),
        (25, "Tomorrow: Cues"),
        # It begins at 4 pm for her: 41 hours before is still two days before.
        (36, "Tomorrow: Cues"),
        (41, "In 41 hours: Cues"),
        (23, "Tomorrow: Cues"),
        (5, "In 5 hours: Cues"),
    ],
)
def test_tomorrow_is_said_only_the_day_before(
    app: Flask, cohort: str, travel: Traveller, hours_before: int, words: str
) -> None:
    sign_up(app, cohort)
    travel.move_to(STARTS - 3 * DAY)
    play(app)
    travel.move_to(STARTS - hours_before * HOUR)
    with app.app_context():
        day_before = select(Broadcast.id, Broadcast.due_at).where(Broadcast.lead_minutes == 1440)
        row = db.session.execute(day_before.order_by(Broadcast.due_at)).first()
        with transaction():
            broadcasts.expand_next(clock.now(), {row.id: row.due_at})
    post = Post()
    drain(app, desk(app), post, limit=20)
    assert [read(envelope).subject for envelope in post.tried if "P1D" in envelope.reference] == [words]
