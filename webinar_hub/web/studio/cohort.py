"""A cohort's settings, its life from draft to archive, and another run like it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, HubError, NotFound
from webinar_hub.queries import clashes
from webinar_hub.queries import creating as queries
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.staff import Permission
from webinar_hub.services import cloning, cohorts
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web.current import links
from webinar_hub.web.forms.cohort_details import CohortForm, NewRunForm
from webinar_hub.web.forms.studio_form import number, typed
from webinar_hub.web.studio import drafting
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.difference import difference

blueprint = area("cohort")
blueprint.url_value_preprocessor(drafting.allow_long_texts)

Answer = tuple[str, int] | Redirect
# Seconds for each of the few requests of a try; whoever pressed the button waits for them.
LINK_PATIENCE = 3.0


class Step(NamedTuple):
    """A step in a cohort's life: what makes it, from which stages it can be made, and what is said then."""

    make: Callable[..., None]
    stages: tuple[str, ...]
    done: str


STEPS = {
    "publish": Step(cohorts.publish, ("draft",), "Published. Everybody can see it and sign up."),
    "unpublish": Step(cohorts.unpublish, ("open",), "It is a draft again. Nobody can see it."),
    "archive": Step(cohorts.archive, ("draft", "completed", "cancelled"), "Archived. It sends nothing more."),
    "bring-back": Step(cohorts.bring_back, ("archived",), "It is back where it was."),
}


@blueprint.app_template_filter("lead")
def lead(minutes: int) -> timedelta:
    """A stored distance as a length of time."""
    return timedelta(minutes=minutes)


@blueprint.get("/cohorts/<cohort>/ready")
@needs(Permission.SEE)
def ready(cohort: str) -> str:
    """What there is now, and what was set by default, each with the way to change it."""
    now = clock.now()
    view = queries.cohort_details(cohort, now)
    return render_template(
        "studio/cohort/ready.html", view=view, link=links().webinar(view.webinar.slug),
        clashes=clashes.of_cohort(cohort, now), steps=_steps(view),
    )  # fmt: skip


@blueprint.get("/cohorts/<cohort>/details")
@needs(Permission.SEE)
def page(cohort: str) -> Answer:
    """The settings as they are saved, or as a draft has them."""
    draft = drafting.taken_up(f"cohort:{cohort}")
    form = CohortForm(typed(draft.fields)) if draft else CohortForm.of(queries.cohort_details(cohort, clock.now()))
    return _page(cohort, form)


@blueprint.post("/cohorts/<cohort>/details")
@needs(Permission.SCHEDULE)
def save(cohort: str) -> Answer:
    """Save the settings; what is planned follows."""
    form, now = CohortForm(), clock.now()
    if request.form.get("do") == "check":
        return _page(cohort, form, answers=_answers(form.livestream_url.data or ""))
    if not form.validate():
        return _page(cohort, form, 400)
    zone = cohort_head(cohort).zone
    try:
        with transaction():
            wanted, seen = form.part(cohort, zone), number(form.version) or 0
            cohorts.change(cohort, wanted, form.messages(), seen=seen, actor=staff().actor, now=now)
            drafting.done(f"cohort:{cohort}")
    except HubError as problem:
        form.refuse(problem)
        if isinstance(problem, EditedMeanwhile):
            stored = CohortForm.of(queries.cohort_details(cohort, now))
            form.difference, form.version.data = difference(form, stored), stored.version.data
        return _page(cohort, form, problem.status)
    flash("Saved. What is sent from now on follows it.", "done")
    return redirect(url_for("studio_cohort.page", cohort=cohort), 303)


@blueprint.get("/cohorts/<cohort>/step/<step>")
@needs(Permission.SCHEDULE)
def confirm(cohort: str, step: str) -> str:
    """What a step in its life means; nothing happens before the button is pressed."""
    view = queries.cohort_details(cohort, clock.now())
    if step not in STEPS:
        raise NotFound()
    if step not in _steps(view):
        raise Conflict("That cannot be done with this cohort as it stands now. Open it again to see what can.")
    return render_template("studio/cohort/step.html", head=cohort_head(cohort), view=view, step=step)


@blueprint.post("/cohorts/<cohort>/step/<step>")
@needs(Permission.SCHEDULE)
def make(cohort: str, step: str) -> Answer:
    """Publish, take back, put away or bring back."""
    if step not in STEPS:
        raise NotFound()
    try:
        with transaction():
            STEPS[step].make(cohort, actor=staff().actor, now=clock.now())
    except HubError as problem:
        view = queries.cohort_details(cohort, clock.now())
        said: dict[str, Any] = {"head": cohort_head(cohort), "view": view, "step": step, "problem": problem.message}
        return render_template("studio/cohort/step.html", **said), problem.status
    flash(STEPS[step].done, "done")
    return redirect(url_for("studio_cohort.page", cohort=cohort), 303)


@blueprint.get("/cohorts/<cohort>/copy")
@needs(Permission.SCHEDULE)
def copy(cohort: str) -> str:
    """Another run like this one: from which day on?"""
    return render_template("studio/cohort/copy.html", head=cohort_head(cohort), form=NewRunForm())


@blueprint.post("/cohorts/<cohort>/copy")
@needs(Permission.SCHEDULE)
def save_copy(cohort: str) -> Answer:
    """Make the other run: a draft, with every date worked out."""
    form = NewRunForm()
    status = 400
    if form.validate():
        try:
            with transaction():
                made = cloning.clone_cohort(cohort, form.run(), actor=staff().actor, now=clock.now())
            return redirect(url_for("studio_cohort.ready", cohort=made.key), 303)
        except HubError as problem:
            form.refuse(problem)
            status = problem.status
    return render_template("studio/cohort/copy.html", head=cohort_head(cohort), form=form), status


def _answers(link: str) -> str:
    """What a livestream link says when it is asked, in plain words."""
    if not link.strip():
        return "There is no link to try yet."
    from webinar_hub.adapters.livestream.reachability import problem_with  # noqa: PLC0415  slow import

    problem = problem_with(link.strip(), timeout=LINK_PATIENCE)
    return f"{problem}." if problem else "It answers."


def _page(cohort: str, form: CohortForm, status: int = 200, answers: str = "") -> tuple[str, int]:
    now = clock.now()
    view = queries.cohort_details(cohort, now)
    name = f"cohort:{cohort}"
    page = render_template(
        "studio/cohort/page.html", head=cohort_head(cohort), view=view, form=form, steps=_steps(view),
        clashes=clashes.of_cohort(cohort, now), draft=drafting.kept(name), draft_form=name,
        answers=answers,
    )  # fmt: skip
    return page, status


def _steps(view: queries.CohortDetails) -> list[str]:
    return [name for name, step in STEPS.items() if view.stage in step.stages]
