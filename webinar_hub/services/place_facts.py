"""A cohort as whoever comes in finds it: what is asked of her, what is ahead, and whether there is room."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, func, or_, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import AskedQuestion, Cohort, Session, Webinar
from webinar_hub.rules.publishing import asks_credit
from webinar_hub.rules.registration import CohortFacts

CONFIRMATION_PAUSE = timedelta(minutes=10)

# What every sign-up asks is built once: building a statement takes longer than running it.
_OF_COHORT = (Session.cohort_id == Cohort.id) & (Session.state == "scheduled")
_PLACE = select(
    Cohort.id, Webinar.slug, Cohort.zone, Cohort.state, Cohort.enrolment_opens_at, Cohort.enrolment_closes_at,
    Cohort.capacity, Cohort.seats_taken, Cohort.has_waitlist, Cohort.needs_approval, Cohort.proves_address,
    Cohort.proof_of_work, Cohort.asks_credit, Webinar.credit,
    select(AskedQuestion.id).where(AskedQuestion.cohort_id == Cohort.id).exists().label("asks"),
    or_(Cohort.needs_code, Webinar.visibility == "invitation").label("by_invitation"),
    select(func.max(Session.ends_at)).where(_OF_COHORT).scalar_subquery().label("last_end"),
    select(func.max(Session.starts_at)).where(_OF_COHORT).scalar_subquery().label("last_start"),
    select(Session.id)
    .where(_OF_COHORT, Session.ends_at > bindparam("now"))
    .order_by(Session.starts_at)
    .limit(1)
    .scalar_subquery()
    .label("next_session"),
).join(Webinar, Webinar.id == Cohort.webinar_id).where(Cohort.public_id == bindparam("cohort"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """The cohort as the sign-up needs it; `by_invitation`: nobody comes in without an invitation or a code."""

    id: int
    webinar: str
    zone: str
    facts: CohortFacts
    next_session_id: int | None
    needs_approval: bool = False
    proves_address: bool = False
    proof_of_work: str = ""
    asks_questions: bool = False
    asks_credit: bool = False
    by_invitation: bool = False


def place_in(cohort: str, now: datetime) -> Place:
    """The cohort with this public id as a sign-up needs it. Raises NotFound."""
    row = db.session.connection().execute(_PLACE, {"cohort": cohort, "now": now}).first()
    if row is None or row.state == "draft":
        raise NotFound()
    facts = CohortFacts(
        state=row.state,
        enrolment_opens_at=row.enrolment_opens_at,
        enrolment_closes_at=row.enrolment_closes_at,
        last_end=row.last_end,
        seats_left=None if row.capacity is None else row.capacity - row.seats_taken,
        has_waitlist=row.has_waitlist,
        last_start=row.last_start,
    )
    asked = row.needs_approval, row.proves_address, row.proof_of_work
    credit = asks_credit(row.asks_credit, row.credit)
    return Place(row.id, row.slug, row.zone, facts, row.next_session, *asked, row.asks, credit, row.by_invitation)


def next_session(cohort: int, now: datetime) -> int | None:
    """The id of the session of a cohort that comes next or is under way."""
    found: int | None = db.session.scalar(
        select(Session.id)
        .where(Session.cohort_id == cohort, Session.state == "scheduled", Session.ends_at > now)
        .order_by(Session.starts_at)
        .limit(1)
    )
    return found


def step_of(now: datetime) -> int:
    """Confirmations are counted in steps of the pause, so that even two requests at once make one mail (A07)."""
    return int(now.timestamp() // CONFIRMATION_PAUSE.total_seconds())
