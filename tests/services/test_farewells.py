"""What was put into a calendar is taken out again, in whatever order people leave and organizers cancel."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update
from time_machine import Traveller

from tests.building import KEY, NOW, given_cohort, only_registration, outbox, sign_up
from tests.delivering import deliver
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.models import Delivery, Lease
from webinar_hub.services import leadership, registrations, sessions
from webinar_hub.services import outbox as service


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    """A cohort with one person, who has both sessions in her calendar."""
    cohort = given_cohort(app, tmp_path)
    sign_up(app, cohort)
    deliver(app)
    deliver(app)
    return cohort


def leave(app: Flask) -> None:
    row = only_registration(app)
    with app.app_context(), transaction():
        registrations.cancel(row.person_id, row.public_id, now=clock.now())


def cancel_session(app: Flask, key: str) -> None:
    with app.app_context(), transaction():
        sessions.cancel(*sessions.find(KEY, key), actor="test", now=clock.now())


def cancelled_entries(app: Flask) -> list[str]:
    """Which of the two sessions leave her calendar with what is sent now."""
    invites = [invite for mail in deliver(app) + deliver(app) for invite in mail.invites]
    titles = [invite.title for invite in invites if invite.method == "CANCEL"]
    return sorted(name for title in titles for name in ("Cues", "Strokes") if name in title)


def test_who_leaves_before_a_cancellation_is_written_out(app: Flask, cohort: str) -> None:
    cancel_session(app, "week-2")
    leave(app)
    assert cancelled_entries(app) == ["Cues", "Strokes"]


def test_who_was_told_of_the_cancellation_is_not_told_again(app: Flask, cohort: str) -> None:
    cancel_session(app, "week-2")
    assert cancelled_entries(app) == ["Strokes"]
    leave(app)
    assert cancelled_entries(app) == ["Cues"]


def test_signing_up_again_stops_the_farewell_that_waits(app: Flask, cohort: str) -> None:
    leave(app)
    sign_up(app, cohort)
    assert [row.state for row in outbox(app, kind="registration_cancelled")] == ["cancelled"]
    assert cancelled_entries(app) == []


def test_a_cancelled_cohort_does_not_swallow_a_farewell(app: Flask, cohort: str) -> None:
    leave(app)
    with app.app_context(), transaction():
        sessions.cancel_cohort(sessions.find_cohort(KEY), actor="test", now=clock.now())
    assert cancelled_entries(app) == ["Cues", "Strokes"]


def test_a_clock_put_back_does_not_hide_who_is_there(app: Flask, cohort: str, travel: Traveller) -> None:
    travel.move_to(NOW - timedelta(hours=1))
    cancel_session(app, "week-1")
    assert cancelled_entries(app) == ["Cues"]


def test_a_lease_from_before_the_clock_was_put_back_is_over(app: Flask, cohort: str) -> None:
    """F17: nobody waits an hour for a process that is gone."""
    sign_up(app, cohort, "bea@x.example")
    far_ahead = clock.real_now().replace(year=2099)
    with app.app_context():
        with transaction():
            assert len(service.claim(10, lease=45, now=NOW)) == 1
            assert leadership.hold("gone", 6)
        with transaction():
            assert service.claim(10, lease=45, now=NOW) == []
            assert not leadership.hold("next", 6)
        with transaction() as session:
            session.execute(update(Delivery).where(Delivery.state == "sending").values(lease_until=far_ahead))
            session.execute(update(Lease).values(until=far_ahead))
        with transaction():
            assert len(service.claim(10, lease=45, now=NOW)) == 1
            assert leadership.hold("next", 6)
