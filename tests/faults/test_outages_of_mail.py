"""A mail server that is gone, silent or says goodbye (F7), for a day (F8); nobody there (F16); a flood (F22)."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from figures import Figures
from hub_processes import until
from seeding import DAY, HOUR, MINUTE, Hub
from smtp_server import DROP, HANG, Action, SmtpServer

from tests.building import sign_up

PEOPLE = 30
BACK_WITHIN = 60.0
CONNECTIONS = 2


def refuse(smtp: SmtpServer) -> None:
    """Nobody listens."""
    smtp.refuse()


def at_connect(action: Action) -> Callable[[SmtpServer], None]:
    """Whoever connects gets this instead of a greeting."""

    def trouble(smtp: SmtpServer) -> None:
        smtp.at("connect", action, times=100_000)
        smtp.cut()

    return trouble


def now_and_then(smtp: SmtpServer) -> None:
    """Every fifth connection or so is cut at the greeting, every tenth mail at its sender."""
    smtp.cut()
    for skip in range(3):
        smtp.at("mail", DROP, skip=5 * skip)
        smtp.at("connect", DROP, skip=skip)


@pytest.mark.parametrize(
    ("name", "trouble", "seconds_down"),
    [
        pytest.param("gone", refuse, 15.0, marks=pytest.mark.faults),
        pytest.param("silent", at_connect(HANG), 15.0, marks=pytest.mark.faults),
        ("says 421 and closes", at_connect("421 4.3.2 not now"), 3.0),
        pytest.param("says 421 and closes", at_connect("421 4.3.2 not now"), 45.0, marks=pytest.mark.faults),
        pytest.param("cut now and then", now_and_then, 5.0, marks=pytest.mark.faults),
    ],
)
def test_an_outage_in_the_middle_of_sending(
    hub: Hub,
    smtp: SmtpServer,
    figures: Figures,
    name: str,
    trouble: Callable[[SmtpServer], None],
    seconds_down: float,
) -> None:
    """F7: at most a try a second, no attempt of any mail used up, all of them out soon after it is back."""
    hub.people(PEOPLE)
    smtp.at("dot", lambda: time.sleep(0.05), times=10)
    hub.worker(CONNECTIONS=str(CONNECTIONS)).ready()
    hub.make_due()
    until(lambda: len(smtp.stored) >= 5, seconds=60)
    tried = len(smtp.connected_at)
    trouble(smtp)
    time.sleep(seconds_down)
    # The first failure of each connection is how it learns of the outage.
    assert len(smtp.connected_at) - tried <= seconds_down + CONNECTIONS
    smtp.behave()
    if name == "gone":
        smtp.come_back()
    seconds = until(hub.settled, seconds=180)
    # What was cut off in the middle of its dialogue is due again in a minute, which nobody waits for here.
    hub.bring_forward()
    until(hub.settled, seconds=60)
    on_the_wire = [row for row in hub.deliveries() if row.attempts > 1]
    assert len(on_the_wire) <= CONNECTIONS
    figures.note_mails(
        "F7", f"mail server {name}, {seconds_down:g} s", hub, [smtp],
        allowed=CONNECTIONS, seconds=seconds, limit=BACK_WITHIN,
    )  # fmt: skip
    hub.check_invariants()


def test_a_day_without_a_mail_server(hub: Hub, smtp: SmtpServer, figures: Figures) -> None:
    """F8: a day later a confirmation still goes out; a reminder whose hour has passed is shown as expired."""
    hub.people(PEOPLE)
    smtp.refuse()
    with hub.working():
        hub.travel(hub.first_start() - DAY - 10 * MINUTE)
        sign_up(hub.app, hub.cohort_public_id(), "late@example.net")
        until(lambda: hub.states("confirmation")["queued"] == 1)
        hub.travel(hub.first_start() - DAY)
        until(lambda: hub.states()["queued"] >= PEOPLE)
        for hour in range(1, 25):
            hub.travel(hub.first_start() - DAY + hour * HOUR + MINUTE)
        until(lambda: not hub.states()["queued"], seconds=60)
        smtp.come_back()
        seconds = until(hub.settled, seconds=120)
    assert hub.states("confirmation") == {"sent": 1}
    assert set(hub.states()) == {"expired"}
    assert not [message for message in smtp.stored if ":reminder:" in message.key]
    # "We are live" is true for as long as the session lasts.
    assert hub.states("live")["sent"] >= PEOPLE
    figures.note_mails("F8", "no mail server for 24 h", hub, [smtp], seconds=seconds, limit=BACK_WITHIN)
    hub.check_invariants()


@pytest.mark.parametrize("crowd", [60, pytest.param(600, marks=pytest.mark.faults)])
def test_a_confirmation_does_not_queue_behind_a_flood(
    hub: Hub, smtp: SmtpServer, figures: Figures, crowd: int
) -> None:
    """F22: the server takes ten mails a second; hers is among the next ones, and of the flood nothing is lost."""
    hub.people(crowd)
    bucket = Bucket(per_second=10)
    smtp.at("dot", bucket.take, times=100_000)
    hub.worker(CONNECTIONS="4", LEASE="45", MAIL_TIMEOUT="20").ready()
    hub.make_due()
    until(lambda: len(smtp.stored) >= 10, seconds=60)
    sign_up(hub.app, hub.cohort_public_id(), "late@example.net")
    seconds = until(lambda: any(mail.recipient == "late@example.net" for mail in tuple(smtp.stored)), seconds=120)
    assert len(smtp.stored) < crowd
    bucket.per_second = 1000
    until(hub.settled, seconds=120)
    figures.note_mails(
        "F22", f"a confirmation beside {crowd} reminders at 10/s", hub, [smtp], seconds=seconds, limit=10
    )
    hub.check_invariants()


class Bucket:
    """Lets so many through in a second, each in its turn."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._turn = threading.Lock()

    def take(self) -> None:
        """Wait for a turn."""
        with self._turn:
            time.sleep(1 / self.per_second)


@pytest.mark.parametrize("away", [timedelta(seconds=1), timedelta(hours=1)], ids=["a second", "an hour"])
def test_what_fell_due_while_nobody_was_there(
    hub: Hub, smtp: SmtpServer, figures: Figures, away: timedelta
) -> None:
    """F16: the reminder of a day before is sent on return, once, though nobody rang at its moment."""
    hub.people(PEOPLE)
    hub.travel(hub.first_start() - DAY + away)
    with hub.working():
        seconds = until(hub.settled, seconds=60)
    assert hub.states() == {"sent": PEOPLE}
    figures.note_mails("F16", f"nobody there for {away}", hub, [smtp], seconds=seconds, limit=BACK_WITHIN)
    hub.check_invariants()
