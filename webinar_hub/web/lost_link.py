"""Sends somebody her link again; the answer is the same whether we know her or not (A20)."""

from flask import Blueprint, Response, make_response, render_template, request

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.services import lost_link
from webinar_hub.web.forms.lost_link import LostLinkForm
from webinar_hub.web.rate_limits import by_network

blueprint = Blueprint("lost_link", __name__)


@blueprint.get("/lost-link")
def form() -> str:
    """Ask for the address."""
    return render_template("web/lost_link.html", form=LostLinkForm(), left="left" in request.args)


@blueprint.post("/lost-link")
@by_network("60 per hour")
def send() -> Response:
    """Mail the link if there is one, and say the same in any case."""
    filled = LostLinkForm()
    if not filled.validate():
        return make_response(render_template("web/lost_link.html", form=filled), 400)
    with transaction():
        lost_link.send(filled.email.data or "", now=clock.now())
    return make_response(render_template("web/lost_link.html", form=filled, sent=True))
