"""Lets members of the staff in: the first owner, invitations taken up, links to sign in and to a new password.

Passwords come in as hashes. `real_now` is the time nobody moves, which links live by.
"""

from datetime import datetime

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.models import Membership, OneTimeLink, Organizer
from webinar_hub.rules.coming_in import LIVES, LinkUsedUp, Purpose
from webinar_hub.rules.registration import email_key
from webinar_hub.rules.staff import Role
from webinar_hub.services import accounts, audit, one_time_links, sign_ins, staff_letters
from webinar_hub.services.staff_letters import Post

_MAILED = {Purpose.RESET: "staff_new_password", Purpose.SIGN_IN: "staff_sign_in"}


def first_link(real_now: datetime) -> str | None:
    """A new link that makes the first owner, or None once there is anybody."""
    return None if _there_is_somebody() else one_time_links.make(Purpose.OWNER, None, now=real_now)


def create_owner(
    token: str, *, name: str, email: str, zone: str, password: str, now: datetime, real_now: datetime
) -> Organizer:
    """Make the first owner. Raises LinkUsedUp, and Conflict when somebody was quicker."""
    one_time_links.use(token, Purpose.OWNER, now=real_now)
    if _there_is_somebody():
        raise Conflict("Somebody has set this up meanwhile. Please sign in.")
    owner = add_owner(name=name, email=email, zone=zone, password=password, now=now)
    audit.note(f"organizer:{owner.id}", "owner.created", f"organizer:{owner.id}", now=now, email=owner.email)
    return owner


def add_owner(*, name: str, email: str, zone: str, password: str | None, now: datetime) -> Organizer:
    """An owner of the whole installation."""
    owner = Organizer(email=email_key(email), name=name, zone=zone, created_at=now, password=password)
    owner.memberships = [Membership(role=Role.OWNER, webinar_id=None)]
    db.session.add(owner)
    db.session.flush()
    return owner


def accept(token: str, *, name: str, zone: str, password: str, now: datetime, real_now: datetime) -> Organizer:
    """Take up an invitation. Raises LinkUsedUp."""
    organizer = _hers(one_time_links.use(token, Purpose.INVITATION, now=real_now))
    organizer.name, organizer.zone, organizer.password = name, zone, password
    audit.note(f"organizer:{organizer.id}", "invitation.accepted", f"organizer:{organizer.id}", now=now)
    return organizer


def mail_link(email: str, purpose: Purpose, post: Post, *, now: datetime, real_now: datetime) -> None:
    """Mail her a link to sign in or to a new password, if she is of the staff; nobody is told whether she is."""
    organizer = with_email(email)
    if organizer is None or not organizer.active or organizer.password is None:
        return
    token = one_time_links.make(purpose, organizer.id, now=real_now)
    staff_letters.send(post, _MAILED[purpose], organizer, now=now, link=post.link(token), lives=LIVES[purpose])


def reset_link(email: str, *, second_factor_too: bool, actor: str, now: datetime, real_now: datetime) -> str:
    """The token of a link to a new password, or to the invitation she has not taken up. Raises NotFound."""
    organizer = with_email(email)
    if organizer is None or not organizer.active:
        raise NotFound(f"{email} is not in the team. `webinar-hub organizers list` shows who is.")
    if second_factor_too:
        accounts.without_second_factor(organizer, actor=actor, now=now)
    audit.note(actor, "password.link made", f"organizer:{organizer.id}", now=now)
    purpose = Purpose.RESET if organizer.password else Purpose.INVITATION
    return one_time_links.make(purpose, organizer.id, now=real_now)


def reset_password(token: str, *, password: str, post: Post, now: datetime, real_now: datetime) -> Organizer:
    """Set a new password and sign her out everywhere. Raises LinkUsedUp."""
    organizer = _hers(one_time_links.use(token, Purpose.RESET, now=real_now))
    organizer.password = password
    sign_ins.end_all(organizer)
    accounts.tell(organizer, "password.reset", post, now=now)
    return organizer


def sign_in_by_link(token: str, *, real_now: datetime) -> Organizer:
    """Whom the link signs in. Raises LinkUsedUp."""
    return _hers(one_time_links.use(token, Purpose.SIGN_IN, now=real_now))


def with_email(email: str) -> Organizer | None:
    """The member of the staff with this address, in whatever case it is written."""
    try:
        key = email_key(email)
    except ValueError:
        return None
    return db.session.scalar(select(Organizer).where(Organizer.email == key))


def _hers(link: OneTimeLink) -> Organizer:
    organizer = db.session.get(Organizer, link.organizer_id)
    if organizer is None or not organizer.active:
        raise LinkUsedUp()
    return organizer


def _there_is_somebody() -> bool:
    return bool(db.session.scalar(select(func.count()).select_from(Organizer)))
