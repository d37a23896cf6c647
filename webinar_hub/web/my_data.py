"""Her data: taken along as a file, deleted if she wishes; looking changes nothing."""

from functools import partial

from flask import Blueprint, Response, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import calendars
from webinar_hub.queries import erasures as queries
from webinar_hub.queries import personal_data as data
from webinar_hub.services import erasures, personal_data
from webinar_hub.web import visitor
from webinar_hub.web.current import house, hub, storage, tokens, voice

blueprint = Blueprint("my_data", __name__)


@blueprint.get("/my/data")
def page() -> str:
    """What can be done with her data, and whether it is about to be deleted."""
    person = visitor.required()
    return render_template("web/my_data.html", wish=queries.open_wish(person, clock.now()))


@blueprint.post("/my/data")
def take_along() -> Response:
    """Everything we keep about her, as a file."""
    person = visitor.required()
    with transaction():
        personal_data.note_export(person, actor=f"person:{person}", now=clock.now())
    return archive_of(person)


def archive_of(person: int) -> Response:
    """The file itself, written while it is read. Raises NotFound."""
    from webinar_hub.documents.personal_archive import archive  # noqa: PLC0415  slow import

    files = ((one.name, partial(storage().open, one.stored_name)) for one in data.files(person))
    parts = ((part.name, part.rows) for part in data.everything(person))
    sessions = calendars.personal(person, hub())
    pieces = archive(parts, sessions, files, service=house().name, made_at=clock.now())
    answer = Response(stream_with_context(pieces), content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="my-data-{clock.now():%Y-%m-%d}.zip"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/my/data/delete")
def confirm() -> str:
    """What goes, what stays and why; nothing happens before the button is pressed."""
    person, now = visitor.required(), clock.now()
    told = queries.consequences(person, keep_attendance=house().retention["attendance"], now=now)
    return render_template("web/my_data_delete.html", told=told, wish=queries.open_wish(person, now))


@blueprint.post("/my/data/delete")
def ask() -> Redirect:
    """Mail her the link by which she says that it was she."""
    person = visitor.required()
    with transaction():
        erasures.ask(person, voice(), now=clock.now())
    flash(
        _("We have sent you a mail. Open the link in it to say that it was you; until then nothing happens."),
        "done",
    )
    return redirect(url_for("my_data.page"), 303)


@blueprint.post("/my/data/keep")
def keep() -> Redirect:
    """She has thought better of it."""
    person = visitor.required()
    with transaction():
        erasures.take_back(person, actor=f"person:{person}", now=clock.now())
    flash(_("Good: nothing is deleted, and everything stays as it is."), "done")
    return redirect(url_for("my_data.page"), 303)


@blueprint.get("/erase/<token>")
def proof(token: str) -> str:
    """The button behind the link in the mail; scanners may look as often as they like (A21)."""
    wish = queries.by_token(tokens(), token, clock.now())
    keep_attendance = house().retention["attendance"]
    told = queries.consequences(wish.person, keep_attendance=keep_attendance, now=clock.now())
    return render_template("web/my_data_proof.html", wish=wish, token=token, told=told)


@blueprint.post("/erase/<token>")
def prove(token: str) -> Redirect | str:
    """It was she: the days begin in which she can take it back. Or it was not, and nothing is deleted."""
    with transaction():
        if "keep" in request.form:
            person = erasures.found(tokens(), token, clock.now()).person_id or 0
            erasures.take_back(person, actor=f"person:{person}", now=clock.now())
            return render_template("web/my_data_kept.html")
        erasures.prove(tokens(), token, voice(), now=clock.now())
    return redirect(url_for("my_data.proof", token=token), 303)
