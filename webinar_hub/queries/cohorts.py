"""Cohorts with their sessions and drops as pages show them, for any number of cohorts in three statements."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.models import Cohort, Drop, DropMaterial, Material, MaterialVersion, Session
from webinar_hub.queries.views import CohortView, DropView, MaterialView, SessionView
from webinar_hub.rules.entitlement import drop_is_hers, is_released
from webinar_hub.rules.join_window import opens_at, session_state
from webinar_hub.rules.own_clock import DropClock, clocks, opens_to
from webinar_hub.rules.registration import CohortFacts, closed_because, line_only


def cohort_views(
    cohorts: Sequence[Cohort],
    now: datetime,
    registered: Mapping[int, datetime] | None = None,
    granted: Collection[int] = (),
) -> dict[int, CohortView]:
    """Each cohort's view by its id.

    `registered` says when the person whose page it is came in, by cohort id: only for her are materials
    shown, and only those of drops that are hers by now; `granted` are the ids of those she has early.
    """
    ids = [cohort.id for cohort in cohorts]
    sessions, drops = sessions_of(ids), _drops_of(ids)
    materials = materials_of([drop.id for rows in drops.values() for drop in rows])
    of_drop = {id_: clock for rows in drops.values() for id_, clock in clocks(rows).items()}
    return {
        cohort.id: _cohort_view(
            cohort,
            tuple(_session_view(s, number, now) for number, s in enumerate(sessions[cohort.id], start=1)),
            tuple(
                _drop_view(
                    drop,
                    of_drop[drop.id],
                    cohort,
                    materials.get(drop.id, ()),
                    (registered or {}).get(cohort.id),
                    now,
                    granted=drop.id in granted,
                )
                for drop in drops[cohort.id]
            ),
            now,
        )
        for cohort in cohorts
    }


def sessions_of(cohorts: Collection[int]) -> dict[int, list[Session]]:
    """Every session of these cohorts, in order."""
    found: dict[int, list[Session]] = {cohort: [] for cohort in cohorts}
    in_order = select(Session).where(Session.cohort_id.in_(cohorts)).order_by(Session.starts_at, Session.id)
    for session in db.session.scalars(in_order):
        found[session.cohort_id].append(session)
    return found


def _drops_of(cohorts: Collection[int]) -> dict[int, list[Drop]]:
    found: dict[int, list[Drop]] = {cohort: [] for cohort in cohorts}
    in_order = select(Drop).where(Drop.cohort_id.in_(cohorts)).order_by(Drop.release_at, Drop.id)
    for drop in db.session.scalars(in_order):
        found[drop.cohort_id].append(drop)
    return found


def materials_of(drops: Collection[int]) -> dict[int, tuple[MaterialView, ...]]:
    """The materials of each drop in their order, with the size and type of their latest version."""
    newest = latest_versions()
    rows = db.session.execute(
        select(DropMaterial.drop_id, Material, newest.c.extension, newest.c.size)
        .join(Material, Material.id == DropMaterial.material_id)
        .outerjoin(newest, newest.c.material_id == Material.id)
        .where(DropMaterial.drop_id.in_(drops))
        .order_by(DropMaterial.drop_id, DropMaterial.position)
    )
    found: dict[int, tuple[MaterialView, ...]] = {}
    for drop_id, material, extension, size in rows:
        view = MaterialView(material.id, material.title, material.description, material.link, extension, size)
        found[drop_id] = (*found.get(drop_id, ()), view)
    return found


def latest_versions() -> Any:
    """Each material's newest version, as a subquery with all columns."""
    newest = (
        select(MaterialVersion.material_id, func.max(MaterialVersion.number).label("number"))
        .group_by(MaterialVersion.material_id)
        .subquery()
    )
    return (
        select(MaterialVersion)
        .join(
            newest,
            (newest.c.material_id == MaterialVersion.material_id) & (newest.c.number == MaterialVersion.number),
        )
        .subquery()
    )


def _session_view(session: Session, number: int, now: datetime) -> SessionView:
    return SessionView(
        id=session.id,
        public_id=session.public_id,
        number=number,
        title=session.title,
        summary=session.summary,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        join_opens_at=opens_at(session.starts_at),
        state=session_state(session.starts_at, session.ends_at, cancelled=session.state == "cancelled", now=now),
    )


def _drop_view(
    drop: Drop,
    clock: DropClock,
    cohort: Cohort,
    materials: tuple[MaterialView, ...],
    registered_at: datetime | None,
    now: datetime,
    *,
    granted: bool,
) -> DropView:
    # To somebody who comes in now: what a page says that is nobody's own.
    opens = opens_to(clock, late_join=cohort.late_join, came=registered_at or now)
    released = clock.own is None and is_released(drop.release_at, now)
    hers = registered_at is not None and drop_is_hers(
        clock, late_join=cohort.late_join, registered_at=registered_at, now=now, granted=granted
    )
    # A surprise gives nothing away before its moment, not even how much there is of it.
    hidden = drop.surprise and not (released or hers)
    return DropView(
        id=drop.id,
        public_id=drop.public_id,
        title="" if hidden else drop.title,
        note="" if hidden else drop.note,
        surprise=drop.surprise,
        release_at=opens if opens and (registered_at or clock.own) else drop.release_at,
        released=released if registered_at is None else hers,
        materials=materials if hers else (),
        own_days=drop.enrolment_days,
    )


def _cohort_view(
    cohort: Cohort, sessions: tuple[SessionView, ...], drops: tuple[DropView, ...], now: datetime
) -> CohortView:
    ahead = [session for session in sessions if session.state in ("upcoming", "join_open", "live")]
    kept = [session for session in sessions if session.state != "cancelled"]
    seats_left = None if cohort.capacity is None else max(0, cohort.capacity - cohort.seats_taken)
    facts = CohortFacts(
        state=cohort.state,
        enrolment_opens_at=cohort.enrolment_opens_at,
        enrolment_closes_at=cohort.enrolment_closes_at,
        last_end=max((session.ends_at for session in kept), default=None),
        seats_left=seats_left,
        has_waitlist=cohort.has_waitlist,
        last_start=max((session.starts_at for session in kept), default=None),
    )
    return CohortView(
        public_id=cohort.public_id,
        key=cohort.key,
        title=cohort.title,
        zone=cohort.zone,
        sessions=sessions,
        next_session=ahead[0] if ahead else None,
        drops=drops,
        capacity=cohort.capacity,
        seats_left=seats_left,
        closed_because=closed_because(facts, now),
        waits=line_only(facts, now),
        needs_approval=cohort.needs_approval,
        needs_code=cohort.needs_code,
        has_codes=cohort.has_codes,
        takes_groups=cohort.takes_groups,
        group_hold_hours=cohort.group_hold_hours,
    )
