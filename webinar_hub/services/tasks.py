"""Tasks for the organizer: what no mail can do, asked for once and ticked off once."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.documents.when import place_of, when_in
from webinar_hub.models import Cohort, Delivery, Registration, Session, Task
from webinar_hub.rules.suppression import call_words, needs_a_person
from webinar_hub.services import audit

# What a person can cause again and again by herself, and what follows for each session of a course: one open task
# says it for all of them, and one about a confirmation for its invites as well.
_SAID_BY = {
    "confirmation": ("confirmation",),
    "invite": ("confirmation", "invite"),
    "calendar_cancel": ("registration_cancelled", "cohort_cancelled", "calendar_cancel"),
    "my_link": ("my_link",),
    "prove": ("prove",),
}


def ask_to_call(deliveries: Collection[int], *, now: datetime) -> None:
    """Have the organizer call the recipients of these deliveries; what was only an offer of mails is left out."""
    if not deliveries:
        return
    rows = db.session.execute(
        select(
            Delivery.key, Delivery.kind, Delivery.registration_id, Registration.cohort_id, Session.title,
            Session.starts_at, Cohort.zone,
        )
        .join(Registration, Registration.id == Delivery.registration_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .outerjoin(Session, Session.id == Delivery.session_id)
        .where(Delivery.id.in_(deliveries))
        .order_by(Delivery.id)
    ).all()  # fmt: skip
    rows = [row for row in rows if needs_a_person(row.kind)]
    asked = _asked({row.registration_id for row in rows})
    for row in rows:
        if any((row.registration_id, kind) in asked for kind in _SAID_BY.get(row.kind, ())):
            continue
        asked.add((row.registration_id, row.kind))
        when = f"{when_in(row.starts_at, row.zone)} in {place_of(row.zone)}" if row.starts_at else ""
        words = call_words(row.kind, row.title or "", when)
        ask(
            f"call:{row.key}", row.kind, words, cohort=row.cohort_id, registration=row.registration_id, now=now
        )  # fmt: skip


def _asked(registrations: Collection[int]) -> set[tuple[int, str]]:
    """Which kinds of mail there are open tasks for already, by registration."""
    if not registrations:
        return set()
    rows = db.session.execute(
        select(Task.registration_id, Task.kind).where(
            Task.registration_id.in_(registrations), Task.done_at.is_(None)
        )
    )
    return {(registration, kind) for registration, kind in rows if registration is not None}


def ask(
    key: str, kind: str, text: str, *, now: datetime, cohort: int | None = None, registration: int | None = None
) -> None:
    """Put one task on the list; one of the same key is not added a second time."""
    values = {
        "key": key, "kind": kind, "cohort_id": cohort, "registration_id": registration, "text": text,
        "created_at": now,
    }  # fmt: skip
    insert_new(Task, values, "id")


def done(task: int, *, actor: str, now: datetime) -> None:
    """Tick a task off. Raises NotFound for one that is not on the list (any more)."""
    row = db.session.scalars(select(Task).where(Task.id == task, Task.done_at.is_(None)).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no open task {task}. `webinar-hub tasks list` shows them all.")
    row.done_at = now
    audit.note(actor, "task.done", f"task:{task}", now=now, key=row.key)
