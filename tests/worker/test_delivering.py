"""What arrives: every promise of the plan as mails, invites that follow every change, and bad days."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update
from time_machine import Traveller

from tests.building import KEY, given_cohort, only_person, only_registration, outbox, sign_up
from tests.delivering import Mail, Post, deliver, desk
from webinar_hub.adapters.mail import Deferred, Refused, Unreachable
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Delivery, Person
from webinar_hub.queries import demo
from webinar_hub.services import preferences, registrations, sessions
from webinar_hub.worker.drain import drain
from webinar_hub.worker.recorder import HandedIn, Recorder

STARTS = datetime(2026, 12, 9, 0, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


def act(app: Flask, verb: Callable[[], None]) -> None:
    with app.app_context(), transaction():
        verb()


def move_first_session(app: Flask, to: datetime) -> None:
    def verb() -> None:
        cohort, session = sessions.find(KEY, "week-1")
        sessions.reschedule(cohort, session, to, 60, actor="test", now=clock.now())

    act(app, verb)


def leave(app: Flask) -> None:
    act(app, lambda: registrations.cancel(only_person(app).id, only_registration(app).public_id, now=clock.now()))


def come_back(app: Flask) -> None:
    act(
        app, lambda: registrations.come_back(only_person(app).id, only_registration(app).public_id, now=clock.now())
    )


def next_moment(app: Flask) -> datetime | None:
    with app.app_context():
        return demo.next_moment(clock.now())


def calendar_after(mails: list[Mail]) -> dict[str, datetime]:
    """What a calendar holds after these mails, by UID: the highest SEQUENCE wins (RFC 5546 2.1.5)."""
    latest: dict[str, tuple[int, str, datetime]] = {}
    for mail in mails:
        for invite in mail.invites:
            if invite.revision >= latest.get(invite.uid, (-1,))[0]:
                latest[invite.uid] = (invite.revision, invite.method, invite.starts_at)
    return {uid: starts for uid, (_, method, starts) in latest.items() if method == "REQUEST"}


def test_a_sign_up_brings_one_invite_a_session_each_in_a_mail_of_its_own(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    mails = deliver(app)
    assert [len(mail.invites) for mail in mails] == [1, 1]
    assert sorted(calendar_after(mails).values()) == [STARTS, STARTS + 7 * DAY]
    assert {invite.method for mail in mails for invite in mail.invites} == {"REQUEST"}
    assert "4:00 pm for you" in mails[0].text


def test_four_weeks_bring_everything_once(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    kinds = [mail.message["X-Entity-Ref-ID"] for mail in deliver(app)]
    while (moment := next_moment(app)) is not None:
        travel.move_to(moment)
        kinds += [mail.message["X-Entity-Ref-ID"] for mail in deliver(app)]
    assert len(kinds) == len(set(kinds)) == 2 + 2 * 5 + 2 + 1
    assert {delivery.state for delivery in outbox(app)} == {"sent"}


def test_a_moved_session_is_the_same_entry_at_another_time(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    before = deliver(app)
    move_first_session(app, datetime(2026, 12, 10, 18, 0))
    (change,) = deliver(app)
    assert "Thu 10 December" in change.text
    assert "Tue 8 December" in change.text, "the old time is said, too"
    assert change.invites[0].revision == 1
    after = calendar_after([*before, change])
    assert sorted(after.values()) == [datetime(2026, 12, 10, 23, 0, tzinfo=UTC), STARTS + 7 * DAY]


def test_leaving_empties_the_calendar_and_coming_back_fills_it(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    mails = deliver(app)
    leave(app)
    mails += deliver(app)
    assert calendar_after(mails) == {}
    come_back(app)
    mails += deliver(app)
    assert len(calendar_after(mails)) == 2
    leave(app)
    mails += deliver(app)
    assert calendar_after(mails) == {}


def test_cancelling_the_cohort_empties_every_calendar(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    mails = deliver(app)
    act(app, lambda: sessions.cancel_cohort(sessions.find_cohort(KEY), actor="test", now=clock.now()))
    mails += deliver(app)
    assert calendar_after(mails) == {}


def test_only_what_can_be_ended_carries_the_one_click(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    service = deliver(app)
    travel.move_to(STARTS - DAY)
    reminders = deliver(app)
    assert [mail.message["List-Unsubscribe"] for mail in service] == [None, None]
    assert reminders
    for mail in reminders:
        assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail.message["List-Unsubscribe"].startswith("<http")


def test_after_unsubscribing_only_service_mails_come(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    deliver(app)
    row = only_registration(app)
    token = app.extensions["tokens"].sign("unsubscribe", row.id, row.nonce)
    act(app, lambda: preferences.unsubscribe(app.extensions["tokens"], token, now=clock.now()))
    for moment in (STARTS - DAY, STARTS - HOUR, STARTS, STARTS + 13 * HOUR):
        travel.move_to(moment)
        assert deliver(app) == []
    move_second = datetime(2026, 12, 16, 18, 0)

    def verb() -> None:
        cohort_row, session = sessions.find(KEY, "week-2")
        sessions.reschedule(cohort_row, session, move_second, 60, actor="test", now=clock.now())

    act(app, verb)
    assert len(deliver(app)) == 1


def test_who_signs_up_late_is_not_reminded_of_what_she_just_read(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    travel.move_to(STARTS - 70 * MINUTE)
    sign_up(app, cohort)
    assert [mail.subject for mail in deliver(app) if "booked" in mail.subject]
    travel.move_to(STARTS - HOUR)
    assert deliver(app) == [], "no reminder ten minutes after the confirmation"
    travel.move_to(STARTS - 10 * MINUTE)
    assert len(deliver(app)) == 1


def test_a_retry_has_the_same_bytes(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    post = Post(Deferred("450 greylisted"), Deferred("450 greylisted"))
    deliver(app, post)
    for wait in (2 * MINUTE, 7 * MINUTE):
        travel.shift(wait)
        deliver(app, post)
    first, *others = [envelope.content for envelope in post.tried if "confirmation" in envelope.reference]
    assert len(others) == 2
    assert set(others) == {first}
    assert outbox(app, kind="confirmation")[0].attempts == 3


def test_a_refusal_is_final_says_why_and_brings_no_further_invites(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    post = Post(Refused("550 no such user"))
    deliver(app, post)
    (delivery,) = outbox(app)
    assert (delivery.state, delivery.reply, delivery.attempts) == ("failed", "550 no such user", 1)
    assert len(post.tried) == 1


def test_a_server_that_is_away_costs_no_attempt(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    post = Post(Unreachable("refused"))
    from tests.delivering import desk
    from webinar_hub.worker.drain import drain

    drain(app, desk(app), post, limit=20)
    (delivery,) = outbox(app)
    assert (delivery.state, delivery.attempts, delivery.lease_until) == ("queued", 0, None)


def test_an_hour_without_a_server_delays_and_loses_nothing(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    deliver(app)
    travel.move_to(STARTS - DAY)
    post = Post(*[Deferred("451 later")] * 50)
    for _ in range(12):
        deliver(app, post)
        travel.shift(5 * MINUTE)
    post.outcomes.clear()
    travel.shift(30 * MINUTE)
    deliver(app, post)
    assert [delivery.state for delivery in outbox(app, kind="reminder")] == ["sent"] * 1


def test_a_reminder_never_goes_out_after_its_session(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    deliver(app)
    travel.move_to(STARTS - HOUR)
    deliver(app, Post(*[Deferred("451 later")] * 50))
    travel.move_to(STARTS + HOUR)
    late = deliver(app)
    assert [mail.subject for mail in late if "Cues" in mail.subject] == []
    assert {delivery.state for delivery in outbox(app, kind="reminder") if "-PT1H" in delivery.key} == {"expired"}


def test_three_days_without_a_worker_bring_only_what_still_makes_sense(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    sign_up(app, cohort)
    deliver(app)
    travel.move_to(STARTS + 2 * DAY)
    mails = deliver(app)
    assert [mail.message["X-Entity-Ref-ID"].split(":registration")[0] for mail in mails] == [
        "session:2:reminder:-P7D",
        "drop:1:release",
    ]
    assert "In 5 days" in mails[0].subject, "a late reminder tells the real distance"


@pytest.mark.parametrize(
    "harm",
    [{"kind": "of_another_release"}, {"kind": "drop", "drop_id": None}, {"kind": "session_changed"}],
)
def test_one_poisonous_row_does_not_hold_up_the_others(app: Flask, cohort: str, harm: dict[str, object]) -> None:
    for email in ("ann@x.example", "bea@x.example"):
        sign_up(app, cohort, email)
    first = outbox(app)[0].id
    with app.app_context(), transaction():
        db.session.execute(update(Delivery).where(Delivery.id == first).values(**harm))
    mails = deliver(app)
    assert {mail.message["To"].addresses[0].addr_spec for mail in mails} == {"bea@x.example"}
    poisoned = outbox(app)[0]
    assert (poisoned.state, poisoned.attempts) == ("queued", 1)
    assert "Cannot be composed" in (poisoned.reply or "")
    assert poisoned.due_at > clock.now()


def test_a_corrected_name_is_used_from_then_on(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort, name="An Lee")
    deliver(app)
    person = only_person(app).id
    act(
        app,
        lambda: preferences.change_details(
            person, name="Ann Lee", profession="", zone_name="Asia/Tokyo", now=clock.now()
        ),
    )
    travel.move_to(STARTS - DAY)
    (reminder,) = deliver(app)
    assert "Ann Lee" in reminder.text
    assert "9:00 am" in reminder.text


@pytest.mark.parametrize(
    "name", ["Ann\r\nBcc: v@y.example", "{{7*7}} %(x)s ${7*7}", "https://evil.example", "=?utf-8?q?x?="]
)
def test_a_hostile_name_stays_a_name(app: Flask, cohort: str, name: str) -> None:
    sign_up(app, cohort)
    with app.app_context(), transaction():
        db.session.execute(update(Person).values(name=name))
    (confirmation, *_) = deliver(app)
    assert confirmation.message["Bcc"] is None
    assert len(confirmation.message["To"].addresses) == 1
    assert "https://evil.example" not in confirmation.text
    if "7*7" in name:
        assert name in confirmation.text


def test_nothing_is_sent_on_a_lease_that_recording_the_mail_before_has_used_up(
    app: Flask, cohort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F15: the database was away for a while; somebody else may hold the second mail by now."""
    for name in ("ann", "bea"):
        sign_up(app, cohort, f"{name}@x.example")
    real, late, post, settle = clock.monotonic, [0.0], Post(), Recorder.settle

    def slow(recorder: Recorder, mine: HandedIn | None) -> bool:
        late[0] += 60.0 if mine else 0.0
        return settle(recorder, mine)

    monkeypatch.setattr(Recorder, "settle", slow)
    monkeypatch.setattr(clock, "monotonic", lambda: real() + late[0])
    drain(app, desk(app), post, limit=20)
    assert len(post.tried) == 1
    assert sorted(row.state for row in outbox(app, kind="confirmation")) == ["queued", "sent"]
    assert {row.attempts for row in outbox(app, kind="confirmation", state="queued")} == {0}


def test_a_confirmation_that_waited_until_everything_was_cancelled_has_nothing_to_say(
    app: Flask, cohort: str
) -> None:
    """She is told that each session is cancelled; nobody has to look into a mail that cannot be composed."""
    sign_up(app, cohort)
    for key in ("week-1", "week-2"):
        act(app, lambda key=key: sessions.cancel(*sessions.find(KEY, key), actor="test", now=clock.now()))
    mails = deliver(app)
    (confirmation,) = outbox(app, kind="confirmation")
    assert (confirmation.state, confirmation.reply) == ("cancelled", "Every session was cancelled or is over.")
    assert [mail.subject.split(":")[0] for mail in mails] == ["Cancelled", "Cancelled"]
