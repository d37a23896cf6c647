"""Rehearsal: a cohort played forward for one person, and all of its mails sent to whoever watches."""

from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.documents.mail_reading import read_mail
from webinar_hub.queries import rehearsal as queries
from webinar_hub.queries.studio import CohortHead, cohort_head
from webinar_hub.rules.staff import Permission
from webinar_hub.services import trial_runs
from webinar_hub.services.rehearsals import Visitor
from webinar_hub.web import headers
from webinar_hub.web.forms.rehearsal import RehearsalForm, visitor_of
from webinar_hub.web.studio import rehearsing
from webinar_hub.web.studio.access import demand, needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("rehearsal")

_FRAME_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
)
_ASKED = ("who", "name", "zone", "profession", "joins", "at")
NOT_HERE = "Nobody has a place in this cohort under that address. Look at it once more, or ask at People."


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the address of a rehearsal asks for: `visitor` is None when the form has to be looked at again."""

    head: CohortHead
    stage: queries.Stage
    form: RehearsalForm
    visitor: Visitor | None

    @property
    def address(self) -> dict[str, Any]:
        """The same wish for another address."""
        return {name: request.args[name] for name in _ASKED if request.args.get(name)}


@blueprint.get("/cohorts/<cohort>/rehearsal")
@needs(Permission.SEE)
def page(cohort: str) -> Response:
    """The story, or a later piece of it; the first one for an invented person who comes early."""
    wish, begin = _wish(cohort), max(0, request.args.get("begin", 0, int))
    story = (
        rehearsing.story(queries.snapshot(wish.head.id), wish.stage, wish.visitor, begin) if wish.visitor else None
    )
    headers.allow_frame("'self'")
    template = "scenes" if request.headers.get("HX-Request") else "page"
    shown = render_template(
        f"studio/rehearsal/{template}.html", head=wish.head, wish=wish, story=story, begin=begin
    )
    return make_response(shown, 200 if wish.visitor else 422)


@blueprint.get("/cohorts/<cohort>/rehearsal/mail")
@needs(Permission.SEE)
def mail(cohort: str) -> Response:
    """One mail's HTML for a frame: no script runs in it, nothing is loaded, and no link leads anywhere."""
    wish, name = _wish(cohort), request.args.get("mail", "")
    if wish.visitor is None or not name:
        abort(404)
    found = rehearsing.one(queries.snapshot(wish.head.id), wish.visitor, name)
    if found is None or not found.content:
        abort(404)
    response = Response(read_mail(found.content).html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = _FRAME_POLICY
    return response


@blueprint.post("/cohorts/<cohort>/rehearsal/person")
@needs(Permission.PEOPLE)
def choose(cohort: str) -> Redirect:
    """From an address, which belongs into no address bar, to the story of whoever has it."""
    head = cohort_head(cohort)
    found = queries.somebody_real(head.id, request.form.get("email", ""))
    if found is None:
        flash(NOT_HERE, "wrong")
    return redirect(url_for(".page", cohort=cohort, who=found.registration if found else None), 303)


@blueprint.get("/cohorts/<cohort>/rehearsal/send")
@needs(Permission.MESSAGES)
def confirm_send(cohort: str) -> str:
    """How many mails it would be, and to whom."""
    wish = _wish(cohort)
    if wish.visitor is None:
        abort(404)
    number = rehearsing.count(queries.snapshot(wish.head.id), wish.visitor, trial_runs.MOST)
    return render_template("studio/rehearsal/send.html", head=wish.head, wish=wish, number=number, runs=trial_runs)


@blueprint.post("/cohorts/<cohort>/rehearsal/send")
@needs(Permission.MESSAGES)
def send(cohort: str) -> Redirect:
    """All of it to her own address."""
    wish, who = _wish(cohort), staff()
    if wish.visitor is None:
        abort(404)
    cast = queries.snapshot(wish.head.id)
    mails = trial_runs.marked(rehearsing.readable(cast, wish.visitor, trial_runs.MOST))
    reader = trial_runs.Reader(who.email, who.name)
    with transaction():
        number = trial_runs.send(mails, reader, actor=who.actor, subject=f"cohort:{wish.head.id}", now=clock.now())
    flash(f"{number} mails are on their way to {who.email}, in order, within five minutes.", "done")
    return redirect(url_for(".page", cohort=cohort, **wish.address), 303)


def _wish(cohort: str) -> _Wish:
    """Raises NotFound for somebody who is not here, NotAllowed for whoever may not see people."""
    head = cohort_head(cohort)
    stage = queries.stage(head.id)
    form = RehearsalForm(request.args, stage, clock.now())
    if who := request.args.get("who"):
        demand(Permission.PEOPLE, head.webinar_id)
        return _Wish(head, stage, form, visitor_of(queries.registered(head.id, who)))
    return _Wish(head, stage, form, form.visitor())
