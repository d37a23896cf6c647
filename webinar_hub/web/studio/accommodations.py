"""What people of a cohort need to take part fully: who, until when, and the word that it is arranged."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, Invalid
from webinar_hub.queries import accommodations as queries
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.staff import Permission
from webinar_hub.services import accommodations
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("accommodations")


@blueprint.get("/cohorts/<cohort>/accommodations")
@needs(Permission.REGISTER)
def page(cohort: str) -> str:
    """What waits first, then what is arranged."""
    return _page(cohort)


@blueprint.post("/cohorts/<cohort>/accommodations/<int:wish>/arranged")
@needs(Permission.REGISTER)
def arranged(cohort: str, wish: int) -> ResponseReturnValue:
    """It is arranged: she is told in these words."""
    note = request.form.get("note", "")
    try:
        with transaction():
            accommodations.arrange(cohort, wish, note, by=staff().id, now=clock.now())
    except (Conflict, Invalid) as problem:
        return _page(cohort, problem.message, wish, note), problem.status
    flash("It is written down, and a mail tells her.", "done")
    return redirect(url_for(".page", cohort=cohort), 303)


def _page(cohort: str, problem: str = "", wish: int = 0, note: str = "") -> str:
    head, now = cohort_head(cohort), clock.now()
    return render_template(
        "studio/questions/accommodations.html", head=head, wishes=queries.of_cohort(head.id), now=now,
        problem=problem, typed={wish: note},
    )  # fmt: skip
