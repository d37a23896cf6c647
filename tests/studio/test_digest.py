"""The morning's digest: once, at seven on her own clock, and only when there is something to say."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from tests.building import outbox, sign_up
from tests.delivering import deliver
from tests.studio.staff import given_staff
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Organizer
from webinar_hub.rules.digest import morning_of
from webinar_hub.rules.staff import Role
from webinar_hub.worker import digests
from webinar_hub.worker.clockwork import Clockwork

# Seven in the morning in New York, the day after building.NOW.
SEVEN = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def write(app: Flask) -> int:
    with app.app_context(), transaction():
        return digests.write_due(app, clock.now())


@pytest.mark.parametrize(
    ("moment", "zone", "is_morning"),
    [
        (SEVEN, "America/New_York", True),
        (SEVEN - timedelta(seconds=1), "America/New_York", False),
        (SEVEN + timedelta(hours=3), "America/New_York", False),
        (SEVEN, "America/Los_Angeles", False),
        (datetime(2026, 3, 8, 11, 0, tzinfo=UTC), "America/New_York", True),  # The clocks went forward that night.
        (datetime(2026, 3, 7, 11, 0, tzinfo=UTC), "America/New_York", False),
    ],
)
def test_when_it_is_morning(moment: datetime, zone: str, is_morning: bool) -> None:
    assert (morning_of(moment, zone) is not None) == is_morning


def test_it_is_written_once(app: Flask, cohort: str, travel: Traveller) -> None:
    given_staff(app)
    sign_up(app, cohort)
    deliver(app)
    travel.move_to(SEVEN - timedelta(minutes=1))
    assert write(app) == 0
    travel.move_to(SEVEN)
    assert write(app) == 1
    travel.shift(timedelta(minutes=10))
    assert write(app) == 0
    (mail,) = deliver(app)
    assert mail.message["To"].addresses[0].addr_spec == "mara@littlehands.example"
    assert mail.subject == "1 new sign-up"
    assert "http://localhost/studio/today" in mail.text
    travel.move_to(SEVEN + timedelta(days=1))
    assert write(app) == 0  # Nobody came since, and nothing waits.


def test_it_says_what_is_today_and_names_nobody(app: Flask, cohort: str, travel: Traveller) -> None:
    given_staff(app)
    sign_up(app, cohort)
    deliver(app)
    travel.move_to(SEVEN + timedelta(days=14))
    assert write(app) == 1
    mail = next(mail for mail in deliver(app) if mail.subject.startswith("Today"))
    assert mail.subject == "Today: Cues"
    assert "Tue 8 December, 7:00 pm for you. 1 registered." in mail.text
    assert "Ann" not in mail.text


def test_whoever_does_not_want_it_is_left_alone(
    app: Flask, cohort: str, owner: FlaskClient, travel: Traveller
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_up(app, cohort)
    deliver(app)
    assert owner.post("/studio/today/digest/off").status_code == 303
    assert owner.post("/studio/today/digest/off").status_code == 303
    assert "You get no morning mail." in owner.get("/studio/today").get_data(as_text=True)
    travel.move_to(SEVEN)
    assert write(app) == 0
    owner.post("/studio/today/digest/on")
    assert write(app) == 1


def test_whoever_left_gets_none(app: Flask, cohort: str, travel: Traveller) -> None:
    organizer = given_staff(app)
    sign_up(app, cohort)
    with app.app_context(), transaction():
        db.session.get_one(Organizer, organizer).active = False
    travel.move_to(SEVEN)
    assert write(app) == 0


def test_it_tells_of_her_webinars_only(app: Flask, cohort: str, travel: Traveller) -> None:
    organizer = given_staff(app, Role.ORGANIZER, slug="baby-massage")
    sign_up(app, cohort)
    deliver(app)
    with app.app_context(), transaction():
        db.session.get_one(Organizer, organizer).memberships = []
    travel.move_to(SEVEN)
    assert write(app) == 0


def test_the_clock_writes_it(app: Flask, cohort: str, travel: Traveller) -> None:
    given_staff(app)
    sign_up(app, cohort)
    deliver(app)
    travel.move_to(SEVEN)
    clockwork = Clockwork(app, senders=None, tick=1.0, leader_lease=10.0)  # type: ignore[arg-type]
    with app.app_context():
        clockwork._sweep()
    (row,) = outbox(app, kind="notice")
    assert row.key == "digest:1:2026-11-24"
    assert row.expires_at == SEVEN + timedelta(hours=5)
