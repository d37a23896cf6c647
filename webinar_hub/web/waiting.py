"""A seat that is held for her, and the line before it: the page behind the mail's link, the buttons on her own."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import offers as queries
from webinar_hub.services import registrations, settling
from webinar_hub.web import handed_in, visitor
from webinar_hub.web.other_sites import csrf

blueprint = Blueprint("waiting", __name__)


@blueprint.get("/offer/<token>")
def offer(token: str) -> str:
    """What is held for her and until when, with two buttons; mail scanners may look as often as they like (A21)."""
    registration, nonce = handed_in.read("offer", token)
    view = queries.offer_page(registration, nonce, clock.now())
    visitor.speaks(view.language)
    return render_template("web/offer.html", view=view)


# The token is the authority, as it is for unsubscribing; so another site can do no harm either.
@blueprint.post("/offer/<token>")
@csrf.exempt
def answer(token: str) -> Response:
    """Accept or decline; a late answer changes nothing but what the clock would have changed."""
    registration, nonce = handed_in.read("offer", token)
    said, now = request.form.get("answer"), clock.now()
    if said in ("yes", "no"):
        with transaction():
            row = settling.offered(registration, nonce)
            done = settling.accept(row, now=now) if said == "yes" else settling.decline_offer(row, now=now)
            said = said if done else "late"
    view = queries.offer_page(registration, nonce, now)
    visitor.speaks(view.language)
    return make_response(render_template("web/offer.html", view=view, answer=said), 409 if said == "late" else 200)


@blueprint.post("/my/<registration>/seat/accept")
def accept(registration: str) -> Redirect:
    """Take the seat, on her own page."""
    person, now = visitor.required(), clock.now()
    with transaction():
        took = settling.accept(registrations.hers(person, registration), now=now)
    done = _("The seat is yours. Your confirmation is on its way to you.")
    flash(done if took else _("This seat is no longer held for you: the time for an answer is over."), "done")
    return redirect(url_for("me.page"), 303)


@blueprint.post("/my/<registration>/seat/decline")
def decline(registration: str) -> Redirect:
    """Let it go, on her own page."""
    person, now = visitor.required(), clock.now()
    with transaction():
        settling.decline_offer(registrations.hers(person, registration), now=now)
    flash(_("Thank you for telling us: the next person on the waitlist is asked at once."), "done")
    return redirect(url_for("me.page"), 303)


@blueprint.post("/my/<registration>/line/leave")
def leave(registration: str) -> Redirect:
    """Leave the waitlist, or take a sign-up back that waits for a decision."""
    person = visitor.required()
    with transaction():
        registrations.cancel(person, registration, now=clock.now())
    flash(_("Done: you wait for nothing any more. If that was a slip, you can come back below."), "done")
    return redirect(url_for("me.page"), 303)
