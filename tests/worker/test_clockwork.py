"""The clock rings in real time, whatever the wall clock does."""

import time
from datetime import timedelta

from flask import Flask

from webinar_hub.core import clock
from webinar_hub.worker.clockwork import JOB
from webinar_hub.worker.running import Worker


def test_an_alarm_that_a_clock_put_back_moved_far_away_rings_all_the_same(app: Flask, worker: Worker) -> None:
    """F17: seen from the new time the next ring is an hour away."""
    scheduler = worker._clockwork._scheduler
    scheduler.modify_job(JOB, next_run_time=clock.real_now() + timedelta(hours=1))
    deadline = time.monotonic() + 20
    while scheduler.get_job(JOB).next_run_time > clock.real_now() + timedelta(minutes=1):
        assert time.monotonic() < deadline
        time.sleep(0.01)
