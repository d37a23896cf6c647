"""Which deliveries are meant, as conditions on Delivery: lists, counts and what is done to many use the same."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, select

from webinar_hub.models import Cohort, Delivery, Notice, Person, Registration

STATES = ("queued", "sending", "sent", "failed", "expired", "cancelled", "suppressed")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries; what is empty or None does not matter. `since` is the earliest moment they were due.

    `cohort` is a cohort's key, `email` an address as it is compared (`rules/registration.py`: email_key). With
    `webinars` only what goes to registrants of these is meant; mails to staff belong to none.
    """

    states: tuple[str, ...] = ()
    cohort: str = ""
    email: str = ""
    kind: str = ""
    since: datetime | None = None
    webinars: Collection[int] | None = None


def conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """The conditions, of which there are none where everything is meant."""
    found: list[ColumnElement[bool]] = []
    if wanted.states:
        found.append(Delivery.state.in_(wanted.states))
    if wanted.kind == "notice":
        # There is an index of these few.
        found.append(Delivery.notice_id.is_not(None))
    elif wanted.kind:
        found.append(Delivery.kind == wanted.kind)
    if wanted.since:
        found.append(Delivery.due_at >= wanted.since)
    if wanted.webinars is not None:
        theirs = select(Registration.id).join(Cohort, Cohort.id == Registration.cohort_id)
        found.append(Delivery.registration_id.in_(theirs.where(Cohort.webinar_id.in_(wanted.webinars))))
    if wanted.cohort:
        its = select(Registration.id).join(Cohort, Cohort.id == Registration.cohort_id)
        found.append(Delivery.registration_id.in_(its.where(Cohort.key == wanted.cohort)))
    if wanted.email:
        found.append(_to(wanted.email))
    return found


def _to(email: str) -> ColumnElement[bool]:
    hers = select(Registration.id).join(Person, Person.id == Registration.person_id)
    notices = select(Notice.id).where(Notice.to_email == email)
    return Delivery.registration_id.in_(hers.where(Person.email_key == email)) | Delivery.notice_id.in_(notices)


def retryable(wanted: Wanted, now: datetime) -> list[ColumnElement[bool]]:
    """Of those meant, what failed and can be sent without force (`rules/delivery_story.py`: retry_refusal)."""
    in_time = Delivery.expires_at.is_(None) | (Delivery.expires_at > now)
    return [*conditions(replace(wanted, states=("failed",))), in_time, Delivery.lease_token.is_(None)]
