"""What the page of an offer shows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Cohort, Person, Registration, Webinar
from webinar_hub.queries.cohorts import cohort_views
from webinar_hub.queries.views import CohortView
from webinar_hub.rules.places import State


@dataclass(frozen=True, slots=True)
class OfferView:
    """A registration that a seat was offered to; `is_open` says that it is held at this moment, until `until`.

    `zone` and `language` are hers.
    """

    webinar_title: str
    cohort: CohortView
    zone: str
    state: str
    until: datetime | None
    is_open: bool
    language: str


def offer_page(registration: int, nonce: str, now: datetime) -> OfferView:
    """Raises NotFound for every link but hers."""
    row = db.session.execute(
        select(Registration, Cohort, Webinar.title, Person.zone, Person.language)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.id == registration, Registration.nonce == nonce)
    ).first()
    if row is None:
        raise NotFound()
    hers, cohort, title, zone, language = row
    until = hers.offer_until
    is_open = hers.state == State.OFFERED and until is not None and until > now and cohort.state == "open"
    view = cohort_views([cohort], now)[cohort.id]
    return OfferView(title, view, zone, hers.state, until, is_open, language)
