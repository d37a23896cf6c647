"""What a cohort sends by itself: which reminders, whether "we are live" goes out, and what follows at the end."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Invalid, NotFound
from webinar_hub.models import Cohort
from webinar_hub.rules.message_plan import MOST_REMINDERS
from webinar_hub.services import audit, plan
from webinar_hub.services.editing import edit

LONGEST_LEAD = 60 * 24 * 60
"""Minutes: sixty days."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """`reminders` are minutes before each session; `thank_you` is minutes after the last one, None for none."""

    reminders: tuple[int, ...]
    live: bool
    thank_you: int | None


def change(cohort: str, wishes: Wishes, *, seen: int, actor: str, now: datetime) -> None:
    """Switch messages of a cohort on or off; what was sent stays. Raises Invalid, EditedMeanwhile, NotFound."""
    row = db.session.scalars(select(Cohort).where(Cohort.key == cohort).with_for_update()).first()
    if row is None:
        raise NotFound()
    reminders = sorted(set(wishes.reminders), reverse=True)
    if len(reminders) > MOST_REMINDERS or any(not 0 < lead <= LONGEST_LEAD for lead in reminders):
        raise Invalid("reminders", "Choose reminders from the list.")
    if wishes.thank_you is not None and not 0 <= wishes.thank_you <= LONGEST_LEAD:
        raise Invalid("thank_you", "Choose when the thank-you goes out from the list.")
    edit(row, seen)
    before = _told(row)
    row.reminder_minutes, row.announces_live, row.thank_you_minutes = reminders, wishes.live, wishes.thank_you
    plan.replan(row, now=now)
    audit.note(actor, "messages.switched", f"cohort:{row.id}", now=now, before=before, after=_told(row))


def _told(row: Cohort) -> dict[str, Any]:
    return {"reminders": row.reminder_minutes, "live": row.announces_live, "thank_you": row.thank_you_minutes}
