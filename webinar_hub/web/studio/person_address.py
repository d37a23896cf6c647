"""Setting a person's address right for her, with all that follows from it (FEATURES A7)."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.queries import people as lists
from webinar_hub.rules.staff import Permission
from webinar_hub.services import address_change
from webinar_hub.web.current import voice
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.person import demand_whole

blueprint = area("person_address")


@blueprint.get("/people/<int:person>/address")
@needs(Permission.REGISTER)
def page(person: int) -> str:
    """Ask for the right one, saying what follows."""
    demand_whole(person)
    return _page(person)


@blueprint.post("/people/<int:person>/address")
@needs(Permission.REGISTER)
def correct(person: int) -> Redirect | tuple[str, int]:
    """Set it right."""
    demand_whole(person)
    email, tells = request.form.get("email", ""), "tell" in request.form
    try:
        with transaction():
            address_change.correct(
                person, email, tell_old=tells, actor=staff().actor, voice=voice(), now=clock.now()
            )  # fmt: skip
    except HubError as problem:
        return _page(person, problem.message, email, tells=tells), problem.status
    flash("Her address is corrected. Fresh invitations are on their way to it.", "done")
    return redirect(url_for("studio_person.page", person=person), 303)


def _page(person: int, problem: str = "", email: str = "", *, tells: bool = True) -> str:
    return render_template(
        "studio/people/address.html", person=lists.one(person), problem=problem, email=email, tells=tells
    )  # fmt: skip
