"""The library of a webinar: its materials, their versions and words, and a safe look at each."""

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Redirect

from webinar_hub.adapters.storage.download_name import safe_download_name
from webinar_hub.adapters.storage.serving import show_with
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import NotFound
from webinar_hub.queries import materials as queries
from webinar_hub.queries.materials import LibraryHead
from webinar_hub.rules.staff import Permission
from webinar_hub.services import materials
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web.current import settings, storage
from webinar_hub.web.forms.material import LinkForm, WordsForm
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.look import look_at

blueprint = area("library")


@blueprint.get("/webinars/<webinar>/materials")
@needs(Permission.SEE)
def page(webinar: str) -> str:
    """Everything there is to give away."""
    return _page(queries.library_head(webinar), LinkForm(formdata=None))


@blueprint.post("/webinars/<webinar>/materials/link")
@needs(Permission.SCHEDULE)
def add_link(webinar: str) -> ResponseReturnValue:
    """A material that is somewhere else."""
    head, form = queries.library_head(webinar), LinkForm()
    if not form.validate():
        return _page(head, form), 422
    with transaction():
        materials.add_link(head.webinar_id, form.words, actor=staff().actor, now=clock.now())
    flash("The link is in the library.", "done")
    return redirect(url_for("studio_library.page", webinar=webinar), 303)


@blueprint.get("/webinars/<webinar>/materials/<int:material>")
@needs(Permission.SEE)
def material(webinar: str, material: int) -> str:
    """One material with its history."""
    head = queries.library_head(webinar)
    stored = queries.material_page(head.webinar_id, material, clock.now())
    return _material_page(head, stored, _form(stored))


@blueprint.post("/webinars/<webinar>/materials/<int:material>")
@needs(Permission.SCHEDULE)
def describe(webinar: str, material: int) -> ResponseReturnValue:
    """Change what people read of it."""
    head = queries.library_head(webinar)
    stored = queries.material_page(head.webinar_id, material, clock.now())
    form = LinkForm() if stored.link else WordsForm()
    if not form.validate():
        return _material_page(head, stored, form), 422
    try:
        with transaction():
            materials.describe(
                head.webinar_id, material, form.words, form.seen, actor=staff().actor, now=clock.now()
            )
    except EditedMeanwhile as problem:
        form.version.data = str(stored.version)
        return _material_page(head, stored, form, problem.message), 409
    flash("Saved.", "done")
    return redirect(url_for("studio_library.material", webinar=webinar, material=material), 303)


@blueprint.post("/webinars/<webinar>/materials/<int:material>/versions/<int:number>")
@needs(Permission.SCHEDULE)
def go_back(webinar: str, material: int, number: int) -> Redirect:
    """Make an earlier version what people get."""
    head = queries.library_head(webinar)
    with transaction():
        version = materials.go_back(head.webinar_id, material, number, actor=staff().actor, now=clock.now())
    flash(f"People get the file of version {number} again, as version {version.number}.", "done")
    return redirect(url_for("studio_library.material", webinar=webinar, material=material), 303)


@blueprint.get("/webinars/<webinar>/materials/<int:material>/delete")
@needs(Permission.SCHEDULE)
def ask(webinar: str, material: int) -> str:
    """What is lost with it, or why it has to stay."""
    head = queries.library_head(webinar)
    stored = queries.material_page(head.webinar_id, material, clock.now())
    return render_template("studio/materials/delete_material.html", head=head, material=stored)


@blueprint.post("/webinars/<webinar>/materials/<int:material>/delete")
@needs(Permission.SCHEDULE)
def delete(webinar: str, material: int) -> Redirect:
    """Take it out of the library."""
    head = queries.library_head(webinar)
    with transaction():
        materials.remove(head.webinar_id, material, actor=staff().actor, now=clock.now())
    flash("Deleted.", "done")
    return redirect(url_for("studio_library.page", webinar=webinar), 303)


@blueprint.get("/webinars/<webinar>/materials/<int:material>/versions/<int:number>/file")
@needs(Permission.SEE)
def download(webinar: str, material: int, number: int) -> Response:
    """A version to save; nobody's download is recorded by this."""
    kept = queries.kept_file(queries.library_head(webinar).webinar_id, material, number)
    try:
        return storage().response(kept.file, download_name=safe_download_name(kept.title, kept.extension))
    except FileNotFoundError as error:
        raise NotFound("This file is missing where files are kept. Upload it again as a new version.") from error


@blueprint.get("/webinars/<webinar>/materials/<int:material>/versions/<int:number>/view")
@needs(Permission.SEE)
def view(webinar: str, material: int, number: int) -> Response:
    """A version to look at: only kinds that can hold no script, from this address wherever the file lies."""
    kept = queries.kept_file(queries.library_head(webinar).webinar_id, material, number)
    try:
        handle = storage().open(kept.file.name)
        return show_with(handle, kept.file, download_name=safe_download_name(kept.title, kept.extension))
    except FileNotFoundError as error:
        raise NotFound("This file cannot be looked at here. Download it instead.") from error


def _page(head: LibraryHead, form: LinkForm) -> str:
    lines = queries.library(head.webinar_id, clock.now())
    limit = settings().upload_limit
    return render_template("studio/materials/library.html", head=head, lines=lines, form=form, limit=limit)


def _form(stored: queries.MaterialPage) -> WordsForm:
    data = {"title": stored.title, "description": stored.description, "version": str(stored.version)}
    return LinkForm(data=data | {"link": stored.link}) if stored.link else WordsForm(data=data)


def _material_page(head: LibraryHead, stored: queries.MaterialPage, form: WordsForm, problem: str = "") -> str:
    newest = stored.versions[0] if stored.versions else None
    kept = queries.kept_file(head.webinar_id, stored.id, newest.number) if newest else None
    return render_template(
        "studio/materials/material.html", head=head, material=stored, form=form, problem=problem,
        look=look_at(storage(), kept.file) if kept else None, limit=settings().upload_limit,
    )  # fmt: skip
