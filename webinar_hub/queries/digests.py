"""Who gets the morning's digest, and what it would say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.models import Cohort, Delivery, DigestOff, Organizer, Registration
from webinar_hub.queries import today
from webinar_hub.queries.needs import Asked, Need, needs
from webinar_hub.queries.staff import as_staff
from webinar_hub.queries.today import ComingSession, Listed, Only, OpenTask, Unreached
from webinar_hub.rules.digest import key_of, morning_of
from webinar_hub.rules.staff import Permission, Staff

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Digest:
    """What an organizer is told in the morning: how many `came` in a day, the `sessions` of the coming one."""

    who: Staff
    key: str
    came: int
    sessions: Sequence[ComingSession]
    needs: Sequence[Need]
    tasks: Listed[OpenTask]
    unreached: Listed[Unreached]

    @property
    def says_something(self) -> bool:
        """Whether it is worth a mail."""
        return bool(self.came or self.sessions or self.needs or self.tasks.number or self.unreached.number)


def gets_digest(organizer: int) -> bool:
    """Whether she has not switched it off."""
    return db.session.get(DigestOff, organizer) is None


def due(now: datetime) -> list[Staff]:
    """For whom it is morning and who has not been written to yet; two statements, and memberships in one more."""
    organizers = db.session.scalars(
        select(Organizer)
        .where(Organizer.active, Organizer.id.not_in(select(DigestOff.organizer_id)))
        .order_by(Organizer.id)
    )
    mornings = {key_of(row.id, day): row for row in organizers if (day := morning_of(now, row.zone))}
    written = set(db.session.scalars(select(Delivery.key).where(Delivery.key.in_(mornings)))) if mornings else set()
    waiting = [as_staff(row) for key, row in mornings.items() if key not in written]
    return [who for who in waiting if who.may(Permission.SEE)]


def digest(who: Staff, now: datetime) -> Digest:
    """What there is to say; a fixed number of statements."""
    only, people = who.webinars(Permission.SEE), who.webinars(Permission.PEOPLE)
    sees_people, day = who.may(Permission.PEOPLE), morning_of(now, who.zone)
    return Digest(
        who,
        key_of(who.id, day or now.date()),
        _came(only, now - DAY),
        [session for session in today.coming_sessions(only, now, most=10) if session.starts_at < now + DAY],
        needs(Asked(only, now, who.zone, who.webinars(Permission.REGISTER))),
        today.open_tasks(people) if sees_people else today.NOBODY,
        today.unreached(people, now) if sees_people else today.NOBODY,
    )


def _came(only: Only, since: datetime) -> int:
    asked = select(func.count()).select_from(Registration).where(Registration.registered_at >= since)
    if only is not None:
        asked = asked.join(Cohort, Cohort.id == Registration.cohort_id).where(Cohort.webinar_id.in_(only))
    return db.session.scalar(asked) or 0
