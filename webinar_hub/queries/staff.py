"""Who is signed in to the studio, and which webinar a page is about."""

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Cohort, Organizer, Webinar
from webinar_hub.rules.staff import Membership, Role, Staff


def as_staff(organizer: Organizer) -> Staff:
    """What pages need to know of her."""
    memberships = tuple(Membership(Role(row.role), row.webinar_id) for row in organizer.memberships)
    return Staff(organizer.id, organizer.name, organizer.email, organizer.zone, memberships)


def webinar_of_cohort(key: str) -> int:
    """The id of the webinar whose run this is. Raises NotFound."""
    return _found(db.session.scalar(select(Cohort.webinar_id).where(Cohort.key == key)))


def webinar_with_slug(slug: str) -> int:
    """Its id. Raises NotFound."""
    return _found(db.session.scalar(select(Webinar.id).where(Webinar.slug == slug)))


def _found(id_: int | None) -> int:
    if id_ is None:
        raise NotFound()
    return id_
