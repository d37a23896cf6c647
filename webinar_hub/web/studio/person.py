"""One person: her story, and everything the registration desk can do for her."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, HubError, NotAllowed, NotFound
from webinar_hub.queries import answers
from webinar_hub.queries import people as lists
from webinar_hub.queries import person_story as queries
from webinar_hub.rules.people import Scope, Wanted
from webinar_hub.rules.staff import Permission
from webinar_hub.services import deliveries, people_merging, skipping, suppressions, tasks
from webinar_hub.services import people as desk
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.studio.access import demand, needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("person")


def _scope(permission: Permission = Permission.PEOPLE) -> Scope:
    return Scope(staff().webinars(permission), staff().zone)


def _demand(person: int, permission: Permission) -> None:
    """Raises NotFound for somebody in none of the webinars in which this is hers to do."""
    allowed = staff().webinars(permission)
    hers = queries.scope_of(person)
    if hers is None or (allowed is not None and not hers & set(allowed)):
        raise NotFound()


def _page(person: int, problem: str = "", **typed: Any) -> str:
    story = queries.story(person, _scope(), clock.now(), request.args.get("after", ""))
    desk = staff().webinars(Permission.REGISTER)
    told = answers.about(person, [place.id for place in story.places], desk)
    return render_template("studio/people/person.html", story=story, told=told, problem=problem, typed=typed)


def _back(person: int, said: str) -> Redirect:
    flash(said, "done")
    return redirect(url_for("studio_person.page", person=person), 303)


@blueprint.get("/people/<int:person>")
@needs(Permission.PEOPLE)
def page(person: int) -> str:
    """Everything that was planned, sent, came back and was done, in one line of time."""
    return _page(person)


@blueprint.post("/people/<int:person>/note")
@needs(Permission.REGISTER)
def note(person: int) -> Redirect | tuple[str, int]:
    """Write something down."""
    _demand(person, Permission.REGISTER)
    text, who = request.form.get("text", ""), staff()
    try:
        with transaction():
            desk.note(person, text, author=who.name, actor=who.actor, now=clock.now())
    except HubError as problem:
        return _page(person, problem.message, text=text), problem.status
    return _back(person, "The note is kept.")


@blueprint.post("/people/<int:person>/tag")
@needs(Permission.REGISTER)
def tag(person: int) -> Redirect | tuple[str, int]:
    """Put a word on her."""
    _demand(person, Permission.REGISTER)
    word = request.form.get("word", "")
    try:
        with transaction():
            desk.tag(person, word, actor=staff().actor, now=clock.now())
    except HubError as problem:
        return _page(person, problem.message, word=word), problem.status
    return _back(person, "The tag is on.")


@blueprint.post("/people/<int:person>/untag")
@needs(Permission.REGISTER)
def untag(person: int) -> Redirect:
    """Take a word off her."""
    _demand(person, Permission.REGISTER)
    with transaction():
        desk.untag(person, request.form.get("word", ""), actor=staff().actor, now=clock.now())
    return _back(person, "The tag is off.")


@blueprint.post("/people/<int:person>/lift")
@needs(Permission.REGISTER)
def lift(person: int) -> Redirect:
    """Let mails to her go out again."""
    _demand(person, Permission.REGISTER)
    email = queries.story(person, _scope(), clock.now()).email
    with transaction():
        suppressions.lift(email, actor=staff().actor, now=clock.now())
    return _back(person, "Mails to her go out again. What was not sent meanwhile you can send below.")


@blueprint.post("/people/<int:person>/tasks/<int:task>/done")
@needs(Permission.REGISTER)
def done(person: int, task: int) -> Redirect:
    """Tick a task off."""
    demand(Permission.REGISTER, queries.webinar_of_task(person, task))
    try:
        with transaction():
            tasks.done(task, actor=staff().actor, now=clock.now())
    except NotFound:
        return _back(person, "Somebody has checked that off already.")
    return _back(person, "Done and checked off.")


@blueprint.post("/people/<int:person>/mails/<int:delivery>/resend")
@needs(Permission.REGISTER)
def resend(person: int, delivery: int) -> Redirect | tuple[str, int]:
    """Send her a mail once more."""
    demand(Permission.REGISTER, queries.webinar_of_mail(person, delivery))
    try:
        with transaction():
            deliveries.resend(delivery, actor=staff().actor, now=clock.now())
    except HubError as problem:
        return _page(person, problem.message), problem.status
    return _back(person, "It is on its way to her once more.")


def _place(person: int, place: int) -> Any:
    found = queries.place(person, place)
    demand(Permission.REGISTER, found.webinar_id)
    return found


@blueprint.post("/people/<int:person>/places/<int:place>/skip/<int:broadcast>")
@needs(Permission.REGISTER)
def skip(person: int, place: int, broadcast: int) -> Redirect | tuple[str, int]:
    """Leave her out of one planned mail."""
    _place(person, place)
    try:
        with transaction():
            skipping.skip(place, broadcast, actor=staff().actor, now=clock.now())
    except Conflict as problem:
        return _page(person, problem.message), problem.status
    return _back(person, "She is left out of it. “Send again” in her story sends it to her after all.")


@blueprint.get("/people/<int:person>/places/<int:place>/cancel")
@needs(Permission.REGISTER)
def cancel(person: int, place: int) -> str:
    """Ask once, saying what follows."""
    found = _place(person, place)
    told = queries.what_leaves(found, clock.now())
    return render_template("studio/people/cancel.html", person=lists.one(person), place=found, ahead=told)


@blueprint.post("/people/<int:person>/places/<int:place>/cancel")
@needs(Permission.REGISTER)
def do_cancel(person: int, place: int) -> Redirect | tuple[str, int]:
    """Cancel her place."""
    _place(person, place)
    tell = "tell" in request.form
    try:
        with transaction():
            desk.cancel_place(place, tell=tell, actor=staff().actor, now=clock.now())
    except HubError as problem:
        return _page(person, problem.message), problem.status
    return _back(person, "Her place is cancelled." + (" She is being told." if tell else " She was not told."))


@blueprint.get("/people/<int:person>/places/<int:place>/move")
@needs(Permission.REGISTER)
def move(person: int, place: int) -> str:
    """Choose the other cohort."""
    found = _place(person, place)
    return _move_page(person, found)


def _move_page(person: int, found: Any, problem: str = "", to: str = "") -> str:
    others = lists.cohorts_for(staff().webinars(Permission.REGISTER))
    return render_template(
        "studio/people/move.html", person=lists.one(person), place=found, problem=problem, to=to,
        others=[one for one in others if one.key != found.cohort_key],
        ahead=queries.what_leaves(found, clock.now()),
    )  # fmt: skip


@blueprint.post("/people/<int:person>/places/<int:place>/move")
@needs(Permission.REGISTER)
def do_move(person: int, place: int) -> Redirect | tuple[str, int]:
    """Give her a place there instead."""
    found, to = _place(person, place), request.form.get("to", "")
    try:
        cohort = lists.cohort_for(to, staff().webinars(Permission.REGISTER))
        with transaction():
            desk.move(place, cohort, tell="tell" in request.form, actor=staff().actor, now=clock.now())
    except HubError as problem:
        return _move_page(person, found, problem.message, to), problem.status
    return _back(person, "She has her place in the other cohort now.")


@blueprint.get("/people/<int:person>/merge")
@needs(Permission.REGISTER)
def merge(person: int) -> str:
    """Find the other address; or, once it is chosen, see what is kept."""
    demand_whole(person)
    typed, gone = request.args.get("words", "").replace("\x00", "")[:200], whole(request.args.get("other"))
    kept = lists.one(person)
    if gone is not None:
        demand_whole(gone)
        told = queries.merging(person, gone, clock.now())
        return render_template("studio/people/merge_confirm.html", kept=kept, gone=lists.one(gone), told=told)
    found = lists.page(Wanted(words=typed), _scope(Permission.REGISTER)).lines if typed.strip() else ()
    others = [line for line in found if line.id != person]
    return render_template("studio/people/merge.html", kept=kept, words=typed, others=others)


@blueprint.post("/people/<int:person>/merge")
@needs(Permission.REGISTER)
def do_merge(person: int) -> Redirect:
    """Make the two one."""
    gone = whole(request.form.get("other")) or 0
    demand_whole(person)
    demand_whole(gone)
    with transaction():
        people_merging.merge(person, gone, actor=staff().actor, now=clock.now())
    return _back(person, "The two are one person now.")


def demand_whole(person: int) -> None:
    """Raises NotFound; NotAllowed where she has a place in a webinar that is not hers to change."""
    _demand(person, Permission.REGISTER)
    allowed, hers = staff().webinars(Permission.REGISTER), queries.scope_of(person)
    if allowed is not None and not (hers or set()) <= set(allowed):
        raise NotAllowed("She has a place in a webinar that is not yours to change, so this is not yours to do.")
