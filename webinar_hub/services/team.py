"""Who is in the team, with which roles: inviting, changing roles, taking access away."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.models import Membership as Row
from webinar_hub.models import OneTimeLink, Organizer, Passkey, Webinar
from webinar_hub.rules import coming_in
from webinar_hub.rules.coming_in import LIVES, Purpose
from webinar_hub.rules.registration import email_key
from webinar_hub.rules.staff import Membership, Role
from webinar_hub.services import audit, one_time_links, sign_ins, staff_letters
from webinar_hub.services.staff_letters import Post


def invite(
    email: str,
    memberships: Sequence[Membership],
    post: Post,
    *,
    actor: str,
    inviter: str,
    zone: str,
    now: datetime,
    real_now: datetime,
) -> str:
    """Invite somebody by mail; the token of her link. Raises Invalid, and Conflict for whoever is in already."""
    try:
        key = email_key(email)
    except ValueError as error:
        raise Invalid("email", str(error)) from error
    organizer = db.session.scalar(select(Organizer).where(Organizer.email == key))
    if organizer is not None and organizer.active and organizer.password:
        raise Conflict(f"{key} is in the team already. Change her roles on her page instead.")
    if organizer is None:
        organizer = Organizer(email=key, name="", zone=zone, created_at=now)
        db.session.add(organizer)
        _flush_unless_somebody_was_quicker(key)
    organizer.active = True
    _set(organizer, memberships)
    audit.note(actor, "team.invited", f"organizer:{organizer.id}", now=now, email=key, roles=_words(memberships))
    return _mail_invitation(organizer, post, inviter, now=now, real_now=real_now)


def _flush_unless_somebody_was_quicker(email: str) -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Conflict(f"Somebody has just invited {email}. Look at the list again.") from error


def invite_again(
    organizer_id: int, post: Post, *, actor: str, inviter: str, now: datetime, real_now: datetime
) -> str:
    """Send a new invitation; the old link ends. Raises NotFound, and Conflict for whoever has taken it up."""
    organizer = member(organizer_id)
    if organizer.password:
        raise Conflict("This invitation has been taken up meanwhile.")
    audit.note(actor, "team.invited again", f"organizer:{organizer.id}", now=now)
    return _mail_invitation(organizer, post, inviter, now=now, real_now=real_now)


def change_roles(organizer_id: int, memberships: Sequence[Membership], *, actor: str, now: datetime) -> None:
    """Give her these roles and no others. Raises NotFound, Invalid for none, Conflict for the last owner."""
    organizer = member(organizer_id)
    if not memberships:
        raise Invalid("everywhere", "Choose at least one role, or take her access away.")
    _keep_an_owner(organizer, memberships)
    before = _words(_as_memberships(organizer))
    _set(organizer, memberships)
    after = _words(memberships)
    if before != after:
        audit.note(actor, "team.roles", f"organizer:{organizer.id}", now=now, before=before, after=after)


def take_away(organizer_id: int, *, actor: str, now: datetime) -> None:
    """End her access at once, everywhere. Raises NotFound, and Conflict for the last owner.

    Her row stays, because the audit log names her.
    """
    organizer = member(organizer_id)
    _keep_an_owner(organizer, ())
    before = _words(_as_memberships(organizer))
    organizer.active, organizer.password = False, None
    organizer.tf_primary_method = organizer.tf_totp_secret = organizer.mf_recovery_codes = None
    _set(organizer, ())
    sign_ins.end_all(organizer)
    for model in (Passkey.user_id, OneTimeLink.organizer_id):
        db.session.execute(delete(model.class_).where(model == organizer.id))
    audit.note(actor, "team.removed", f"organizer:{organizer.id}", now=now, before=before, email=organizer.email)


def member(organizer_id: int) -> Organizer:
    """Somebody who is in the team or invited to it. Raises NotFound."""
    organizer = db.session.get(Organizer, organizer_id)
    if organizer is None or not organizer.active:
        raise NotFound("Nobody of this team is on this page, or her access has been taken away.")
    return organizer


def _keep_an_owner(organizer: Organizer, after: Sequence[Membership]) -> None:
    owns = Organizer.memberships.any((Row.role == Role.OWNER) & Row.webinar_id.is_(None))
    # Held until the commit, so that two owners cannot take each other out at the same moment.
    owners = db.session.scalars(
        select(Organizer.id)
        .where(owns, Organizer.active, Organizer.password.is_not(None))
        .order_by(Organizer.id)
        .with_for_update()
    )
    if coming_in.leaves_no_owner(owners, organizer.id, after):
        raise Conflict("She is the only owner. Make somebody else an owner first, or nobody could let anybody in.")


def _set(organizer: Organizer, memberships: Sequence[Membership]) -> None:
    wanted = coming_in.tidied(memberships)
    named = {member.webinar_id for member in wanted if member.webinar_id is not None}
    known = set(db.session.scalars(select(Webinar.id).where(Webinar.id.in_(named)))) if named else set()
    if named - known:
        raise NotFound("One of these webinars does not exist any more.")
    organizer.memberships = []
    db.session.flush()
    organizer.memberships = [Row(role=each.role, webinar_id=each.webinar_id) for each in wanted]


def _as_memberships(organizer: Organizer) -> list[Membership]:
    return [Membership(Role(row.role), row.webinar_id) for row in organizer.memberships]


def _words(memberships: Sequence[Membership]) -> list[str]:
    return [
        each.role if each.webinar_id is None else f"{each.role} of webinar:{each.webinar_id}"
        for each in coming_in.tidied(memberships)
    ]


def _mail_invitation(organizer: Organizer, post: Post, inviter: str, *, now: datetime, real_now: datetime) -> str:
    token = one_time_links.make(Purpose.INVITATION, organizer.id, now=real_now)
    lives, link = LIVES[Purpose.INVITATION], post.link(token)
    staff_letters.send(post, "staff_invitation", organizer, now=now, lives=lives, link=link, inviter=inviter)
    return token
