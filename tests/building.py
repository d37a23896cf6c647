"""Builds what tests start from: a small cohort, people who signed up, and what the outbox holds for them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from webinar_hub.cli import importing
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict
from webinar_hub.models import Cohort, Delivery, Person, Registration, Session
from webinar_hub.rules.cohort_file import read_cohort_file
from webinar_hub.services import broadcasts, plan, registrations, sessions

# A Monday, two weeks before the first session of COHORT.
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
KEY = "january"

COHORT = """
[webinar]
slug = "baby-massage"
title = "Baby massage & you"
summary = "Four evenings."
description = "Come as you *are*."
outcomes = ["Read cues"]
agenda = [{ minutes = 50, title = "Practice" }, { minutes = 10, title = "Pause", break = true }]

[[presenters]]
name = "Mara Lind"
credentials = "OTR/L"
bio = "Works with babies."
disclosure = "None."

[cohort]
key = "january"
title = "Tuesday evenings"
zone = "America/New_York"
organizer_name = "Mara Lind"
organizer_email = "mara@littlehands.example"
capacity = 50
livestream_url = "https://meet.example.org/room"

[cohort.weekly]
first = 2026-12-08T19:00:00
weeks = 2
minutes = 60

[[sessions]]
title = "Cues"

[[sessions]]
title = "Strokes"

[[drops]]
key = "sheet"
title = "A sheet for parents"
note = "Print it."
after_session = "week-1"
days = 1
at = 08:00:00
[[drops.materials]]
key = "sheet"
title = "The sheet"
file = "sheet.txt"

[[drops]]
key = "gift"
title = "A gift"
surprise = true
releases = 2026-12-12T08:00:00
[[drops.materials]]
key = "gift"
title = "The gift"
link = "https://littlehands.example/gift"
"""


def given_cohort(app: Flask, folder: Path, changes: Mapping[str, str] | None = None) -> str:
    """Import COHORT with some of its text replaced; its public id."""
    text = COHORT
    for old, new in (changes or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "sheet.txt").write_text("Warm hands first.\n")
    file = read_cohort_file(text)
    importing.apply(app, file, folder)
    with app.app_context():
        return db.session.scalars(select(Cohort.public_id).where(Cohort.key == file.cohort.key)).one()


def given_sessions(app: Flask, number: int, key: str = KEY) -> None:
    """So many sessions more, one a week after the last one, with all that is said of them."""
    with app.app_context(), transaction():
        cohort = db.session.scalars(select(Cohort).where(Cohort.key == key)).one()
        rows = db.session.scalars(select(Session).where(Session.cohort_id == cohort.id)).all()
        last = datetime.fromisoformat(max(session.wall_start for session in rows))
        for week in range(1, number + 1):
            session = Session(
                cohort_id=cohort.id, key=f"more-{len(rows) + week}", title=f"Evening {week}", revision=0
            )
            session.created_at = session.updated_at = clock.now()
            sessions.place(session, last + timedelta(weeks=week), cohort.zone, 60)
            db.session.add(session)
        plan.replan(cohort, now=clock.now())


def sign_up(app: Flask, cohort: str, email: str = "ann@x.example", name: str = "Ann Lee", **changes: str) -> None:
    """Sign a person up, now; raises Conflict with the reason when nobody can come in."""
    words = {"profession": "OT", "zone": "America/Los_Angeles", "news_words": "", "page": "/"} | changes
    network = words.pop("network", "192.0.2.1")
    form = registrations.SignUp(name=name, email=email, **words)
    with app.app_context(), transaction():
        reason = registrations.sign_up(cohort, form, network=network, per_network=300, now=clock.now())
    if reason:
        raise Conflict(reason)


def outbox(app: Flask, **wanted: str) -> list[Delivery]:
    """The deliveries with these column values, in the order they were written."""
    with app.app_context():
        return list(db.session.scalars(select(Delivery).filter_by(**wanted).order_by(Delivery.id)))


def session_row(app: Flask, key: str = "week-1") -> Session:
    """A session by its key."""
    with app.app_context():
        return db.session.scalars(select(Session).where(Session.key == key)).one()


def seats(app: Flask) -> int:
    """How many seats of the one cohort there is are taken."""
    with app.app_context():
        return db.session.scalars(select(Cohort.seats_taken)).one()


def expand(app: Flask) -> None:
    """Write whatever is due into the outbox."""
    with app.app_context():
        more = True
        while more:
            with transaction():
                more = broadcasts.expand_next(clock.now()).more


def only_registration(app: Flask) -> Registration:
    """The one registration there is."""
    with app.app_context():
        return db.session.scalars(select(Registration)).one()


def only_person(app: Flask) -> Person:
    """The one person there is."""
    with app.app_context():
        return db.session.scalars(select(Person)).one()
