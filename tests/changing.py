"""Changes of dates in tests: making them, taking them back, and seeing what they left."""

from datetime import datetime

from flask import Flask
from sqlalchemy import select

from tests.building import KEY
from tests.delivering import Mail
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Change, Cohort
from webinar_hub.rules.change import Wish
from webinar_hub.services import changes, picture, undoing

THURSDAY = datetime(2026, 12, 10, 18, 0)
MOVE = Wish("move", key="week-1", starts=THURSDAY)
WEEK_LATER = Wish("shift", days=7)


def apply(app: Flask, wish: Wish, seen: str | None = None) -> int:
    with app.app_context(), transaction():
        change = changes.apply(KEY, wish, seen=seen, actor="organizer:1", now=clock.now())
        db.session.flush()
        return change.id


def undo(app: Flask, change: int) -> int:
    with app.app_context(), transaction():
        return undoing.undo(KEY, change, actor="organizer:1", now=clock.now())


def tell_now(app: Flask, change: int) -> None:
    with app.app_context(), transaction():
        changes.tell_now(KEY, change, actor="organizer:1", now=clock.now())


def change_row(app: Flask, change: int) -> Change:
    with app.app_context():
        return db.session.get_one(Change, change)


def everything(app: Flask) -> picture.Picture:
    """What an undo has to put back, without what has been withdrawn for good."""
    with app.app_context():
        seen = picture.rows_of(db.session.scalars(select(Cohort)).one()).picture()
    seen["broadcasts"] = {id_: row for id_, row in seen["broadcasts"].items() if row["state"] != "withdrawn"}
    return seen


def subjects(mails: list[Mail]) -> list[tuple[str, str]]:
    return [(str(mail.message["To"]).split("<")[-1].strip(">"), mail.subject) for mail in mails]


WISHES = {
    "move": MOVE,
    "longer": Wish("move", key="week-1", starts=datetime(2026, 12, 8, 19, 0), minutes=90),
    "another name": Wish("move", key="week-1", starts=datetime(2026, 12, 8, 19, 0), title="Cues and calm"),
    "this and following": Wish("move", key="week-1", starts=THURSDAY, scope="following"),
    "all": Wish("move", key="week-2", starts=datetime(2026, 12, 16, 18, 30), scope="all"),
    "a week later": WEEK_LATER,
    "a day earlier": Wish("shift", days=-1),
    "cancel": Wish("cancel", key="week-1"),
    "cancel the cohort": Wish("cancel-cohort"),
}
