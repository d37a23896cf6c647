"""The words of each kind of mail: an organizer's own, for one webinar or for all, with every version kept."""

from difflib import ndiff
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, HubError, Invalid, NotAllowed
from webinar_hub.documents.message_words import message_words
from webinar_hub.queries import previews
from webinar_hub.queries import wordings as queries
from webinar_hub.queries.previews import About
from webinar_hub.rules.deliverability import advice
from webinar_hub.rules.staff import Permission
from webinar_hub.rules.wording import KINDS, NOT_IN_SUBJECTS, PLACEHOLDERS, problems
from webinar_hub.services import wordings
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web import headers
from webinar_hub.web.current import hub
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.forms.wording import WordingForm
from webinar_hub.web.studio import mail_frames
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("templates")


@blueprint.get("/mails")
@blueprint.get("/webinars/<webinar>/mails")
@needs(Permission.MESSAGES)
def page(webinar: str = "") -> str:
    """Every kind of mail, and whose words it has."""
    place = _place(webinar)
    return render_template(
        "studio/messages/kinds.html", place=place, kinds=queries.kinds(place.webinar), words=message_words
    )


@blueprint.route("/mails/<kind>", methods=["GET", "POST"])
@blueprint.route("/webinars/<webinar>/mails/<kind>", methods=["GET", "POST"])
@needs(Permission.MESSAGES)
def edit(kind: str, webinar: str = "") -> Answer | str | tuple[str, int]:
    """Look at a kind's words and change them."""
    place, form = _place(webinar), WordingForm()
    versions = queries.versions(place.webinar, kind)
    if request.method == "GET":
        return _editor(place, kind, versions, _filled(form, place, kind, versions))
    try:
        with transaction():
            wordings.save(webinar, kind, *form.words, seen=form.seen, by=staff().id, now=clock.now())
    except HubError as problem:
        return _editor(place, kind, versions, form, problem), problem.status
    flash("Saved. Mails that are written from now on say it in these words.", "done")
    return redirect(_address("edit", webinar, kind=kind), 303)


@blueprint.post("/mails/<kind>/preview")
@blueprint.post("/webinars/<webinar>/mails/<kind>/preview")
@needs(Permission.MESSAGES)
def preview(kind: str, webinar: str = "") -> Answer:
    """The mail as it is being written, for the frame; what cannot be understood is named instead."""
    place, words = _place(webinar), WordingForm().words
    queries.demand_kind(kind)
    if any(words) and (found := problems(kind, *words)):
        return mail_frames.problems_frame([f"Line {one.line}: {one.words}" for one in found])
    if place.cohort is None:
        return mail_frames.problems_frame(["There is no cohort yet to show it with."])
    about = About(kind=kind, registration=mail_frames.chosen_reader(), words=words)
    return mail_frames.frame(place.cohort, about, as_text="as_text" in request.form)


@blueprint.post("/mails/<kind>/check")
@blueprint.post("/webinars/<webinar>/mails/<kind>/check")
@needs(Permission.MESSAGES)
def check(kind: str, webinar: str = "") -> str:
    """What could be better: for the page to show while it is being written."""
    place, words = _place(webinar), WordingForm().words
    queries.demand_kind(kind)
    return render_template("studio/messages/check.html", people=None, advice=_advice(place, *words))


@blueprint.post("/mails/<kind>/test")
@blueprint.post("/webinars/<webinar>/mails/<kind>/test")
@needs(Permission.MESSAGES)
def try_out(kind: str, webinar: str = "") -> Answer | str | tuple[str, int]:
    """Send what is typed to whoever asks, marked as a test; nothing is saved."""
    place, form = _place(webinar), WordingForm()
    versions = queries.versions(place.webinar, kind)
    try:
        if any(form.words):
            _demand_sound(kind, *form.words)
        if place.cohort is None:
            raise Conflict("There is no cohort yet whose mail could be sent.")
        about = About(kind=kind, registration=mail_frames.chosen_reader(), words=form.words)
        with transaction():
            mail_frames.send_test(place.cohort, about)
    except HubError as problem:
        return _editor(place, kind, versions, form, problem), problem.status
    return _editor(
        place, kind, versions, form, done=f"A test is on its way to {staff().email}. Nothing is saved yet."
    )


@blueprint.post("/mails/<kind>/revert")
@blueprint.post("/webinars/<webinar>/mails/<kind>/revert")
@needs(Permission.MESSAGES)
def revert(kind: str, webinar: str = "") -> Answer | tuple[str, int]:
    """Put an earlier version in force again, or our own words."""
    place, form = _place(webinar), WordingForm()
    versions = queries.versions(place.webinar, kind)
    try:
        with transaction():
            wordings.revert(webinar, kind, _number("number"), seen=form.seen, by=staff().id, now=clock.now())
    except EditedMeanwhile as problem:
        return _editor(place, kind, versions, _filled(form, place, kind, versions), problem), problem.status
    flash("Done. The version you left is kept in the list.", "done")
    return redirect(_address("edit", webinar, kind=kind), 303)


def _place(webinar: str) -> queries.Place:
    if not webinar and staff().webinars(Permission.MESSAGES) is not None:
        raise NotAllowed("The words for all webinars are for those who look after all of them.")
    return queries.place(webinar)


def _demand_sound(kind: str, subject: str, body: str) -> None:
    for problem in problems(kind, subject, body):
        raise Invalid(problem.field, f"Line {problem.line}: {problem.words}")


def _filled(form: WordingForm, place: queries.Place, kind: str, versions: list[queries.Version]) -> WordingForm:
    """The words in force; our own are shown as they are in the preview, and the fields stay empty."""
    latest = versions[0] if versions else None
    form.version.data = str(latest.number if latest else 0)
    form.subject.data, form.body.data = (latest.subject, latest.body) if latest else ("", "")
    return form


def _editor(
    place: queries.Place,
    kind: str,
    versions: list[queries.Version],
    form: WordingForm,
    problem: HubError | None = None,
    done: str = "",
) -> str:
    if problem is not None:
        form.refuse(problem)
    edited = isinstance(problem, EditedMeanwhile)
    if edited:
        form.version.data = str(versions[0].number if versions else 0)
    headers.allow_frame("'self'")
    compared = next((one for one in versions if one.number == _number("compare")), None)
    subject, body = form.words
    return render_template(
        "studio/messages/wording.html",
        place=place,
        kind=kind,
        title=message_words(kind),
        form=form,
        versions=versions,
        stored=versions[0] if edited and versions else None,
        done=done,
        advice=_advice(place, subject, body),
        placeholders={name: PLACEHOLDERS[name] for name in KINDS[kind]},
        not_in_subjects=NOT_IN_SUBJECTS,
        samples=previews.samples(place.cohort) if place.cohort else [],
        compared=compared,
        difference=_difference(compared, versions[0]) if compared else [],
    )


def _advice(place: queries.Place, subject: str, body: str) -> list[str]:
    """What could be better about words of her own; those a mail comes with need none."""
    return advice(subject, body, hub().sender or place.sender) if body else []


def _difference(old: queries.Version, new: queries.Version) -> list[tuple[str, str]]:
    """Line by line what was taken away ("-"), added ("+") or kept (" ")."""
    before, after = [old.subject, "", *old.body.splitlines()], [new.subject, "", *new.body.splitlines()]
    return [(line[0], line[2:]) for line in ndiff(before, after) if line[0] != "?"]


def _number(name: str) -> int:
    return whole(request.values.get(name)) or 0


def _address(view: str, webinar: str, **values: Any) -> str:
    if webinar:
        values["webinar"] = webinar
    return url_for(f"studio_templates.{view}", **values)
