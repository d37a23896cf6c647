"""A manager signs up her people; behind her own link she sees how far they are, and what she can do."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError, NotFound, TooMany
from webinar_hub.core.language import current, ngettext
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import invitations as queries
from webinar_hub.queries import public
from webinar_hub.queries.views import CohortView, WebinarView
from webinar_hub.services import groups
from webinar_hub.web.current import network, tokens, voice
from webinar_hub.web.forms.group import GroupForm, PeopleForm
from webinar_hub.web.other_sites import csrf

blueprint = Blueprint("groups", __name__)

_SIGN_UP = "/w/<slug>/group/<cohort>"


@blueprint.get(_SIGN_UP)
def form(slug: str, cohort: str) -> Response:
    """Who she is, and whom she signs up."""
    return _form_page(_about(slug, cohort), GroupForm())


# The form carries the token itself and answers kindly, with everything typed kept.
@blueprint.post(_SIGN_UP)
@csrf.exempt
def check(slug: str, cohort: str) -> Response:
    """What was understood of every line; nobody is written to yet."""
    about, filled = _about(slug, cohort), GroupForm()
    if not filled.understand() or "change" in request.form:
        return _form_page(about, filled, 200 if "change" in request.form else 400)
    return make_response(render_template("web/group_check.html", view=about[0], cohort=about[1], form=filled))


@blueprint.post(f"{_SIGN_UP}/send")
@csrf.exempt
def send(slug: str, cohort: str) -> Response | Redirect:
    """Invite them. The same form again changes nothing; what a robot filled in is thanked and forgotten."""
    about, filled = _about(slug, cohort), GroupForm()
    if request.form.get("leave_empty"):
        return redirect(url_for("groups.sent", slug=slug, cohort=cohort), 303)
    if not filled.understand():
        return _form_page(about, filled, 400)
    try:
        with transaction():
            groups.sign_up(
                cohort, filled.manager(current()), filled.guests, form_token=filled.form_token.data,
                webinar=slug, voice=voice(), network=network(), now=clock.now(),
            )  # fmt: skip
    except HubError as problem:
        return _refused(about, filled, problem)
    flash(filled.email.data or "", "group_sent")
    return redirect(url_for("groups.sent", slug=slug, cohort=cohort), 303)


@blueprint.get(f"{_SIGN_UP}/sent")
def sent(slug: str, cohort: str) -> str:
    """What happens next."""
    view, cohort_view = _about(slug, cohort)
    return render_template("web/group_sent.html", view=view, cohort=cohort_view)


@blueprint.get("/group/<token>")
def page(token: str) -> str:
    """How far her people are."""
    return render_template("web/group.html", view=_group(token), token=token, form=PeopleForm())


@blueprint.post("/group/<token>/people")
def look_at_more(token: str) -> Response:
    """What was understood of those she wants to add."""
    view, filled = _group(token), PeopleForm()
    if not filled.understand():
        return make_response(render_template("web/group.html", view=view, token=token, form=filled), 400)
    return make_response(render_template("web/group_more.html", view=view, token=token, form=filled))


@blueprint.post("/group/<token>/people/send")
def add(token: str) -> Response | Redirect:
    """Invite them too; those who are on her list already stay as they are."""
    filled = PeopleForm()
    try:
        filled.understand()
        with transaction():
            number = groups.add_people(tokens(), token, filled.guests, now=clock.now())
    except HubError as problem:
        filled.refuse(problem)
        body = render_template("web/group.html", view=_group(token), token=token, form=filled)
        return make_response(body, problem.status)
    flash(ngettext("One more person is invited.", "%(num)d more people are invited.", number), "done")
    return redirect(url_for("groups.page", token=token), 303)


@blueprint.post("/group/<token>/remind")
def remind(token: str) -> Redirect:
    """Have those written to again who have not answered."""
    with transaction():
        number = groups.remind(tokens(), token, now=clock.now())
    flash(groups.reminded_words(number), "done")
    return redirect(url_for("groups.page", token=token), 303)


@blueprint.get("/group/<token>/withdraw/<invitation>")
def confirm_withdrawal(token: str, invitation: str) -> str:
    """What taking an invitation back means; nothing happens before the button is pressed."""
    view = _group(token)
    member = next((each for each in view.members if each.public_id == invitation), None)
    if member is None:
        raise NotFound()
    return render_template("web/group_withdraw.html", view=view, token=token, member=member)


@blueprint.post("/group/<token>/withdraw/<invitation>")
def withdraw(token: str, invitation: str) -> Redirect:
    """Take an invitation back."""
    with transaction():
        groups.withdraw(tokens(), token, invitation, now=clock.now())
    flash(_("The invitation is taken back. Its link opens nothing any more."), "done")
    return redirect(url_for("groups.page", token=token), 303)


@blueprint.post("/group/<token>/new-link")
def new_link(token: str) -> str:
    """End this link and mail her another one."""
    with transaction():
        groups.new_link(tokens(), token, voice=voice(), now=clock.now())
    return render_template("web/group_new_link.html")


def _about(slug: str, cohort: str) -> tuple[WebinarView, CohortView]:
    return public.sign_up_page(slug, cohort, clock.now())


def _group(token: str) -> queries.GroupView:
    return queries.group(tokens(), token, clock.now())


def _form_page(about: tuple[WebinarView, CohortView], shown: GroupForm, status: int = 200) -> Response:
    view, cohort = about
    takes_groups = cohort.takes_groups and not view.is_by_invitation(cohort)
    body = render_template("web/group_form.html", view=view, cohort=cohort, form=shown, takes_groups=takes_groups)
    is_open = takes_groups and not cohort.closed_because
    return make_response(body, status if is_open else 409)


def _refused(about: tuple[WebinarView, CohortView], filled: GroupForm, problem: HubError) -> Response:
    filled.refuse(problem)
    response = _form_page(about, filled, problem.status)
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response
