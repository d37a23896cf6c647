"""The demo that looks lived in: who and what is in it, that it is always the same, and that it stays quick."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.web.demo.visiting import demo_settings, mailbox, press, wait_until
from webinar_hub.cli.demo_command import prepared
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import (
    AttendanceSegment,
    Cohort,
    Delivery,
    DeliveryEvent,
    Download,
    Drop,
    DropMaterial,
    InviteReply,
    Person,
    Registration,
    Session,
)
from webinar_hub.queries import audit, demo, health, public
from webinar_hub.rules.example_dates import example_cohort_text
from webinar_hub.rules.example_people import CROWD, example_people
from webinar_hub.rules.example_runs import runs
from webinar_hub.services import registrations
from webinar_hub.worker.running import Worker


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lived-in demo, to be copied."""
    folder = tmp_path_factory.mktemp("lived-in")
    begun = time.monotonic()
    app = prepared(demo_settings(folder), lived_in=True)
    assert time.monotonic() - begun < 60, "on an idle machine it takes five seconds"
    with app.app_context():
        db.engine.dispose()
    return folder


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_there_is_a_running_a_coming_and_a_finished_cohort_with_300_people(app: Flask) -> None:
    now = clock.now()
    with app.app_context():
        spans = {
            key: (first < now, last > now, seats)
            for key, first, last, seats in db.session.execute(
                select(Cohort.key, func.min(Session.starts_at), func.max(Session.ends_at), Cohort.seats_taken)
                .join(Session, Session.cohort_id == Cohort.id)
                .group_by(Cohort.id)
            )
        }
    assert spans == {
        "demo-evenings": (False, True, 0),
        "demo-thursdays": (True, False, 115),
        "demo-noons": (True, True, 110),
        "demo-information-hour": (False, True, 64),
    }
    assert count(app, Person) == count(app, Registration) == 300
    with app.app_context():
        states = Counter(db.session.scalars(select(Registration.state)))
    assert states == {"confirmed": 284, "offered": 5, "waitlisted": 6, "cancelled": 5}


def test_their_history_is_plausible(app: Flask) -> None:
    now = clock.now()
    with app.app_context():
        deliveries = db.session.scalars(select(Delivery)).all()
        events = Counter(db.session.scalars(select(DeliveryEvent.kind)))
        assert {delivery.state for delivery in deliveries} == {"sent"}
        assert all(d.due_at <= d.sent_at <= now and d.created_at <= d.sent_at for d in deliveries if d.sent_at)
        # Nobody is reminded before she has signed up.
        joined = {r.id: r.registered_at for r in db.session.scalars(select(Registration))}
        assert all(joined[d.registration_id] <= d.due_at for d in deliveries if d.registration_id)
        assert all(at <= now for at in db.session.scalars(select(Download.downloaded_at)))
        assert db.session.scalar(select(func.count(Person.suppressed_at))) == 4
        assert audit.verify().fault == ""
    assert events == {"bounced_hard": 3, "bounced_soft": 1, "complained": 1}
    for model in (InviteReply, AttendanceSegment, Download):
        assert count(app, model) > 100


def test_two_sessions_clash_and_one_drop_has_no_file(app: Flask) -> None:
    with app.app_context():
        rows = db.session.execute(select(Session.starts_at, Session.ends_at).order_by(Session.starts_at)).all()
        clashes = [(one, other) for one, other in pairwise(rows) if other[0] < one[1]]
        empty = db.session.scalars(select(Drop).where(~Drop.id.in_(select(DropMaterial.drop_id)))).all()
    assert len(clashes) == 1
    assert clashes[0][0].starts_at > clock.now()
    assert [(drop.title, drop.release_at > clock.now()) for drop in empty] == [
        ("Positions that leave the tubes alone", True)
    ]


def test_it_is_the_same_every_time() -> None:
    assert example_people(300) == example_people(300)
    assert len({person.email for person in example_people(300)}) == 300
    assert all(person.email.endswith(CROWD) for person in example_people(300))


@pytest.mark.parametrize("days", range(14))
def test_whatever_the_day_the_hour_clashes_with_a_noon(days: int) -> None:
    today = clock.now().date() + timedelta(days=days)
    example = datetime.fromisoformat(example_cohort_text("@first_session@", today)).date()
    finished, running, coming = runs(today, example)
    first = datetime.fromisoformat(running.signs["first"])
    weeks = [first + timedelta(weeks=week) for week in range(6)]
    assert [noon.date() > today for noon in weeks] == [False] * 3 + [True] * 3
    assert datetime.fromisoformat(coming.signs["first"]) - timedelta(minutes=30) in weeks[4:]
    last = datetime.fromisoformat(finished.signs["first"]) + timedelta(weeks=3)
    assert last.strftime("%A") == "Thursday"
    assert last.date() < today - timedelta(days=29)


def test_the_example_is_still_what_a_visitor_sees_first(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        stage, home = demo.stage(), public.home(clock.now())
        thing = demo.next_thing(clock.now())
        example = db.session.scalars(select(Session.title).where(Session.cohort_id == 1)).all()
    assert stage is not None
    assert home.next_up is not None
    assert home.next_up.slug == stage.slug
    assert thing is not None
    assert any(title in thing.words for title in example), "the clock's button is about what the visitor sees"
    assert "No mail yet: sign up first" in client.get("/demo/mailbox").text


@pytest.fixture
def worker(app: Flask) -> Iterator[Worker]:
    worker = Worker(app)
    worker.start()
    yield worker
    assert worker.stop()


def test_the_clock_plays_to_the_end_and_the_visitor_finds_her_own_mails(
    app: Flask, client: FlaskClient, worker: Worker
) -> None:
    with app.app_context(), transaction():
        cohort = db.session.scalars(select(Cohort.public_id).order_by(Cohort.id)).first() or ""
        form = registrations.SignUp("Ann Lee", "ann@x.example", "OT", "America/Los_Angeles", "", "/")
        registrations.sign_up(cohort, form, network="n", per_network=100, now=clock.now())
    wait_until(lambda: len(mailbox(app).list()) == 1)
    begun = time.monotonic()
    press(client, "end")
    wait_until(lambda: clock.playing_until() is None, 170)
    assert time.monotonic() - begun < 170, "on an idle machine it takes a fraction of a minute"
    with app.app_context():
        assert not health.unfinished(clock.now())
        assert not db.session.scalar(select(func.count()).where(Delivery.state == "failed"))
        sent = db.session.scalar(select(func.count()).where(Delivery.state == "sent")) or 0
    assert sent > 3000
    kept = [entry.to for entry in mailbox(app).list(limit=1000)]
    assert sum("ann@x.example" in to for to in kept) > 20
    assert len(kept) < 200
