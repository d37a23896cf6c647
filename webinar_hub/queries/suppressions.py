"""Who is not written to any more and why, and what there is to do instead: for the command line."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.models import Cohort, Person, Registration, Task


@dataclass(frozen=True, slots=True)
class Suppressed:
    """An address that mails are not sent to, since when (aware UTC) and why."""

    email: str
    name: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class OpenTask:
    """One thing to do; `name`, `email`, `profession` and `cohort` are "" where it is about nobody."""

    id: int
    created_at: datetime
    text: str
    name: str
    email: str
    profession: str
    cohort: str


def suppressed() -> list[Suppressed]:
    """Everybody who is not written to, the newest first."""
    rows = db.session.scalars(
        select(Person).where(Person.suppressed_at.is_not(None)).order_by(Person.suppressed_at.desc(), Person.id)
    )
    return [
        Suppressed(row.email, row.name, row.suppressed_at, row.suppression_reason or "")
        for row in rows
        if row.suppressed_at is not None
    ]


def open_tasks() -> list[OpenTask]:
    """What there is to do, the oldest first."""
    rows = db.session.execute(
        select(Task, Person.name, Person.email, Person.profession, Cohort.title)
        .outerjoin(Registration, Registration.id == Task.registration_id)
        .outerjoin(Person, Person.id == Registration.person_id)
        .outerjoin(Cohort, Cohort.id == Task.cohort_id)
        .where(Task.done_at.is_(None))
        .order_by(Task.created_at, Task.id)
    )
    return [
        OpenTask(task.id, task.created_at, task.text, name or "", email or "", profession or "", cohort or "")
        for task, name, email, profession, cohort in rows
    ]
