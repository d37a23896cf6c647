"""A published webinar from five fields (FEATURES B1): all the rest has a default that can be changed."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Invalid
from webinar_hub.models import Cohort, Session, Webinar
from webinar_hub.rules.cohort_file import (
    NO_CREDIT,
    CohortPart,
    MessagesPart,
    PresenterPart,
    SessionPart,
    WebinarPart,
)
from webinar_hub.rules.recurrence import weekly
from webinar_hub.rules.session import plain_title
from webinar_hub.rules.staff import Staff
from webinar_hub.rules.zones import MONTHS, NonexistentTime, to_utc
from webinar_hub.services import audit, cohorts, plan, sessions, webinars

# A second wish for exactly the same within this time is a finger that trembled.
ONCE_WITHIN = timedelta(minutes=1)
MESSAGES = MessagesPart(
    reminders=(),
    live=True,
    thank_you=True,
    thank_you_after=timedelta(hours=1),
    welcome_note="",
    thank_you_note="",
)
"""What is sent without being asked for, besides the reminders: those the owner chooses for all (rules/house.py)."""


@dataclass(frozen=True, slots=True)
class QuickWish:
    """The five fields, and how often: `starts` is the naive wall time of the first session in `zone`.

    `capacity` None means no limit. Days in `skip` are left out and make the run longer.
    """

    title: str
    starts: datetime
    zone: str
    minutes: int
    livestream_url: str
    capacity: int | None
    weeks: int = 1
    skip: frozenset[date] = frozenset()

    def walls(self) -> list[datetime]:
        """When its sessions are, as naive wall times."""
        return weekly(self.starts, self.weeks, self.skip)


def quick(
    wish: QuickWish,
    by: Staff,
    *,
    reminders: tuple[timedelta, ...],
    proves_address: bool = False,
    now: datetime,
) -> Cohort:
    """Create and publish; the organizer teaches, and is whom people answer to, until somebody else is named.

    `reminders` go out so long before each session, `proves_address` begins with double opt-in.
    Pressing the button twice is pressing it once.
    Raises Invalid for a time that does not exist or has passed.
    """
    walls = checked_walls(wish.walls(), wish.zone, now)
    known = just_made(wish, by, now)
    if known is not None:
        return known
    webinar = webinars.start(wish.title, now)
    webinars.write(webinar, _words(webinar.slug, wish.title))
    webinars.set_presenters(webinar, [PresenterPart(by.name, "", "", "", "", by.email)])
    cohort = start_cohort(webinar.id, f"{webinar.slug}-{month_key(wish.starts)}", now=now, state="open")
    part = replace(_settings(wish, cohort.key, by), proves_address=proves_address)
    cohorts.settle(cohort, part, replace(MESSAGES, reminders=reminders))
    for number, wall in enumerate(walls, start=1):
        title = wish.title if len(walls) == 1 else plain_title(number)
        each = SessionPart(f"week-{number}", title, "", wall, wish.minutes, wish.livestream_url or None, False)
        sessions.add(cohort, each, announce=False, actor=by.actor, now=now)
    plan.replan(cohort, now=now)
    audit.note(
        by.actor, "webinar.created", f"webinar:{webinar.id}", now=now,
        slug=webinar.slug, cohort=cohort.key, sessions=len(walls),
    )  # fmt: skip
    return cohort


def just_made(wish: QuickWish, by: Staff, now: datetime) -> Cohort | None:
    """The same wish of the same person, granted a moment ago."""
    same = (
        select(Cohort)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .join(Session, Session.cohort_id == Cohort.id)
        .where(
            Webinar.title == wish.title,
            Webinar.created_at > now - ONCE_WITHIN,
            Cohort.organizer_email == by.email,
            Session.wall_start == wish.walls()[0].isoformat(timespec="seconds"),
        )
    )
    return db.session.scalars(same.limit(1)).first()


def checked_walls(walls: list[datetime], zone: str, now: datetime, field: str = "starts") -> list[datetime]:
    """The wall times as they are. Raises Invalid, naming `field`, for one that does not exist or has passed."""
    try:
        instants = [to_utc(wall, zone) for wall in walls]
    except NonexistentTime as error:
        raise Invalid(field, str(error)) from error
    if instants and min(instants) <= now:
        raise Invalid(field, "This lies in the past. Is the year right?")
    return walls


def start_cohort(webinar_id: int, wanted_key: str, *, now: datetime, state: str = "draft") -> Cohort:
    """A new, empty cohort under this key or the next free one."""
    values = {
        "webinar_id": webinar_id, "title": "", "zone": "UTC", "state": state, "organizer_name": "",
        "organizer_email": "", "created_at": now,
    }  # fmt: skip
    return db.session.get_one(Cohort, webinars.insert_under_free_name(Cohort, "key", wanted_key, values))


def month_key(day: date) -> str:
    """The end of a cohort's key: "december-2026"."""
    return f"{MONTHS[day.month - 1].lower()}-{day.year}"


def month_words(day: date) -> str:
    """How a cohort is called when nobody called it anything: "December 2026"."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def _words(slug: str, title: str) -> WebinarPart:
    return WebinarPart(
        slug=slug, title=title, summary="", description="", audience="", level="", outcomes=(), agenda=(),
        credit=NO_CREDIT, faq=(), next_step=None,
    )  # fmt: skip


def _settings(wish: QuickWish, key: str, by: Staff) -> CohortPart:
    return CohortPart(
        key=key,
        title=month_words(wish.starts),
        zone=wish.zone,
        organizer_name=by.name,
        organizer_email=by.email,
        capacity=wish.capacity,
        enrolment_opens=None,
        enrolment_closes=None,
        late_join="all past drops",
        livestream_url=wish.livestream_url or None,
    )
