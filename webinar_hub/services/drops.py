"""The bonuses of a cohort: when each is released, what is in it, and who has it before its moment.

Whatever moves a release moves its mail with it, in the same transaction (`services/plan.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import delete, func, select

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.models import (
    Broadcast,
    Cohort,
    Delivery,
    Download,
    Drop,
    DropGrant,
    DropMaterial,
    Material,
    Person,
    Registration,
    Session,
)
from webinar_hub.rules.delivery import priority_of
from webinar_hub.rules.material import free_key
from webinar_hub.rules.message_plan import DROP_LIFE
from webinar_hub.rules.own_clock import OwnClock
from webinar_hub.rules.release import release_after
from webinar_hub.rules.zones import NonexistentTime, clock_words, to_utc, zone
from webinar_hub.services import audit, editing, materials, plan, sessions


@dataclass(frozen=True, slots=True)
class After:
    """So many days after the session with this key, at a time of day or, with None, at the hour it ends."""

    session: str
    days: int
    at: time | None


@dataclass(frozen=True, slots=True)
class OnOwnClock:
    """To each one so many days after she came in, at a time of day or, with None, to the minute.

    Whoever is past that already gets it only with `also_past`.
    """

    days: int
    at: time | None
    also_past: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What an organizer wants a drop to be; a `release` at a fixed moment is naive. `note` is Markdown."""

    title: str
    note: str
    surprise: bool
    release: datetime | After | OnOwnClock


def create(cohort_key: str, wish: Wish, *, actor: str, now: datetime) -> Drop:
    """A new drop, with nothing in it yet. Raises NotFound, Invalid for a moment that cannot be."""
    cohort = sessions.find_cohort(cohort_key)
    taken = db.session.scalars(select(Drop.key).where(Drop.cohort_id == cohort.id)).all()
    drop = Drop(cohort_id=cohort.id, key=free_key(wish.title, "bonus", set(taken)))
    _fill(drop, wish, cohort, now)
    db.session.add(drop)
    db.session.flush()
    plan.replan(cohort, now=now)
    audit.note(actor, "drop.created", _subject(drop), now=now, after=_told(drop))
    return drop


def change(cohort_key: str, drop_id: str, wish: Wish, seen: int, *, actor: str, now: datetime) -> Drop:
    """Change its words, its moment, or both. Raises NotFound, EditedMeanwhile, Invalid."""
    cohort, drop = find(cohort_key, drop_id)
    before = _told(drop)
    editing.edit(drop, seen)
    _fill(drop, wish, cohort, now)
    plan.replan(cohort, now=now)
    audit.note(actor, "drop.changed", _subject(drop), now=now, before=before, after=_told(drop))
    return drop


def remove(cohort_key: str, drop_id: str, *, actor: str, now: datetime) -> None:
    """Take a drop away that nobody has. Raises NotFound, Conflict for one that is out or that somebody has."""
    cohort, drop = find(cohort_key, drop_id)
    reason = no_removal_because(drop, now)
    if reason:
        raise Conflict(reason)
    audit.note(actor, "drop.deleted", _subject(drop), now=now, before=_told(drop))
    db.session.delete(drop)
    plan.replan(cohort, now=now)


def no_removal_because(drop: Drop, now: datetime) -> str:
    """Why this drop has to stay, or ""."""
    if drop.enrolment_days is not None:
        if _was_sent(drop):
            return "Somebody has been sent it already: it stays. Change its words, or take materials out of it."
    elif drop.release_at <= now:
        return "It is out, and people may be reading it: it stays. Change its words, or take materials out of it."
    if db.session.scalar(select(Download.id).where(Download.drop_id == drop.id).limit(1)):
        return "Somebody who was given it early has taken something from it, and that record must stay true."
    return ""


def _was_sent(drop: Drop) -> bool:
    about_it = select(Broadcast.id).where(Broadcast.cohort_id == drop.cohort_id, Broadcast.drop_id == drop.id)
    sent = select(Delivery.id).where(Delivery.broadcast_id.in_(about_it), Delivery.state == "sent")
    return db.session.scalar(sent.limit(1)) is not None


def set_own_clock(drop: Drop, own: OnOwnClock, cohort: Cohort, now: datetime) -> None:
    """Have it open to each one on her own clock; who is past it is left alone, unless `own` says otherwise."""
    if drop.enrolment_days is None:
        # It is out from now on; whose it is her own clock tells.
        wall = now.astimezone(zone(cohort.zone)).replace(tzinfo=None, second=0, microsecond=0)
        drop.wall_release, drop.zone, drop.release_at = wall.isoformat(timespec="seconds"), cohort.zone, now
        clock = OwnClock(own.days, own.at, cohort.zone)
        drop.enrolled_from = clock.came_before(now)
    drop.enrolled_from = None if own.also_past else drop.enrolled_from
    drop.enrolment_days = own.days
    drop.enrolment_at = own.at.isoformat() if own.at else ""


