"""What a change does: a cohort before and after, line by line, and who will be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.models import Broadcast, Cohort, Drop, DropMaterial, Material, Presenter, Session, Webinar
from webinar_hub.queries.cohorts import latest_versions
from webinar_hub.queries.plan import audience_size

Lines = Mapping[str, str]
WEBINAR_FIELDS = ("title", "summary", "description", "audience", "level", "credit", "outcomes", "agenda", "faq")
COHORT_FIELDS = (
    "title", "zone", "state", "organizer_name", "organizer_email", "capacity", "enrolment_opens_at",
    "enrolment_closes_at", "late_join", "livestream_url", "welcome_note", "thank_you_note",
    "declined_frees_seat",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One line that differs; `before` or `after` is None for what is new or gone."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Announcement:
    """A mail that leaves at once because of the change, to so many people."""

    kind: str
    about: str
    people: int


def snapshot(key: str) -> Lines:
    """A cohort as lines of text by what they say; empty where there is no such cohort."""
    row = db.session.execute(
        select(Cohort, Webinar).join(Webinar, Webinar.id == Cohort.webinar_id).where(Cohort.key == key)
    ).first()
    if row is None:
        return {}
    cohort, webinar = row
    lines = {f"webinar {name}": str(getattr(webinar, name)) for name in WEBINAR_FIELDS}
    lines |= {f"cohort {name}": str(getattr(cohort, name)) for name in COHORT_FIELDS}
    presenters = select(Presenter).where(Presenter.webinar_id == webinar.id)
    for presenter in db.session.scalars(presenters):
        lines[f"presenter {presenter.name}"] = f"{presenter.credentials}; {presenter.bio}; {presenter.disclosure}"
    for session in db.session.scalars(select(Session).where(Session.cohort_id == cohort.id)):
        lines |= _session_lines(session)
    for drop in db.session.scalars(select(Drop).where(Drop.cohort_id == cohort.id)):
        lines[f"drop {drop.key} release"] = f"{drop.wall_release} {drop.zone}"
        lines[f"drop {drop.key} title"] = drop.title + (" (surprise)" if drop.surprise else "")
        lines[f"drop {drop.key} note"] = drop.note
    return lines | _material_lines(cohort) | _message_lines(cohort)


def _session_lines(session: Session) -> dict[str, str]:
    name = f"session {session.key}"
    return {
        f"{name} time": f"{session.wall_start} {session.zone}, {session.minutes} minutes",
        f"{name} title": session.title,
        f"{name} summary": session.summary,
        f"{name} state": session.state,
        f"{name} livestream": session.livestream_url,
    }


def _material_lines(cohort: Cohort) -> dict[str, str]:
    newest = latest_versions()
    rows = db.session.execute(
        select(Drop.key, Material, newest.c.number, newest.c.sha256)
        .join(DropMaterial, DropMaterial.drop_id == Drop.id)
        .join(Material, Material.id == DropMaterial.material_id)
        .outerjoin(newest, newest.c.material_id == Material.id)
        .where(Drop.cohort_id == cohort.id)
    )
    return {
        f"drop {drop} material {material.key}": f"{material.title}; {material.link or f'version {number}'}"
        for drop, material, number, _ in rows
    }


def _message_lines(cohort: Cohort) -> dict[str, str]:
    rows = db.session.scalars(
        select(Broadcast).where(Broadcast.cohort_id == cohort.id, Broadcast.state == "planned")
    )
    return {
        f"message {row.key}": f"{row.due_at:%Y-%m-%d %H:%M} UTC"
        for row in rows
        if row.kind in ("reminder", "live", "drop", "thank_you")
    }


def differences(before: Lines, after: Lines) -> list[Change]:
    """What differs between two snapshots, in the order of the later one."""
    names = [*after, *(name for name in before if name not in after)]
    return [
        Change(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]


def announcements(key: str, now: datetime) -> list[Announcement]:
    """The mails that a change made just now (in this transaction, at `now`) will send at once."""
    rows = db.session.execute(
        select(Broadcast, Session.title)
        .join(Cohort, Cohort.id == Broadcast.cohort_id)
        .outerjoin(Session, Session.id == Broadcast.session_id)
        .where(Cohort.key == key, Broadcast.state == "planned", Broadcast.due_at == now)
        .order_by(Broadcast.id)
    )
    return [Announcement(row.kind, about or "", audience_size(row)) for row, about in rows]
