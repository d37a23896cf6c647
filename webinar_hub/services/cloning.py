"""A new run from a cohort or a program, a new webinar from another: all but the people (FEATURES B1, B3).

What is made is a draft: nobody sees it and nothing is sent before it is published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid
from webinar_hub.models import (
    Cohort,
    Drop,
    DropMaterial,
    HandoutText,
    Material,
    MaterialVersion,
    Presenter,
    Session,
    Webinar,
)
from webinar_hub.rules.cohort_file import SessionPart
from webinar_hub.rules.program import DatedDrop, DatedSession, LaidOut, Pattern, laid_out, overlap_in, pattern_of
from webinar_hub.rules.zones import NonexistentTime, to_utc
from webinar_hub.services import audit, plan, questions, sessions, webinars
from webinar_hub.services.cohorts import SETTINGS
from webinar_hub.services.creating import checked_walls, month_key, month_words, start_cohort

_WORDS = (
    "title", "summary", "description", "audience", "level", "credit", "outcomes", "agenda", "faq",
    "next_step_text", "next_step_url", "visibility",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NewRun:
    """When a new run begins: its first day, a time of day other than before or None, and days to leave out."""

    first: date
    at: time | None = None
    skip: frozenset[date] = frozenset()
    title: str = ""


def clone_cohort(key: str, run: NewRun, *, actor: str, now: datetime) -> Cohort:
    """Another run of the same webinar, every session and bonus as far from its first day as before.

    Raises NotFound, Conflict for a cohort without a session, Invalid for dates that cannot be.
    """
    source = sessions.find_cohort(key)
    cohort = run_of(source.webinar_id, pattern(source), settings_of(source), run, actor=actor, now=now)
    audit.note(actor, "cohort.copied", f"cohort:{cohort.id}", now=now, of=source.key)
    return cohort


def clone_webinar(slug: str, title: str, run: NewRun | None, *, actor: str, now: datetime) -> tuple[str, str]:
    """Another webinar with the same words, presenters and materials and, with `run`, one run like the latest.

    The new webinar's slug, and its cohort's key or "". Raises what `clone_cohort` raises.
    """
    source = webinars.find(slug)
    webinar = webinars.start(title, now)
    for name in _WORDS[1:]:
        setattr(webinar, name, getattr(source, name))
    for each in source.presenters:
        kept = ("position", "name", "credentials", "bio", "disclosure", "disclosure_other", "email")
        db.session.add(Presenter(webinar_id=webinar.id, **{name: getattr(each, name) for name in kept}))
    materials = _copy_materials(source, webinar)
    latest = _latest_cohort(source)
    key = ""
    if run is not None and latest is not None:
        was = pattern(latest)
        key = run_of(webinar.id, was, settings_of(latest), run, actor=actor, now=now, materials=materials).key
    audit.note(actor, "webinar.copied", f"webinar:{webinar.id}", now=now, of=source.slug, slug=webinar.slug)
    return webinar.slug, key


def run_of(
    webinar_id: int,
    was: Pattern,
    settings: Mapping[str, Any],
    run: NewRun,
    *,
    actor: str,
    now: datetime,
    materials: Mapping[int, int] | None = None,
) -> Cohort:
    """A draft with the pattern laid out from the first day; `materials` says which stand for others.

    Raises Invalid for a time that does not exist or has passed.
    """
    laid = laid_out(was, run.first, run.skip, run.at)
    checked_walls([wall for _, wall in laid.sessions], settings["zone"], now, "first")
    if problem := overlap_in(laid.sessions):
        raise Invalid("at", problem)
    webinar = db.session.get_one(Webinar, webinar_id)
    cohort = start_cohort(webinar_id, f"{webinar.slug}-{month_key(run.first)}", now=now)
    cohort.title = run.title or month_words(run.first)
    # A program that was made by an older release does not know all of them.
    for name in settings.keys() & SETTINGS:
        setattr(cohort, name, settings[name])
    db.session.flush()
    questions.lay(cohort.id, settings.get("questions", ()))
    _add_sessions(cohort, laid, actor, now)
    _add_drops(cohort, laid, materials or {})
    plan.replan(cohort, now=now)
    return cohort


def settings_of(cohort: Cohort) -> dict[str, Any]:
    """What a new run takes over beside sessions and drops."""
    return {name: getattr(cohort, name) for name in SETTINGS} | {"questions": questions.kept(cohort.id)}


def pattern(cohort: Cohort) -> Pattern:
    """A cohort without its dates; cancelled sessions are left out. Raises Conflict for one without a session."""
    rows = db.session.scalars(
        select(Session).where(Session.cohort_id == cohort.id, Session.state == "scheduled")
    ).all()
    if not rows:
        rows = db.session.scalars(select(Session).where(Session.cohort_id == cohort.id)).all()
    keys = {row.id: row.key for row in rows}
    dated = [
        DatedSession(
            row.key, row.title, row.summary, _own_link(row, cohort), datetime.fromisoformat(row.wall_start),
            row.minutes,
        )
        for row in rows
    ]  # fmt: skip
    try:
        return pattern_of(dated, [_dated(drop, keys) for drop in _drops(cohort)])
    except ValueError as error:
        raise Conflict(f"{error} Add a session first.") from error


def _own_link(session: Session, cohort: Cohort) -> str:
    return "" if session.livestream_url == cohort.livestream_url else session.livestream_url


def _drops(cohort: Cohort) -> list[Drop]:
    return list(
        db.session.scalars(select(Drop).where(Drop.cohort_id == cohort.id).order_by(Drop.release_at, Drop.id))
    )


def _dated(drop: Drop, keys: Mapping[int, str]) -> DatedDrop:
    held = select(DropMaterial.material_id).where(DropMaterial.drop_id == drop.id).order_by(DropMaterial.position)
    return DatedDrop(
        drop.key, drop.title, drop.note, drop.surprise, datetime.fromisoformat(drop.wall_release),
        keys.get(drop.after_session_id or 0, ""), drop.after_days,
        time.fromisoformat(drop.after_at) if drop.after_at else None, tuple(db.session.scalars(held)),
        drop.enrolment_days, drop.enrolment_at,
    )  # fmt: skip


def _add_sessions(cohort: Cohort, laid: LaidOut, actor: str, now: datetime) -> None:
    for was, starts in laid.sessions:
        link = was.livestream_url or cohort.livestream_url or None
        part = SessionPart(was.key, was.title, was.summary, starts, was.minutes, link, False)
        sessions.add(cohort, part, announce=False, actor=actor, now=now)


def _add_drops(cohort: Cohort, laid: LaidOut, materials: Mapping[int, int]) -> None:
    ids = {s.key: s.id for s in db.session.scalars(select(Session).where(Session.cohort_id == cohort.id))}
    for was, release in laid.drops:
        drop = Drop(
            cohort_id=cohort.id, key=was.key, title=was.title, note=was.note, surprise=was.surprise,
            wall_release=release.isoformat(timespec="seconds"), zone=cohort.zone,
            release_at=checked_release(was.title, release, cohort.zone), after_session_id=ids.get(was.after),
            after_days=was.days if was.after in ids else 0,
            after_at=was.at.isoformat() if was.after in ids and was.at else "",
            enrolment_days=was.own_days, enrolment_at=was.own_at,
        )  # fmt: skip
        db.session.add(drop)
        db.session.flush()
        for position, material in enumerate(was.materials):
            held = DropMaterial(drop_id=drop.id, material_id=materials.get(material, material), position=position)
            db.session.add(held)
    db.session.flush()


def checked_release(title: str, release: datetime, zone: str) -> datetime:
    """When a bonus opens. Raises Invalid for a wall time that does not exist."""
    try:
        return to_utc(release, zone)
    except NonexistentTime as error:
        raise Invalid("first", f'The bonus "{title}" would open then. {error}') from error


def _latest_cohort(webinar: Webinar) -> Cohort | None:
    latest = select(Cohort).join(Session, Session.cohort_id == Cohort.id).where(Cohort.webinar_id == webinar.id)
    return db.session.scalars(latest.order_by(Session.starts_at.desc(), Cohort.id.desc()).limit(1)).first()


def _copy_materials(source: Webinar, webinar: Webinar) -> dict[int, int]:
    """The same materials for another webinar, with their newest version: the bytes are kept once."""
    copies: dict[int, int] = {}
    for material in db.session.scalars(select(Material).where(Material.webinar_id == source.id)).all():
        kept = ("key", "title", "description", "link")
        copy = Material(webinar_id=webinar.id, **{name: getattr(material, name) for name in kept})
        db.session.add(copy)
        db.session.flush()
        copies[material.id] = copy.id
        newest = select(MaterialVersion).where(MaterialVersion.material_id == material.id)
        version = db.session.scalars(newest.order_by(MaterialVersion.number.desc()).limit(1)).first()
        if version is not None:
            same = ("stored_name", "extension", "media_type", "size", "sha256", "source_sha256", "created_at")
            values = {name: getattr(version, name) for name in same}
            first = MaterialVersion(material_id=copy.id, number=1, **values)
            db.session.add(first)
            db.session.flush()
            text = db.session.get(HandoutText, version.id)
            if text is not None:
                db.session.add(HandoutText(material_version_id=first.id, markdown=text.markdown))
    db.session.flush()
    return copies
