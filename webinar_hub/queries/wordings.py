"""Organizers' own words for mails as the studio shows them: which kinds have some, and every version of one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Cohort, MailWording, Organizer, Webinar
from webinar_hub.rules.wording import KINDS


@dataclass(frozen=True, slots=True)
class Place:
    """What words are for: one webinar or, with `webinar` None, all of them; `cohort` is one to preview with."""

    webinar: int | None
    slug: str
    title: str
    cohort: int | None
    sender: str


@dataclass(frozen=True, slots=True)
class KindLine:
    """One kind of mail in the list; `changed_by` and `changed_at` are empty for our own words.

    `from_all` says that a webinar uses the words written for all webinars.
    """

    kind: str
    subject: str
    number: int
    changed_by: str
    changed_at: datetime | None
    from_all: bool


@dataclass(frozen=True, slots=True)
class Version:
    """One version; without `body` it went back to our own words."""

    number: int
    subject: str
    body: str
    by: str
    at: datetime


def place(slug: str) -> Place:
    """Where words are written for: a webinar or, with "", all of them; two statements. Raises NotFound."""
    webinar = db.session.scalars(select(Webinar).where(Webinar.slug == slug)).first() if slug else None
    if slug and webinar is None:
        raise NotFound()
    cohorts = select(Cohort).order_by(Cohort.id.desc()).limit(1)
    if webinar is not None:
        cohorts = cohorts.where(Cohort.webinar_id == webinar.id)
    cohort = db.session.scalars(cohorts).first()
    return Place(
        webinar=webinar.id if webinar else None,
        slug=slug,
        title=webinar.title if webinar else "All webinars",
        cohort=cohort.id if cohort else None,
        sender=cohort.organizer_email if cohort else "",
    )


def kinds(webinar: int | None) -> list[KindLine]:
    """Every kind whose words can be changed, with who changed them last; one statement."""
    newest = select(func.max(MailWording.id)).group_by(MailWording.webinar_id, MailWording.kind)
    rows = db.session.execute(
        select(MailWording, Organizer.name)
        .outerjoin(Organizer, Organizer.id == MailWording.written_by)
        .where(MailWording.id.in_(newest), (MailWording.webinar_id == webinar) | MailWording.webinar_id.is_(None))
    )
    found: dict[tuple[str, bool], Any] = {(row.kind, row.webinar_id is None): (row, name) for row, name in rows}
    return [_line(kind, found, is_all=webinar is None) for kind in KINDS if kind != "announcement"]


def _line(kind: str, found: dict[tuple[str, bool], Any], *, is_all: bool) -> KindLine:
    own, everywhere = found.get((kind, is_all)), found.get((kind, True))
    number = own[0].number if own else 0
    for (row, name), from_all in ((own or (None, ""), False), (everywhere or (None, ""), not is_all)):
        if row is not None and row.body:
            return KindLine(kind, row.subject, number, name or "somebody who left", row.written_at, from_all)
    return KindLine(kind, "", number, "", None, from_all=False)


def demand_kind(kind: str) -> None:
    """Raises NotFound for a kind whose words nobody can change."""
    if kind not in KINDS or kind == "announcement":
        raise NotFound()


def versions(webinar: int | None, kind: str) -> list[Version]:
    """Every version of a kind's words, the newest first; one statement. Raises NotFound for an unknown kind."""
    demand_kind(kind)
    rows = db.session.execute(
        select(MailWording, Organizer.name)
        .outerjoin(Organizer, Organizer.id == MailWording.written_by)
        .where(MailWording.webinar_id == webinar, MailWording.kind == kind)
        .order_by(MailWording.number.desc())
        .limit(100)
    )
    return [
        Version(row.number, row.subject, row.body, name or "somebody who left", row.written_at)
        for row, name in rows
    ]
