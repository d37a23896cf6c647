"""Sessions as calendar entries: for mails' siblings on the web, which are downloads and the subscription."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.links import Links
from webinar_hub.core.return_address import ReturnAddress
from webinar_hub.core.tokens import Tokens
from webinar_hub.documents.calendar_session import (
    CalendarEntry,
    CalendarSession,
    of_stored,
    public_uid,
    session_uid,
)
from webinar_hub.documents.look import HOUSE_LOOK, Look, look_of
from webinar_hub.models import Cohort, Person, Registration, Session, Webinar
from webinar_hub.models.session_choice import has_opted_out, own_revision
from webinar_hub.queries.me import merged_into
from webinar_hub.rules.house import House


@dataclass(frozen=True, slots=True)
class Hub:
    """What mails and calendar entries need to know of the installation: `host` ends UIDs, `sender` may be "".

    `returns` is None where nothing that comes back is read. `from_name` and `reply_to` may be "", too.
    """

    links: Links
    host: str
    sender: str
    returns: ReturnAddress | None = None
    from_name: str = ""
    reply_to: str = ""
    look: Look = HOUSE_LOOK

    def of(self, house: House) -> "Hub":
        """The same as the owner has set it; a sender in the environment is the operator's and stays."""
        return replace(
            self,
            sender=self.sender or house.sender_address,
            from_name=house.sender_name,
            reply_to=house.reply_to,
            look=look_of(house),
        )


def calendar_session(session: Session, cohort: Cohort, webinar_title: str, hub: Hub) -> CalendarSession:
    """What every registrant's entry of a session shares; it holds no personal secret."""
    return of_stored(
        session,
        webinar_title,
        url=hub.links.session(session.public_id),
        organizer=(cohort.organizer_name, hub.sender or cohort.organizer_email),
        cancelled="cancelled" in (session.state, cohort.state),
    )


def public_cohort(cohort: str, hub: Hub) -> list[CalendarEntry]:
    """All sessions of a cohort for anybody's calendar. Raises NotFound."""
    return _public(session_rows().where(Cohort.public_id == cohort, Cohort.state != "draft"), hub)


def public_session(session: str, hub: Hub) -> list[CalendarEntry]:
    """One session for anybody's calendar. Raises NotFound."""
    return _public(session_rows().where(Session.public_id == session, Cohort.state != "draft"), hub)


def _public(statement: Any, hub: Hub) -> list[CalendarEntry]:
    entries = [
        CalendarEntry(
            session=calendar_session(session, cohort, title, hub),
            uid=public_uid(session.public_id, hub.host),
            revision=session.revision,
        )
        for session, cohort, title in db.session.execute(statement)
    ]
    if not entries:
        raise NotFound()
    return entries


def personal(person: int, hub: Hub, session: str | None = None) -> list[CalendarEntry]:
    """Her sessions, or the one with this public id, under the UIDs that her invites have.

    Sessions of a place she gave back are not hers any more (A49), nor are single dates she opted out of.
    """
    statement = (
        session_rows()
        .add_columns(Registration.public_id, Registration.revision + own_revision())
        .join(Registration, Registration.cohort_id == Cohort.id)
        .where(Registration.person_id == person, Registration.state == "confirmed", ~has_opted_out(Session.id))
    )
    if session is not None:
        statement = statement.where(Session.public_id == session)
    return [
        CalendarEntry(
            session=calendar_session(row, cohort, title, hub),
            uid=session_uid(row.public_id, registration, hub.host),
            revision=row.revision + own,
        )
        for row, cohort, title, registration, own in db.session.execute(statement)
    ]


def feed_owner(tokens: Tokens, token: str) -> tuple[int, str]:
    """Whose subscription this address is, and her language. Raises NotFound for an ended or invented one."""
    parts = tokens.read("feed", token, (int, str))
    if parts is None:
        raise NotFound()
    whose = select(Person.feed_nonce, Person.language, merged_into().label("kept")).where(Person.id == parts[0])
    row = db.session.execute(whose).first()
    if row is None or row.feed_nonce is None or row.feed_nonce != parts[1]:
        raise NotFound()
    return int(row.kept or parts[0]), row.language


def session_rows() -> Any:
    """Sessions in their order, each with its cohort and its webinar's title; to be narrowed."""
    return (
        select(Session, Cohort, Webinar.title)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .order_by(Session.starts_at, Session.id)
    )
