"""Sign-up protection: what one cohort asks of addresses and browsers, and the alarms of all."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Invalid
from webinar_hub.queries import protection as queries
from webinar_hub.queries.protection import AlarmView, ProtectionForm
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.staff import Permission
from webinar_hub.services import alarms
from webinar_hub.services import protection as services
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web import watch
from webinar_hub.web.current import house
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("protection")

SWITCHES = {
    "": "As it is set for all",
    "never": "Never",
    "attack": "While it is under attack",
    "always": "Always",
}
HOUSE_SWITCHES = {switch: words for switch, words in SWITCHES.items() if switch}


@blueprint.get("/cohorts/<cohort>/protection")
@needs(Permission.SEE)
def page(cohort: str) -> str:
    """What is set."""
    return _form(cohort, queries.form_of(cohort))


@blueprint.post("/cohorts/<cohort>/protection")
@needs(Permission.SCHEDULE)
def save(cohort: str) -> Redirect | tuple[str, int]:
    """Keep it; whoever is asked already stays asked."""
    proves, switch = "proves_address" in request.form, request.form.get("proof_of_work", "")
    seen = request.form.get("version", type=int) or 0
    try:
        with transaction():
            services.change(cohort, proves, switch, seen=seen, actor=staff().actor, now=clock.now())
    except EditedMeanwhile as meanwhile:
        typed = ProtectionForm(proves, switch, queries.form_of(cohort).version)
        return _form(cohort, typed, meanwhile.message, stored=queries.form_of(cohort)), 409
    except Invalid as problem:
        return _form(cohort, ProtectionForm(proves, "", seen), problem.message), problem.status
    flash("Saved. It holds for whoever signs up from now on.", "done")
    return redirect(url_for(".page", cohort=cohort), 303)


@blueprint.post("/webinars/<webinar>/alarm/end")
@needs(Permission.SCHEDULE)
def end(webinar: str) -> Redirect:
    """Say that it is no attack (any more)."""
    with transaction():
        alarms.end(webinar, actor=staff().actor, now=clock.now())
    watch.forget()
    flash("Ended. For an hour nothing raises the alarm for this webinar again.", "done")
    return redirect(url_for("studio_today.page"), 303)


@blueprint.app_template_global("attacks")
def attacks() -> list[AlarmView]:
    """The webinars of hers that are under attack just now."""
    only = staff().webinars(Permission.SEE)
    return [alarm for alarm in queries.alarms(clock.now()) if only is None or alarm.webinar_id in only]


def _form(cohort: str, values: ProtectionForm, problem: str = "", stored: ProtectionForm | None = None) -> str:
    return render_template(
        "studio/protection/page.html", head=cohort_head(cohort), values=values, problem=problem, stored=stored,
        switches=SWITCHES, for_all=HOUSE_SWITCHES[house().proof_of_work],
    )  # fmt: skip
