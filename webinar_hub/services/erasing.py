"""Deletes everything about one person, table by table, but for evidence that boards may still ask for.

Which tables there are, and which rows are hers, is declared in `rules/personal_data.py`; when it may happen is
decided next door, in `erasures.py` (she asked) and `purging.py` (her time is over).
"""

from collections import Counter
from datetime import datetime
from typing import Any, cast

from sqlalchemy import and_, case, delete, or_, select, update
from sqlalchemy.sql.schema import CallableColumnDefault, ScalarElementColumnDefault

from webinar_hub.core.db import Base, db
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import (
    AttendanceSegment,
    Invitation,
    InvitationList,
    LooseFile,
    Person,
    Registration,
    Session,
)
from webinar_hub.rules.erasure import address_of
from webinar_hub.rules.personal_data import (
    BY_TABLE,
    HELD,
    Held,
    Whose,
    former_of,
    hers,
    people_of,
    places_of,
    table_of,
    whose,
)
from webinar_hub.rules.places import HOLDS_SEAT
from webinar_hub.services import mentions
from webinar_hub.services.admission import move_seats

STAYS = frozenset({"id", "person_id", "cohort_id", "state", "registered_at", "cancelled_at"})
"""What is left of a place that evidence belongs to; every other column is emptied."""


def held(person: int) -> Whose:
    """A person and whoever was merged into her, and then all their places, locked in the order of their ids."""
    rows = db.session.execute(people_of(person).with_for_update(of=Person)).all()
    people = [row[0] for row in rows]
    places = db.session.scalars(places_of(people).with_for_update(key_share=True)).all()
    return whose(rows, places, db.session.scalars(former_of(people)).all())


def erase(who: Whose, *, reference: str = "", evidence_until: datetime | None = None, now: datetime) -> int:
    """Delete her, who is held. With a `reference` what she attended stays under it; how many rows that are.

    Of attendance what ended after `evidence_until` stays, or all of it with None. Files go to those that nobody
    claims, and from there within a day (`worker/tidying.py`).
    """
    kept = _evidence(who, evidence_until) if reference else {}
    _give_seats_back(who, kept.keys())
    if kept:
        _give_away(kept.keys(), _nobody(reference, now))
    _end_her_groups(who)
    _let_go_of_files(who, now)
    mentions.forget(who)
    stays = [segment for segments in kept.values() for segment in segments]
    for table in reversed(Base.metadata.sorted_tables):
        if about := BY_TABLE.get(table.name):
            _delete(about, who, stays)
    db.session.expire_all()
    return len(stays)


def _delete(about: Held, who: Whose, segments: list[int]) -> None:
    table = table_of(about)
    gone = hers(about, who)
    if about.table == AttendanceSegment.__tablename__:
        gone &= table.c.id.not_in(segments)
    if about.empties:
        emptied = {name: nothing_in(table.c[name]) for name in about.empties}
        db.session.execute(
            update(table).where(gone).values(**emptied), execution_options={"synchronize_session": False}
        )
        return
    # What is evidence was given another name before, and is not hers any more.
    db.session.execute(delete(table).where(gone), execution_options={"synchronize_session": False})


def _evidence(who: Whose, until: datetime | None) -> dict[int, list[int]]:
    """By place the ids of what has to be kept of it."""
    came = (
        select(AttendanceSegment.registration_id, AttendanceSegment.id)
        .join(Session, Session.id == AttendanceSegment.session_id)
        .where(AttendanceSegment.registration_id.in_(who.places))
        .order_by(AttendanceSegment.id)
    )
    found: dict[int, list[int]] = {}
    for place, segment in db.session.execute(came if until is None else came.where(Session.ends_at >= until)):
        found.setdefault(place, []).append(segment)
    return found


def _nobody(reference: str, now: datetime) -> int:
    """Somebody who is only a reference: nobody can be written to or found by it who does not know it."""
    address = address_of(reference)
    values = {
        "email": address, "email_key": address, "name": reference, "profession": "", "zone": "UTC",
        "created_at": now, "suppressed_at": now,
        "suppression_reason": "Her data was deleted; only her attendance is kept.",
    }  # fmt: skip
    person = Person(**values)
    db.session.add(person)
    db.session.flush()
    return person.id


def _give_away(places: Any, nobody: int) -> None:
    """The places become those of nobody, with nothing in them that she wrote or chose."""
    columns = [column for column in Registration.__table__.columns if column.name not in STAYS]
    # Whoever waited or was asked something does so no more.
    state = case((Registration.state.in_(("confirmed", "cancelled")), Registration.state), else_="cancelled")
    for place in places:
        own = {column.name: nothing_in(column) for column in columns}
        row = update(Registration).where(Registration.id == place).values(person_id=nobody, state=state, **own)
        db.session.execute(row, execution_options={"synchronize_session": False})


def nothing_in(column: Any) -> Any:
    """Nothing, or where a column must have something, what it has in a new row."""
    if column.nullable:
        return None
    match column.default:
        case ScalarElementColumnDefault(arg=value):
            return value
        case CallableColumnDefault(arg=make):
            return make(cast("Any", None))
    raise LookupError(f"what an emptied {column} holds has not been decided")


def _give_seats_back(who: Whose, kept: Any) -> None:
    """Seats counted for her: her own, but for those that stay as evidence, and one kept for an invitation."""
    holds = or_(Registration.state.in_(HOLDS_SEAT), Registration.seat_kept)
    stays = and_(Registration.id.in_(kept), Registration.state == "confirmed")
    places = select(Registration.cohort_id).where(Registration.id.in_(who.places), holds, ~stays)
    # Whoever empties the column gives the seat back: the clock may be about to do the same.
    invited = (
        update(Invitation)
        .where(hers(BY_TABLE[Invitation.__tablename__], who), Invitation.seat_until.is_not(None))
        .values(seat_until=None)
        .returning(Invitation.cohort_id)
        .execution_options(synchronize_session=False)
    )
    counted = Counter([*db.session.scalars(places), *db.session.execute(invited).scalars()])
    for cohort, seats in sorted(counted.items()):
        move_seats(cohort, -seats)


def _end_her_groups(who: Whose) -> None:
    """Nobody is asked any more in her name; whoever was asked before can still come."""
    lists = select(InvitationList.id).where(hers(BY_TABLE[InvitationList.__tablename__], who))
    still = update(Invitation).where(Invitation.list_id.in_(lists), Invitation.due_at.is_not(None))
    db.session.execute(still.values(due_at=None), execution_options={"synchronize_session": False})


def _let_go_of_files(who: Whose, now: datetime) -> None:
    for about in HELD:
        if about.file:
            let_go(about, hers(about, who), now)


def let_go(about: Held, gone: Any, now: datetime) -> None:
    """The files of these rows are claimed by nobody from now on, and are removed within a day."""
    for name in db.session.scalars(select(table_of(about).c[about.file]).where(gone)).all():
        insert_new(LooseFile, {"stored_name": name, "since": now}, "stored_name")
