"""One place of hers: giving it back, taking it again, and which mails she wants."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import me as queries
from webinar_hub.services import invite_replies, preferences, registrations
from webinar_hub.web import visitor

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
        registrations.cancel(person, registration, now=clock.now())
    return redirect(url_for("registration.confirm_cancel", registration=registration), 303)


@blueprint.post("/return")
def come_back(registration: str) -> Redirect:
    """Take the place again."""
    person = visitor.required()
    with transaction():
        registrations.come_back(person, registration, now=clock.now())
    flash(_("You have your place again. A fresh confirmation is on its way to you."), "done")
    return redirect(url_for("me.page"), 303)


@blueprint.post("/coming/<session>")
def coming(registration: str, session: str) -> Redirect:
    """She comes to a session that her calendar has declined."""
    person = visitor.required()
    with transaction():
        invite_replies.change_mind(person, registration, session, now=clock.now())
    flash(_("Good, we expect you. Your calendar keeps its own answer until you change it there."), "done")
    return redirect(url_for("me.page"), 303)


@blueprint.post("/mail")
def choose_mail(registration: str) -> Redirect:
    """Keep or end reminders and bonus mails."""
    person = visitor.required()
    with transaction():
        preferences.choose_topics(
            person,
            registration,
            reminders="reminders" in request.form,
            bonuses="bonuses" in request.form,
            now=clock.now(),
        )
    flash(_("Saved: from now on you get only the mails you ticked."), "done")
    return redirect(url_for("me.page"), 303)
