"""What came back is kept once, and an address that does not want or get mails is not written to (FEATURES D8)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from tests.building import NOW, given_cohort, only_person, only_registration, outbox, sign_up
from tests.delivering import Post, deliver
from tests.services.test_statements import counting
from webinar_hub.adapters.mail import Refused
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.models import AuditEntry, DeliveryEvent, Task
from webinar_hub.queries.suppressions import open_tasks, suppressed
from webinar_hub.rules.mail_events import EventKind, MailEvent
from webinar_hub.services import mail_events, sessions, suppressions, tasks

REMINDED = datetime(2026, 12, 8, 0, 0, tzinfo=NOW.tzinfo)

Tell = Callable[..., str]


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


@pytest.fixture
def tell(app: Flask) -> Tell:
    """Tell of something that came back about a delivery."""

    def tell(key: str, kind: EventKind = "bounced_hard", event: str = "1", **more: object) -> str:
        values = {"happened_at": clock.now(), "detail": "550 5.1.1 no such user", "key": key} | more
        with app.app_context(), transaction():
            return mail_events.record(MailEvent("test", event, kind, **values), now=clock.now())  # type: ignore[arg-type]

    return tell


def events(app: Flask) -> list[DeliveryEvent]:
    with app.app_context():
        return list(db.session.scalars(select(DeliveryEvent).order_by(DeliveryEvent.id)))


def to_do(app: Flask) -> list[str]:
    with app.app_context():
        return [task.text.removeprefix("Call this person: a mail could not reach her. ") for task in open_tasks()]


def move_first_session(app: Flask, days: int = 1) -> None:
    with app.app_context(), transaction():
        cohort, session = sessions.find("january", "week-1")
        wall = datetime(2026, 12, 8 + days, 19, 0)
        sessions.reschedule(cohort, session, wall, 60, actor="test", now=clock.now())


def test_a_hard_bounce_stops_optional_mails_and_turns_the_others_into_tasks(
    app: Flask, cohort: str, tell: Tell, travel: Traveller
) -> None:
    sign_up(app, cohort)
    deliver(app)
    key = outbox(app)[0].key
    assert tell(key) == "new"
    assert only_person(app).suppressed_at == NOW
    # The mail that bounced was itself one she needed.
    assert to_do(app) == ["Her place is confirmed."]
    move_first_session(app)
    assert deliver(app) == []
    (moved,) = outbox(app, kind="session_changed")
    assert moved.state == "suppressed"
    assert to_do(app)[1:] == ["“Cues” was moved and begins Wed 9 December, 7:00 pm in New York."]
    travel.move_to(REMINDED + timedelta(days=1))
    assert deliver(app) == []
    assert outbox(app, kind="reminder") == []


def test_what_waits_at_that_moment_ends_as_suppressed(app: Flask, cohort: str, tell: Tell) -> None:
    sign_up(app, cohort)
    deliver(app, Post())
    waiting = outbox(app, state="queued")
    assert tell(outbox(app, kind="confirmation")[0].key) == "new"
    assert deliver(app) == []
    assert not outbox(app, state="queued")
    assert len(outbox(app, state="suppressed")) == len(waiting)


def test_told_twice_or_late_it_is_one_fact(app: Flask, cohort: str, tell: Tell, travel: Traveller) -> None:
    sign_up(app, cohort)
    key = outbox(app)[0].key
    assert [tell(key), tell(key)] == ["new", "known"]
    travel.shift(timedelta(days=1))
    assert tell(key, "delivered", "0", happened_at=NOW - timedelta(days=2)) == "new"
    assert only_person(app).suppressed_at == NOW
    assert len(events(app)) == 2


def test_a_fact_from_the_future_is_one_of_now(app: Flask, cohort: str, tell: Tell) -> None:
    sign_up(app, cohort)
    tell(outbox(app)[0].key, happened_at=NOW + timedelta(days=9))
    assert events(app)[0].happened_at == NOW


def test_three_soft_bounces_of_different_mails_in_two_weeks(
    app: Flask, cohort: str, tell: Tell, travel: Traveller
) -> None:
    sign_up(app, cohort)
    deliver(app)
    mails = [row.key for row in outbox(app)]
    for event in range(5):
        tell(mails[0], "bounced_soft", f"a{event}")
    assert only_person(app).suppressed_at is None
    tell(mails[1], "bounced_soft", "b")
    assert only_person(app).suppressed_at is None
    travel.shift(timedelta(minutes=20))
    sign_up(app, cohort)
    deliver(app)
    tell(outbox(app)[-1].key, "bounced_soft", "c", happened_at=NOW - timedelta(days=15))
    assert only_person(app).suppressed_at is None
    tell(outbox(app)[-1].key, "bounced_soft", "d")
    assert "3 mails in 14 days" in (only_person(app).suppression_reason or "")


def test_a_complaint_also_ends_what_she_could_end_herself(app: Flask, cohort: str, tell: Tell) -> None:
    sign_up(app, cohort)
    deliver(app)
    tell(outbox(app)[0].key, "complained")
    registration = only_registration(app)
    assert registration.reminders_off_at == registration.bonuses_off_at == NOW
    assert only_person(app).suppression_reason == "She marked a mail as spam."
    assert registration.state == "confirmed"


def test_unsubscribing_by_mail_ends_topics_and_nothing_else(app: Flask, cohort: str, tell: Tell) -> None:
    sign_up(app, cohort)
    tell(outbox(app)[0].key, "unsubscribed")
    assert only_registration(app).reminders_off_at == NOW
    assert only_person(app).suppressed_at is None
    assert len(deliver(app)) == 2


def test_our_message_id_names_a_mail_only_with_both_numbers(app: Flask, cohort: str, tell: Tell) -> None:
    sign_up(app, cohort)
    post = Post()
    deliver(app, post)
    message_id = str(deliver_id(post))
    wrong = message_id.replace(".", ".9", 1)
    # An id alone, a made-up moment, a number no database holds: nobody's mail.
    for number, guess in enumerate((wrong, "<1@x.example>", f"<{2**40}.1796482800000000@x.example>")):
        assert tell("", event=f"g{number}", message_id=guess) == "unmatched"
    assert only_person(app).suppressed_at is None
    assert tell("", event="right", message_id=message_id) == "new"
    assert only_person(app).suppressed_at == NOW
    assert [event.delivery_id for event in events(app)][:3] == [None, None, None]


def deliver_id(post: Post) -> str:
    from tests.delivering import read

    return str(read(post.tried[0]).message["Message-ID"])


def test_a_refusal_in_the_dialogue_counts_and_raises_a_task(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    deliver(app, Post(Refused("550 5.1.1 no such user")))
    assert outbox(app)[0].state == "failed"
    assert only_person(app).suppressed_at == NOW
    assert to_do(app) == ["Her place is confirmed."]
    assert [(event.provider, event.kind) for event in events(app)] == [("smtp", "bounced_hard")]


def test_signing_up_again_by_hand_tells_only_the_organizer(
    app: Flask, cohort: str, tell: Tell, travel: Traveller
) -> None:
    sign_up(app, cohort)
    deliver(app)
    tell(outbox(app)[0].key)
    with app.app_context(), transaction():
        tasks.done(open_tasks()[0].id, actor="test", now=NOW)
    for _ in range(3):
        travel.shift(timedelta(minutes=20))
        sign_up(app, cohort)
        assert deliver(app) == []
    # Three times the same wish is one call.
    assert to_do(app) == ["Her place is confirmed."]


def test_lifting_is_audited_and_begins_to_count_anew(
    app: Flask, cohort: str, tell: Tell, travel: Traveller
) -> None:
    sign_up(app, cohort)
    deliver(app)
    key = outbox(app)[0].key
    tell(key)
    travel.shift(timedelta(minutes=20))
    with app.app_context(), transaction():
        suppressions.lift("ANN@X.example", actor="organizer", now=clock.now())
    assert only_person(app).suppressed_at is None
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "suppression.lifted")).one()
        assert (entry.actor, entry.detail["since"]) == ("organizer", NOW.isoformat())
        assert suppressed() == []
    # A report of the same old trouble, late: not again.
    tell(key, event="late", happened_at=NOW)
    assert only_person(app).suppressed_at is None
    sign_up(app, cohort)
    assert deliver(app)
    travel.shift(timedelta(seconds=1))
    tell(key, event="new trouble")
    assert only_person(app).suppressed_at == clock.now()


@pytest.mark.parametrize("address", ["nobody@x.example", "no address", "ann@x.example"])
def test_lifting_what_is_not_stopped_says_so(app: Flask, cohort: str, address: str) -> None:
    sign_up(app, cohort)
    with pytest.raises((Conflict, NotFound)), app.app_context(), transaction():
        suppressions.lift(address, actor="organizer", now=NOW)


def test_a_task_is_ticked_off_once(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    deliver(app, Post(Refused("550 5.1.1 no such user")))
    with app.app_context():
        (task,) = db.session.scalars(select(Task))
    with app.app_context(), transaction():
        tasks.done(task.id, actor="organizer", now=NOW)
    assert to_do(app) == []
    with pytest.raises(NotFound), app.app_context(), transaction():
        tasks.done(task.id, actor="organizer", now=NOW)


def test_asking_whether_she_may_be_written_to_costs_no_statement_a_mail(app: Flask, cohort: str) -> None:
    costs = []
    for people in (1, 10):
        for number in range(people):
            sign_up(app, cohort, f"p{people}-{number}@x.example")
        with counting(app) as statements:
            deliver(app)
        costs.append(sum("suppressed_at" in text for text in statements))
    # With the batch's people and their follow-up invites' people, however many there are.
    assert costs[0] == costs[1]


def test_a_server_that_refuses_us_costs_nobody_her_mails(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    sign_up(app, cohort, "bea@x.example")
    deliver(app, Post(Refused("550 5.7.1 relaying denied"), Refused("553 sender address rejected")))
    assert {row.state for row in outbox(app)} == {"failed"}
    assert events(app) == []
    # But what they ought to know is not lost.
    assert to_do(app) == ["Her place is confirmed.", "Her place is confirmed."]


def test_a_bounced_confirmation_is_one_call_and_not_one_for_each_session(
    app: Flask, tmp_path: Path, tell: Tell, travel: Traveller
) -> None:
    sign_up(app, given_cohort(app, tmp_path, {"weeks = 2": "weeks = 12"}))
    drained = Post()
    with app.app_context():
        deliver_one(app, drained)
    assert len(outbox(app, state="queued", kind="invite")) == 11
    tell(outbox(app)[0].key)
    assert len(outbox(app, state="suppressed")) == 11
    assert to_do(app) == ["Her place is confirmed."]


def deliver_one(app: Flask, post: Post) -> None:
    from tests.delivering import desk
    from webinar_hub.worker.drain import drain

    drain(app, desk(app), post, limit=1)


def test_what_was_only_delivered_locks_nobody(app: Flask, cohort: str, tell: Tell) -> None:
    sign_up(app, cohort)
    key = outbox(app)[0].key
    with counting(app) as statements:
        tell(key, "delivered")
    assert not [text for text in statements if "people" in text]
