"""May she come in? Decisions about a place in a cohort, from facts and `now`."""

from dataclasses import dataclass
from datetime import datetime

from webinar_hub.core.addresses import checked_address
from webinar_hub.core.language import gettext as _
from webinar_hub.rules.places import LAST_OFFER


@dataclass(frozen=True, slots=True)
class CohortFacts:
    """What decides about a sign-up; `last_start` and `last_end` are of the last scheduled session, or None."""

    state: str
    enrolment_opens_at: datetime | None
    enrolment_closes_at: datetime | None
    last_end: datetime | None
    seats_left: int | None
    has_waitlist: bool = False
    last_start: datetime | None = None

    @property
    def is_full(self) -> bool:
        """Whether every seat is taken."""
        return self.seats_left is not None and self.seats_left <= 0


def closed_because(cohort: CohortFacts, now: datetime) -> str:
    """Why nobody can sign up at the moment, in words for the page; "" when she can."""
    if cohort.state == "cancelled":
        return _("This cohort was cancelled.")
    if cohort.state == "draft":
        return _("Sign-up has not opened yet.")
    if cohort.last_end is None:
        return _("No session is scheduled at the moment.")
    if cohort.last_end <= now:
        return _("This cohort is over.")
    if cohort.enrolment_opens_at is not None and now < cohort.enrolment_opens_at:
        return _("Sign-up has not opened yet.")
    waits = cohort.is_full and _can_wait(cohort, now)
    if cohort.enrolment_closes_at is not None and now >= cohort.enrolment_closes_at and not waits:
        return _("Sign-up has closed.")
    if cohort.is_full and not waits:
        return _("This cohort is full.")
    return ""


def line_only(cohort: CohortFacts, now: datetime) -> bool:
    """Whether all she can have at the moment is a place in line: then the page is a form for the waitlist."""
    return not closed_because(cohort, now) and cohort.is_full


def _can_wait(cohort: CohortFacts, now: datetime) -> bool:
    """Whether there is a line, and time enough that somebody in it could still be offered a seat."""
    return cohort.has_waitlist and cohort.last_start is not None and cohort.last_start - now >= LAST_OFFER


def email_key(address: str) -> str:
    """The address as it is compared: one identity for a@X.example and A@x.EXAMPLE (A05).

    The domain is written in its ASCII form. Raises ValueError, in words for the form, for what is no address.
    """
    try:
        checked = checked_address(address, test_domains=True)
    except ValueError as error:
        raise ValueError(_("Write an e-mail address like name@example.com.")) from error
    return f"{checked.local_part}@{checked.ascii_domain}".lower()


def masked(address: str) -> str:
    """An address shown to somebody who may not be its owner: "a…@example.com"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
