"""What the pages of invitations and of groups do alike: they show where everybody stands, and end a list."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.queries import invitations as queries
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.invitation import STATES
from webinar_hub.services import invitations
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.studio.access import staff

_TEMPLATES = {"organizer": "studio/registering/invitations.html", "group": "studio/registering/groups.html"}


def shown(cohort: str, kind: str) -> str:
    """Every list of this kind, and everybody on them, or those who stand where she asks."""
    head, asked = cohort_head(cohort), request.args
    state = asked.get("state", "") if asked.get("state") in STATES else ""
    only, after = whole(asked.get("list")), whole(asked.get("after"))
    lines, further = queries.lines(head.id, kind, state=state, list_id=only, after=after or 0)
    return render_template(
        _TEMPLATES[kind], head=head, lists=queries.lists(head.id, kind), lines=lines, further=further, state=state,
        only=only, states=STATES,
    )  # fmt: skip


def asked_to_end(cohort: str, kind: str, list_id: int) -> str:
    """What ending a list means; nothing happens before the button is pressed."""
    head = cohort_head(cohort)
    line = queries.one_list(head.id, list_id, kind)
    return render_template("studio/registering/end_list.html", head=head, line=line, kind=kind)


def ended(cohort: str, kind: str, list_id: int) -> Redirect:
    """Take back whatever of it is not answered, and go to the others."""
    with transaction():
        number = invitations.end_list(cohort, list_id, kind, actor=staff().actor, now=clock.now())
    flash(f"Ended. {number:,} invitations were taken back.", "done")
    return redirect(url_for(".page", cohort=cohort), 303)
