"""A change of dates that nobody has been told of is taken back, and nobody is ever told of it (FEATURES B6)."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from time_machine import Traveller

from tests.building import KEY, given_cohort, outbox, session_row, sign_up
from tests.changing import MOVE, WISHES, apply, change_row, everything, subjects, tell_now, undo
from tests.delivering import deliver, write_out
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.queries import health
from webinar_hub.rules.change import WINDOW, Wish
from webinar_hub.services import outbox as outbox_service
from webinar_hub.services import sessions, undoing


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    public_id = given_cohort(app, tmp_path)
    sign_up(app, public_id)
    deliver(app)
    travel.shift(timedelta(minutes=1))
    return public_id


@pytest.mark.parametrize("name", WISHES)
def test_what_is_taken_back_in_time_is_as_it_was_and_nobody_hears_of_it(
    app: Flask, cohort: str, name: str, travel: Traveller
) -> None:
    before, first = everything(app), session_row(app)
    change = apply(app, WISHES[name])
    assert everything(app) != before
    travel.shift(WINDOW - timedelta(seconds=1))
    assert deliver(app) == []
    assert undo(app, change) == 0
    assert everything(app) == before
    assert session_row(app).revision > first.revision
    travel.shift(timedelta(hours=1))
    assert deliver(app) == []


@pytest.mark.parametrize("name", WISHES)
def test_what_is_not_taken_back_is_told_when_the_time_is_over(
    app: Flask, cohort: str, name: str, travel: Traveller
) -> None:
    change = apply(app, WISHES[name])
    travel.shift(WINDOW)
    told = {mail.message["Subject"] for mail in deliver(app)}
    assert bool(told) == (name != "another name")
    if told:
        with pytest.raises(Conflict, match="ten minutes are over"):
            undo(app, change)
    travel.shift(timedelta(hours=1))
    assert deliver(app) == []


def test_undoing_twice_is_undoing_once(app: Flask, cohort: str) -> None:
    change = apply(app, MOVE)
    undo(app, change)
    revision = session_row(app).revision
    assert undo(app, change) == 0
    assert session_row(app).revision == revision


def test_a_change_of_another_cohort_is_not_there(app: Flask, cohort: str, tmp_path: Path) -> None:
    change = apply(app, MOVE)
    with app.app_context(), transaction(), pytest.raises(NotFound):
        undoing.undo("spring", change, actor="organizer:1", now=clock.now())


def test_told_now_they_are_told_now(app: Flask, cohort: str) -> None:
    change = apply(app, MOVE)
    assert deliver(app) == []
    tell_now(app, change)
    assert len(deliver(app)) == 1
    with pytest.raises(Conflict):
        undo(app, change)


def test_the_clock_rings_when_the_window_ends(app: Flask, cohort: str) -> None:
    apply(app, MOVE)
    with app.app_context():
        assert health.next_due() == clock.now() + WINDOW
        assert not health.unfinished(clock.now())


def test_a_session_within_the_hour_is_told_of_at_once(app: Flask, cohort: str, travel: Traveller) -> None:
    travel.move_to(session_row(app).starts_at - timedelta(minutes=50))
    deliver(app)
    change = apply(app, Wish("move", key="week-1", starts=datetime(2026, 12, 8, 21, 0)))
    assert change_row(app, change).until is None
    assert any("new time" in mail.text for mail in deliver(app))
    with pytest.raises(Conflict):
        undo(app, change)


def test_whoever_came_meanwhile_and_was_given_the_new_time_is_told_of_the_old_one(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    change = apply(app, MOVE)
    travel.shift(timedelta(minutes=2))
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    given = [invite for mail in deliver(app) for invite in mail.invites if "Cues" in invite.title]
    travel.shift(timedelta(minutes=2))
    assert undo(app, change) == 1
    mails = deliver(app)
    assert [to for to, _ in subjects(mails)] == ["bea@x.example"]
    assert "Until now: Thu 10 December, 6:00 pm in New York" in mails[0].text
    assert mails[0].invites[0].revision > given[0].revision


def test_whoever_came_while_a_session_was_cancelled_gets_it(app: Flask, cohort: str, travel: Traveller) -> None:
    change = apply(app, Wish("cancel", key="week-2"))
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    deliver(app)
    assert undo(app, change) == 1
    (mail,) = deliver(app)
    assert "bea@x.example" in str(mail.message["To"])
    assert "Strokes" in mail.invites[0].title


def test_whoever_came_meanwhile_is_not_told_of_a_change_she_never_saw(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    apply(app, MOVE)
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    travel.shift(timedelta(seconds=30))
    sign_up(app, cohort, "cleo@x.example", "Cleo Park")
    deliver(app)
    travel.shift(WINDOW)
    assert "cleo@x.example" not in [to for to, _ in subjects(deliver(app))]


def test_mails_that_were_silenced_come_back(app: Flask, cohort: str, travel: Traveller) -> None:
    travel.move_to(session_row(app).starts_at - timedelta(days=1))
    write_out(app)
    (waiting,) = outbox(app, kind="reminder")
    change = apply(app, MOVE)
    assert outbox(app, kind="reminder")[0].state == "cancelled"
    travel.shift(timedelta(minutes=1))
    undo(app, change)
    (mail,) = deliver(app)
    assert mail.message["X-Entity-Ref-ID"] == waiting.key


def test_a_silenced_mail_on_the_wire_is_its_senders_until_its_lease_is_over(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    travel.move_to(session_row(app).starts_at - timedelta(days=1))
    write_out(app)
    with app.app_context(), transaction():
        (claimed,) = outbox_service.claim(5, lease=45, now=clock.now())
    travel.shift(timedelta(seconds=1))
    undo(app, apply(app, MOVE))
    assert deliver(app) == []
    with app.app_context(), transaction():
        outbox_service.record([outbox_service.Result(claimed, "sent", "250 ok")], now=clock.now())
    assert outbox(app, kind="reminder")[0].state == "sent"


def test_a_reminder_that_falls_into_the_window_waits_too(app: Flask, cohort: str, travel: Traveller) -> None:
    in_a_day = clock.now() + timedelta(days=1, minutes=5)
    wall = in_a_day.astimezone().replace(tzinfo=None) - timedelta(hours=5)
    change = apply(app, Wish("move", key="week-1", starts=wall))
    travel.shift(timedelta(minutes=6))
    assert deliver(app) == []
    undo(app, change)
    assert deliver(app) == []


def test_a_second_change_extends_the_window_and_is_taken_back_first(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    before = everything(app)
    first = apply(app, MOVE)
    travel.shift(timedelta(minutes=6))
    between = everything(app)
    second = apply(app, Wish("cancel", key="week-2"))
    travel.shift(timedelta(minutes=6))
    assert deliver(app) == []
    with pytest.raises(Conflict, match="later change back first"):
        undo(app, first)
    undo(app, second)
    put_back = everything(app)
    assert put_back["sessions"] == between["sessions"]
    assert deliver(app) == []
    undo(app, first)
    assert everything(app) == before
    travel.shift(timedelta(hours=1))
    assert deliver(app) == []


def test_two_moves_in_a_row_are_told_once_from_the_time_people_know(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    apply(app, MOVE)
    apply(app, Wish("move", key="week-1", starts=datetime(2026, 12, 11, 18, 0)))
    travel.shift(WINDOW)
    (mail,) = deliver(app)
    assert "Until now: Tue 8 December, 7:00 pm in New York" in mail.text
    assert "Fri 11 December, 6:00 pm" in mail.text


def test_moved_back_by_hand_nobody_is_told_but_who_was_given_the_other_time(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    apply(app, MOVE)
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    deliver(app)
    travel.shift(timedelta(minutes=1))
    apply(app, Wish("move", key="week-1", starts=datetime(2026, 12, 8, 19, 0)))
    travel.shift(WINDOW)
    assert [to for to, _ in subjects(deliver(app))] == ["bea@x.example"]


def test_an_untold_move_is_taken_back_before_the_session_is_cancelled(app: Flask, cohort: str) -> None:
    apply(app, MOVE)
    with pytest.raises(Conflict, match="Undo that first"):
        apply(app, Wish("cancel", key="week-1"))


def test_what_was_changed_by_another_way_since_is_not_overwritten(app: Flask, cohort: str) -> None:
    change = apply(app, MOVE)
    with app.app_context(), transaction():
        sessions.reschedule(
            *sessions.find(KEY, "week-1"), datetime(2026, 12, 9, 19, 0), 60, actor="cli", now=clock.now()
        )
    with pytest.raises(Conflict, match="by another way"):
        undo(app, change)
    assert session_row(app).wall_start == "2026-12-09T19:00:00"
    (mail,) = deliver(app)
    assert "Until now: Tue 8 December" in mail.text


def test_an_evening_that_was_given_away_meanwhile_is_not_taken_back(app: Flask, cohort: str) -> None:
    change = apply(app, Wish("cancel", key="week-1"))
    with app.app_context(), transaction():
        row = sessions.find(KEY, "week-2")
        sessions.reschedule(*row, datetime(2026, 12, 8, 19, 30), 60, actor="cli", now=clock.now())
    with pytest.raises(Conflict, match="still running"):
        undo(app, change)
    assert session_row(app).state == "cancelled"


def test_a_cancellation_that_a_file_takes_back_is_never_told(
    app: Flask, cohort: str, tmp_path: Path, travel: Traveller
) -> None:
    apply(app, Wish("cancel", key="week-1"))
    given_cohort(app, tmp_path)
    travel.shift(WINDOW)
    assert not any("will not take place" in mail.text for mail in deliver(app))


def test_a_cohort_that_was_put_back_can_be_cancelled_again(app: Flask, cohort: str, travel: Traveller) -> None:
    undo(app, apply(app, Wish("cancel-cohort")))
    apply(app, Wish("cancel-cohort"))
    travel.shift(WINDOW)
    assert len(deliver(app)) > 0


def test_what_has_begun_to_be_told_cannot_be_taken_back(app: Flask, cohort: str, travel: Traveller) -> None:
    change = apply(app, MOVE)
    travel.shift(WINDOW)
    write_out(app)  # a worker whose clock is ahead of the one that is asked to undo
    travel.shift(-timedelta(minutes=1))
    with pytest.raises(Conflict, match="ten minutes are over"):
        undo(app, change)
