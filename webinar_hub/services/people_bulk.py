"""What is done with many people at once; how many it will be was shown before."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, func, literal, select

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict
from webinar_hub.core.inserts import insert_selected
from webinar_hub.models import Cohort, Delivery, Person, PersonTag, Registration
from webinar_hub.rules.delivery import priority_of
from webinar_hub.rules.people import Chosen, Scope, Wanted, chosen_people, chosen_places, of_place
from webinar_hub.services import audit, people

# Each place is a few statements, and all of them are one transaction.
MOST_PLACES = 1000


def tag(chosen: Chosen, word: str, *, actor: str, now: datetime) -> int:
    """Put a word on all of them; how many did not have it."""
    clean = people.tag_word(word)
    rows: Any = select(Person.id, literal(clean), literal(now, PersonTag.added_at.type)).where(
        Person.id.in_(chosen_people(chosen))
    )
    added = insert_selected(PersonTag, ["person_id", "word", "added_at"], rows)
    audit.note(actor, "people.tagged", _subject(chosen), now=now, tag=clean, people=added)
    return added


def send_links(chosen: Chosen, *, actor: str, now: datetime) -> int:
    """Send each of them her personal link again; how many mails. Whom no mail reaches is left out."""
    scope = chosen.scope
    newest = (
        select(func.max(Registration.id).label("id"))
        .join(Person, Person.id == Registration.person_id)
        .where(
            Registration.person_id.in_(chosen_people(chosen)),
            Person.suppressed_at.is_(None),
            *of_place(Wanted(), scope),
        )
        .group_by(Registration.person_id)
        .subquery()
    )
    moment = literal(now, Delivery.due_at.type)
    key = literal("registration:") + cast(newest.c.id, String) + literal(f":link:{now.timestamp():.6f}")
    rows = select(
        key, literal("my_link"), newest.c.id, literal("queued"), literal(priority_of("my_link")), literal(0),
        moment, moment,
    ).where(newest.c.id.is_not(None))  # fmt: skip
    columns = ["key", "kind", "registration_id", "state", "priority", "attempts", "created_at", "due_at"]
    sent = insert_selected(Delivery, columns, rows)
    leave_work()
    audit.note(actor, "people.links_sent", _subject(chosen), now=now, mails=sent)
    return sent


def note_export(chosen: Chosen, columns: list[str], format_: str, *, actor: str, now: datetime) -> None:
    """Write down who takes a copy of whom: names and addresses leave the house with it."""
    ids = chosen_people(chosen).subquery()
    number = db.session.scalar(select(func.count()).select_from(ids)) or 0
    audit.note(
        actor, "people.exported", _subject(chosen), now=now, people=number, columns=columns, format=format_
    )  # fmt: skip


def cancel_places(chosen: Chosen, *, tell: bool, actor: str, now: datetime) -> int:
    """Cancel the places of all of them that have one; how many. Raises Conflict for too many at once."""
    return _each(chosen, lambda one: people.cancel_place(one, tell=tell, actor=actor, now=now))


def move(chosen: Chosen, to: str, *, tell: bool, actor: str, now: datetime) -> int:
    """Move all of them that have a place and none there; how many.

    Raises Conflict for too many at once, or fewer seats than people: then nobody is moved.
    """
    there = select(Registration.person_id).where(
        Registration.cohort_id.in_(select(Cohort.id).where(Cohort.key == to)),
        Registration.state == "confirmed",
    )
    return _each(
        chosen,
        lambda one: people.move(one, to, tell=tell, actor=actor, now=now),
        Registration.person_id.not_in(there),
    )


def _each(chosen: Chosen, change: Callable[[int], None], *also: object) -> int:
    ids = list(
        db.session.scalars(
            select(Registration.id)
            .where(Registration.id.in_(chosen_places(chosen)), Registration.state == "confirmed", *also)  # type: ignore[arg-type]
            .order_by(Registration.id)
            .limit(MOST_PLACES + 1)
        )
    )
    if len(ids) > MOST_PLACES:
        raise Conflict(
            f"That is more than {MOST_PLACES:,} places at once. Narrow the list with the filters, and do it in "
            "parts; nothing was changed."
        )
    for one in ids:
        change(one)
    return len(ids)


def _subject(chosen: Chosen) -> str:
    scope: Scope = chosen.scope
    return f"cohort:{scope.cohort}" if scope.cohort is not None else "people"
