"""What a cohort asks whoever signs up: the list, one question, their order, and the form as people see it."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Redirect

from webinar_hub.adapters.storage.download_name import safe_download_name
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.models import AskedQuestion
from webinar_hub.queries import answers as told
from webinar_hub.queries import questions as queries
from webinar_hub.queries.studio import CohortHead, cohort_head
from webinar_hub.rules.answers import condition_in_words
from webinar_hub.rules.people import PROFESSIONS
from webinar_hub.rules.questions import Asks, condition_of, of_row
from webinar_hub.rules.staff import Permission
from webinar_hub.services import questions
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.services.questions import WrongQuestion
from webinar_hub.web.current import house, storage
from webinar_hub.web.forms.asked import AskedPart
from webinar_hub.web.forms.question import QuestionForm
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("questions")

_WISHES = {"": None, "yes": True, "no": False}


@blueprint.get("/cohorts/<cohort>/questions")
@needs(Permission.SEE)
def page(cohort: str) -> str:
    """Every question in its order, and the form as whoever signs up sees it."""
    return _page(cohort_head(cohort))


@blueprint.route("/cohorts/<cohort>/questions/new", methods=["GET", "POST"])
@needs(Permission.SCHEDULE)
def new(cohort: str) -> ResponseReturnValue:
    """One more."""
    head, form = cohort_head(cohort), QuestionForm()
    form.offer(queries.of_cohort(head.id))
    if request.method == "GET":
        return _form_page(head, form)
    try:
        draft = form.draft()
        with transaction():
            questions.add(cohort, draft, files=_files(), actor=staff().actor, now=clock.now())
    except WrongQuestion as problem:
        form.refuse_all(problem)
        return _form_page(head, form), 422
    flash("The question is asked from now on.", "done")
    return redirect(url_for(".page", cohort=cohort), 303)


@blueprint.route("/cohorts/<cohort>/questions/<question>", methods=["GET", "POST"])
@needs(Permission.SCHEDULE)
def edit(cohort: str, question: str) -> ResponseReturnValue:
    """Word one anew."""
    head, (row, earlier) = cohort_head(cohort), _found(cohort, question)
    form = QuestionForm()
    form.offer(earlier)
    if request.method == "GET":
        form.show(row)
        return _form_page(head, form, row)
    try:
        draft = form.draft(row.kind)
        with transaction():
            actor, now = staff().actor, clock.now()
            questions.change(cohort, question, draft, seen=form.seen, files=_files(), actor=actor, now=now)
    except WrongQuestion as problem:
        form.refuse_all(problem)
        return _form_page(head, form, _found(cohort, question)[0]), 422
    except EditedMeanwhile as problem:
        return _edited_meanwhile(head, form, question, problem), 409
    flash("Saved.", "done")
    return redirect(url_for(".page", cohort=cohort, _anchor=f"question-{question}"), 303)


@blueprint.post("/cohorts/<cohort>/questions/<question>/move")
@needs(Permission.SCHEDULE)
def move(cohort: str, question: str) -> ResponseReturnValue:
    """One place up or down."""
    by = -1 if request.form.get("by") == "up" else 1
    try:
        with transaction():
            questions.shift(cohort, question, by, actor=staff().actor, now=clock.now())
    except Conflict as problem:
        return _page(cohort_head(cohort), problem.message), problem.status
    return redirect(url_for(".page", cohort=cohort, _anchor=f"question-{question}"), 303)


@blueprint.post("/cohorts/<cohort>/questions/order")
@needs(Permission.SCHEDULE)
def arrange(cohort: str) -> ResponseReturnValue:
    """The whole order at once, as dragging leaves it."""
    try:
        with transaction():
            keys = request.form.get("order", "").split(",")
            questions.arrange(cohort, keys, actor=staff().actor, now=clock.now())
    except Conflict as problem:
        return _page(cohort_head(cohort), problem.message), problem.status
    return redirect(url_for(".page", cohort=cohort), 303)


@blueprint.get("/cohorts/<cohort>/questions/<question>/end")
@needs(Permission.SCHEDULE)
def ask(cohort: str, question: str) -> str:
    """What becomes of the answers, before it is asked no more."""
    head, (row, _) = cohort_head(cohort), _found(cohort, question)
    answered = queries.answered(head.id, question)
    return render_template("studio/questions/end.html", head=head, question=row, answered=answered)


@blueprint.post("/cohorts/<cohort>/questions/<question>/end")
@needs(Permission.SCHEDULE)
def end(cohort: str, question: str) -> ResponseReturnValue:
    """Ask it no more."""
    try:
        with transaction():
            kept = questions.end(cohort, question, actor=staff().actor, now=clock.now())
    except Conflict as problem:
        return _page(cohort_head(cohort), problem.message), problem.status
    flash("It is asked no more; its answers are kept." if kept else "The question is deleted.", "done")
    return redirect(url_for(".page", cohort=cohort), 303)


@blueprint.post("/cohorts/<cohort>/questions/<question>/bring-back")
@needs(Permission.SCHEDULE)
def bring_back(cohort: str, question: str) -> ResponseReturnValue:
    """Ask it again."""
    try:
        with transaction():
            questions.bring_back(cohort, question, files=_files(), actor=staff().actor, now=clock.now())
    except Conflict as problem:
        return _page(cohort_head(cohort), problem.message), problem.status
    flash("It is asked again, after all others.", "done")
    return redirect(url_for(".page", cohort=cohort), 303)


@blueprint.post("/cohorts/<cohort>/credit")
@needs(Permission.SCHEDULE)
def credit(cohort: str) -> Redirect:
    """Whether people are asked what a certificate needs."""
    wish = _WISHES.get(request.form.get("credit", ""))
    with transaction():
        questions.ask_credit(cohort, wish, actor=staff().actor, now=clock.now())
    flash("Saved.", "done")
    return redirect(url_for(".page", cohort=cohort), 303)


@blueprint.get("/cohorts/<cohort>/answers/<file>")
@needs(Permission.PEOPLE)
def file(cohort: str, file: str) -> ResponseReturnValue:
    """A file somebody answered with; always to be saved, never shown."""
    kept = told.file_of(cohort_head(cohort).id, file)
    try:
        return storage().response(kept.file, download_name=safe_download_name(kept.title, kept.extension))
    except FileNotFoundError as missing:
        raise NotFound("This file is no longer there.") from missing


def _files() -> bool:
    return bool(house().file_questions)


def _found(cohort: str, key: str) -> tuple[AskedQuestion, list[AskedQuestion]]:
    """The question, and those before it. Raises NotFound."""
    rows = queries.of_cohort(cohort_head(cohort).id)
    for at, row in enumerate(rows):
        if row.key == key:
            return row, rows[:at]
    raise NotFound("There is no such question.")


def _form_page(head: CohortHead, form: QuestionForm, row: AskedQuestion | None = None, problem: str = "") -> str:
    files = _files()
    return render_template(
        "studio/questions/form.html", head=head, form=form, question=row, problem=problem, files=files
    )


def _edited_meanwhile(head: CohortHead, form: QuestionForm, key: str, problem: EditedMeanwhile) -> str:
    """What she typed, and what is stored by now; saving again is then meant."""
    stored, _ = _found(head.key, key)
    form.version.data = str(stored.version)
    form.difference = tuple(
        (label, was, typed)
        for label, was, typed in (
            ("Question", stored.label, form.label.data or ""),
            ("Hint", stored.hint, form.hint.data or ""),
            ("Choices", "\n".join(stored.choices), form.choices.data or ""),
        )
        if was != typed
    )
    form.problem = problem.message
    return _form_page(head, form, stored)


def _page(head: CohortHead, problem: str = "") -> str:
    rows = queries.of_cohort(head.id)
    known = {row.key: of_row(row) for row in rows}
    conditions = {row.key: condition_of(row.show_if) for row in rows}
    wish, promised = queries.credit_wish(head.id)
    asks = Asks(tuple(known.values()), promised if wish is None else wish)
    return render_template(
        "studio/questions/page.html",
        head=head,
        problem=problem,
        asked=[row for row in rows if row.archived_at is None],
        archived=[row for row in rows if row.archived_at is not None],
        conditions={key: condition_in_words(one, known) for key, one in conditions.items() if one is not None},
        wish=wish,
        promised=promised,
        part=AskedPart(asks, {}),
        professions=PROFESSIONS,
    )
