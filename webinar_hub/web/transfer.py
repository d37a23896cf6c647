"""Handing a seat on: her offer, and the page on which the colleague takes it, or does not (A7)."""

import secrets

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import changing as queries
from webinar_hub.queries import me
from webinar_hub.services import taking_over, transfers
from webinar_hub.web import handed_in, visitor
from webinar_hub.web.current import network, voice
from webinar_hub.web.forms.changing import HandOnForm, TakeSeatForm

blueprint = Blueprint("transfer", __name__)


@blueprint.get("/my/<registration>/transfer")
def form(registration: str) -> Response:
    """Ask who is to have the seat, or say to whom it is offered."""
    return _form_page(registration, HandOnForm())


@blueprint.post("/my/<registration>/transfer")
def offer(registration: str) -> Response | Redirect:
    """Mail the question to the colleague."""
    person, filled = visitor.required(), HandOnForm()
    if not filled.validate():
        return _form_page(registration, filled, 400)
    wanted = transfers.Offer(filled.clean_name, filled.email.data or "", (filled.form_token.data or "")[:32])
    try:
        with transaction():
            transfers.offer(person, registration, wanted, network=network(), voice=voice(), now=clock.now())
    except HubError as problem:
        filled.refuse(problem)
        return _form_page(registration, filled, problem.status)
    return redirect(url_for("transfer.form", registration=registration), 303)


@blueprint.post("/my/<registration>/transfer/take-back")
def take_back(registration: str) -> Redirect:
    """End the offer; she keeps her seat."""
    person = visitor.required()
    with transaction():
        transfers.take_back(person, registration, now=clock.now())
    flash(_("You keep your seat; the link in our mail to your colleague no longer works."), "done")
    return redirect(url_for("me.page"), 303)


@blueprint.get("/transfer/<token>")
def enter(token: str) -> Redirect:
    """Take the token out of the address; nothing else happens by looking (A21)."""
    queries.offered_seat(*handed_in.read("transfer", token), clock.now())
    handed_in.keep("transfer", token)
    return redirect(url_for("transfer.page"), 303)


@blueprint.get("/transfer")
def page() -> Response:
    """What she is offered, and the few things we need to know of her."""
    return _offer_page()


@blueprint.post("/transfer")
def accept() -> Response | Redirect:
    """Move the seat; this browser then knows her."""
    transfer, nonce = handed_in.kept("transfer")
    filled = TakeSeatForm(queries.offered_seat(transfer, nonce, clock.now()).zone)
    if not filled.validate():
        return _offer_page(filled, 400)
    said = taking_over.Acceptance(
        filled.clean_name,
        filled.profession.data or "",
        filled.zone.data or "",
        filled.words_of(filled.news) or "",
        request.path,
        filled.words_of(filled.bonuses),
    )
    try:
        with transaction():
            taken = taking_over.accept(transfer, nonce, said, voice=voice(), now=clock.now())
    except HubError as problem:
        filled.refuse(problem)
        return _offer_page(filled, problem.status)
    visitor.remember(taken.person, taken.link_nonce)
    flash(_("The seat is yours. Your confirmation and the entries for your calendar are on their way."), "done")
    if taken.is_asked:
        return redirect(url_for("answers.page", registration=taken.registration), 303)
    return redirect(url_for("me.page"), 303)


@blueprint.post("/transfer/decline")
def decline() -> str:
    """Say no, kindly."""
    transfer, nonce = handed_in.kept("transfer")
    with transaction():
        transfers.decline(transfer, nonce, voice=voice(), now=clock.now())
    return render_template("web/transfer_declined.html")


def _form_page(registration: str, shown: HandOnForm, status: int = 200) -> Response:
    now = clock.now()
    view = me.registration(visitor.required(), registration, now)
    shown.form_token.data = shown.form_token.data or secrets.token_urlsafe(16)
    return make_response(render_template("web/transfer_form.html", view=view, form=shown), status)


def _offer_page(shown: TakeSeatForm | None = None, status: int = 200) -> Response:
    view = queries.offered_seat(*handed_in.kept("transfer"), clock.now())
    form = shown or TakeSeatForm(view.zone, name=view.name)
    return make_response(render_template("web/transfer_offer.html", view=view, form=form), status)
