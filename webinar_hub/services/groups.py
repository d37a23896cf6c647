"""A manager signs up her people (FEATURES A9): they are asked, and nobody but they themselves says yes.

She sees how far each of them is and nothing else. What is mailed to whom is in `inviting.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from webinar_hub.core.db import at_the_end, db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.core.language import gettext as _
from webinar_hub.core.language import ngettext
from webinar_hub.core.tokens import Tokens, nonce, public_id
from webinar_hub.models import Cohort, Invitation, InvitationList, Webinar
from webinar_hub.rules.guest_list import Guest, welcome
from webinar_hub.rules.invitation import (
    DAY,
    GROUPS_PER_MANAGER,
    GROUPS_PER_NETWORK,
    GUESTS_PER_NETWORK,
    MOST_IN_GROUP,
    held_until,
    once_key,
)
from webinar_hub.rules.registration import closed_because, email_key
from webinar_hub.services import allowances, audit, invitations, notices
from webinar_hub.services.admission import move_seats
from webinar_hub.services.allowances import Try
from webinar_hub.services.place_facts import Place, place_in
from webinar_hub.services.voice import Voice


@dataclass(frozen=True, slots=True)
class Manager:
    """Who signs up the others, as she gave herself."""

    name: str
    email: str
    organisation: str = ""
    language: str = "en"


def sign_up(
    cohort: str,
    manager: Manager,
    guests: Sequence[Guest],
    *,
    form_token: str,
    webinar: str,
    voice: Voice,
    network: str,
    now: datetime,
) -> None:
    """Invite her people to the cohort with this public id, and mail her the link to her page.

    The same form sent again changes nothing more. Raises NotFound, Conflict where the cohort takes nobody or no
    groups, Invalid for what was typed, TooMany beyond the limits.
    """
    place = _open_place(cohort, webinar, now)
    known = welcome(guests)
    _check_number(known, 0)
    key = _key_of(manager.email)
    values = {
        "cohort_id": place.id, "kind": "group", "title": "", "words": "",
        "form_token": once_key(form_token, key, *(guest.key for guest in known)),
        "inviter_name": manager.name, "inviter_email": manager.email, "organisation": manager.organisation,
        "language": manager.language, "created_at": now, "public_id": public_id(), "link_nonce": nonce(),
    }  # fmt: skip
    made = insert_new(InvitationList, values, "id")
    if made is None:
        return
    tries = [Try("group-network", network, GROUPS_PER_NETWORK), Try("group-manager", key, GROUPS_PER_MANAGER)]
    # Each of these people is mailed: nobody may have us write to hundreds of strangers (A08).
    tries += [Try("group-guests", network, GUESTS_PER_NETWORK)] * len(known)
    allowances.spend_each(tries, window=DAY, now=now)
    group = db.session.get_one(InvitationList, made.id)
    _invite(group, known, now)
    _mail_link(group, voice, now)
    audit.note(f"group:{group.id}", "group.signed_up", f"cohort:{place.id}", now=now, people=len(known))


def _open_place(cohort: str, webinar: str, now: datetime) -> Place:
    place = place_in(cohort, now)
    if place.webinar != webinar:
        raise NotFound()
    takes_groups = db.session.scalar(select(Cohort.takes_groups).where(Cohort.id == place.id))
    if not takes_groups or place.by_invitation:
        raise Conflict(_("This webinar takes no groups: please have everybody sign up herself."))
    if reason := closed_because(place.facts, now):
        raise Conflict(reason)
    return place


def _check_number(guests: Sequence[Guest], there: int) -> None:
    if not guests:
        raise Invalid("people", _("Write at least one person with an e-mail address."))
    if len(guests) + there > MOST_IN_GROUP:
        said = _(
            "A group has at most %(most)s people, and these are %(number)s. Take some out, or ask the organizer.",
            most=MOST_IN_GROUP,
            number=len(guests) + there,
        )
        raise Invalid("people", said)


def _key_of(address: str) -> str:
    try:
        return email_key(address)
    except ValueError as error:
        raise Invalid("email", str(error)) from error


def _invite(group: InvitationList, guests: Sequence[Guest], now: datetime) -> int:
    """Put them on her list, with a seat kept for each where the cohort does that."""
    hours = db.session.scalar(select(Cohort.group_hold_hours).where(Cohort.id == group.cohort_id))
    until = held_until(hours, now)
    new = invitations.add(group.id, group.cohort_id, guests, due_at=now, now=now, seat_until=until)
    if until is not None and new:
        at_the_end(_keep_seats, (group.cohort_id, new))
    return new


def _keep_seats(wishes: list[tuple[int, int]]) -> None:
    """Raises Conflict where not everybody would have one."""
    for cohort, seats in wishes:
        if not move_seats(cohort, seats):
            raise Conflict(_("There are not enough seats left for all of them. Sign up fewer people."))


def _mail_link(group: InvitationList, voice: Voice, now: datetime) -> None:
    cohort = db.session.get_one(Cohort, group.cohort_id)
    webinar = db.session.get_one(Webinar, cohort.webinar_id)
    people = select(func.count()).where(Invitation.list_id == group.id)
    words = voice.templates.render(
        "group_link",
        name=group.inviter_name,
        webinar=webinar.title,
        cohort=cohort.title,
        people=db.session.scalar(people) or 0,
        link=voice.links.group(group.id, group.link_nonce),
        organizer=cohort.organizer_name,
    )
    envelope = notices.Envelope(
        to_email=group.inviter_email, to_name=group.inviter_name,
        from_email=voice.sender or cohort.organizer_email, from_name=cohort.organizer_name,
        reply_to=cohort.organizer_email,
    )  # fmt: skip
    notices.write("group_link", envelope, words, now=now, key=f"group:{group.id}:{group.link_nonce}")


def held(tokens: Tokens, token: str) -> InvitationList:
    """The group whose manager's link this is, locked. Raises NotFound for an ended or invented one."""
    parts = tokens.read("group", token, (int, str))
    row = db.session.get(InvitationList, parts[0], with_for_update=True) if parts else None
    if parts is None or row is None or row.link_nonce != parts[1] or row.kind != "group" or row.ended_at:
        raise NotFound()
    return row


