"""The groups that managers have signed up for a cohort: who they are, how far their people are, and their links."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.queries import invitations as queries
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.invitation import STATES
from webinar_hub.rules.staff import Permission
from webinar_hub.services import groups, invitations
from webinar_hub.web.current import voice
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("groups")

_GROUP = "/cohorts/<cohort>/groups/<int(max=2147483647):group>"


@blueprint.get("/cohorts/<cohort>/groups")
@needs(Permission.PEOPLE)
def page(cohort: str) -> str:
    """Every group, and everybody in them, or those who stand where she asks."""
    head, asked = cohort_head(cohort), request.args
    state = asked.get("state", "") if asked.get("state") in STATES else ""
    only, after = whole(asked.get("list")), whole(asked.get("after"))
    lines, further = queries.lines(head.id, "group", state=state, list_id=only, after=after or 0)
    return render_template(
        "studio/registering/groups.html", head=head, lists=queries.lists(head.id, "group"), lines=lines,
        further=further, state=state, only=only, states=STATES,
    )  # fmt: skip


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
    head = cohort_head(cohort)
    line = queries.one_list(head.id, group, "group")
    return render_template("studio/registering/end_list.html", head=head, line=line, kind="group")


@blueprint.post(f"{_GROUP}/end")
@needs(Permission.REGISTER)
def end(cohort: str, group: int) -> Redirect:
    """Take back whatever is not answered, and the manager's link."""
    with transaction():
        number = invitations.end_list(cohort, group, "group", actor=staff().actor, now=clock.now())
    flash(f"Ended. {number:,} invitations were taken back.", "done")
    return redirect(url_for("studio_groups.page", cohort=cohort), 303)
