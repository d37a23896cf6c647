"""One place of hers: giving it back, taking it again, and coming although her calendar said no."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import me as queries
from webinar_hub.rules.places import State
from webinar_hub.services import invite_replies, own_changes, registrations
from webinar_hub.web import visitor
from webinar_hub.web.current import house

blueprint = Blueprint("registration", __name__, url_prefix="/my/<registration>")


@blueprint.get("/cancel")
def confirm_cancel(registration: str) -> str:
    """Say what giving the place back means; nothing happens before the button is pressed."""
    view = queries.registration(visitor.required(), registration, clock.now())
    return render_template("web/cancel.html", view=view)


@blueprint.post("/cancel")
def cancel(registration: str) -> Redirect:
    """Give the place back."""
    person = visitor.required()
    with transaction():
        own_changes.cancel(person, registration, now=clock.now())
    return redirect(url_for("registration.confirm_cancel", registration=registration), 303)


@blueprint.post("/return")
def come_back(registration: str) -> Redirect:
    """Take the place again."""
    person = visitor.required()
    with transaction():
        asks = house().asks_for_bonuses
        state = registrations.come_back(person, registration, now=clock.now(), asks_for_bonuses=asks)
    flash(_came_back(state), "done")
    return redirect(url_for("me.page"), 303)


def _came_back(state: State) -> str:
    if state is State.CONFIRMED:
        return str(_("You have your place again. A fresh confirmation is on its way to you."))
    return str(_("Your sign-up is here again. Below you see where it stands."))


@blueprint.post("/coming/<session>")
def coming(registration: str, session: str) -> Redirect:
    """She comes to a session that her calendar has declined."""
    person = visitor.required()
    with transaction():
        invite_replies.change_mind(person, registration, session, now=clock.now())
    flash(_("Good, we expect you. Your calendar keeps its own answer until you change it there."), "done")
    return redirect(url_for("me.page"), 303)
