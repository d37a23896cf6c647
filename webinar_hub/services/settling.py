"""What becomes of somebody who has just shown that her address is hers: the one place where that is decided."""

from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.language import gettext as _
from webinar_hub.models import Cohort, Registration
from webinar_hub.rules.places import State, Step, following
from webinar_hub.rules.registration import closed_because
from webinar_hub.services.admission import move_seats
from webinar_hub.services.registrations import confirm, place_in


def settle_in(row: Registration, *, now: datetime) -> str:
    """Give the registration, which is locked and unproven, its place and its confirmation.

    The reason why there is none for her, in words she reads; then nothing was changed. "" when she is in.
    """
    public = db.session.scalar(select(Cohort.public_id).where(Cohort.id == row.cohort_id)) or ""
    place = place_in(public, now)
    if reason := closed_because(place.facts, now):
        return reason
    if not move_seats(place.id, +1):
        return _("This cohort is full.")
    row.state = following(State(row.state), Step.PROVE, State.CONFIRMED)
    row.registered_at, row.cancelled_at = now, None
    db.session.flush()
    confirm(row.id, row.revision, place, now)
    return ""
