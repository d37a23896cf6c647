"""Hand-outs that are written in the studio: Markdown in, a PDF that prints well as a new material or version."""

import io

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webinar_hub.adapters.storage import StoredFile
from webinar_hub.adapters.storage.serving import show_with
from webinar_hub.core import clock
from webinar_hub.documents.handout import HandoutTooTangled, handout_digest, printable_handout
from webinar_hub.queries import materials as queries
from webinar_hub.queries.materials import LibraryHead, MaterialPage
from webinar_hub.rules.staff import Permission
from webinar_hub.services import materials
from webinar_hub.services.materials import Bytes, Words
from webinar_hub.web.forms.material import HandoutForm
from webinar_hub.web.receiving import keep
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("handouts")
FILE = "handout.pdf"


@blueprint.get("/webinars/<webinar>/materials/handout")
@needs(Permission.SCHEDULE)
def new(webinar: str) -> str:
    """An empty sheet."""
    return _page(queries.library_head(webinar), HandoutForm())


@blueprint.post("/webinars/<webinar>/materials/handout")
@needs(Permission.SCHEDULE)
def create(webinar: str) -> ResponseReturnValue:
    """Print it, to look at or to keep as a new material."""
    return _print(queries.library_head(webinar), None)


@blueprint.get("/webinars/<webinar>/materials/<int:material>/handout")
@needs(Permission.SCHEDULE)
def edit(webinar: str, material: int) -> str:
    """The text that the newest version was printed from."""
    head = queries.library_head(webinar)
    stored = queries.material_page(head.webinar_id, material, clock.now())
    text = queries.handout_text(head.webinar_id, material)
    return _page(head, HandoutForm(data={"title": stored.title, "text": text}), stored)


@blueprint.post("/webinars/<webinar>/materials/<int:material>/handout")
@needs(Permission.SCHEDULE)
def change(webinar: str, material: int) -> ResponseReturnValue:
    """Print it, to look at or to keep as a new version."""
    head = queries.library_head(webinar)
    return _print(head, queries.material_page(head.webinar_id, material, clock.now()))


def _print(head: LibraryHead, stored: MaterialPage | None) -> ResponseReturnValue:
    form = HandoutForm()
    if not form.validate():
        return _page(head, form, stored), 422
    title, text = form.clean_title, form.markdown
    try:
        pdf = printable_handout(title=title, subtitle=head.title, author=staff().name, markdown=text)
    except HandoutTooTangled as problem:
        form.refuse(str(problem))
        return _page(head, form, stored), 422
    if request.form.get("do") == "look":
        return _look(pdf)
    material = _keep(head, stored, title, text, pdf)
    flash("Printed and kept. This is what people get.", "done")
    return redirect(url_for("studio_library.material", webinar=head.slug, material=material), 303)


def _keep(head: LibraryHead, stored: MaterialPage | None, title: str, text: str, pdf: bytes) -> int:
    """Its id; the PDF goes the way of every file."""
    actor, now, digest = staff().actor, clock.now(), handout_digest(title=title, markdown=text)

    def claim(file: Bytes) -> int:
        printed = Bytes(file.stored, file.extension, digest, text)
        if stored is None:
            return materials.add_file(head.webinar_id, Words(title), printed, actor=actor, now=now).id
        materials.replace(head.webinar_id, stored.id, printed, actor=actor, now=now)
        return stored.id

    return keep(io.BytesIO(pdf), FILE, claim)


def _look(pdf: bytes) -> Response:
    return show_with(io.BytesIO(pdf), StoredFile("", len(pdf), "look", "application/pdf"), download_name=FILE)


def _page(head: LibraryHead, form: HandoutForm, stored: MaterialPage | None = None) -> str:
    return render_template("studio/materials/handout.html", head=head, form=form, material=stored)
