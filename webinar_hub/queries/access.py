"""What the studio shows of how people come in: who finds a webinar, its codes, and who has used which."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import AccessCode, CodeUse, Cohort, Person, Registration, Webinar
from webinar_hub.rules.access import Visibility

PAGE = 200
CodeState = Literal["open", "ended", "expired", "used up"]


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code as the studio shows it."""

    id: int
    code: str
    label: str
    uses: int
    max_uses: int | None
    gives_back: bool
    expires_at: datetime | None
    state: CodeState


@dataclass(frozen=True, slots=True)
class AccessView:
    """How people come into a cohort; who finds the webinar is the same for all of its cohorts."""

    visibility: Visibility
    needs_code: bool
    takes_groups: bool
    group_hold_hours: int | None
    version: int
    webinar_version: int


@dataclass(frozen=True, slots=True)
class UseLine:
    """Somebody who came in with a code; `given_back` says that her use counts no more."""

    person: int
    name: str
    email: str
    state: str
    used_at: datetime
    given_back: bool


def settings(cohort: int) -> AccessView:
    """One statement. Raises NotFound."""
    row = db.session.execute(
        select(
            Webinar.visibility,
            Cohort.needs_code,
            Cohort.takes_groups,
            Cohort.group_hold_hours,
            Cohort.version,
            Webinar.version,
        )
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Cohort.id == cohort)
    ).first()
    if row is None:
        raise NotFound()
    return AccessView(cast("Visibility", row[0]), *row[1:])


def codes(cohort: int, now: datetime) -> list[CodeLine]:
    """Every code, those that open something first; one statement."""
    rows = db.session.scalars(
        select(AccessCode).where(AccessCode.cohort_id == cohort).order_by(AccessCode.id.desc())
    )
    found = [_line(row, now) for row in rows]
    return sorted(found, key=lambda line: line.state != "open")


def code(cohort: int, code_id: int, now: datetime) -> tuple[CodeLine, list[UseLine]]:
    """One code, and who came in with it, the newest first, at most two hundred; two statements. Raises NotFound."""
    row = db.session.scalars(
        select(AccessCode).where(AccessCode.id == code_id, AccessCode.cohort_id == cohort)
    ).first()
    if row is None:
        raise NotFound()
    uses = db.session.execute(
        select(Person.id, Person.name, Person.email, Registration.state, CodeUse.used_at, CodeUse.given_back_at)
        .join(Registration, Registration.id == CodeUse.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .where(CodeUse.code_id == code_id)
        .order_by(CodeUse.id.desc())
        .limit(PAGE)
    )
    return _line(row, now), [UseLine(*use[:5], given_back=use[5] is not None) for use in uses]


def _line(row: AccessCode, now: datetime) -> CodeLine:
    state: CodeState = "open"
    if row.ended_at is not None:
        state = "ended"
    elif row.expires_at is not None and row.expires_at <= now:
        state = "expired"
    elif row.max_uses is not None and row.uses >= row.max_uses:
        state = "used up"
    return CodeLine(row.id, row.code, row.label, row.uses, row.max_uses, row.gives_back, row.expires_at, state)
