"""What a webinar's page says, and who teaches: two forms that keep what is typed, and tell of others' changes."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.queries import creating as queries
from webinar_hub.rules.publishing import contact_words
from webinar_hub.rules.staff import Permission
from webinar_hub.services import webinars
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web.forms.studio_form import number, typed
from webinar_hub.web.forms.webinar_details import PresentersForm, WebinarForm
from webinar_hub.web.studio import drafting
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.difference import difference

blueprint = area("details")
blueprint.url_value_preprocessor(drafting.allow_long_texts)

Answer = tuple[str, int] | Redirect


@blueprint.get("/webinars/<webinar>/details")
@needs(Permission.SEE)
def edit(webinar: str) -> Answer:
    """The words as they are saved, or as a draft has them."""
    draft = drafting.taken_up(f"webinar:{webinar}")
    form = WebinarForm(typed(draft.fields)) if draft else WebinarForm.of(queries.webinar_details(webinar))
    return _words_page(webinar, form)


@blueprint.post("/webinars/<webinar>/details")
@needs(Permission.SCHEDULE)
def save(webinar: str) -> Answer:
    """Save the words, unless a row was to be added or somebody else was quicker."""
    form = WebinarForm()
    if form.do(request.form.get("do", "")):
        return _words_page(webinar, form)
    if not form.validate():
        return _words_page(webinar, form, 400)
    try:
        with transaction():
            seen = number(form.version) or 0
            webinars.change(webinar, form.part(webinar), seen=seen, actor=staff().actor, now=clock.now())
            drafting.done(f"webinar:{webinar}")
    except HubError as problem:
        form.refuse(problem)
        _compare(form, webinar, problem)
        return _words_page(webinar, form, problem.status)
    flash("Saved. The page of this webinar says so now.", "done")
    return redirect(url_for("studio_details.edit", webinar=webinar), 303)


@blueprint.get("/webinars/<webinar>/presenters")
@needs(Permission.SEE)
def presenters(webinar: str) -> Answer:
    """Everybody who teaches."""
    draft = drafting.taken_up(f"presenters:{webinar}")
    form = PresentersForm(typed(draft.fields)) if draft else PresentersForm.of(queries.webinar_details(webinar))
    return _presenters_page(webinar, form)


@blueprint.post("/webinars/<webinar>/presenters")
@needs(Permission.SCHEDULE)
def save_presenters(webinar: str) -> Answer:
    """Save who teaches: whoever is new with an address is invited, whoever is gone is told."""
    form = PresentersForm()
    if form.do(request.form.get("do", "")):
        return _presenters_page(webinar, form)
    if not form.validate():
        return _presenters_page(webinar, form, 400)
    leaving = _leaving(form, webinar)
    if leaving and request.form.get("agreed") != _named(leaving):
        return _presenters_page(webinar, form, leaving=leaving)
    try:
        with transaction():
            seen = number(form.version) or 0
            webinars.change_presenters(webinar, form.parts(), seen=seen, actor=staff().actor, now=clock.now())
            drafting.done(f"presenters:{webinar}")
    except HubError as problem:
        form.refuse(problem)
        _compare(form, webinar, problem)
        return _presenters_page(webinar, form, problem.status)
    flash("Saved. Presenters with an address get their invites in a minute.", "done")
    return redirect(url_for("studio_details.presenters", webinar=webinar), 303)


def _leaving(form: PresentersForm, webinar: str) -> list[queries.PresenterDetails]:
    """Whoever would be told that she does not teach any more: removed, or under another address from now on."""
    kept = {(id_, (part.email or "").casefold()) for id_, part in form.parts()}
    known = queries.webinar_details(webinar).presenters
    return [each for each in known if each.email and (each.id, each.email.casefold()) not in kept]


def _named(leaving: Sequence[queries.PresenterDetails]) -> str:
    return " ".join(each.email for each in leaving)


def _compare(form: WebinarForm | PresentersForm, webinar: str, problem: HubError) -> None:
    """Show both versions, and let the next press of the button save hers over the one she has seen now."""
    if isinstance(problem, EditedMeanwhile):
        stored = type(form).of(queries.webinar_details(webinar))
        form.difference = difference(form, stored)
        form.version.data = stored.version.data


def _words_page(webinar: str, form: WebinarForm, status: int = 200) -> tuple[str, int]:
    view = queries.webinar_details(webinar)
    form.offer_rows()
    page = render_template(
        "studio/webinars/details.html", view=view, form=form, draft_form=f"webinar:{webinar}",
        draft=drafting.kept(f"webinar:{webinar}"), contact=contact_words(view.contact_minutes),
        showing=request.form.get("do") == "show", zone=staff().zone,
    )  # fmt: skip
    return page, status


def _presenters_page(
    webinar: str, form: PresentersForm, status: int = 200, leaving: Sequence[queries.PresenterDetails] = ()
) -> tuple[str, int]:
    view = queries.webinar_details(webinar)
    form.offer_rows()
    page = render_template(
        "studio/webinars/presenters.html", view=view, form=form, draft_form=f"presenters:{webinar}",
        draft=drafting.kept(f"presenters:{webinar}"), zone=staff().zone, leaving=leaving, agreed=_named(leaving),
    )  # fmt: skip
    return page, status
