"""What presenters are told of their own sessions (FEATURES B5): invites under UIDs of their own, and "you have 43".

Nobody calls this where a session changes: the worker compares what each presenter was told with what is, so it does
not matter which page, file or command moved a session or removed a name. A change waits for as long as it can be
undone; an invite that nobody has yet goes at once.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.documents.calendar_session import CalendarSession, of_stored, session_uid
from webinar_hub.models import Cohort, Delivery, Presenter, PresenterInvite, Session, Webinar
from webinar_hub.rules.zones import zone
from webinar_hub.services import notices
from webinar_hub.services.voice import Voice

UNDO = timedelta(minutes=10)
THE_DAY_BEFORE = timedelta(hours=24)
# Closer to the start than this, nobody needs to be told that it is tomorrow.
TOO_CLOSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _About:
    """A session with what it belongs to."""

    session: Session
    cohort: Cohort
    webinar: Webinar

    @property
    def takes_place(self) -> bool:
        return self.session.state == "scheduled" and self.cohort.state == "open" and not self.cohort.archived_at


def tell(voice: Voice, *, now: datetime) -> int:
    """Write whatever presenters have to be told by now; how many mails that is."""
    ahead = _ahead(now)
    teaching = _teaching({about.webinar.id for about in ahead})
    told = _told({about.session.id for about in ahead})
    mails = 0
    for about in ahead:
        invites = told.get(about.session.id, {})
        wanted = teaching.get(about.webinar.id, {}) if about.takes_place else {}
        for email, presenter in wanted.items():
            mails += _invite(voice, about, presenter, invites.get(email), now)
            mails += _the_day_before(voice, about, presenter, now)
        for email, invite in invites.items():
            if email not in wanted:
                mails += _take_back(voice, about, invite, now)
    return mails


def _ahead(now: datetime) -> list[_About]:
    found = db.session.execute(
        select(Session, Cohort, Webinar)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Session.ends_at > now)
        .order_by(Session.starts_at, Session.id)
    )
    return [_About(session, cohort, webinar) for session, cohort, webinar in found]


def _teaching(webinars: Collection[int]) -> dict[int, dict[str, Presenter]]:
    """Who has an address, by webinar and address."""
    found: dict[int, dict[str, Presenter]] = {}
    with_address = select(Presenter).where(Presenter.webinar_id.in_(webinars), Presenter.email != "")
    for presenter in db.session.scalars(with_address.order_by(Presenter.position)):
        found.setdefault(presenter.webinar_id, {}).setdefault(presenter.email.casefold(), presenter)
    return found


def _told(sessions: Collection[int]) -> dict[int, dict[str, PresenterInvite]]:
    found: dict[int, dict[str, PresenterInvite]] = {}
    for invite in db.session.scalars(select(PresenterInvite).where(PresenterInvite.session_id.in_(sessions))):
        found.setdefault(invite.session_id, {})[invite.email] = invite
    return found


def _invite(
    voice: Voice, about: _About, presenter: Presenter, invite: PresenterInvite | None, now: datetime
) -> bool:
    kind = "presenter_invite"
    if invite is None:
        invite = PresenterInvite(session_id=about.session.id, email=presenter.email.casefold(), revision=0)
        db.session.add(invite)
    elif _knows(invite, about.session, now):
        return False
    else:
        kind = "presenter_changed" if invite.state == "invited" else kind
        invite.revision += 1
    invite.state, invite.name, invite.told_at = "invited", presenter.name, now
    invite.session_revision = about.session.revision
    db.session.flush()
    _mail(voice, kind, about, invite, now, method="REQUEST", start=voice.links.start(*_key(presenter)))
    return True


def _knows(invite: PresenterInvite, session: Session, now: datetime) -> bool:
    """Whether there is nothing new to tell, or what is new can still be undone."""
    if invite.session_revision != session.revision:
        return session.updated_at + UNDO > now
    return invite.state == "invited"


def _take_back(voice: Voice, about: _About, invite: PresenterInvite, now: datetime) -> bool:
    """Its session does not take place any more, or she does not teach it any more."""
    is_cancelled = about.session.state == "cancelled"
    if invite.state != "invited" or (is_cancelled and about.session.updated_at + UNDO > now):
        return False
    invite.state, invite.told_at = "cancelled", now
    invite.revision += 1
    db.session.flush()
    _mail(voice, "presenter_cancelled", about, invite, now, method="CANCEL", removed=not is_cancelled)
    return True


def _the_day_before(voice: Voice, about: _About, presenter: Presenter, now: datetime) -> bool:
    starts_at = about.session.starts_at
    if not starts_at - THE_DAY_BEFORE <= now < starts_at - TOO_CLOSE:
        return False
    # A session that moves to another day is tomorrow once more.
    key = f"presenter:{about.session.id}:{presenter.id}:{starts_at:%Y%m%dT%H%MZ}:tomorrow"
    if db.session.scalar(select(Delivery.id).where(Delivery.key == key)) is not None:
        return False
    home = zone(about.cohort.zone)
    is_today = starts_at.astimezone(home).date() == now.astimezone(home).date()
    words = voice.templates.render(
        "presenter_tomorrow",
        **_facts(about, presenter.name),
        day="Today" if is_today else "Tomorrow",
        registered=about.cohort.seats_taken,
        start=voice.links.start(*_key(presenter)),
    )
    envelope = _envelope(voice, about, presenter.email, presenter.name)
    notices.write("presenter_tomorrow", envelope, words, now=now, key=key, expires_at=starts_at)
    return True


def _mail(
    voice: Voice,
    kind: str,
    about: _About,
    invite: PresenterInvite,
    now: datetime,
    *,
    method: Literal["REQUEST", "CANCEL"],
    start: str = "",
    removed: bool = False,
) -> None:
    from webinar_hub.documents.ics import shared_invite  # noqa: PLC0415  slow import

    said = shared_invite(_calendar(voice, about), method)
    uid = session_uid(about.session.public_id, invite.public_id, voice.host)
    calendar = said.for_attendee(
        uid=uid, name=invite.name, email=invite.email, revision=invite.revision, stamped_at=now
    )
    words = voice.templates.render(kind, **_facts(about, invite.name), start=start, removed=removed)
    envelope = _envelope(voice, about, invite.email, invite.name, calendar, method)
    notices.write(
        kind, envelope, words, now=now, key=f"presenter:{invite.public_id}:{invite.revision}",
        expires_at=about.session.ends_at,
    )  # fmt: skip


def _calendar(voice: Voice, about: _About) -> CalendarSession:
    session, cohort = about.session, about.cohort
    return of_stored(
        session,
        about.webinar.title,
        # No secret here: people share their calendars. What starts the session is in the mail.
        url=voice.links.session(session.public_id),
        organizer=(cohort.organizer_name, voice.sender or cohort.organizer_email),
        cancelled=session.state == "cancelled",
    )


def _facts(about: _About, name: str) -> dict[str, object]:
    return {
        "name": name,
        "webinar": about.webinar.title,
        "session": about.session.title,
        "starts_at": about.session.starts_at,
        "length": about.session.ends_at - about.session.starts_at,
        "zone": about.session.zone,
        "organizer": about.cohort.organizer_name,
    }


def _envelope(
    voice: Voice, about: _About, email: str, name: str, calendar: bytes | None = None, method: str | None = None
) -> notices.Envelope:
    cohort = about.cohort
    return notices.Envelope(
        to_email=email,
        to_name=name,
        from_email=voice.sender or cohort.organizer_email,
        from_name=cohort.organizer_name,
        reply_to=cohort.organizer_email,
        calendar=calendar,
        calendar_method=method,
    )


def _key(presenter: Presenter) -> tuple[int, str]:
    return presenter.id, presenter.link_nonce
