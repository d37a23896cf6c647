"""Brings a file of people into a cohort: kept when uploaded, applied as one transaction, mailed only if wished."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from flask import current_app
from sqlalchemy import String, and_, cast, delete, literal, or_, select

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.inserts import insert_many, insert_selected
from webinar_hub.core.search_words import search_text
from webinar_hub.core.tokens import nonce, public_id
from webinar_hub.documents.names import plain_name
from webinar_hub.models import Cohort, Delivery, PeopleImport, Person, Registration
from webinar_hub.rules.delivery import priority_of
from webinar_hub.rules.erased import asked_about, erased
from webinar_hub.rules.people_import import FIELDS, Known, Row, checked, guessed, keys_of, known_people, missing
from webinar_hub.services import audit, people, place_facts, registrations
from webinar_hub.services.admission import move_seats

AT_ONCE = 1000
Each = TypeVar("Each")
REPORTED = 500
# Names and addresses are not kept longer than anybody would look for them here.
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wishes:
    """`tell` mails everybody new her confirmation; `bring_back` gives those who left a place again."""

    tell: bool
    bring_back: bool


def upload(
    cohort: int, name: str, heading: Sequence[str], rows: Sequence[Sequence[str]], *, organizer: int, now: datetime
) -> int:
    """Keep a file until it is applied; its id.

    One that she left lying for this cohort is thrown away, and so is what anybody uploaded long ago.
    """
    hers = and_(PeopleImport.cohort_id == cohort, PeopleImport.organizer_id == organizer)
    left = or_(and_(hers, PeopleImport.state == "uploaded"), PeopleImport.uploaded_at < now - KEPT)
    db.session.execute(delete(PeopleImport).where(left))
    row = PeopleImport(
        cohort_id=cohort, organizer_id=organizer, file_name=plain_name(name)[:200], heading=list(heading),
        rows=[list(cells) for cells in rows], columns=guessed(heading), uploaded_at=now,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    return row.id


def choose_columns(cohort: int, import_: int, columns: Mapping[str, int]) -> None:
    """Say which column holds which field. Raises Invalid where something that is needed has none."""
    row = _uploaded(cohort, import_)
    wanted = {name: place for name, place in columns.items() if name in FIELDS and place < len(row.heading)}
    if lacks := missing(wanted):
        raise Invalid("email" if "email" not in wanted else "name", lacks)
    row.columns = wanted


def throw_away(cohort: int, import_: int) -> None:
    """Forget a file that was not applied."""
    db.session.delete(_uploaded(cohort, import_))


def apply(cohort: int, import_: int, wishes: Wishes, *, actor: str, now: datetime) -> None:
    """Bring in every row that is right, all or none. Raises Conflict where there are fewer seats than people."""
    row = _uploaded(cohort, import_)
    if lacks := missing(row.columns):
        raise Conflict(lacks)
    place_of = db.session.get_one(Cohort, cohort)
    people.demand_open(place_of)
    place = place_facts.place_in(place_of.public_id, now)
    report = checked(row.rows, row.columns, _known(row, cohort))
    new = _brought_in([one for one in report if one.outcome == "new"], place, now)
    left = [one for one in report if one.outcome == "left"] if wishes.bring_back else []
    back = _brought_back([one.key for one in left], cohort, now)
    if not move_seats(cohort, len(new) + len(back)):
        raise Conflict(
            f"There are fewer free seats than the {len(new) + len(back):,} people in the file. Raise the number of "
            "seats in the cohort's details, or shorten the file. Nothing was changed."
        )
    if wishes.tell and place.next_session_id is not None:
        _confirm(new + back, place, now)
    row.result = _result(report, len(new), len(back), told=wishes.tell)
    row.state, row.rows = "applied", []
    audit.note(
        actor, "people.imported", f"cohort:{cohort}", now=now, file=row.file_name, added=len(new),
        brought_back=len(back), told=wishes.tell,
    )  # fmt: skip


def _known(row: PeopleImport, cohort: int) -> dict[str, Known]:
    known: dict[str, Known] = {}
    for keys in _parts(keys_of(row.rows, row.columns)):
        for key, state, stopped in db.session.execute(known_people(keys, cohort)):
            known[key] = Known(state or "", stopped is not None)
        asked, owners = asked_about(current_app.extensions["tokens"], [key for key in keys if key not in known])
        for key, moment in erased(db.session.execute(asked), owners).items():
            known[key] = Known("", mail_stopped=False, erased_at=moment)
    return known


def _brought_in(rows: Sequence[Row], place: place_facts.Place, now: datetime) -> list[int]:
    """The ids of the new registrations; who signed up a moment ago by herself is not among them."""
    ids: list[int] = []
    for some in _parts(rows):
        insert_many(Person, [_person(row, place, now) for row in some])
        found = select(Person.id).where(Person.email_key.in_([row.key for row in some]))
        people = db.session.scalars(found.order_by(Person.id)).all()
        ids += insert_many(Registration, [_registration(person, place.id, now) for person in people])
    return ids


def _person(row: Row, place: place_facts.Place, now: datetime) -> dict[str, Any]:
    name = plain_name(row.name)
    return {
        "email": row.email, "email_key": row.key, "name": name, "profession": row.profession,
        "zone": row.zone or place.zone, "language": "en", "created_at": now, "link_nonce": nonce(),
        "search": search_text(name, row.email),
    }  # fmt: skip


def _registration(person: int, cohort: int, now: datetime) -> dict[str, Any]:
    return {
        "public_id": public_id(), "person_id": person, "cohort_id": cohort, "state": "confirmed",
        "registered_at": now, "revision": 0, "nonce": nonce(),
    }  # fmt: skip


def _brought_back(keys: Sequence[str], cohort: int, now: datetime) -> list[int]:
    rows: list[Registration] = []
    for some in _parts(keys):
        rows += db.session.scalars(
            select(Registration)
            .join(Person, Person.id == Registration.person_id)
            .where(Person.email_key.in_(some), Registration.cohort_id == cohort, Registration.state == "cancelled")
            .order_by(Registration.id)
            .with_for_update(of=Registration, key_share=True)
        )
    for row in rows:
        registrations.revive(row, now)
    return [row.id for row in rows]


def _confirm(ids: Sequence[int], place: place_facts.Place, now: datetime) -> None:
    """A confirmation for each, under the key it would have if she had signed up now."""
    step, moment = place_facts.step_of(now), Delivery.due_at.type
    key = (
        literal("registration:") + cast(Registration.id, String) + ":confirmation:"
        + cast(Registration.revision, String) + literal(f":{step}")
    )  # fmt: skip
    columns = [
        "key", "kind", "registration_id", "session_id", "state", "priority", "attempts", "created_at", "due_at",
        "expires_at",
    ]  # fmt: skip
    for some in _parts(ids):
        rows: Any = select(
            key, literal("confirmation"), Registration.id, literal(place.next_session_id), literal("queued"),
            literal(priority_of("confirmation")), literal(0), literal(now, moment), literal(now, moment),
            literal(place.facts.last_end, moment),
        ).where(Registration.id.in_(some))  # fmt: skip
        insert_selected(Delivery, columns, rows)
    leave_work()


def _result(report: Sequence[Row], added: int, back: int, *, told: bool) -> dict[str, Any]:
    wrong = [row for row in report if row.outcome == "wrong"]
    return {
        "added": added,
        "back": back,
        "told": told,
        "here": sum(row.outcome == "here" for row in report),
        "left": sum(row.outcome == "left" for row in report) - back,
        "twice": sum(row.outcome == "twice" for row in report),
        "erased": sum(row.outcome == "erased" for row in report),
        "wrong": [[row.number, row.name, row.email, row.problem, row.remedy] for row in wrong[:REPORTED]],
    }


def _uploaded(cohort: int, import_: int) -> PeopleImport:
    row = db.session.scalars(
        select(PeopleImport).where(PeopleImport.id == import_, PeopleImport.cohort_id == cohort).with_for_update()
    ).first()
    if row is None:
        raise NotFound()
    if row.state != "uploaded":
        raise Conflict("This file has been applied already. Its people are in.")
    return row


def _parts(all_: Sequence[Each]) -> Iterator[Sequence[Each]]:
    return (all_[begin : begin + AT_ONCE] for begin in range(0, len(all_), AT_ONCE))
