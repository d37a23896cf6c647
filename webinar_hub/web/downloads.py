"""Bonuses and their files: the page of a bonus, the button that takes a file, and the addresses files come from."""

from flask import Blueprint, Response, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.adapters.storage.download_name import safe_download_name
from webinar_hub.core import clock, metrics
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import NotFound
from webinar_hub.queries import downloads as queries
from webinar_hub.queries import me
from webinar_hub.queries.downloads import Grant
from webinar_hub.services import downloads
from webinar_hub.web import headers, visitor
from webinar_hub.web.current import links, settings, storage, tokens

blueprint = Blueprint("downloads", __name__)


@blueprint.get("/my/bonus/<drop>")
def bonus(drop: str) -> str:
    """A bonus with its materials, or when it opens."""
    now = clock.now()
    person = visitor.required()
    registration, view = me.drop_page(person, drop, now)
    if storage().leads_to:
        headers.allow_leaving_by_form(storage().leads_to)
    for material in view.materials:
        if material.link:
            headers.allow_leaving_by_form(material.link)
    whose = me.my_page(person, links(), now).person
    return render_template("web/bonus.html", view=view, registration=registration, person=whose, now=now)


@blueprint.post("/my/bonus/<drop>/<int:material>")
def take(drop: str, material: int) -> Redirect:
    """Lead her to the material. Taking a file is recorded, following a link is not."""
    now = clock.now()
    grant = queries.for_person(visitor.required(), drop, material, now)
    if grant.file is None:
        return redirect(_link(grant), 303)
    with transaction():
        downloads.record(
            registration_id=grant.registration_id, drop_id=grant.drop_id, version_id=grant.version_id, now=now
        )
    metrics.record_download()
    return redirect(url_for("downloads.by_ticket", ticket=queries.ticket(tokens(), grant, now)), 303)


@blueprint.get("/files/<ticket>")
def by_ticket(ticket: str) -> Response:
    """The file, for the hour that a ticket is good for."""
    return _file(queries.by_ticket(tokens(), ticket, clock.now()))


@blueprint.get("/d/<token>")
def from_mail(token: str) -> Response | Redirect:
    """The material by the personal link of a mail; mail scanners open it too, so nothing is recorded."""
    grant = queries.by_token(tokens(), token, settings().link_days, clock.now())
    return redirect(_link(grant), 303) if grant.file is None else _file(grant)


def _file(grant: Grant) -> Response:
    if grant.file is None:
        raise NotFound()
    return storage().response(grant.file, download_name=safe_download_name(grant.title, grant.extension))


def _link(grant: Grant) -> str:
    if not grant.link:
        raise NotFound()
    return grant.link
