"""Several processes on one database (F14), and one that comes back after days (F16)."""

from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

from figures import Figures
from hub_processes import command_line, kill_group, logged, until
from ports import free_port
from seeding import DAY, HOUR, MINUTE, Hub
from smtp_server import SmtpServer
from sqlalchemy import select, update

from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Broadcast, Lease


def leader(hub: Hub) -> str | None:
    """Which process rings the clock, if any does."""
    with hub.looking():
        found: str | None = db.session.scalar(select(Lease.owner))
        return found


def test_two_services_on_one_database_send_everything_once(hub: Hub, smtp: SmtpServer, figures: Figures) -> None:
    """F14: both send, one leads; when the leader dies the other one takes up what is due later."""
    people = 200
    hub.people(people)
    with ExitStack() as stack:
        log = hub.folder / "first.log"
        first = stack.enter_context(command_line(["serve", "--port", str(free_port())], hub.environment, log))
        until(lambda: leader(hub), seconds=30)
        led_by = leader(hub)
        log = hub.folder / "second.log"
        stack.enter_context(command_line(["serve", "--port", str(free_port())], hub.environment, log))
        until(lambda: logged(log, "worker started"), seconds=30)
        hub.make_due()
        until(lambda: hub.sent() == people)
        assert leader(hub) == led_by
        assert set(Counter(smtp.keys()).values()) == {1}

        due_later(hub, timedelta(seconds=1))
        kill_group(first)
        seconds = until(lambda: hub.sent() == 2 * people, seconds=60)
        assert leader(hub) != led_by
    figures.note_mails("F14", "the leader of two dies", hub, [smtp], seconds=seconds, limit=10)
    assert len(smtp.stored) == 2 * people
    hub.check_invariants()


def due_later(hub: Hub, wait: timedelta) -> None:
    """Bring the first session's reminder of two days to a moment that is still ahead."""
    with hub.app.app_context(), transaction() as session:
        session.execute(
            update(Broadcast)
            .where(Broadcast.lead_minutes == 2 * DAY // MINUTE, Broadcast.session_id == 1)
            .values(due_at=clock.now() + wait, expires_at=clock.now() + HOUR)
        )


def test_what_fell_due_in_three_days_of_silence_is_sent_only_where_it_makes_sense(
    hub: Hub, smtp: SmtpServer, figures: Figures
) -> None:
    """F16: nobody rang from before the first reminder until an hour after the session."""
    hub.people(10)
    start = hub.first_start()
    hub.travel(start + 2 * HOUR)
    with hub.working():
        until(hub.settled)
    assert smtp.stored == []
    assert hub.deliveries() == []
    with hub.looking():
        states = db.session.scalars(select(Broadcast.state).where(Broadcast.due_at <= start)).all()
    # Three reminders and "we are live".
    assert states == ["missed"] * 4
    figures.note_mails("F16", "nobody there for 3 days, until after the session", hub, [smtp])
    hub.check_invariants()


def test_of_several_missed_reminders_only_the_latest_is_sent(hub: Hub, smtp: SmtpServer) -> None:
    """F16: back between the reminder of one day and the one of an hour: one mail, which tells the real distance."""
    hub.people(10)
    start = hub.first_start()
    hub.travel(start - 5 * HOUR)
    with hub.working():
        until(hub.settled)
    assert {message.header("Subject") for message in smtp.stored} == {"In 5 hours: The first"}
    assert hub.states() == {"sent": 10}
    hub.check_invariants()
