"""The page behind an invitation: what it is to, the way to say yes by the usual sign-up, and ways to say no."""

from flask import Blueprint, Response, make_response, render_template, request

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.queries import invitations as queries
from webinar_hub.services import invitations
from webinar_hub.web.current import tokens
from webinar_hub.web.other_sites import csrf

blueprint = Blueprint("invitations", __name__)


@blueprint.get("/invitation/<token>")
def page(token: str) -> Response:
    """What she is invited to; mail scanners may look as often as they like (A21)."""
    return _page(token)


@blueprint.post("/invitation/<token>/no")
def decline(token: str) -> Response:
    """She will not come, and is not asked again to this one."""
    with transaction():
        invitations.decline(tokens(), token, now=clock.now())
    return _page(token)


@blueprint.get("/invitation/<token>/never")
def never_page(token: str) -> Response:
    """One button that ends all invitations to her address."""
    return _page(token, "web/no_invitations.html")


# The token is the authority, and RFC 8058 section 3.2 sends no cookie; so another site can do no harm either.
@blueprint.post("/invitation/<token>/never")
@csrf.exempt
def never(token: str) -> Response:
    """She wants no invitations at all."""
    with transaction():
        invitations.never(tokens(), token, now=clock.now())
    if request.form.get("List-Unsubscribe") == "One-Click":
        return Response("You will get no more invitations.\n", mimetype="text/plain")
    return _page(token, "web/no_invitations.html")


@blueprint.post("/invitation/<token>/again")
def again(token: str) -> Response:
    """She takes invitations again."""
    with transaction():
        invitations.welcome_again(tokens(), token, now=clock.now())
    return _page(token)


def _page(token: str, template: str = "web/invitation.html") -> Response:
    view = queries.invitation(tokens(), token, clock.now())
    return make_response(render_template(template, view=view, token=token))
