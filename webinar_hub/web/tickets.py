"""What somebody brings to the sign-up: the link of an invitation, or an access code in the address or the form."""

from dataclasses import replace
from datetime import datetime

from flask import request

from webinar_hub.queries import invitations as queries
from webinar_hub.queries.invitations import Invited
from webinar_hub.queries.views import CohortView
from webinar_hub.rules.access import LONGEST_CODE
from webinar_hub.rules.registration import closed_because
from webinar_hub.services.entering import Ticket
from webinar_hub.services.place_facts import place_in
from webinar_hub.services.registrations import SignUp
from webinar_hub.web.current import tokens
from webinar_hub.web.forms.sign_up import SignUpForm

LONGEST_TYPED = 2 * LONGEST_CODE


def code() -> str:
    """The code that was typed or stood in the link, as it is; "" for none."""
    return (request.form.get("code") or request.args.get("code") or "").strip()[:LONGEST_TYPED]


def ticket() -> Ticket:
    """What this request brings."""
    link = tokens().read("invitation", request.args.get("invitation", ""), (int, str))
    return Ticket(code(), (int(link[0]), str(link[1])) if link else None)


def with_ticket(wanted: SignUp) -> SignUp:
    """The sign-up with what she brings; as it is where she brings nothing."""
    brought = ticket()
    return replace(wanted, ticket=brought) if brought else wanted


def invited(cohort: str) -> Invited | None:
    """Whose invitation this request carries, if it is to this cohort; asks nothing where it carries none."""
    return queries.invited(ticket().invitation, cohort) if "invitation" in request.args else None


def filled_in(form: SignUpForm, cohort: str) -> SignUpForm:
    """The empty form with what an invitation says of her already; all of it is hers to change."""
    guest = invited(cohort)
    if guest is not None:
        form.name.data, form.email.data = guest.name, guest.email
    return form


def as_for(guest: Invited | None, cohort: CohortView, now: datetime) -> CohortView:
    """The cohort as its page is shown to her: the seat that is kept for her is not taken."""
    if guest is None or not guest.has_seat or cohort.seats_left != 0:
        return cohort
    facts = replace(place_in(cohort.public_id, now).facts, seats_left=1)
    return replace(cohort, seats_left=1, closed_because=closed_because(facts, now))
