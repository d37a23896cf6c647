"""Access codes: made, ended, counted; and who finds the webinar that they open."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, func, or_, select, update

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import AccessCode, CodeUse, Cohort, Registration, Webinar
from webinar_hub.rules import access
from webinar_hub.rules.access import Code, Visibility
from webinar_hub.rules.cohort_file import CodePart
from webinar_hub.rules.zones import to_utc
from webinar_hub.services import audit
from webinar_hub.services.editing import edit

LEFT = ("cancelled", "declined")
"""Whoever stands so has no place any more."""


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code as it is wished for; "" draws one nobody can guess. `max_uses` and `expires_at` None: no limit."""

    code: str
    label: str = ""
    max_uses: int | None = None
    expires_at: datetime | None = None
    gives_back: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """How people come in: who finds the webinar, and what this cohort asks of them and of groups."""

    visibility: Visibility
    needs_code: bool
    takes_groups: bool
    group_hold_hours: int | None


def of_cohort(cohort: int) -> list[Code]:
    """Every code of a cohort, ended ones too."""
    names = tuple(Code.__dataclass_fields__)
    rows = db.session.execute(
        select(*(getattr(AccessCode, name) for name in names)).where(AccessCode.cohort_id == cohort)
    )
    return [Code(*row) for row in rows]


def take_uses(code: int, uses: int) -> bool:
    """Count so many uses, if there are as many left; whether there were."""
    enough = or_(AccessCode.max_uses.is_(None), AccessCode.uses + uses <= AccessCode.max_uses)
    taken = update(AccessCode).where(AccessCode.id == code, enough).values(uses=AccessCode.uses + uses)
    return _changed(taken) == 1


def take_back_uses(code: Code) -> int:
    """Count off the uses of those who have left, where the organizer wants that; how many.

    It is looked at when the last use is asked for and not when somebody leaves: so leaving costs nothing more.
    """
    if not code.gives_back:
        return 0
    # Held, so that two who ask at once do not both count one off.
    db.session.execute(select(AccessCode.id).where(AccessCode.id == code.id).with_for_update()).all()
    gone = select(Registration.id).where(Registration.id == CodeUse.registration_id, Registration.state.in_(LEFT))
    free = (
        update(CodeUse)
        .where(CodeUse.code_id == code.id, CodeUse.given_back_at.is_(None), gone.exists())
        .values(given_back_at=CodeUse.used_at)
        .execution_options(synchronize_session=False)
    )
    number = _changed(free)
    if number:
        less = update(AccessCode).where(AccessCode.id == code.id).values(uses=AccessCode.uses - number)
        db.session.execute(less.execution_options(synchronize_session=False))
    return number


def _changed(statement: Any) -> int:
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


def make(cohort: str, wanted: NewCode, *, actor: str, now: datetime) -> int:
    """Add a code to the cohort with this key; its id. Raises NotFound, Invalid, Conflict for one it has had."""
    row = _cohort(cohort)
    typed = wanted.code.strip() or _drawn()
    if problem := access.problem_with(typed):
        raise Invalid("code", problem)
    if wanted.expires_at is not None and wanted.expires_at <= now:
        raise Invalid("expires", "That moment is past. Choose a later one, or leave the field empty.")
    there = db.session.scalar(select(func.count()).where(AccessCode.cohort_id == row.id)) or 0
    if there >= access.MOST_CODES:
        raise Conflict(f"A cohort can have at most {access.MOST_CODES} codes. Give one of them more uses instead.")
    values = {
        "cohort_id": row.id, "code": access.normal(typed), "label": wanted.label, "max_uses": wanted.max_uses,
        "uses": 0, "expires_at": wanted.expires_at, "gives_back": wanted.gives_back, "created_at": now,
    }  # fmt: skip
    made = insert_new(AccessCode, values, "id")
    if made is None:
        raise Invalid(
            "code", "This cohort has or had this code. Choose another one: who came with which stays clear."
        )
    row.has_codes = True
    audit.note(actor, "code.made", f"cohort:{row.id}", now=now, code=made.id, label=wanted.label, cohort=row.key)
    return int(made.id)


def _drawn() -> str:
    return "".join(secrets.choice(access.ALPHABET) for _ in range(access.DRAWN_LENGTH))


def set_codes(cohort: Cohort, parts: Sequence[CodePart], *, now: datetime) -> None:
    """Have these codes say what they say here; others stay as they are, and an ended one stays ended."""
    known = {
        row.code: row for row in db.session.scalars(select(AccessCode).where(AccessCode.cohort_id == cohort.id))
    }
    for part in parts:
        row = known.setdefault(part.code, AccessCode(cohort_id=cohort.id, code=part.code, uses=0, created_at=now))
        # Nobody who came in is put out: as many may come as have.
        row.max_uses = None if part.max_uses is None else max(part.max_uses, row.uses)
        row.label, row.gives_back = part.label, part.gives_back
        row.expires_at = None if part.expires is None else to_utc(part.expires, cohort.zone)
        cohort.has_codes = True
        db.session.add(row)
    db.session.flush()


def end(cohort: str, code: int, *, actor: str, now: datetime) -> None:
    """Let nobody in with it from now on; who has come in stays. Ending twice is ending once. Raises NotFound."""
    row = _cohort(cohort)
    found = db.session.scalars(
        select(AccessCode).where(AccessCode.id == code, AccessCode.cohort_id == row.id).with_for_update()
    ).first()
    if found is None:
        raise NotFound()
    if found.ended_at is None:
        found.ended_at = now
        audit.note(actor, "code.ended", f"cohort:{row.id}", now=now, code=found.id, label=found.label)


def settle(cohort: str, wanted: Access, *, seen: int, seen_webinar: int, actor: str, now: datetime) -> None:
    """Say who finds the webinar and what this cohort asks. Raises NotFound, EditedMeanwhile."""
    row = _cohort(cohort)
    edit(row, seen)
    webinar = db.session.get_one(Webinar, row.webinar_id, with_for_update=True)
    if wanted.visibility != webinar.visibility:
        edit(webinar, seen_webinar)
    names = ("needs_code", "takes_groups", "group_hold_hours")
    before = {name: getattr(row, name) for name in names} | {"visibility": webinar.visibility}
    webinar.visibility = wanted.visibility
    for name in names:
        setattr(row, name, getattr(wanted, name))
    after = {name: getattr(wanted, name) for name in (*names, "visibility")}
    if after != before:
        said = audit.difference(before, after)
        audit.note(actor, "cohort.entry_changed", f"cohort:{row.id}", now=now, **said)


def _cohort(key: str) -> Cohort:
    row = db.session.scalars(select(Cohort).where(Cohort.key == key).with_for_update()).first()
    if row is None:
        raise NotFound()
    return row
