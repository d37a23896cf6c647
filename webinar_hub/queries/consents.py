"""What a person agreed to, and when she ended it: for herself, and for the staff who answer for it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.models import Cohort, Consent, Registration, Webinar


@dataclass(frozen=True, slots=True)
class ConsentView:
    """One box that was ticked. `about` is the webinar it belongs to, "" for all; `network` is mostly ""."""

    topic: str
    words: str
    page: str
    given_at: datetime
    withdrawn_at: datetime | None
    network: str
    about: str


def of_person(person: int) -> list[ConsentView]:
    """Every consent of hers, the newest first; one statement."""
    rows = db.session.execute(
        select(
            Consent.topic, Consent.words, Consent.page, Consent.given_at, Consent.withdrawn_at, Consent.network,
            Webinar.title,
        )
        .outerjoin(Registration, Registration.id == Consent.registration_id)
        .outerjoin(Cohort, Cohort.id == Registration.cohort_id)
        .outerjoin(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Consent.person_id == person)
        .order_by(Consent.given_at.desc(), Consent.id.desc())
    )  # fmt: skip
    return [ConsentView(*row[:6], row[6] or "") for row in rows]
