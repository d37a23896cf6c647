"""What a cohort is set to about its places: how many, a line for them, who decides, until when one may change."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webinar_hub.core.errors import Conflict, Invalid
from webinar_hub.models import Cohort
from webinar_hub.rules.zones import NonexistentTime, to_utc
from webinar_hub.services import audit, places, sessions
from webinar_hub.services.cohorts import TooFewSeats
from webinar_hub.services.editing import edit

_KEPT = ("capacity", "has_waitlist", "offer_minutes", "needs_approval", "approval_again")


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """`capacity` None means no limit, `changes_close` (a wall time in the cohort's zone) None until the end."""

    capacity: int | None
    has_waitlist: bool
    offer_minutes: int
    needs_approval: bool
    approval_again: bool
    changes_close: datetime | None


def save(key: str, wanted: PlaceSettings, *, seen: int, actor: str, now: datetime) -> int:
    """Save an edit; more seats are offered at once to whoever waits: how many offers that were.

    Raises NotFound, EditedMeanwhile, TooFewSeats, Invalid for a time that does not exist, Conflict for a cohort
    that was cancelled.
    """
    cohort = sessions.find_cohort(key)
    edit(cohort, seen)
    if cohort.state == "cancelled":
        raise Conflict("This cohort was cancelled, and everybody has been told. Make a copy of it for a new run.")
    if wanted.capacity is not None and wanted.capacity < cohort.seats_taken:
        raise TooFewSeats(
            f"{cohort.seats_taken} seats are taken or held, so there cannot be {wanted.capacity}. "
            f"Write {cohort.seats_taken} or more."
        )
    before = _state(cohort)
    for name in _KEPT:
        setattr(cohort, name, getattr(wanted, name))
    try:
        closes = wanted.changes_close
        cohort.changes_close_at = None if closes is None else to_utc(closes, cohort.zone)
    except NonexistentTime as error:
        raise Invalid("changes_close", str(error)) from error
    audit.note(actor, "cohort.changed", f"cohort:{cohort.id}", now=now, **audit.difference(before, _state(cohort)))
    return places.release(cohort.id, now=now)


def _state(cohort: Cohort) -> dict[str, Any]:
    closes = cohort.changes_close_at
    kept = {name: getattr(cohort, name) for name in _KEPT}
    return kept | {"changes_close_at": closes.isoformat() if closes else None}
