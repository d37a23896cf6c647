"""The list of webinars with their cohorts, the way into the studio, and the way to a new webinar."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError, NotAllowed
from webinar_hub.queries import creating as details
from webinar_hub.queries import studio as queries
from webinar_hub.queries.feeds import feed_of
from webinar_hub.rules.staff import Permission, Staff
from webinar_hub.services import cloning, creating
from webinar_hub.web.current import house, links
from webinar_hub.web.forms.cohort_details import NewRunForm
from webinar_hub.web.forms.quick_create import QuickCreateForm
from webinar_hub.web.forms.studio_form import typed
from webinar_hub.web.studio import drafting
from webinar_hub.web.studio.access import may, needs, own_account, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.navigation import bar
from webinar_hub.web.studio.warnings import Warnings, warnings_about

blueprint = area("webinars")
blueprint.url_value_preprocessor(drafting.allow_long_texts)

DRAFT = "quick-create"


@blueprint.get("/")
@own_account
def home() -> Redirect:
    """To the first page of hers."""
    # Whoever has no role left, as her webinar is gone, still has an account.
    entries = bar()
    return redirect(url_for(entries[0].endpoint if entries else "studio_account.page"), 303)


@blueprint.get("/webinars")
@needs(Permission.SEE)
def page() -> str:
    """Every webinar she may see, with its cohorts."""
    lines = queries.webinars(staff().webinars(Permission.SEE), clock.now())
    return render_template(
        "studio/webinars/page.html",
        webinars=lines,
        feed=feed_of(staff().id, links()),
        may_create=staff().webinars(Permission.SCHEDULE) is None and may(Permission.SCHEDULE),
    )


@blueprint.get("/webinars/new")
@needs(Permission.SCHEDULE)
def new() -> str:
    """Five fields, filled with what was typed before if she takes that up."""
    who, draft = creator(), drafting.taken_up(DRAFT)
    form = QuickCreateForm(typed(draft.fields if draft else None), own_zone=house().home(who.zone))
    return _quick_page(form)[0]


@blueprint.post("/webinars/new")
@needs(Permission.SCHEDULE)
def create() -> Redirect | tuple[str, int]:
    """Publish it, after showing once what she may not have thought of: a holiday, a clash."""
    who, now = creator(), clock.now()
    form = QuickCreateForm(own_zone=house().home(who.zone))
    if not form.validate():
        return _quick_page(form, 400)
    try:
        wish = form.wish()
        warnings = warnings_about(wish, who, now, ticked=request.form.getlist("skip_day"))
        if warnings.digest and warnings.digest != form.seen.data:
            return _quick_page(form, 200, warnings)
        with transaction():
            cohort = creating.quick(
                warnings.wish, who, reminders=house().leads, proves_address=house().proves, now=now
            )
            drafting.done(DRAFT)
    except HubError as problem:
        form.refuse(problem)
        return _quick_page(form, problem.status)
    return redirect(url_for("studio_cohort.ready", cohort=cohort.key), 303)


@blueprint.get("/webinars/<webinar>/copy")
@needs(Permission.SCHEDULE)
def copy(webinar: str) -> str:
    """What a copy takes over, and from which day on."""
    creator()
    view = details.webinar_details(webinar)
    form = NewRunForm(None, title=f"{view.title} (copy)"[:150])
    return render_template("studio/webinars/copy.html", view=view, form=form)


@blueprint.post("/webinars/<webinar>/copy")
@needs(Permission.SCHEDULE)
def save_copy(webinar: str) -> Redirect | tuple[str, int]:
    """Make the copy: a draft, to be looked at before it is published."""
    who, form = creator(), NewRunForm()
    if form.validate():
        try:
            with transaction():
                title = form.title.data or details.webinar_details(webinar).title
                slug, key = cloning.clone_webinar(
                    webinar, title, form.run_without_title(), actor=who.actor, now=clock.now()
                )
            to = url_for("studio_cohort.ready", cohort=key) if key else url_for("studio_details.edit", webinar=slug)
            return redirect(to, 303)
        except HubError as problem:
            form.refuse(problem)
    view = details.webinar_details(webinar)
    return render_template("studio/webinars/copy.html", view=view, form=form), 400


def creator() -> Staff:
    """Who is signed in, if she may add a webinar. Raises NotAllowed for whoever has a role in single ones only."""
    who = staff()
    if who.webinars(Permission.SCHEDULE) is not None:
        raise NotAllowed("Your role is for single webinars. Whoever owns this installation can add one for you.")
    return who


def _quick_page(form: QuickCreateForm, status: int = 200, warnings: Warnings | None = None) -> tuple[str, int]:
    draft = drafting.kept(DRAFT)
    page = render_template(
        "studio/webinars/new.html", form=form, warnings=warnings, draft=draft, draft_form=DRAFT,
        zone=staff().zone, ticked=request.form.getlist("skip_day"),
    )  # fmt: skip
    return page, status