def leave_own_clock(drop: Drop) -> None:
    """Have it open to everybody at one moment."""
    drop.enrolment_days, drop.enrolment_at, drop.enrolled_from = None, "", None


def place(drop: Drop, wall: datetime, zone_name: str) -> None:
    """Set its moment: the wall time meant (naive) and its zone. Raises Invalid for a time that clocks skip."""
    try:
        release_at = to_utc(wall, zone_name)
    except NonexistentTime as error:
        raise Invalid("release", str(error)) from error
    drop.wall_release, drop.zone = wall.isoformat(timespec="seconds"), zone_name
    drop.release_at = release_at


def add_material(cohort_key: str, drop_id: str, material: int, *, actor: str, now: datetime) -> None:
    """Put a material of the webinar at the end of a drop; once is enough. Raises NotFound."""
    cohort, drop = find(cohort_key, drop_id)
    before = in_order(drop)
    row = materials.find(cohort.webinar_id, material)
    if row.id not in before:
        _arrange(drop, [*before, row.id], actor=actor, now=now)


def add_file(
    webinar: int,
    cohort_key: str,
    drop_id: str,
    words: materials.Words,
    file: materials.Bytes,
    *,
    actor: str,
    now: datetime,
) -> Material:
    """A new file in the library of this webinar, and at the end of one of its drops. Raises NotFound."""
    cohort, drop = find(cohort_key, drop_id)
    if cohort.webinar_id != webinar:
        raise NotFound()
    material = materials.add_file(webinar, words, file, actor=actor, now=now)
    _arrange(drop, [*in_order(drop), material.id], actor=actor, now=now)
    return material


def take_out(cohort_key: str, drop_id: str, material: int, *, actor: str, now: datetime) -> None:
    """Take a material out of a drop; it stays in the library. Raises NotFound."""
    _, drop = find(cohort_key, drop_id)
    before = in_order(drop)
    if material not in before:
        raise NotFound("This material is not in the bonus any more.")
    _arrange(drop, [id_ for id_ in before if id_ != material], actor=actor, now=now)


def arrange(cohort_key: str, drop_id: str, order: Sequence[int], *, actor: str, now: datetime) -> None:
    """Put its materials into this order. Raises NotFound; Conflict when it has others by now."""
    _, drop = find(cohort_key, drop_id)
    if sorted(order) != sorted(in_order(drop)):
        raise Conflict("Somebody else has changed what is in this bonus. Load the page again, then move it.")
    _arrange(drop, list(order), actor=actor, now=now)


def shift(cohort_key: str, drop_id: str, material: int, by: int, *, actor: str, now: datetime) -> None:
    """Move a material up (-1) or down (1) within its drop; at the end it stays. Raises NotFound."""
    _, drop = find(cohort_key, drop_id)
    order = in_order(drop)
    if material not in order:
        raise NotFound("This material is not in the bonus any more.")
    index = order.index(material)
    target = min(max(index + by, 0), len(order) - 1)
    order.insert(target, order.pop(index))
    _arrange(drop, order, actor=actor, now=now)


def grant(cohort_key: str, drop_id: str, registration: str, *, actor: str, now: datetime) -> bool:
    """Give one person a drop now; whether she is written to of it, and then not again at its moment.

    Raises NotFound; Conflict for a drop that is out or a place that was given back.
    """
    _, drop = find(cohort_key, drop_id)
    if drop.release_at <= now and drop.enrolment_days is None:
        raise Conflict("It is out, so everybody in the cohort has it already.")
    person, place_of_hers = _registered(drop, registration)
    reads_mails = place_of_hers.bonuses_off_at is None and person.suppressed_at is None
    if db.session.get(DropGrant, (drop.id, place_of_hers.id)):
        return reads_mails
    db.session.add(DropGrant(drop_id=drop.id, registration_id=place_of_hers.id, granted_at=now, granted_by=actor))
    if reads_mails:
        _write_to(drop, place_of_hers, now)
    audit.note(actor, "drop.granted", _subject(drop), now=now, registration=place_of_hers.id)
    return reads_mails


def take_back(cohort_key: str, drop_id: str, registration: str, *, actor: str, now: datetime) -> None:
    """What was given early opens at its moment again, like everybody's. Raises NotFound."""
    _, drop = find(cohort_key, drop_id)
    _, place_of_hers = _registered(drop, registration)
    row = db.session.get(DropGrant, (drop.id, place_of_hers.id))
    if row is None:
        raise NotFound("She does not have it early any more.")
    db.session.delete(row)
    audit.note(actor, "drop.taken_back", _subject(drop), now=now, registration=place_of_hers.id)


