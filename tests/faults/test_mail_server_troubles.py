"""A mail server that is down, slow or says no (F7 to F11); where it would take hours the clock is moved."""

from collections import Counter

from figures import Figures
from hub_processes import until
from seeding import DAY, HOUR, MINUTE, Hub
from smtp_server import DROP, HANG, SmtpServer

from webinar_hub.core import clock


def test_a_server_that_is_down_is_not_hammered(hub: Hub, smtp: SmtpServer) -> None:
    """F7: one try a second for all processes together, no attempts used up, everything goes out afterwards."""
    hub.people(30)
    smtp.at("connect", DROP, times=1000)
    workers = [hub.worker().ready(), hub.worker().ready()]
    hub.make_due()
    until(lambda: all(worker.lines("mail server unreachable") for worker in workers))
    down = 4.0
    until_passed(down)
    # All four connections may find it closed at the same moment; from then on one looks now and then.
    assert 4 <= len(smtp.connected_at) <= 4 + down + 1
    assert {row.attempts for row in hub.deliveries()} == {0}
    smtp.behave()
    assert until(hub.settled) < 30
    assert set(Counter(smtp.keys()).values()) == {1}
    assert {(row.state, row.attempts) for row in hub.deliveries()} == {("sent", 1)}
    assert [len(worker.lines("mail server unreachable")) for worker in workers] == [1, 1], "said once"
    assert sum(len(worker.lines("mail server answers again")) for worker in workers) in (1, 2)
    hub.check_invariants()


def test_a_server_with_room_for_one_connection_is_no_outage(hub: Hub, smtp: SmtpServer) -> None:
    """Those it turns away at the door (421) rest, the one that is inside goes on."""
    hub.people(40)
    smtp.at("connect", lambda: "421 4.7.0 too many connections" if smtp.connections > 1 else None, times=1000)
    smtp.at("mail", lambda: until_passed(0.05), times=1000)
    worker = hub.worker(CONNECTIONS="1").ready()
    hub.make_due()
    until(lambda: hub.sent() > 2)
    crowd = hub.worker(CONNECTIONS="3").ready()
    until(hub.settled)
    assert {(row.state, row.attempts) for row in hub.deliveries()} == {("sent", 1)}
    assert worker.lines("mail server unreachable") == []
    assert len(crowd.lines("mail server unreachable")) <= 1
    hub.check_invariants()


def test_a_server_that_ends_a_connection_after_some_mails_is_no_outage(hub: Hub, smtp: SmtpServer) -> None:
    """421 in the middle: a new connection takes the same mail, and no attempt is lost."""
    hub.people(30)
    for skip in (5, 10, 15):
        smtp.at("mail", "421 4.7.0 enough for one connection", skip=skip)
    worker = hub.worker(CONNECTIONS="1").ready()
    hub.make_due()
    until(hub.settled)
    assert {(row.state, row.attempts) for row in hub.deliveries()} == {("sent", 1)}
    assert len(smtp.connected_at) == 4
    assert worker.lines("mail server unreachable") == []


def test_after_an_outage_of_hours_everything_that_still_makes_sense_goes_out(hub: Hub, smtp: SmtpServer) -> None:
    """F7, F8: a reminder waits through the outage and then tells the distance as it is by now."""
    hub.people(5)
    start = hub.first_start()
    smtp.refuse()
    with hub.working():
        hub.travel(start - DAY)
        until(lambda: {row.reply for row in hub.deliveries()} - {None})
        hub.travel(start - 3 * HOUR)
        smtp.come_back()
        until(hub.settled)
    assert hub.states() == {"sent": 5}
    assert {row.attempts for row in hub.deliveries()} == {1}
    assert {message.header("Subject") for message in smtp.stored} == {"In 3 hours: The first"}
    hub.check_invariants()


def test_what_an_outage_made_pointless_expires_and_is_never_sent(hub: Hub, smtp: SmtpServer) -> None:
    """F7, F8: down from an hour before the session until it has ended: no reminder comes after that."""
    hub.people(5)
    start = hub.first_start()
    smtp.refuse()
    with hub.working():
        hub.travel(start - HOUR)
        until(lambda: hub.states()["queued"] == 5)
        hub.travel(start + 30 * MINUTE)
        until(lambda: hub.states()["expired"] == 5)
        until(lambda: hub.states("live")["queued"] == 5)
        hub.travel(start + 2 * HOUR)
        until(hub.settled)
        smtp.come_back()
        hub.make_due(2 * DAY, session="week-2")
        until(lambda: hub.sent() == 5)
    assert hub.states() == {"expired": 5, "sent": 5}
    assert hub.states("live") == {"expired": 5}
    assert {message.header("Subject") for message in smtp.stored} == {"In 1 week: The second"}
    hub.check_invariants()


