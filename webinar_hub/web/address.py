"""Changing the address we write to: her wish, the proof from the new mailbox, the stop from the old one (A7)."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import changing as queries
from webinar_hub.queries import me
from webinar_hub.services import addresses
from webinar_hub.web import handed_in, visitor
from webinar_hub.web.current import links, network, voice
from webinar_hub.web.forms.changing import AddressForm

blueprint = Blueprint("address", __name__)


@blueprint.get("/my/address")
def form() -> Response:
    """Ask for the new address."""
    return _form_page(visitor.required(), AddressForm())


@blueprint.post("/my/address")
def ask() -> Response | Redirect:
    """Mail the question; what is said is the same whoever has that address (A20)."""
    person, filled = visitor.required(), AddressForm()
    if not filled.validate():
        return _form_page(person, filled, 400)
    try:
        with transaction():
            addresses.ask(
                person,
                filled.email.data or "",
                keeps_feed=not filled.new_feed.data,
                network=network(),
                voice=voice(),
                now=clock.now(),
            )
    except HubError as problem:
        filled.refuse(problem)
        return _form_page(person, filled, problem.status)
    flash(_("We have sent a mail to the new address. Nothing changes before its button is pressed."), "done")
    return redirect(url_for("preferences.page", _anchor="address"), 303)


@blueprint.post("/my/address/again")
def again() -> Redirect:
    """Mail the question once more."""
    person = visitor.required()
    with transaction():
        addresses.ask_again(person, network=network(), voice=voice(), now=clock.now())
    flash(_("The mail is on its way to the new address once more."), "done")
    return redirect(url_for("preferences.page", _anchor="address"), 303)


@blueprint.post("/my/address/take-back")
def take_back() -> Redirect:
    """Leave everything as it is."""
    person = visitor.required()
    with transaction():
        addresses.take_back(person, now=clock.now())
    flash(_("Your address stays what it is."), "done")
    return redirect(url_for("preferences.page", _anchor="address"), 303)


@blueprint.get("/address/<token>")
def enter(token: str) -> Redirect:
    """Take the token out of the address; nothing else happens by looking (A21)."""
    queries.proof(*handed_in.read("address", token), clock.now())
    handed_in.keep("address", token)
    return redirect(url_for("address.proof"), 303)


@blueprint.get("/address")
def proof() -> str:
    """What pressing the button does."""
    return render_template("web/address_proof.html", view=queries.proof(*handed_in.kept("address"), clock.now()))


@blueprint.post("/address")
def prove() -> Redirect:
    """Take the new address; this browser then knows her by it."""
    return _proven(merge=False)


@blueprint.post("/address/merge")
def merge() -> Redirect:
    """Take it, and put together what both addresses have here."""
    return _proven(merge=True)


def _proven(*, merge: bool) -> Redirect:
    wish, nonce = handed_in.kept("address")
    with transaction():
        hers = addresses.prove(wish, nonce, merge=merge, voice=voice(), now=clock.now())
    visitor.remember(hers.person, hers.link_nonce)
    flash(_("From now on we write to this address. Fresh invitations for your calendar are on their way."), "done")
    return redirect(url_for("me.page"), 303)


@blueprint.get("/address/stop/<token>")
def enter_stop(token: str) -> Redirect:
    """Take the token out of the address."""
    queries.stop(*handed_in.read("stop-address", token))
    handed_in.keep("stop-address", token)
    return redirect(url_for("address.confirm_stop"), 303)


@blueprint.get("/address/stop")
def confirm_stop() -> str:
    """What stopping it does."""
    return render_template("web/address_stop.html", view=queries.stop(*handed_in.kept("stop-address")))


@blueprint.post("/address/stop")
def stop() -> str:
    """Forget the wish, and end the links of whoever had it."""
    wish, nonce = handed_in.kept("stop-address")
    with transaction():
        addresses.stop(wish, nonce, now=clock.now())
    visitor.forget()
    return render_template("web/address_stop.html", view=None)


@blueprint.get("/address/undo/<token>")
def enter_undo(token: str) -> Redirect:
    """Take the token out of the address."""
    queries.undo(*handed_in.read("undo-address", token), clock.now())
    handed_in.keep("undo-address", token)
    return redirect(url_for("address.confirm_undo"), 303)


@blueprint.get("/address/undo")
def confirm_undo() -> str:
    """What putting the old address back does."""
    view = queries.undo(*handed_in.kept("undo-address"), clock.now())
    return render_template("web/address_undo.html", view=view)


@blueprint.post("/address/undo")
def undo() -> Redirect:
    """Put it back, and end the links of whoever changed it."""
    former, until = handed_in.kept("undo-address")
    with transaction():
        hers = addresses.undo(former, until, voice=voice(), now=clock.now())
    visitor.remember(hers.person, hers.link_nonce)
    flash(
        _("Your address is back. Every link of before has ended, and fresh invitations are on their way."), "done"
    )
    return redirect(url_for("me.page"), 303)


def _form_page(person: int, shown: AddressForm, status: int = 200) -> Response:
    view = me.person_view(person, links())
    return make_response(render_template("web/address_form.html", person=view, form=shown), status)
