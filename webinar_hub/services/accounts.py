"""What a member of the staff changes about herself, and the mail that tells her of it."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid
from webinar_hub.models import LastCode, Organizer, Passkey
from webinar_hub.rules.coming_in import LIVES, LinkUsedUp, Purpose
from webinar_hub.rules.registration import email_key
from webinar_hub.services import audit, one_time_links, sign_ins, staff_letters
from webinar_hub.services.staff_letters import Post

# What she is told in a mail, because somebody else may have done it.
WORDS = {
    "password.changed": "Your password was changed, and every other browser was signed out.",
    "password.reset": "Your password was set anew by a link from a mail, and every browser was signed out.",
    "code.on": "Signing in now asks for a code from your authenticator app.",
    "code.off": "Signing in no longer asks for a code from an authenticator app.",
    "passkey.added": "A passkey was added to your account.",
    "passkey.removed": "A passkey was taken off your account.",
    "recovery codes.made": "New recovery codes were made; the old ones no longer work.",
    "recovery code.used": "A recovery code was used to sign in.",
    "email.changed": "The address you sign in with was changed.",
}


def change_details(organizer_id: int, *, name: str, zone: str, now: datetime) -> None:
    """Set her name and zone."""
    organizer = db.session.get_one(Organizer, organizer_id)
    before = {"name": organizer.name, "zone": organizer.zone}
    organizer.name, organizer.zone = name, zone
    after = {"name": name, "zone": zone}
    if before != after:
        actor = f"organizer:{organizer_id}"
        audit.note(actor, "account.changed", actor, now=now, before=before, after=after)


def tell(organizer: Organizer, action: str, post: Post, *, now: datetime, to: str = "", **detail: str) -> None:
    """Write into the audit log, and to her, that the way she comes in has changed."""
    actor = f"organizer:{organizer.id}"
    audit.note(actor, action, actor, now=now, **detail)
    staff_letters.send(post, "staff_changed", organizer, now=now, to=to, what=WORDS[action])


def ask_for_email(organizer_id: int, email: str, post: Post, *, now: datetime, real_now: datetime) -> None:
    """Mail a link to the address she wants to sign in with from now on; it changes when that is opened.

    Whether somebody else has that address is said nowhere; the link does nothing then. Raises Invalid.
    """
    try:
        key = email_key(email)
    except ValueError as error:
        raise Invalid("email", str(error)) from error
    organizer = db.session.get_one(Organizer, organizer_id)
    lives = LIVES[Purpose.EMAIL]
    token = one_time_links.make(Purpose.EMAIL, organizer.id, now=real_now, detail={"email": key})
    staff_letters.send(post, "staff_email", organizer, now=now, to=key, lives=lives, link=post.link(token))


def change_email(token: str, organizer_id: int, post: Post, *, now: datetime, real_now: datetime) -> None:
    """Take the new address; the old one is told. Raises LinkUsedUp, and Conflict for an address that is taken."""
    link = one_time_links.use(token, Purpose.EMAIL, now=real_now)
    if link.organizer_id != organizer_id:
        raise LinkUsedUp()
    organizer = db.session.get_one(Organizer, organizer_id)
    old, organizer.email = organizer.email, link.detail["email"]
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Conflict("Somebody else of the team has this address.") from error
    tell(organizer, "email.changed", post, now=now, to=old, before=old, after=organizer.email)


def last_code(organizer_id: int) -> int | None:
    """The number of the newest authenticator code she has used."""
    return db.session.scalar(select(LastCode.counter).where(LastCode.organizer_id == organizer_id))


def code_used(organizer_id: int, counter: int) -> None:
    """Remember that a code was used, so that it does not count twice."""
    db.session.merge(LastCode(organizer_id=organizer_id, counter=counter))


def without_second_factor(organizer: Organizer, *, actor: str, now: datetime) -> None:
    """Take authenticator, recovery codes and passkeys off her account: she has lost them."""
    organizer.tf_primary_method = organizer.tf_totp_secret = organizer.mf_recovery_codes = None
    db.session.execute(delete(Passkey).where(Passkey.user_id == organizer.id))
    sign_ins.end_all(organizer)
    audit.note(actor, "second factor.removed", f"organizer:{organizer.id}", now=now)
