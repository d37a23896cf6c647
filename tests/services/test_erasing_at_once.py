"""A wish to be deleted that is asked for and proven at one moment: the wish is locked first, then she."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.building import given_cohort, only_person, sign_up
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict
from webinar_hub.models import Erasure
from webinar_hub.services import erasures


@pytest.mark.parametrize("by_staff", [False, True])
def test_asking_again_while_it_is_proven_waits_and_does_not_deadlock(
    app: Flask, tmp_path: Path, by_staff: bool
) -> None:
    sign_up(app, given_cohort(app, tmp_path), "ann@x.example", "Ann")
    person = only_person(app).id
    with app.app_context(), transaction():
        voice = app.extensions["voice"]()
        erasures.ask(person, voice, now=clock.now())
    with app.app_context():
        wish = db.session.scalars(select(Erasure)).one()
        token = app.extensions["tokens"].sign("erase", wish.id, wish.nonce)
    is_held = threading.Event()

    def again() -> str:
        is_held.wait(30)
        try:
            with app.app_context(), transaction():
                if by_staff:
                    erasures.begin_for(person, voice, actor="organizer:1", now=clock.now())
                else:
                    erasures.ask(person, voice, now=clock.now())
        except Conflict:
            return "refused"
        return "done"

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(again)
        with app.app_context(), transaction():
            erasures.found(app.extensions["tokens"], token, clock.now())
            is_held.set()
            threading.Event().wait(0.5)
            assert erasures.prove(app.extensions["tokens"], token, voice, now=clock.now()) == person
        assert other.result(30) == ("done" if by_staff else "refused")
