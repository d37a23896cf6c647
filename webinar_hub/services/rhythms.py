"""Her rhythm: the hours at which she wants to be written to, and a pause without losing her place.

A pause belongs to the person, as her hours do: whoever is on holiday is so in every cohort. What belongs to her
place (a moved session, a cancellation) is written to her all the same.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, cast, exists, literal, select, update
from sqlalchemy.orm import aliased

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Invalid
from webinar_hub.core.inserts import insert_new, insert_selected
from webinar_hub.core.language import gettext as _
from webinar_hub.models import Delivery, Registration, Rhythm
from webinar_hub.rules.delivery import TOPICS, priority_of
from webinar_hub.rules.hours import AT_ITS_MOMENT, MIDNIGHT
from webinar_hub.services import audit, outbox

PAUSED_TOPICS = ("reminders", "bonuses", "news")
SHORTEST_WEEKS, LONGEST_WEEKS = 1, 8
_CATCH_UP = [
    "key", "kind", "registration_id", "state", "priority", "attempts", "created_at", "due_at",
]  # fmt: skip


def choose_hours(
    person: int,
    *,
    bonus_at: int | None,
    window: tuple[int, int] | None,
    weekdays_only: bool | None,
    now: datetime,
) -> None:
    """Set at which hours of her day she is written to, in minutes after midnight; None is as her cohorts have it.

    Raises Invalid for what no day has. What waits in the outbox already leaves as it was.
    """
    if bonus_at is not None and not AT_ITS_MOMENT <= bonus_at < MIDNIGHT:
        raise Invalid("bonus_at", _("Choose a time of day from the list."))
    if window is not None and not 0 <= window[0] < window[1] <= MIDNIGHT:
        raise Invalid("window", _("Choose hours of which the second is later than the first."))
    row = _row(person)
    row.bonus_at, row.weekdays_only = bonus_at, weekdays_only
    row.write_from, row.write_until = window or (None, None)
    audit.note(f"person:{person}", "hours.chosen", f"person:{person}", now=now, bonus_at=bonus_at, window=window)


def pause(person: int, weeks: int, topics: tuple[str, ...], *, now: datetime) -> datetime:
    """Let these topics rest for 1 to 8 weeks from now on, and until when that is; what waits of them is taken out.

    At its end one mail for each cohort tells of the bonuses that opened meanwhile. Raises Invalid.
    """
    if not SHORTEST_WEEKS <= weeks <= LONGEST_WEEKS:
        raise Invalid("weeks", _("Choose a pause of one to eight weeks."))
    if not topics or not set(topics) <= set(PAUSED_TOPICS):
        raise Invalid("topics", _("Choose what is to pause."))
    row, until = _row(person), now + timedelta(weeks=weeks)
    row.paused_at, row.paused_until = now, until
    row.pauses_reminders, row.pauses_bonuses, row.pauses_news = (each in topics for each in PAUSED_TOPICS)
    kinds = [kind for kind, topic in TOPICS.items() if topic in topics and kind != "catch_up"]
    outbox.cancel(Delivery.registration_id.in_(_places(person)), Delivery.kind.in_(kinds))
    if "bonuses" in topics:
        _catch_up_at(person, until, now)
    said = {"until": until.isoformat(), "topics": list(topics)}
    audit.note(f"person:{person}", "pause.begun", f"person:{person}", now=now, **said)
    return until


def resume(person: int, *, now: datetime) -> None:
    """End her pause, today; what opened meanwhile is told of at once. Without a pause nothing changes."""
    row = db.session.get(Rhythm, person)
    if row is None or row.paused_until is None or row.paused_until <= now:
        return
    row.paused_until = now
    if row.pauses_bonuses:
        _catch_up_at(person, now, now)
    audit.note(f"person:{person}", "pause.ended", f"person:{person}", now=now)


def _row(person: int) -> Rhythm:
    """Her row, locked; a first choice makes it."""
    insert_new(Rhythm, {"person_id": person}, "person_id")
    return db.session.scalars(select(Rhythm).where(Rhythm.person_id == person).with_for_update()).one()


def _places(person: int) -> Select[int]:
    return select(Registration.id).where(Registration.person_id == person)


def _catch_up_at(person: int, at: datetime, now: datetime) -> None:
    """One mail a cohort at the end of the pause: one that waits already is moved, so that two pauses make one."""
    waiting = Delivery.kind == "catch_up", Delivery.state == "queued"
    db.session.execute(
        update(Delivery)
        .where(Delivery.registration_id.in_(_places(person)), *waiting)
        .values(due_at=at)
        .execution_options(synchronize_session=False)
    )
    insert_selected(Delivery, _CATCH_UP, _new_catch_up(person, at, now))
    leave_work()


def _new_catch_up(person: int, at: datetime, now: datetime) -> Any:
    other, moment = aliased(Delivery), Delivery.due_at.type
    waits = exists().where(
        other.registration_id == Registration.id, other.kind == "catch_up", other.state == "queued"
    )
    key = literal("registration:") + cast(Registration.id, String) + literal(f":catch-up:{int(now.timestamp())}")
    return select(
        key, literal("catch_up"), Registration.id, literal("queued"), literal(priority_of("catch_up")), literal(0),
        literal(now, moment), literal(at, moment),
    ).where(Registration.person_id == person, Registration.state == "confirmed", ~waits)  # fmt: skip