def add_people(tokens: Tokens, token: str, guests: Sequence[Guest], *, now: datetime) -> int:
    """Invite more people; those who are on her list already are left as they are. How many are new.

    Raises as `sign_up` does.
    """
    group = held(tokens, token)
    cohort = db.session.get_one(Cohort, group.cohort_id)
    webinar = db.session.get_one(Webinar, cohort.webinar_id)
    _open_place(cohort.public_id, webinar.slug, now)
    there = set(db.session.scalars(select(Invitation.email_key).where(Invitation.list_id == group.id)))
    known = welcome(guests)
    new = [guest for guest in known if guest.key not in there]
    if known and not new:
        return 0
    _check_number(new, len(there))
    number = _invite(group, new, now)
    audit.note(f"group:{group.id}", "group.added", f"cohort:{group.cohort_id}", now=now, people=number)
    return number


def remind(tokens: Tokens, token: str, *, now: datetime) -> int:
    """Have those written to again who have not answered, once a day and twice in all; how many. Raises NotFound."""
    group = held(tokens, token)
    number = invitations.remind(group.id, now=now)
    if number:
        audit.note(f"group:{group.id}", "group.reminded", f"cohort:{group.cohort_id}", now=now, people=number)
    return number


def withdraw(tokens: Tokens, token: str, invitation: str, *, now: datetime) -> None:
    """Take one invitation of hers back. Raises NotFound for anybody else's, Conflict for one that was taken up."""
    group = held(tokens, token)
    row = db.session.scalars(
        select(Invitation)
        .where(Invitation.public_id == invitation, Invitation.list_id == group.id)
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound()
    invitations.withdraw(row, actor=f"group:{group.id}", now=now)


def new_link(tokens: Tokens, token: str, *, voice: Voice, now: datetime) -> None:
    """End her link and mail her another one. Raises NotFound, TooMany."""
    _renew(held(tokens, token), voice, now)


def send_link_again(cohort: str, list_id: int, *, voice: Voice, actor: str, now: datetime) -> None:
    """The same for whoever has lost it, by the organizer. Raises NotFound, Conflict for a group that was ended."""
    group = invitations.of_list(cohort, list_id, "group")
    if group.ended_at is not None:
        raise Conflict("This group was ended, so it has no page any more.")
    _renew(group, voice, now)
    audit.note(actor, "group.link_sent", f"cohort:{group.cohort_id}", now=now, group=group.id)


def _renew(group: InvitationList, voice: Voice, now: datetime) -> None:
    key = _key_of(group.inviter_email)
    allowances.spend("group-manager", key, limit=GROUPS_PER_MANAGER, window=DAY, now=now)
    group.link_nonce = nonce()
    db.session.flush()
    _mail_link(group, voice, now)


def reminded_words(number: int) -> str:
    """What is said after a reminder was asked for."""
    if not number:
        said = _("Nobody can be reminded now: we write to each person at most once a day, and remind her twice.")
        return said
    return ngettext("One person gets a reminder.", "%(num)d people get a reminder.", number)
