"""Makes the database say what an organizer's cohort file says, in one transaction; `queries/changes.py` shows it.

Rows are matched by the keys in the file, so a session that moved is the same session and its invites follow.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from webinar_hub.adapters.storage import StoredFile
from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict
from webinar_hub.models import (
    Cohort,
    Drop,
    DropMaterial,
    Material,
    MaterialVersion,
    Session,
    Webinar,
)
from webinar_hub.rules.cohort_file import (
    CohortFile,
    CohortFileErrors,
    DropPart,
    FileError,
    MaterialPart,
    SessionPart,
)
from webinar_hub.services import access_codes, audit, cohorts, drops, materials, plan, questions, sessions, webinars


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes behind one material of a file: `store` keeps them, and is called only for a source that is new."""

    store: Callable[[], StoredFile]
    extension: str
    source_sha256: str
    markdown: str = ""
    """What a hand-out is printed from."""


def apply(file: CohortFile, uploads: Mapping[str, Upload], *, actor: str, now: datetime) -> Cohort:
    """Create or update the cohort of a file; `uploads` by material key.

    What registrants must know (a session moved, added, cancelled) is announced to them. Raises CohortFileErrors
    with the lines where the file would move sessions into the past or rewrite what has already happened, and
    Conflict for what no single line says: too few seats, a drop gone that is out, a cohort that was cancelled.
    """
    webinar = _webinar(file, now)
    cohort, is_new = _cohort(file, webinar, now)
    _sessions(file, cohort, announce=not is_new, actor=actor, now=now)
    _drops(file, cohort, webinar, uploads, actor, now)
    if file.asked is not None:
        questions.settle(cohort, file.asked, actor=actor, now=now)
    access_codes.set_codes(cohort, file.cohort.codes, now=now)
    plan.replan(cohort, now=now)
    audit.note(actor, "cohort.imported", f"cohort:{cohort.id}", now=now, key=cohort.key, new=is_new)
    return cohort


def _webinar(file: CohortFile, now: datetime) -> Webinar:
    part = file.webinar
    webinar = db.session.scalars(select(Webinar).where(Webinar.slug == part.slug)).first()
    if webinar is None:
        webinar = Webinar(slug=part.slug, created_at=now)
        db.session.add(webinar)
    webinars.write(webinar, part)
    webinars.set_presenters(webinar, file.presenters)
    return webinar


def _cohort(file: CohortFile, webinar: Webinar, now: datetime) -> tuple[Cohort, bool]:
    part = file.cohort
    cohort = db.session.scalars(select(Cohort).where(Cohort.key == part.key).with_for_update()).first()
    is_new = cohort is None
    if cohort is None:
        cohort = Cohort(key=part.key, created_at=now, seats_taken=0, state="open")
        db.session.add(cohort)
    if cohort.state == "cancelled":
        raise Conflict(
            f"Cohort {cohort.key!r} was cancelled, and everybody has been told; that cannot be taken back. "
            "Give the file another cohort key: it becomes a new run, for which people sign up again."
        )
    cohort.webinar_id = webinar.id
    cohorts.settle(cohort, part, file.messages)
    return cohort, is_new


def _sessions(file: CohortFile, cohort: Cohort, *, announce: bool, actor: str, now: datetime) -> None:
    known = {s.key: s for s in db.session.scalars(select(Session).where(Session.cohort_id == cohort.id))}
    errors: list[FileError] = []
    for position, part in enumerate(file.sessions):
        session = known.pop(part.key, None)
        try:
            if session is None:
                sessions.add(cohort, part, announce=announce, actor=actor, now=now)
            else:
                _update_session(part, cohort, session, actor=actor, now=now)
        except Conflict as error:
            errors.append(file.error_at(*file.path_of_start(position), message=error.message))
    if errors:
        raise CohortFileErrors(tuple(sorted(errors, key=lambda error: error.line)))
    for session in known.values():
        # A session that left the file does not take place; what has happened stays.
        if session.ends_at > now:
            sessions.cancel(cohort, session, actor=actor, now=now)


