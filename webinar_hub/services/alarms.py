"""Alarms: a webinar whose sign-up is under attack, raised by what is counted and ended by time or by the staff."""

from datetime import datetime

from sqlalchemy import case, func, literal, or_, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.inserts import insert_or_update
from webinar_hub.models import Alarm, Cohort, Registration, Webinar
from webinar_hub.rules.protection import LASTS, QUIET, WATCHED, Counters, attack
from webinar_hub.services import allowances, audit
from webinar_hub.services.allowances import Try


def watch(slug: str, refused: int, *, per_network: int, now: datetime) -> str:
    """Add `refused` tries to what is counted of a webinar, and raise the alarm if all of it is an attack.

    The reason in words, "" where there is none. `per_network` is how many may sign up from one network in an hour.
    """
    name = Try("refused", slug, 0).name
    if refused:
        refusals = allowances.count(name, refused, window=WATCHED, now=now)
    else:
        refusals, _ = allowances.counted(name, window=WATCHED, now=now)
    came = (
        select(func.count(Registration.id))
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Webinar.slug == slug, Registration.registered_at > now - WATCHED)
    )
    reason = attack(Counters(db.session.scalar(came) or 0, refusals), per_network=per_network)
    if reason:
        _raise(slug, reason, now)
    return reason


def _raise(slug: str, reason: str, now: datetime) -> None:
    moment = Alarm.until.type
    rows = select(
        Webinar.id.label("webinar_id"),
        literal(now, moment).label("began_at"),
        literal(now + LASTS, moment).label("until"),
        literal(reason).label("reason"),
    ).where(Webinar.slug == slug)
    change = {
        "until": now + LASTS,
        "reason": reason,
        "began_at": case((Alarm.until <= now, literal(now, moment)), else_=Alarm.began_at),
    }
    may = or_(Alarm.quiet_until.is_(None), Alarm.quiet_until <= now)
    db.session.execute(insert_or_update(Alarm, rows, ["webinar_id"], change, where=may))


def end(slug: str, *, actor: str, now: datetime) -> None:
    """Say that it is no attack (any more): for an hour nothing raises the alarm again. Raises NotFound."""
    row = db.session.scalars(
        select(Alarm).join(Webinar, Webinar.id == Alarm.webinar_id).where(Webinar.slug == slug).with_for_update()
    ).first()
    if row is None:
        raise NotFound()
    if row.until <= now:
        return
    row.until, row.quiet_until = now, now + QUIET
    audit.note(actor, "alarm.ended", f"webinar:{row.webinar_id}", now=now, reason=row.reason)
