"""An installation of the hub to be measured: a database with the example's cohort, and its environment."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask
from sqlalchemy import delete, func, insert, select, update

from webinar_hub.app import create_app
from webinar_hub.cli import importing
from webinar_hub.cli.schema import bring_up_to_date
from webinar_hub.core import clock
from webinar_hub.core.config import read_settings
from webinar_hub.core.db import db, transaction
from webinar_hub.core.tokens import nonce, public_id
from webinar_hub.models import Broadcast, Cohort, Delivery, Person, Registration, Webinar
from webinar_hub.rules.cohort_file import read_cohort_file
from webinar_hub.rules.example_dates import example_cohort_text

DAY_IN_MINUTES = 24 * 60
SEATS = 1_000_000


@dataclass(frozen=True, slots=True)
class Installation:
    """`environment` is what a process needs to be part of it; `app` is for looking and preparing."""

    app: Flask
    environment: dict[str, str]

    def sign_up_path(self) -> str:
        """The address of the example's sign-up form."""
        with self.app.app_context():
            statement = select(Webinar.slug, Cohort.public_id).join(Cohort, Cohort.webinar_id == Webinar.id)
            slug, cohort = db.session.execute(statement).one()
            return f"/w/{slug}/sign-up/{cohort}"

    def deliveries(self, state: str) -> int:
        """How many deliveries are in this state."""
        with self.app.app_context():
            return db.session.scalar(select(func.count()).where(Delivery.state == state)) or 0


@contextmanager
def installed(database_url: str, **settings: str) -> Iterator[Installation]:
    """An installation with the example's cohort; `settings` as in the environment, without the prefix."""
    with TemporaryDirectory() as folder:
        wanted = {
            "DATA_FOLDER": folder, "DATABASE_URL": database_url, "SECRET_KEY": "for measuring only",
            "LOG_LEVEL": "warning", "SIGN_UPS_PER_HOUR": "1000000", "FILL_SECONDS": "0", **settings,
        }  # fmt: skip
        environment = {f"WEBINAR_HUB_{name}": value for name, value in wanted.items()}
        os.environ.update(environment)
        app = create_app(read_settings())
        bring_up_to_date(app)
        _import_example_once(app)
        try:
            yield Installation(app, environment)
        finally:
            with app.app_context():
                db.engine.dispose()


def _import_example_once(app: Flask) -> None:
    with app.app_context():
        if db.session.scalar(select(Cohort.id).limit(1)) is not None:
            return
    folder = Path(str(files("webinar_hub"))) / "example"
    text = (folder / "cohort.toml").read_text(encoding="utf-8")
    text = re.sub("(?m)^capacity = .*$", f"capacity = {SEATS}", text)
    importing.apply(app, read_cohort_file(example_cohort_text(text, clock.now().date())), folder)


def register(installation: Installation, people: int) -> None:
    """Put this many people into the cohort, who registered yesterday."""
    yesterday = clock.now() - timedelta(days=1)
    with installation.app.app_context(), transaction() as session:
        cohort = session.scalars(select(Cohort.id)).one()
        session.execute(insert(Person), [_person(number, yesterday) for number in range(1, people + 1)])
        ids = session.scalars(select(Person.id)).all()
        session.execute(
            insert(Registration),
            [
                {
                    "public_id": public_id(), "person_id": person, "cohort_id": cohort, "state": "confirmed",
                    "registered_at": yesterday, "revision": 0, "nonce": nonce(),
                }
                for person in ids
            ],
        )  # fmt: skip


def _person(number: int, moment: object) -> dict[str, object]:
    return {
        "email": f"person{number}@example.net", "email_key": f"person{number}@example.net",
        "name": f"Robin Number {number}", "profession": "OT", "zone": "America/New_York", "language": "en",
        "created_at": moment, "link_nonce": nonce(),
    }  # fmt: skip


def make_due(installation: Installation) -> None:
    """Bring the reminder one day before the first session, with its invite, forward to this moment."""
    with installation.app.app_context(), transaction() as session:
        first = session.scalars(
            select(Broadcast.id)
            .where(Broadcast.kind == "reminder", Broadcast.lead_minutes == DAY_IN_MINUTES)
            .order_by(Broadcast.due_at)
        ).first()
        # What the example sent before anybody came is of no interest here.
        session.execute(delete(Broadcast).where(Broadcast.id != first, Broadcast.due_at <= clock.now()))
        session.execute(update(Broadcast).where(Broadcast.id == first).values(due_at=clock.now()))