def _update_session(part: SessionPart, cohort: Cohort, session: Session, *, actor: str, now: datetime) -> None:
    old_words, old_starts_at = (session.title, session.summary), session.starts_at
    was_over = session.ends_at <= now
    sessions.word(session, part)
    if part.cancelled:
        if not was_over:
            sessions.cancel(cohort, session, actor=actor, now=now)
        return
    is_moved = sessions.move(cohort, session, part.starts, part.minutes, now=now)
    if was_over:
        return
    if session.state == "cancelled":
        session.state = "scheduled"
        sessions.added(cohort, session, actor=actor, now=now)
    elif is_moved:
        sessions.changed(cohort, session, old_starts_at=old_starts_at, actor=actor, now=now)
    elif (session.title, session.summary) != old_words:
        sessions.reworded(session, now)


def _drops(
    file: CohortFile, cohort: Cohort, webinar: Webinar, uploads: Mapping[str, Upload], actor: str, now: datetime
) -> None:
    known = {d.key: d for d in db.session.scalars(select(Drop).where(Drop.cohort_id == cohort.id))}
    for part in file.drops:
        drop = known.pop(part.key, None)
        if drop is None:
            drop = Drop(cohort_id=cohort.id, key=part.key)
            db.session.add(drop)
        drop.title, drop.note, drop.surprise = part.title, part.note, part.surprise
        if part.own is not None:
            own = drops.OnOwnClock(part.own.days, part.own.at, part.own.also_past)
            drops.set_own_clock(drop, own, cohort, now)
        else:
            drops.leave_own_clock(drop)
            drops.place(drop, part.release, cohort.zone)
        _follow(part, drop, cohort)
        db.session.flush()
        _materials(part, drop, webinar, uploads, actor, now)
    for drop in known.values():
        if drops.no_removal_because(drop, now):
            raise Conflict(f"Drop {drop.key!r} has been released; put it back into the file.")
        db.session.delete(drop)


def _follow(part: DropPart, drop: Drop, cohort: Cohort) -> None:
    """Remember the rule a release was worked out from, so that the drop can move with its session."""
    after = part.after
    drop.after_session_id = None
    if after is not None:
        session = select(Session.id).where(Session.cohort_id == cohort.id, Session.key == after.session_key)
        drop.after_session_id = db.session.scalar(session)
    drop.after_days = after.days if after else 0
    drop.after_at = after.at.isoformat() if after and after.at else ""


def _materials(
    part: DropPart, drop: Drop, webinar: Webinar, uploads: Mapping[str, Upload], actor: str, now: datetime
) -> None:
    db.session.execute(delete(DropMaterial).where(DropMaterial.drop_id == drop.id))
    for position, material_part in enumerate(part.materials):
        material = _material(material_part, webinar)
        if material_part.key in uploads:
            _version(material, uploads[material_part.key], actor, now)
        db.session.add(DropMaterial(drop_id=drop.id, material_id=material.id, position=position))


def _material(part: MaterialPart, webinar: Webinar) -> Material:
    known = select(Material).where(Material.webinar_id == webinar.id, Material.key == part.key)
    material = db.session.scalars(known).first()
    if material is None:
        material = Material(webinar_id=webinar.id, key=part.key)
        db.session.add(material)
    material.title, material.description, material.link = part.title, part.description, part.link or ""
    db.session.flush()
    return material


def _version(material: Material, upload: Upload, actor: str, now: datetime) -> None:
    """A new version when the source changed; the ones before stay."""
    latest = db.session.scalars(
        select(MaterialVersion)
        .where(MaterialVersion.material_id == material.id)
        .order_by(MaterialVersion.number.desc())
        .limit(1)
    ).first()
    if latest is not None and latest.source_sha256 == upload.source_sha256:
        return
    file = materials.Bytes(upload.store(), upload.extension, upload.source_sha256, upload.markdown)
    materials.add_version(material, file, actor=actor, now=now)
