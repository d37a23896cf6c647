"""Writes the mails of invitations when they are due, some at a time; whom they are for is in `invitations.py`.

Whoever was named is mailed at most once a day by this, whichever lists she is on: what would be a second mail waits
for its day. Somebody who has a place or wants no invitations gets nothing, and whoever named her is not told so.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from webinar_hub.core.db import db
from webinar_hub.core.language import speaking
from webinar_hub.models import Cohort, Invitation, InvitationList, Person, Session, Webinar
from webinar_hub.rules.delivery import PRIORITIES
from webinar_hub.rules.invitation import APART, next_mail
from webinar_hub.services import invitations, notices
from webinar_hub.services.admission import move_seats
from webinar_hub.services.voice import Voice

AT_ONCE = 100
"""Mails in one transaction: composing them takes a few milliseconds each."""
NEWS = PRIORITIES["news"]
GROUP = PRIORITIES["reminder"]


@dataclass(frozen=True, slots=True)
class _About:
    """One invitation with all it belongs to."""

    invitation: Invitation
    list: InvitationList
    cohort: Cohort
    webinar: Webinar


@dataclass(frozen=True, slots=True)
class _Ahead:
    """The live sessions of a cohort that are not over."""

    first: datetime
    last_end: datetime
    number: int


def is_due(now: datetime) -> bool:
    """Whether there is anything to write, or a kept seat to let go; one statement."""
    due = select(Invitation.id).where(Invitation.due_at <= now).limit(1)
    ran_out = select(Invitation.id).where(Invitation.seat_until <= now).limit(1)
    return any(db.session.execute(select(due.scalar_subquery(), ran_out.scalar_subquery())).one())


def tell(voice: Voice, *, now: datetime) -> int:
    """Write what is due, at most a hundred mails, and let go of seats kept long enough; how many rows were due."""
    _let_seats_go(now)
    due = _due(now)
    if not due:
        return 0
    ahead = _ahead({about.cohort.id for about in due}, now)
    quiet = _quiet(due)
    languages = _languages({about.invitation.email_key for about in due})
    mailed = _mailed({about.invitation.email_key for about in due}, now)
    for about in due:
        row = about.invitation
        if about.cohort.id not in ahead or about.cohort.state != "open" or about.list.ended_at is not None:
            row.due_at = None
        elif row.email_key in mailed:
            row.due_at = mailed[row.email_key] + APART
        else:
            if row.id not in quiet:
                with speaking(languages.get(row.email_key, about.list.language)):
                    _write(voice, about, ahead[about.cohort.id], now)
                mailed[row.email_key] = now
            _note(about, now)
    db.session.flush()
    return len(due)


def _due(now: datetime) -> list[_About]:
    found = db.session.execute(
        select(Invitation, InvitationList, Cohort, Webinar)
        .join(InvitationList, InvitationList.id == Invitation.list_id)
        .join(Cohort, Cohort.id == Invitation.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Invitation.due_at <= now)
        .order_by(Invitation.due_at, Invitation.id)
        .limit(AT_ONCE)
        .with_for_update(of=Invitation, skip_locked=True)
    )
    return [_About(*row) for row in found]


def _ahead(cohorts: Collection[int], now: datetime) -> dict[int, _Ahead]:
    rows = db.session.execute(
        select(Session.cohort_id, func.min(Session.starts_at), func.max(Session.ends_at), func.count())
        .where(Session.cohort_id.in_(cohorts), Session.state == "scheduled", Session.ends_at > now)
        .group_by(Session.cohort_id)
    )
    return {row[0]: _Ahead(*row[1:]) for row in rows}


def _quiet(due: Collection[_About]) -> set[int]:
    """The ids of those that nothing is mailed about."""
    found: set[int] = set()
    for cohort in {about.cohort.id for about in due}:
        of_it = {about.invitation.id: about.invitation.email_key for about in due if about.cohort.id == cohort}
        keys = list(of_it.values())
        silent = invitations.placed(cohort, keys) | invitations.refused(cohort, keys)
        found |= {id_ for id_, key in of_it.items() if key in silent}
    return found


def _mailed(keys: Collection[str], now: datetime) -> dict[str, datetime]:
    """When each of these addresses was last written to, if that is less than a day ago."""
    rows = db.session.execute(
        select(Invitation.email_key, func.max(Invitation.mailed_at))
        .where(Invitation.email_key.in_(keys), Invitation.mailed_at > now - APART)
        .group_by(Invitation.email_key)
    )
    return {key: at for key, at in rows if at is not None}


def _languages(keys: Collection[str]) -> dict[str, str]:
    """In which language those of these addresses are written to who are known; the others as their list says."""
    rows = db.session.execute(select(Person.email_key, Person.language).where(Person.email_key.in_(keys)))
    return {row.email_key: row.language for row in rows}


def _note(about: _About, now: datetime) -> None:
    row = about.invitation
    row.mails, row.mailed_at = row.mails + 1, now
    row.due_at = next_mail(row.mails, about.list.remind_after_days, now)
    if row.state == "planned":
        row.state = "invited"


def _write(voice: Voice, about: _About, ahead: _Ahead, now: datetime) -> None:
    row, cohort = about.invitation, about.cohort
    kind = "group_invitation" if about.list.kind == "group" else "invitation"
    envelope = notices.Envelope(
        to_email=row.email, to_name=row.name,
        from_email=voice.sender or cohort.organizer_email, from_name=cohort.organizer_name,
        reply_to=cohort.organizer_email, unsubscribe_url=voice.links.no_invitations(row.id, row.nonce),
    )  # fmt: skip
    words = voice.templates.render(kind, **_facts(about, ahead), **_link_facts(voice, row))
    notices.write(
        kind, envelope, words, now=now, key=invitations.mail_key(row.id, row.mails + 1),
        expires_at=ahead.last_end, priority=GROUP if kind == "group_invitation" else NEWS,
    )  # fmt: skip


def _link_facts(voice: Voice, row: Invitation) -> Mapping[str, object]:
    return {
        "link": voice.links.invitation(row.id, row.nonce),
        "never": voice.links.no_invitations(row.id, row.nonce),
        "again": row.mails > 0,
    }


def _facts(about: _About, ahead: _Ahead) -> Mapping[str, object]:
    return {
        "name": about.invitation.name,
        "inviter": about.list.inviter_name,
        "organisation": about.list.organisation,
        "organizer": about.cohort.organizer_name,
        "webinar": about.webinar.title,
        "summary": about.webinar.summary,
        "cohort": about.cohort.title,
        "starts_at": ahead.first,
        "sessions": ahead.number,
        "zone": about.cohort.zone,
        "words": about.list.words,
        "seat_until": about.invitation.seat_until,
    }


def _let_seats_go(now: datetime) -> None:
    """A seat that was kept long enough is free again; the invitation itself stays good."""
    gone = db.session.execute(
        update(Invitation)
        .where(Invitation.seat_until <= now)
        .values(seat_until=None)
        .returning(Invitation.cohort_id)
        .execution_options(synchronize_session=False)
    ).scalars()
    for cohort, seats in sorted(Counter(gone).items()):
        move_seats(cohort, -seats)