def test_greylisting_is_waited_for(hub: Hub, smtp: SmtpServer, figures: Figures) -> None:
    """F9: twice 450, then accepted, one and five minutes later; the others are not held up."""
    slow, *others = hub.people(6)
    smtp.at("rcpt", "450 4.7.1 greylisted", times=2, recipient=slow)
    with hub.working():
        hub.make_due()
        until(hub.settled)
        assert sorted(message.recipient for message in smtp.stored) == others
        [row] = hub.deliveries(state="queued")
        assert (row.attempts, row.reply) == (1, "450 4.7.1 greylisted")
        assert 40 < (row.due_at - clock.now()).total_seconds() <= 72
        for waiting in (2 * MINUTE, 7 * MINUTE):
            hub.travel(clock.now() + waiting)
            until(hub.settled)
    [row] = [row for row in hub.deliveries() if row.attempts > 1]
    assert (row.state, row.attempts) == ("sent", 3)
    assert [message.recipient for message in smtp.stored].count(slow) == 1
    figures.note_mails("F9", "greylisted twice", hub, [smtp])
    hub.check_invariants()


def test_a_server_that_never_has_room_is_not_asked_for_ever(hub: Hub, smtp: SmtpServer) -> None:
    """F9: 452 until the next reminder makes this one pointless."""
    slow = hub.people(1)[0]
    smtp.at("dot", "452 4.3.1 no room", times=1000, recipient=slow)
    with hub.working():
        hub.travel(hub.first_start() - DAY)
        until(hub.settled)
        while rows := hub.deliveries(state="queued"):
            assert rows[0].attempts < 12
            hub.travel(rows[0].due_at)
            until(hub.settled)
    [row] = hub.deliveries()
    assert (row.state, row.reply) == ("expired", "452 4.3.1 no room")
    assert smtp.stored == []
    hub.check_invariants()


def test_a_refused_address_is_asked_once_and_holds_up_nobody(hub: Hub, smtp: SmtpServer, figures: Figures) -> None:
    """F10: 550 at RCPT ends it with the server's words."""
    gone, full, *others = hub.people(20)
    smtp.at("rcpt", "550 5.1.1 no such user", times=1000, recipient=gone)
    smtp.at("dot", "552 5.2.2 mailbox full", times=1000, recipient=full)
    # One try is one try also on a machine that is busy with something else for seconds.
    hub.change(lease=45.0)
    hub.make_due()
    with hub.working():
        until(hub.settled)
        hub.travel(clock.now() + 12 * HOUR)
        until(hub.settled)
    assert sorted(message.recipient for message in smtp.stored) == sorted(others)
    failed = {(row.reply, row.attempts) for row in hub.deliveries(state="failed")}
    assert failed == {("550 5.1.1 no such user", 1), ("552 5.2.2 mailbox full", 1)}
    assert hub.states() == {"sent": 18, "failed": 2}
    figures.note_mails("F10", "550 and 552", hub, [smtp])
    hub.check_invariants()


def test_a_connection_cut_or_silent_at_the_dot_is_tried_again(hub: Hub, smtp: SmtpServer, figures: Figures) -> None:
    """F11: nobody knows whether the mail arrived, so it comes again, a minute later, with the same bytes."""
    cut, silent, *others = hub.people(8)
    smtp.at("dot", DROP, recipient=cut)
    smtp.at("stored", HANG, recipient=silent)
    hub.make_due()
    with hub.working():
        until(hub.settled)
        assert hub.states() == {"sent": 6, "queued": 2}
        hub.travel(clock.now() + 2 * MINUTE)
        until(hub.settled)
    copies = Counter(message.recipient for message in smtp.stored)
    assert copies == {cut: 1, silent: 2} | dict.fromkeys(others, 1)
    assert len({message.content for message in smtp.stored if message.recipient == silent}) == 1
    assert hub.states() == {"sent": 8}
    figures.note_mails("F11", "cut at the dot; silent after taking it", hub, [smtp], allowed=1)
    hub.check_invariants()


def test_a_slow_server_gets_every_mail_once(hub: Hub, smtp: SmtpServer) -> None:
    """F11: each answer comes just in time, all together take longer than the lease."""
    hub.people(1)
    hub.make_due()
    for stage in ("mail", "rcpt", "data", "dot"):
        smtp.at(stage, lambda: until_passed(1), times=100)
    with hub.working():
        until(lambda: tried(hub) or len(smtp.stored) > 1)
    assert set(Counter(smtp.keys()).values()) <= {1}


def tried(hub: Hub) -> bool:
    """Whether every delivery has been tried and is in nobody's hands."""
    rows = hub.deliveries()
    return bool(rows) and all(row.attempts and row.state != "sending" for row in rows)


def until_passed(seconds: float) -> None:
    """Let some time go by."""
    over = clock.monotonic() + seconds
    until(lambda: clock.monotonic() > over)
