"""What anybody sees: the home page, a webinar's page and its cover; signing up is in sign_up.py."""

from functools import lru_cache

from flask import Blueprint, Response, render_template, request

from webinar_hub.core import clock
from webinar_hub.documents.cover import cover_png, cover_svg
from webinar_hub.queries import public as queries
from webinar_hub.web import headers
from webinar_hub.web.current import house, links
from webinar_hub.web.structured_data import events

blueprint = Blueprint("public", __name__)

_A_DAY = 24 * 60 * 60


@blueprint.get("/")
def home() -> Response:
    """The next live session anywhere, and every webinar."""
    return headers.public(render_template("web/home.html", view=queries.home(clock.now())))


@blueprint.get("/w/<slug>")
def webinar(slug: str) -> Response:
    """Everything about one webinar, with its dates."""
    view = queries.webinar(slug, clock.now())
    page = render_template("web/webinar.html", view=view, links=links(), structured_data=events(view, links()))
    return headers.public(page)


@blueprint.get("/w/<slug>/cover.svg")
def cover_drawing(slug: str) -> Response:
    """The picture on the page."""
    queries.webinar(slug, clock.now())
    return _picture(cover_svg(slug, accent=house().accent), "image/svg+xml")


@blueprint.get("/w/<slug>/cover.png")
def cover_picture(slug: str) -> Response:
    """The same picture for previews of the link and for mails."""
    queries.webinar(slug, clock.now())
    return _picture(_drawn(slug, house().accent), "image/png")


@lru_cache(maxsize=50)
def _drawn(slug: str, accent: str) -> bytes:
    # Drawing takes a tenth of a second, and social networks ask for a shared link's picture all at once.
    return cover_png(slug, accent=accent)


def _picture(content: str | bytes, media_type: str) -> Response:
    response = Response(content, mimetype=media_type)
    response.cache_control.public = True
    response.cache_control.max_age = _A_DAY
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.add_etag()
    response.make_conditional(request)
    return response
