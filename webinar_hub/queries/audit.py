"""What the audit log shows: a page of it, all of it for an export, and whether its chain is whole."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.documents.audit_export import Exported
from webinar_hub.models import AuditCheck, AuditEntry, AuditHead, AuditLink, Cohort, Organizer, Session, Webinar
from webinar_hub.rules import audit_chain
from webinar_hub.rules.audit_chain import BEGIN, Link, Verdict
from webinar_hub.rules.audit_words import Difference, action_words, actor_words, differences, subject_words

PAGE = 50
_STRETCH = 1000
_NAMED: dict[str, Any] = {"cohort": Cohort, "session": Session, "webinar": Webinar}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: by whom ("organizer:3", "person:", ...), what ("session."), about what, since and until when.

    Whatever is "" or None is not asked. A wish that ends in its separator stands for everything that begins so.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One entry in words; `position` is its place in the chain, None for what registrants did themselves."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    differences: tuple[Difference, ...]
    position: int | None


@dataclass(frozen=True, slots=True)
class Chain:
    """How many entries are chained, and the last look through them, if there was one."""

    length: int
    checked_at: datetime | None = None
    checked_through: int = 0
    fault: str = ""


def page(wanted: Wanted, *, before: int | None = None) -> tuple[list[AuditLine], int | None]:
    """The newest entries older than the id `before`, and where the next page goes on; five statements."""
    rows = db.session.execute(_entries(wanted, before).limit(PAGE + 1)).all()
    entries = [(row[0], row[1]) for row in rows[:PAGE]]
    people = actors()
    titles = _titles({entry.subject for entry, _ in entries})
    lines = [
        AuditLine(
            entry.id,
            entry.at,
            actor_words(entry.actor, people),
            action_words(entry.action),
            titles.get(entry.subject) or subject_words(entry.subject),
            differences(entry.detail),
            position,
        )
        for entry, position in entries
    ]
    return lines, lines[-1].id if len(rows) > PAGE else None


def export(wanted: Wanted) -> Iterator[Exported]:
    """Every entry that is wanted, newest first, read a thousand at a time."""
    people, before = actors(), None
    while True:
        statement = _entries(wanted, before).add_columns(AuditLink.digest).limit(_STRETCH)
        rows = db.session.execute(statement).all()
        for entry, position, digest in rows:
            yield Exported(
                entry.id, entry.at, actor_words(entry.actor, people), entry.actor, entry.action, entry.subject,
                entry.detail, position, digest,
            )  # fmt: skip
        if len(rows) < _STRETCH:
            return
        before = rows[-1][0].id
        db.session.expunge_all()


def actors() -> dict[str, str]:
    """The names of the staff by what the log calls them."""
    rows = db.session.execute(select(Organizer.id, Organizer.name).order_by(Organizer.name, Organizer.id))
    return {f"organizer:{id_}": name for id_, name in rows}


def chain() -> Chain:
    """What is known of the chain without looking through it; two statements."""
    length = db.session.scalar(select(AuditHead.position)) or 0
    last = db.session.scalars(select(AuditCheck).order_by(AuditCheck.id.desc()).limit(1)).first()
    return Chain(length, last.at, last.position, last.fault) if last else Chain(length)


def verify() -> Verdict:
    """Look through the whole chain, as it is at this moment."""
    head = db.session.execute(
        select(AuditHead.position, AuditHead.digest, AuditHead.begins_after, AuditHead.begin)
    ).first()
    end = Verdict(head.position, head.digest) if head else Verdict(0, BEGIN)
    begin = Verdict(head.begins_after, head.begin) if head else Verdict(0, BEGIN)
    return audit_chain.verify(_links(begin.position, end.position), head=end, begin=begin)


def purged_through() -> int:
    """Up to which place of the chain the entries have been purged, because their time was over."""
    return db.session.scalar(select(AuditHead.begins_after)) or 0


def digest_at(position: int) -> str | None:
    """The digest at this place of the chain, to be compared with one that was noted elsewhere."""
    return db.session.scalar(select(AuditLink.digest).where(AuditLink.position == position))


def _links(after: int, through: int) -> Iterator[Link]:
    reached = after
    while reached < through:
        statement = (
            select(AuditLink.position, AuditLink.digest, AuditEntry)
            .join(AuditEntry, AuditEntry.id == AuditLink.entry_id)
            .where(AuditLink.position > reached, AuditLink.position <= through)
            .order_by(AuditLink.position)
            .limit(_STRETCH)
        )
        rows = db.session.execute(statement).all()
        yield from (Link(*row) for row in rows)
        if not rows:
            return
        reached = rows[-1][0]
        db.session.expunge_all()


def _entries(wanted: Wanted, before: int | None) -> Any:
    statement = (
        select(AuditEntry, AuditLink.position)
        .outerjoin(AuditLink, AuditLink.entry_id == AuditEntry.id)
        .order_by(AuditEntry.id.desc())
    )
    for column, wish in (
        (AuditEntry.actor, wanted.actor),
        (AuditEntry.action, wanted.action),
        (AuditEntry.subject, wanted.subject),
    ):
        if wish:
            begins = wish.endswith((":", "."))
            statement = statement.where(column.startswith(wish, autoescape=True) if begins else column == wish)
    if wanted.since:
        statement = statement.where(AuditEntry.at >= wanted.since)
    if wanted.until:
        statement = statement.where(AuditEntry.at < wanted.until)
    return statement.where(AuditEntry.id < before) if before else statement


def _titles(subjects: Collection[str]) -> dict[str, str]:
    """What cohorts, sessions and webinars are called; three statements."""
    found: dict[str, str] = {}
    for noun, model in _NAMED.items():
        numbers = [s.removeprefix(f"{noun}:") for s in subjects if s.startswith(f"{noun}:")]
        ids = [int(number) for number in numbers if number.isdecimal()]
        rows = db.session.execute(select(model.id, model.title).where(model.id.in_(ids)))
        found |= {f"{noun}:{id_}": f"{noun} “{title}”" for id_, title in rows if title}
    return found
