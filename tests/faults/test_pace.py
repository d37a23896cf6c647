"""Limits of the mail server with real workers: they are kept, and nobody who waits for a mail has to wait long."""

import time
from collections import Counter

from hub_processes import until
from seeding import DAY, HOUR, MINUTE, Hub
from smtp_server import SmtpServer, allowing
from sqlalchemy import update
from test_crowds import sign_up

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.models import Broadcast
from webinar_hub.rules.pacing import Limits

SECOND = MINUTE / 60

PATIENCE = 10.0
"""Seconds in which a confirmation must leave (F22)."""


def seconds_to_confirmation(hub: Hub, smtp: SmtpServer) -> float:
    """Sign somebody up, and wait for her confirmation."""
    begin = time.monotonic()
    assert sign_up(hub, hub.cohort_public_id(), "late@example.net") == ""
    until(lambda: any(message.recipient == "late@example.net" for message in list(smtp.stored)), 30)
    return time.monotonic() - begin


def test_two_processes_keep_to_a_servers_rate_together(hub: Hub, smtp: SmtpServer) -> None:
    """A server that takes ten a second and says 450 beyond: at most a twentieth is deferred, nothing is lost."""
    people = 120
    hub.people(people)
    smtp.at("mail", allowing(10), times=10_000)
    for _ in range(2):
        hub.worker(MAIL_RATE="10", CONNECTIONS="4", LEASE="20", MAIL_TIMEOUT="10").ready()
    hub.make_due()
    begin = time.monotonic()
    until(lambda: len(hub.deliveries()) == people and not {"sending"} & hub.states().keys() and tried(hub), 60)
    took = time.monotonic() - begin
    assert hub.states()["sent"] >= 0.95 * people
    assert hub.states().total() == people
    assert people / 10 * 0.8 < took < people / 10 * 2
    assert set(Counter(smtp.keys()).values()) == {1}


def tried(hub: Hub) -> bool:
    """Whether every delivery was handed to the server once."""
    return all(row.attempts for row in hub.deliveries(kind="reminder"))


def test_a_confirmation_passes_a_crowd_that_waits_for_its_slots(hub: Hub, smtp: SmtpServer) -> None:
    """F22: five a second, 900 reminders due, every sender in the middle of some."""
    hub.people(900)
    hub.worker(MAIL_RATE="5", LEASE="20", MAIL_TIMEOUT="10").ready()
    hub.make_due()
    until(lambda: hub.sent() >= 3)
    assert seconds_to_confirmation(hub, smtp) < PATIENCE
    assert hub.states()["queued"] > 800, "the others still wait"


def test_a_confirmation_passes_a_crowd_at_a_slow_server(hub: Hub, smtp: SmtpServer) -> None:
    """F22: no limit is set, but the server takes half a second for each mail, and a batch has a hundred."""
    hub.people(900)
    smtp.at("mail", lambda: time.sleep(0.5), times=10_000)
    hub.worker(LEASE="60", MAIL_TIMEOUT="20").ready()
    hub.make_due()
    until(lambda: hub.sent() >= 1)
    assert seconds_to_confirmation(hub, smtp) < PATIENCE
    assert hub.states()["queued"] > 500, "the others still wait"


def test_a_slow_domain_holds_up_nobody_else(hub: Hub, smtp: SmtpServer) -> None:
    """Everybody is at one limited domain but one, who was the last to sign up."""
    hub.people(400)
    hub.worker(DOMAIN_RATES="example.net=4", LEASE="20", MAIL_TIMEOUT="10").ready()
    hub.make_due()
    until(lambda: hub.sent() >= 2)
    assert seconds_to_confirmation(hub, smtp) < PATIENCE
    sent, begin = hub.sent(), time.monotonic()
    until(lambda: time.monotonic() - begin > 3)
    assert 6 <= hub.sent() - sent <= 20
    assert all(row.due_at <= row.expires_at for row in hub.deliveries(kind="reminder", state="queued"))
    assert max(row.due_at for row in hub.deliveries(state="queued")) < hub.first_start() - DAY / 2


def test_the_clock_rings_early_for_a_reminder_to_many(hub: Hub, smtp: SmtpServer) -> None:
    """D12: 900 people at two a second take seven and a half minutes, so it begins two and a half early."""
    hub.people(900)
    hub.app.extensions["limits"] = Limits(rate=2)
    hub.change(lease=20.0)
    begins = hub.first_start() - HOUR - 150 * SECOND
    with hub.app.app_context(), transaction() as session:
        session.execute(update(Broadcast).where(Broadcast.lead_minutes > 60).values(state="missed"))
    with hub.working():
        hub.travel(begins - 2 * SECOND)
        assert hub.deliveries(kind="reminder") == []
        # Nobody calls it: it has set its own alarm.
        until(lambda: hub.sent() > 0)
        assert begins <= clock.now() < begins + MINUTE
        assert {message.header("Subject") for message in smtp.stored} == {"In 1 hour: The first"}
        assert hub.broadcast_states("reminder", 60) == ["expanding"]
        hub.travel(hub.first_start() - HOUR)
        until(lambda: hub.broadcast_states("reminder", 60) == ["expanded"])
    assert len(hub.deliveries(kind="reminder")) == 900
