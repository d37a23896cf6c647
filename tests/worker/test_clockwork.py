"""The clock rings in real time, whatever the wall clock does."""

import time
from datetime import timedelta

import pytest
from flask import Flask

from webinar_hub.core import clock
from webinar_hub.worker.clockwork import JOB, Clockwork
from webinar_hub.worker.running import Worker


def test_an_alarm_that_a_clock_put_back_moved_far_away_rings_all_the_same(app: Flask, worker: Worker) -> None:
    """F17: seen from the new time the next ring is an hour away."""
    scheduler = worker._clockwork._scheduler
    scheduler.modify_job(JOB, next_run_time=clock.real_now() + timedelta(hours=1))
    deadline = time.monotonic() + 20
    while scheduler.get_job(JOB).next_run_time > clock.real_now() + timedelta(minutes=1):
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Called:
    """Stands for the senders: whether they were woken."""

    woken = False

    def wake(self) -> None:
        self.woken = True


def test_a_part_that_always_fails_stops_neither_the_mails_nor_the_other_parts(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    senders, rung = Called(), list[str]()
    clockwork = Clockwork(app, senders, tick=1, leader_lease=6)  # type: ignore[arg-type]
    monkeypatch.setattr("webinar_hub.services.outbox.orphaned", lambda _: True)
    monkeypatch.setattr("webinar_hub.services.proving.forget_unproven", lambda _: 1 / 0)
    monkeypatch.setattr("webinar_hub.services.presenters.tell", lambda *_, **__: 1 / 0)
    monkeypatch.setattr("webinar_hub.worker.digests.write_due", lambda *_: rung.append("digests"))
    monkeypatch.setattr("webinar_hub.services.inviting.is_due", lambda _: rung.append("invitations"))
    monkeypatch.setattr(clockwork._clearer, "look", lambda: rung.append("clearing"))
    monkeypatch.setattr(clockwork, "_arm", lambda _: rung.append("armed"))
    clockwork._look()
    assert senders.woken
    assert rung == ["digests", "invitations", "clearing", "armed"]
