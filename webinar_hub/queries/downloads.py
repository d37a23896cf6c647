"""Who may open a file right now; asked again at every request, so that taking something back works at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from webinar_hub.adapters.storage import StoredFile
from webinar_hub.core.db import db
from webinar_hub.core.errors import NotAllowed, NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import (
    Cohort,
    Drop,
    DropGrant,
    DropMaterial,
    Material,
    MaterialVersion,
    Registration,
    Session,
)
from webinar_hub.models.drop import place_in_line
from webinar_hub.queries.cohorts import latest_versions
from webinar_hub.rules.entitlement import is_released, link_is_valid
from webinar_hub.rules.own_clock import clock_of, opens_to

TICKET_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Grant:
    """A material somebody may open: a `link` elsewhere, or a `file` with the name it is saved under."""

    registration_id: int
    drop_id: int
    version_id: int
    link: str
    file: StoredFile | None
    title: str
    extension: str


def for_person(person: int, drop: str, material: int, now: datetime) -> Grant:
    """A material on her own page. Raises NotFound, or NotAllowed before its moment."""
    row = db.session.execute(
        _select().where(Registration.person_id == person, Drop.public_id == drop, Material.id == material)
    ).first()
    return _grant(row, now)


def by_token(tokens: Tokens, token: str, link_days: int, now: datetime) -> Grant:
    """A material by the personal link of a mail. Raises NotFound, or NotAllowed before its moment."""
    parts = tokens.read("download", token, (int, str, int, int))
    if parts is None:
        raise NotFound()
    registration, nonce, drop, material = parts
    row = db.session.execute(
        _select().where(Registration.id == registration, Drop.id == drop, Material.id == material)
    ).first()
    if row is None or row.nonce != nonce or not link_is_valid(row.last_end, link_days, now):
        raise NotFound()
    return _grant(row, now)


def ticket(tokens: Tokens, grant: Grant, now: datetime) -> str:
    """A link to the file that is good for an hour: what her browser downloads from after she pressed the button."""
    return tokens.sign("file", grant.registration_id, grant.drop_id, grant.version_id, int(now.timestamp()))


def by_ticket(tokens: Tokens, token: str, now: datetime) -> Grant:
    """A file by a ticket. Raises NotFound, also once the hour is over."""
    parts = tokens.read("file", token, (int, int, int, int))
    if parts is None or now.timestamp() - int(parts[3]) > TICKET_LIFE.total_seconds():
        raise NotFound()
    registration, drop, version, _ = parts
    statement = _select(MaterialVersion).where(
        Registration.id == registration, Drop.id == drop, MaterialVersion.id == version
    )
    return _grant(db.session.execute(statement).first(), now)


def _select(version: Any = None) -> Any:
    newest = latest_versions().c if version is None else version
    last_end = (
        select(func.max(Session.ends_at)).where(Session.cohort_id == Cohort.id).correlate(Cohort).scalar_subquery()
    )
    return (
        select(
            Registration.id.label("registration_id"), Registration.nonce, Registration.state,
            Registration.registered_at, Cohort.late_join, Drop.id.label("drop_id"), Drop.release_at,
            Drop.zone, Drop.enrolment_days, Drop.enrolment_at, Drop.enrolled_from, place_in_line().label("place"),
            Material.title, Material.link, newest.id.label("version_id"), newest.stored_name, newest.extension,
            newest.media_type, newest.size, newest.sha256, last_end.label("last_end"),
            DropGrant.granted_at,
        )
        .select_from(Registration)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Drop, Drop.cohort_id == Cohort.id)
        .outerjoin(DropGrant, (DropGrant.drop_id == Drop.id) & (DropGrant.registration_id == Registration.id))
        .join(DropMaterial, DropMaterial.drop_id == Drop.id)
        .join(Material, Material.id == DropMaterial.material_id)
        .outerjoin(newest.id.table if version is None else version, newest.material_id == Material.id)
    )  # fmt: skip


def _grant(row: Any, now: datetime) -> Grant:
    if row is None or row.state != "confirmed":
        raise NotFound()
    granted = row.granted_at is not None
    opens = opens_to(clock_of(row, row.place), late_join=row.late_join, came=row.registered_at)
    if not granted and opens is None and is_released(row.release_at, now):
        raise NotFound()
    if not (granted or (opens is not None and is_released(opens, now))):
        raise NotAllowed(_("This bonus is still locked. It opens at the date shown on your page."))
    file = None
    if row.stored_name:
        file = StoredFile(name=row.stored_name, size=row.size, sha256=row.sha256, media_type=row.media_type)
    return Grant(
        row.registration_id, row.drop_id, row.version_id or 0, row.link, file, row.title, row.extension or ""
    )
