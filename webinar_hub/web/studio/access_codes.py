"""How people come into a cohort: who finds the webinar, whether a code is needed, and the codes themselves."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.queries import access as queries
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.staff import Permission
from webinar_hub.services import access_codes
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web.current import links
from webinar_hub.web.forms.invitations import AccessForm, CodeForm
from webinar_hub.web.forms.studio_form import number
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.difference import difference

blueprint = area("access_codes")

Answer = tuple[str, int] | Redirect
_CODE = "/cohorts/<cohort>/access/<int(max=2147483647):code>"


@blueprint.get("/cohorts/<cohort>/access")
@needs(Permission.REGISTER)
def page(cohort: str) -> Answer:
    """The settings and every code."""
    return _page(cohort)


@blueprint.post("/cohorts/<cohort>/access")
@needs(Permission.SCHEDULE)
def save(cohort: str) -> Answer:
    """Save who finds it and who may sign up."""
    form = AccessForm()
    if not form.validate():
        return _page(cohort, form=form, status=400)
    seen, seen_webinar = number(form.version) or 0, number(form.webinar_version) or 0
    try:
        with transaction():
            access_codes.settle(
                cohort, form.access(), seen=seen, seen_webinar=seen_webinar, actor=staff().actor, now=clock.now()
            )
    except EditedMeanwhile as problem:
        stored = AccessForm.of(queries.settings(cohort_head(cohort).id))
        form.refuse(problem)
        form.difference = difference(form, stored)
        form.version.data, form.webinar_version.data = stored.version.data, stored.webinar_version.data
        return _page(cohort, form=form, status=problem.status)
    flash("Saved. It holds from now on; whoever is registered stays so.", "done")
    return redirect(url_for("studio_access_codes.page", cohort=cohort), 303)


@blueprint.post("/cohorts/<cohort>/access/codes")
@needs(Permission.SCHEDULE)
def make(cohort: str) -> Answer:
    """Add a code."""
    form, status = CodeForm(), 400
    if form.validate():
        try:
            with transaction():
                wanted = form.wanted(cohort_head(cohort).zone)
                access_codes.make(cohort, wanted, actor=staff().actor, now=clock.now())
            flash("The code is ready: give it to those it is for.", "done")
            return redirect(url_for("studio_access_codes.page", cohort=cohort), 303)
        except HubError as problem:
            form.refuse(problem)
            status = problem.status
    return _page(cohort, new=form, status=status)


@blueprint.get(_CODE)
@needs(Permission.REGISTER)
def code(cohort: str, code: int) -> str:
    """One code, and who came in with it."""
    head = cohort_head(cohort)
    line, uses = queries.code(head.id, code, clock.now())
    return render_template("studio/registering/code.html", head=head, code=line, uses=uses)


@blueprint.get(f"{_CODE}/end")
@needs(Permission.SCHEDULE)
def confirm_end(cohort: str, code: int) -> str:
    """What ending a code means; nothing happens before the button is pressed."""
    head = cohort_head(cohort)
    line, _uses = queries.code(head.id, code, clock.now())
    return render_template("studio/registering/end_code.html", head=head, code=line)


@blueprint.post(f"{_CODE}/end")
@needs(Permission.SCHEDULE)
def end(cohort: str, code: int) -> Redirect:
    """Let nobody more in with it."""
    with transaction():
        access_codes.end(cohort, code, actor=staff().actor, now=clock.now())
    flash("The code is ended. Whoever came in with it stays.", "done")
    return redirect(url_for("studio_access_codes.page", cohort=cohort), 303)


def _page(
    cohort: str, form: AccessForm | None = None, new: CodeForm | None = None, status: int = 200
) -> tuple[str, int]:
    head = cohort_head(cohort)
    body = render_template(
        "studio/registering/access.html", head=head, form=form or AccessForm.of(queries.settings(head.id)),
        new=new or CodeForm(None), codes=queries.codes(head.id, clock.now()),
        link=links().webinar(head.webinar_slug),
    )  # fmt: skip
    return body, status
