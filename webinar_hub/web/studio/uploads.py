"""Files on their way in: one at a time with its progress from a script, or several at once from a plain form."""

from collections.abc import Callable

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from webinar_hub.core import clock
from webinar_hub.core.errors import HubError, Invalid
from webinar_hub.queries import materials as queries
from webinar_hub.rules.material import title_from
from webinar_hub.rules.staff import Permission
from webinar_hub.services import drops, materials
from webinar_hub.services.materials import Bytes, Words
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.other_sites import csrf
from webinar_hub.web.receiving import (
    FORM_AROUND_FILES,
    BrokenOff,
    NoRoom,
    TooLarge,
    body,
    keep,
    prepare_for_file,
)
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("uploads")


@blueprint.post("/webinars/<webinar>/materials/files")
@csrf.exempt
@needs(Permission.SCHEDULE)
def send(webinar: str) -> ResponseReturnValue:
    """One file as the whole body; answers in JSON. The query says what it is called and where it belongs."""
    try:
        prepare_for_file()
        name = request.args.get("name", "")
        done = keep(body(), name, _claim(webinar, name))
    except HubError as problem:
        return _closing({"message": problem.message}, problem.status)
    except ClientDisconnected:
        return _closing({"message": BrokenOff().message}, BrokenOff.status)
    return {"message": done}


@blueprint.post("/webinars/<webinar>/materials/upload")
@csrf.exempt
@needs(Permission.SCHEDULE)
def send_form(webinar: str) -> ResponseReturnValue:
    """Several files in a form, for browsers without scripts; each is kept or refused by itself."""
    prepare_for_file(extra=FORM_AROUND_FILES)
    refused: list[str] = []
    for file in _files():
        name = file.filename or ""
        try:
            flash(keep(file.stream, name, _claim(webinar, name)), "done")  # type: ignore[arg-type]
        except HubError as problem:
            refused.append(f"{title_from(name)}: {problem.message}")
    if refused:
        return render_template("studio/materials/refused.html", refused=refused, back=_back(webinar)), 422
    return redirect(_back(webinar), 303)


def _files() -> list[FileStorage]:
    """Raises TooLarge and Invalid."""
    try:
        files = [file for file in request.files.getlist("files") if file.filename]
    except RequestEntityTooLarge as problem:
        raise TooLarge(
            "Together these files are too large for one go. Nothing was kept: choose fewer."
        ) from problem
    except OSError as problem:
        # Where there is no room for the form itself, which lies in a folder for such things until it is read.
        raise NoRoom("There is no room left on this machine. Nothing was kept: tell whoever runs it.") from problem
    if not files:
        raise Invalid("files", "Choose a file first, then press the button.")
    return files


def _claim(webinar: str, name: str) -> Callable[[Bytes], str]:
    """What is done with a file once it lies in storage: a new version, or a new material, in a drop or in none."""
    id_, actor, now = queries.library_head(webinar).webinar_id, staff().actor, clock.now()
    replaced, cohort, drop = (request.args.get(key, "") for key in ("material", "cohort", "drop"))
    words = Words(title_from(name))

    def claim(file: Bytes) -> str:
        if replaced:
            version = materials.replace(id_, whole(replaced) or 0, file, actor=actor, now=now)
            return f"Version {version.number} is what people get from now on."
        if drop:
            drops.add_file(id_, cohort, drop, words, file, actor=actor, now=now)
        else:
            materials.add_file(id_, words, file, actor=actor, now=now)
        return f"“{words.title}” is in the library{' and in this bonus' if drop else ''}."

    return claim


def _back(webinar: str) -> str:
    """The page the form stood on."""
    replaced, cohort, drop = (request.args.get(key, "") for key in ("material", "cohort", "drop"))
    if (material := whole(replaced)) is not None:
        return url_for("studio_library.material", webinar=webinar, material=material)
    if cohort and drop:
        return url_for("studio_materials.page", cohort=cohort, _anchor=f"drop-{drop}")
    return url_for("studio_library.page", webinar=webinar)


def _closing(answer: dict[str, str], status: int) -> ResponseReturnValue:
    """An answer after which the connection ends: whoever is still sending the rest of 5 GB may stop."""
    return answer, status, {"Connection": "close"}