def find(cohort_key: str, drop_id: str) -> tuple[Cohort, Drop]:
    """A drop by its public id, with its cohort locked for a change. Raises NotFound."""
    cohort = sessions.find_cohort(cohort_key)
    wanted = select(Drop).where(Drop.cohort_id == cohort.id, Drop.public_id == drop_id).with_for_update()
    drop = db.session.scalars(wanted).first()
    if drop is None:
        raise NotFound("This bonus is not there any more.")
    return cohort, drop


def in_order(drop: Drop) -> list[int]:
    """The ids of its materials as people see them."""
    rows = select(DropMaterial.material_id).where(DropMaterial.drop_id == drop.id).order_by(DropMaterial.position)
    return list(db.session.scalars(rows))


def _fill(drop: Drop, wish: Wish, cohort: Cohort, now: datetime) -> None:
    drop.title, drop.note, drop.surprise = wish.title, wish.note, wish.surprise
    if isinstance(wish.release, OnOwnClock):
        set_own_clock(drop, wish.release, cohort, now)
        drop.after_session_id, drop.after_days, drop.after_at = None, 0, ""
        return
    leave_own_clock(drop)
    if isinstance(wish.release, After):
        session = _followed(cohort, wish.release)
        place(drop, _moment_after(session, wish.release, cohort), cohort.zone)
        drop.after_session_id, drop.after_days = session.id, wish.release.days
        drop.after_at = wish.release.at.isoformat() if wish.release.at else ""
    else:
        place(drop, wish.release, cohort.zone)
        drop.after_session_id, drop.after_days, drop.after_at = None, 0, ""


def _followed(cohort: Cohort, after: After) -> Session:
    wanted = select(Session).where(Session.cohort_id == cohort.id, Session.key == after.session)
    session = db.session.scalars(wanted).first()
    if session is None:
        raise Invalid("session", "Choose the session that the bonus follows.")
    return session


def _moment_after(session: Session, after: After, cohort: Cohort) -> datetime:
    at_home = zone(cohort.zone)
    starts, ends = (
        moment.astimezone(at_home).replace(tzinfo=None) for moment in (session.starts_at, session.ends_at)
    )
    release = release_after(starts, ends, days=after.days, at=after.at)
    if release < ends:
        raise Invalid("at", f"The session ends at {clock_words(ends)}. Choose a later time, or one day more.")
    return release


def _arrange(drop: Drop, order: list[int], *, actor: str, now: datetime) -> None:
    before = in_order(drop)
    if order == before:
        return
    db.session.execute(delete(DropMaterial).where(DropMaterial.drop_id == drop.id))
    db.session.add_all(
        DropMaterial(drop_id=drop.id, material_id=id_, position=position) for position, id_ in enumerate(order)
    )
    audit.note(actor, "drop.materials", _subject(drop), now=now, before=before, after=order)


def _registered(drop: Drop, registration: str) -> tuple[Person, Registration]:
    row = db.session.execute(
        select(Person, Registration)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.cohort_id == drop.cohort_id, Registration.public_id == registration)
    ).first()
    if row is None or row[1].state != "confirmed":
        raise NotFound("Nobody with a place in this cohort is meant by this.")
    return row[0], row[1]


def _write_to(drop: Drop, place_of_hers: Registration, now: datetime) -> None:
    """The mail of the drop to her alone, under the name it would have at its moment, so it cannot come twice."""
    key = f"drop:{drop.id}:release"
    in_plan = (Broadcast.cohort_id == drop.cohort_id, Broadcast.key == key)
    round_ = db.session.scalar(select(func.max(Broadcast.round)).where(*in_plan)) or 1
    name = (key if round_ == 1 else f"{key}@{round_}") + f":registration:{place_of_hers.id}"
    known = db.session.scalars(select(Delivery).where(Delivery.key == name)).first()
    if known is None:
        db.session.add(
            Delivery(
                key=name, kind="drop", registration_id=place_of_hers.id, drop_id=drop.id, state="queued",
                priority=priority_of("drop"), created_at=now, due_at=now, expires_at=now + DROP_LIFE,
            )
        )  # fmt: skip
        leave_work()


def _subject(drop: Drop) -> str:
    return f"drop:{drop.id}"


def _told(drop: Drop) -> dict[str, Any]:
    return {
        "title": drop.title, "note": drop.note, "surprise": drop.surprise, "release": drop.wall_release,
        "zone": drop.zone, "after_session": drop.after_session_id, "after_days": drop.after_days,
        "after_at": drop.after_at, "own_days": drop.enrolment_days, "own_at": drop.enrolment_at,
    }  # fmt: skip
