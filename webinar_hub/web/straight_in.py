"""Somebody signs up when the session is about to begin: her browser may go in without waiting for the mail (A14).

It is the browser that signed up, for three hours, for this cohort, and only through the door: it opens no page of
hers. Whether the address was known makes no difference, and what is recorded says that nobody has shown whose it
is.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from flask import Blueprint, redirect, session
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock, metrics
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.language import gettext, noop
from webinar_hub.queries import protection
from webinar_hub.queries import public as queries
from webinar_hub.queries.views import CohortView, SessionView
from webinar_hub.rules.protection import DIRECT_LASTS, may_go_in_directly, works_first
from webinar_hub.services import joins
from webinar_hub.services.registrations import SignUp
from webinar_hub.web import headers
from webinar_hub.web.current import house

blueprint = Blueprint("straight_in", __name__, url_prefix="/w/<slug>")

_KEY = "came_in"
BY_MAIL = noop("Open the link in our mail: it leads into the session.")


@dataclass(frozen=True, slots=True)
class Came:
    """What this browser has just done: `asked` says that her address has to be shown to be hers first.

    `into` is the session it may go into without the mail, `is_open` whether its door is open.
    """

    asked: bool
    into: SessionView | None = None

    @property
    def is_open(self) -> bool:
        """Whether the button is there."""
        return self.into is not None and self.into.state in ("join_open", "live")


def remember(cohort: str, form: SignUp) -> None:
    """Keep in this browser's signed cookie that it has just signed up."""
    moment = int(clock.now().timestamp())
    session[_KEY] = [cohort, form.email, moment, bool(form.protection.worked), form.protection.attacked]


def came(cohort: CohortView) -> Came:
    """What the page of thanks has to say; it is the same whether the address was known or not."""
    own, mark = protection.of_cohort(cohort.public_id), _mark(cohort.public_id)
    asked = own.proves_address or (
        mark is not None
        and not mark.worked
        and works_first(own.proof_of_work, house().proof_of_work, attacked=mark.attacked)
    )
    coming = cohort.next_session
    # Where signing up may mean waiting, going in would tell whether the address that was typed has a seat (A20).
    if asked or mark is None or coming is None or not own.is_certain:
        return Came(asked)
    near = may_go_in_directly(coming.starts_at, coming.ends_at, clock.now())
    found = Came(asked, coming if near else None)
    if found.is_open:
        headers.allow_leaving_by_form(protection.link_of(coming.public_id))
    return found


class _Mark(NamedTuple):
    email: str
    worked: bool
    attacked: bool


def _mark(cohort: str) -> _Mark | None:
    """What this browser did a short while ago; None if it was nothing, or for another cohort."""
    match session.get(_KEY):
        case [str(known), str(email), int(moment), bool(worked), bool(attacked)] if known == cohort:
            began = datetime.fromtimestamp(moment, tz=UTC)
            if began <= clock.now() < began + DIRECT_LASTS:
                return _Mark(email, worked, attacked)
    return None


@blueprint.post("/thanks/<cohort>/join")
def join(slug: str, cohort: str) -> Redirect:
    """Record that somebody came by the browser that signed up, and lead on to the stream."""
    _, view = queries.sign_up_page(slug, cohort, clock.now())
    coming, mark = came(view).into, _mark(cohort)
    if coming is None or mark is None:
        raise Conflict(gettext(BY_MAIL))
    address = protection.link_of(coming.public_id)
    with transaction():
        try:
            joins.join_unproven(mark.email, coming.public_id, now=clock.now())
        except NotFound as nobody:
            raise Conflict(gettext(BY_MAIL)) from nobody
        if not address:
            raise Conflict(
                gettext("The organizer has not set the address of the stream yet. Try again in a minute.")
            )
    metrics.record_join()
    return redirect(address, 303)
