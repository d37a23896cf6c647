"""The owner's colors and logo, for every page."""

from flask import Blueprint, Flask, Response, request

from webinar_hub.documents.brand_css import brand_css
from webinar_hub.queries import house as queries
from webinar_hub.rules.colors import ACCENT
from webinar_hub.web.current import house

blueprint = Blueprint("brand", __name__)

_FOR_EVER = 365 * 24 * 60 * 60


@blueprint.get("/brand.css")
def style() -> Response:
    """The colors that are set now; its address on pages names them, so browsers may keep it."""
    return _kept(brand_css(house().accent), "text/css", for_ever=request.args.get("v") == _version())


@blueprint.get("/brand/<digest>.png")
def logo(digest: str) -> Response:
    """A logo by the name of its content."""
    response = _kept(queries.logo(digest), "image/png", for_ever=True)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def style_address() -> str:
    """Where the colors are; "" while they are the house's own, which tokens.css has already."""
    return "" if house().accent == ACCENT else f"/brand.css?v={_version()}"


def cover_address(slug: str) -> str:
    """Where a webinar's cover is; another accent is another address, as browsers keep it for a day."""
    return f"/w/{slug}/cover.svg" + ("" if house().accent == ACCENT else f"?in={_version()}")


def register(app: Flask) -> None:
    """Let every page name the house and find its colors."""
    app.jinja_env.globals.update(house=house, brand_style=style_address, cover_of=cover_address)


def _version() -> str:
    return house().accent.removeprefix("#")


def _kept(content: str | bytes, media_type: str, *, for_ever: bool) -> Response:
    response = Response(content, mimetype=media_type)
    response.cache_control.public = True
    if for_ever:
        response.cache_control.max_age = _FOR_EVER
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    response.add_etag()
    response.make_conditional(request)
    return response
