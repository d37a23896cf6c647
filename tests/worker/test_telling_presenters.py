"""The worker tells presenters by itself; what and when is decided in services/presenters.py."""

import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.building import given_cohort
from tests.people import Person, mails_to
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Webinar
from webinar_hub.rules.cohort_file import PresenterPart
from webinar_hub.services import webinars
from webinar_hub.worker import clockwork
from webinar_hub.worker.running import Worker

MARA = Person("Mara Lind", "mara@x.example")


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clockwork, "TELL_EVERY", 0.5)


def test_a_presenter_who_is_named_is_invited_by_itself(app: Flask, worker: Worker, tmp_path: Path) -> None:
    soon = clock.now().year + 2
    changes = {"first = 2026-12-08T19:00:00": f"first = {soon}-12-08T19:00:00", "2026-12-12": f"{soon}-12-12"}
    given_cohort(app, tmp_path, changes)
    with app.app_context(), transaction():
        webinar = db.session.scalars(select(Webinar)).one()
        part = PresenterPart(MARA.name, "", "", "", "", MARA.email)
        webinars.change_presenters(
            webinar.slug, [(None, part)], seen=webinar.version, actor="test", now=clock.now()
        )
    deadline = time.monotonic() + 60
    while len(mails_to(app, MARA)) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
