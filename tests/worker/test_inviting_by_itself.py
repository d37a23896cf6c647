"""The worker writes invitations by itself; when and to whom is decided in services/inviting.py."""

import time
from pathlib import Path

from flask import Flask

from tests.building import KEY, given_cohort
from tests.people import Person, mails_to
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.rules.guest_list import read_guests
from webinar_hub.services import invitations
from webinar_hub.worker.running import Worker

ANN = Person("Ann Lee", "ann@x.example")


def test_somebody_who_is_invited_is_written_to_by_itself(app: Flask, worker: Worker, tmp_path: Path) -> None:
    soon = clock.now().year + 2
    given_cohort(
        app,
        tmp_path,
        {"first = 2026-12-08T19:00:00": f"first = {soon}-12-08T19:00:00", "2026-12-12": f"{soon}-12-12"},
    )
    wanted = invitations.NewList("one form", "Spring", read_guests(ANN.email))
    with app.app_context(), transaction():
        invitations.invite(KEY, wanted, actor="test", now=clock.now())
    deadline = time.monotonic() + 60
    while not mails_to(app, ANN):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert "/invitation/" in mails_to(app, ANN)[0].text
