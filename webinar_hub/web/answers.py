"""Her own page of answers: what she told when she signed up, to be changed until the organizer's day."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError, Invalid
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import questions as queries
from webinar_hub.queries.questions import HerAnswers
from webinar_hub.rules.answers import field_name
from webinar_hub.services import her_answers
from webinar_hub.services.answers import WrongAnswers
from webinar_hub.services.materials import Bytes
from webinar_hub.web import visitor
from webinar_hub.web.current import house
from webinar_hub.web.forms.asked import AskedPart, make_room, typed_of
from webinar_hub.web.other_sites import csrf
from webinar_hub.web.receiving import FORM_AROUND_FILES, keep, prepare_for_file

blueprint = Blueprint("answers", __name__, url_prefix="/my/<registration>/answers")

LARGEST_ANSWER = 10_000_000
"""Bytes of a file somebody answers with."""


@blueprint.url_value_preprocessor
def _room_for_answers(endpoint: str | None, _values: object) -> None:
    if endpoint == "answers.save":
        make_room(request)


@blueprint.get("")
def page(registration: str) -> Response:
    """Everything she told, in the form she told it in."""
    view = queries.hers(visitor.required(), registration, clock.now())
    return _page(view, AskedPart(view.asks, view.typed, files=view.files, takes_files=True))


@blueprint.post("")
def save(registration: str) -> Response | Redirect:
    """Keep what she wrote; what is wrong comes back with everything she typed."""
    person, typed = visitor.required(), typed_of(request.form)
    try:
        with transaction():
            again = her_answers.change(person, registration, typed, now=clock.now())
    except WrongAnswers as wrong:
        view = queries.hers(person, registration, clock.now())
        part = AskedPart(view.asks, typed, wrong.problems, view.files, takes_files=True)
        return _page(view, part, status=400)
    saved = _("Your answers are saved.")
    looked_at = _("They are looked at again, and your seat is kept for you meanwhile. We write to you.")
    flash(f"{saved} {looked_at}" if again else saved, "done")
    return redirect(url_for("answers.page", registration=registration), 303)


@blueprint.post("/<question>/file")
@csrf.exempt
def put_file(registration: str, question: str) -> Response | Redirect:
    """Take a file in. Who she is and whether it is asked for is looked at before the first byte of it is kept."""
    person, now = visitor.required(), clock.now()
    view = queries.hers(person, registration, now)
    with transaction():
        her_answers.demand_few_files(person, now=now)
    try:
        prepare_for_file(most=LARGEST_ANSWER, extra=FORM_AROUND_FILES)
        _demand_open(view, question)
        sent = request.files.get("file")
        name = (sent.filename if sent else "") or ""
        if sent is None or not name:
            raise Invalid("file", _("Choose a file first, then press the button."))

        def claim(file: Bytes) -> None:
            her_answers.put_file(person, registration, question, _title(name), file, now=now)

        keep(sent.stream, name, claim)  # type: ignore[arg-type]
    except (HubError, RequestEntityTooLarge) as problem:
        words = problem.message if isinstance(problem, HubError) else _("A file can have 10 MB at most.")
        part = AskedPart(view.asks, view.typed, {field_name(question): words}, view.files, takes_files=True)
        return _page(view, part, status=getattr(problem, "status", 413))
    flash(_("Your file is here."), "done")
    return redirect(url_for("answers.page", registration=registration), 303)


@blueprint.post("/<question>/file/remove")
def take_file_away(registration: str, question: str) -> Redirect:
    """Remove her file."""
    person = visitor.required()
    with transaction():
        her_answers.take_file_away(person, registration, question, now=clock.now())
    flash(_("Your file is removed."), "done")
    return redirect(url_for("answers.page", registration=registration), 303)


def _demand_open(view: HerAnswers, question: str) -> None:
    """Raises NotFound for a file nobody asks for, Invalid where files are switched off or it is too late."""
    her_answers.demand_file_question(view.asks, question)
    if view.too_late or not house().file_questions:
        raise Invalid("file", _("Files can no longer be sent here. Write to the organizer if something is wrong."))


def _title(filename: str) -> str:
    """The name of her file without its ending and without what nobody can see."""
    stem = filename.rpartition("/")[2].rpartition("\\")[2].rpartition(".")[0]
    return "".join(sign for sign in stem if sign.isprintable())[:150] or _("File")


def _page(view: HerAnswers, part: AskedPart, *, status: int = 200) -> Response:
    may_send = bool(house().file_questions) and not view.too_late
    return make_response(render_template("web/answers.html", view=view, part=part, may_send=may_send), status)
