"""Who is signed in to the studio, and which webinar a page is about."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Cohort, Organizer, SignIn, Webinar
from webinar_hub.rules.coming_in import SEEN_EVERY, is_signed_in
from webinar_hub.rules.staff import Membership, Role, Staff


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whose browser it is, and whether it is time to write down that it was seen."""

    organizer: Organizer
    sign_in_id: int
    is_news: bool


def signed_in(fs_uniquifier: str, token_hash: str, *, real_now: datetime) -> SignedIn | None:
    """Who is signed in in the browser that holds this token, or None: it may have been ended meanwhile."""
    found = db.session.execute(
        select(Organizer, SignIn.id, SignIn.seen_at, SignIn.stays)
        .join(SignIn, SignIn.organizer_id == Organizer.id)
        .where(SignIn.token_hash == token_hash, Organizer.fs_uniquifier == fs_uniquifier, Organizer.active)
    ).first()
    if found is None:
        return None
    organizer, sign_in_id, seen_at, stays = found
    if not is_signed_in(seen_at, stays=stays, now=real_now):
        return None
    return SignedIn(organizer, sign_in_id, is_news=real_now - seen_at >= SEEN_EVERY)


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
