"""The studio: where organizers run everything; each area is a blueprint whose every view names its permission."""

from flask import Flask

from webinar_hub.web.studio import (
    access,
    drops,
    handouts,
    library,
    materials,
    navigation,
    signing_in,
    uploads,
    webinars,
)

_AREAS = (webinars, materials, drops, library, uploads, handouts)


def register(app: Flask) -> None:
    """Put the studio into the app."""
    signing_in.register(app)
    access.register(app)
    navigation.register(app)
    for area in _AREAS:
        app.register_blueprint(area.blueprint)
