"""One live session as calendars know it, and the UIDs of its entries; ics.py and calendar_links.py write them."""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from webinar_hub.core.language import gettext as _

LONGEST_UID = 255  # octets, RFC 7986 section 5.3

_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]+\Z")
_HOST = re.compile(r"[A-Za-z0-9.:\[\]-]+\Z")


@dataclass(frozen=True, slots=True)
class CalendarSession:
    """What every registrant's entry for one session shares: plain text as people typed it, moments in UTC.

    `url` is an https page without a personal secret, because people share their calendars.
    Raises ValueError for a moment without zone, or an end that is not after the start.
    """

    public_id: str
    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    url: str
    location: str
    organizer_name: str
    organizer_email: str
    revision: int
    created_at: datetime
    updated_at: datetime
    cancelled: bool

    def __post_init__(self) -> None:
        for moment in (self.starts_at, self.ends_at, self.created_at, self.updated_at):
            in_utc(moment)
        if self.ends_at <= self.starts_at:
            raise ValueError("a session ends after it starts")


class StoredSession(Protocol):
    """A session as it is stored (`models/session.py`)."""

    public_id: str
    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    revision: int
    created_at: datetime
    updated_at: datetime


def _title(session: str, webinar: str) -> str:
    """What is special about this hour first: a phone shows only the beginning. A webinar of one hour once."""
    return f"{session} · {webinar}" if session not in ("", webinar) else webinar


def of_stored(
    session: StoredSession, webinar_title: str, *, url: str, organizer: tuple[str, str], cancelled: bool
) -> CalendarSession:
    """A stored session as calendars show it; `organizer` is a name and the address answers go to."""
    organizer_name, organizer_email = organizer
    return CalendarSession(
        public_id=session.public_id,
        title=_title(session.title, webinar_title),
        description=session.summary,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        url=url,
        location=_("Online"),
        organizer_name=organizer_name,
        organizer_email=organizer_email,
        revision=session.revision,
        created_at=session.created_at,
        updated_at=session.updated_at,
        cancelled=cancelled,
    )


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One session in a download or a feed, under the UID and SEQUENCE its reader knows it by."""

    session: CalendarSession
    uid: str
    revision: int


def session_uid(session_public_id: str, registration_public_id: str, host: str) -> str:
    """The UID of one person's entry for one session: at most 255 octets, the same for life while `host` is.

    Raises ValueError for ids outside [A-Za-z0-9_-] or a host outside ASCII.
    """
    return _uid((session_public_id, registration_public_id), host)


def public_uid(session_public_id: str, host: str) -> str:
    """The UID of a session for readers who are not registered; limits and errors as in `session_uid`."""
    return _uid((session_public_id,), host)


def in_utc(moment: datetime) -> datetime:
    """The same instant in UTC; raises ValueError for a moment without zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment without zone names no instant")
    return moment.astimezone(UTC)


def _uid(ids: tuple[str, ...], host: str) -> str:
    if not all(_PUBLIC_ID.match(public_id) for public_id in ids) or not _HOST.match(host):
        raise ValueError(f"no UID can be made of {ids!r} and {host!r}")
    # A dot occurs in no id, so two different pairs never give the same UID.
    uid = f"{'.'.join(ids)}@{host.lower()}"
    return uid if len(uid) <= LONGEST_UID else hashlib.sha256(uid.encode()).hexdigest()
