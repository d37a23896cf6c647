"""The groups that managers have signed up for a cohort: who they are, how far their people are, and their links."""

from flask import flash, redirect, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.rules.staff import Permission
from webinar_hub.services import groups
from webinar_hub.web.current import voice
from webinar_hub.web.studio import guest_lists
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("groups")

_GROUP = "/cohorts/<cohort>/groups/<int(max=2147483647):group>"


@blueprint.get("/cohorts/<cohort>/groups")
@needs(Permission.PEOPLE)
def page(cohort: str) -> str:
    """Every group, and everybody in them, or those who stand where she asks."""
    return guest_lists.shown(cohort, "group")


@blueprint.post(f"{_GROUP}/link")
@needs(Permission.REGISTER)
def send_link(cohort: str, group: int) -> Redirect:
    """Mail the manager a new link; the old one ends."""
    with transaction():
        groups.send_link_again(cohort, group, voice=voice(), actor=staff().actor, now=clock.now())
    flash("A new link is on its way to her. The old one opens nothing any more.", "done")
    return redirect(url_for("studio_groups.page", cohort=cohort), 303)


@blueprint.get(f"{_GROUP}/end")
@needs(Permission.REGISTER)
def confirm_end(cohort: str, group: int) -> str:
    """What ending a group means; nothing happens before the button is pressed."""
    return guest_lists.asked_to_end(cohort, "group", group)


@blueprint.post(f"{_GROUP}/end")
@needs(Permission.REGISTER)
def end(cohort: str, group: int) -> Redirect:
    """Take back whatever is not answered, and the manager's link."""
    return guest_lists.ended(cohort, "group", group)
