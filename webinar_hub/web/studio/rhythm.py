"""A cohort's hours: when people are written to who have not chosen themselves, each by her own clock."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.queries.rhythm import cohort_hours
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.staff import Permission
from webinar_hub.services import cohorts
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web.forms.cohort_hours import HoursForm
from webinar_hub.web.forms.studio_form import number
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("rhythm")

Answer = tuple[str, int] | Redirect


@blueprint.get("/cohorts/<cohort>/registration/hours")
@needs(Permission.SEE)
def page(cohort: str) -> Answer:
    """The hours as they are saved."""
    return _page(cohort, HoursForm.of(cohort_hours(cohort)))


@blueprint.post("/cohorts/<cohort>/registration/hours")
@needs(Permission.MESSAGES)
def save(cohort: str) -> Answer:
    """Save them; what is due from now on follows."""
    form = HoursForm()
    if not form.validate():
        return _page(cohort, form, 400)
    try:
        with transaction():
            seen = number(form.version) or 0
            cohorts.change_hours(cohort, form.hours(), seen=seen, actor=staff().actor, now=clock.now())
    except HubError as problem:
        form.refuse(problem)
        if isinstance(problem, EditedMeanwhile):
            form.version.data = str(cohort_hours(cohort).version)
        return _page(cohort, form, problem.status)
    flash("Saved. What is due from now on follows it; what waits in the outbox leaves as it was.", "done")
    return redirect(url_for(".page", cohort=cohort), 303)


def _page(cohort: str, form: HoursForm, status: int = 200) -> tuple[str, int]:
    head, stored = cohort_head(cohort), cohort_hours(cohort)
    return render_template("studio/registering/hours.html", head=head, form=form, stored=stored), status
