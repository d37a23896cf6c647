"""Everything she wants to be sent, chosen at once for all her places (FEATURES D10).

The number of statements is the same for one place as for three hundred.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from webinar_hub.core.db import db
from webinar_hub.models import AuditEntry, Delivery, Registration
from webinar_hub.rules.delivery import TOPICS
from webinar_hub.services import consents, outbox

_COLUMNS = {"reminders": Registration.reminders_off_at, "bonuses": Registration.bonuses_off_at}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What she ticked, by the public ids of her places; of a place that was not `shown` nothing changes."""

    shown: frozenset[str]
    reminders: frozenset[str]
    bonuses: frozenset[str]
    news: bool


def choose(person: int, wanted: Wanted, *, news_words: str, page: str, now: datetime) -> None:
    """Keep or end each of them; what is on its way of what she ends is taken out."""
    places = db.session.scalars(
        select(Registration)
        .where(Registration.person_id == person, Registration.public_id.in_(wanted.shown))
        .order_by(Registration.id)
        .with_for_update(key_share=True)
    ).all()
    bonuses = _switch("bonuses", places, wanted, now)
    changed = {place.id: place for place in (*_switch("reminders", places, wanted, now), *bonuses)}
    for kept in (True, False):
        some = [place.id for place in bonuses if (place.public_id in wanted.bonuses) is kept]
        consents.choose_bonuses(person, some, wanted=kept, page=page, now=now)
    if changed:
        # Registrants' entries are outside the chain, so they may go in without their ids being asked for.
        db.session.execute(insert(AuditEntry), [_entry(place, wanted, now) for place in changed.values()])
    consents.choose_news(person, wanted=wanted.news, words=news_words, page=page, now=now)


def _switch(topic: str, places: Sequence[Registration], wanted: Wanted, now: datetime) -> list[Registration]:
    """Those in which this topic is on or off from now on, and was not."""
    column: Any = _COLUMNS[topic]
    kept: frozenset[str] = getattr(wanted, topic)
    on = [p for p in places if p.public_id in kept and getattr(p, column.key) is not None]
    off = [p for p in places if p.public_id not in kept and getattr(p, column.key) is None]
    for some, moment in ((on, None), (off, now)):
        if some:
            which = update(Registration).where(Registration.id.in_([place.id for place in some]))
            db.session.execute(which.values({column.key: moment}), execution_options={"synchronize_session": False})
    if off:
        kinds = [kind for kind, of in TOPICS.items() if of == topic]
        outbox.cancel(Delivery.registration_id.in_([place.id for place in off]), Delivery.kind.in_(kinds))
    return on + off


def _entry(place: Registration, wanted: Wanted, now: datetime) -> dict[str, Any]:
    said = {"reminders": place.public_id in wanted.reminders, "bonuses": place.public_id in wanted.bonuses}
    actor = f"person:{place.person_id}"
    subject = f"registration:{place.id}"
    return {"at": now, "actor": actor, "action": "topics.chosen", "subject": subject, "detail": said}
