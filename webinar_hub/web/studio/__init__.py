"""The studio: where organizers run everything; each area is a blueprint whose every view names its permission."""

from flask import Flask

from webinar_hub.web.studio import (
    access,
    cohort,
    drafts,
    feeds,
    navigation,
    programs,
    signing_in,
    webinar_details,
    webinars,
)

_AREAS = (webinars, webinar_details, cohort, programs, drafts, feeds)


def register(app: Flask) -> None:
    """Put the studio into the app."""
    signing_in.register(app)
    access.register(app)
    navigation.register(app)
    for area in _AREAS:
        app.register_blueprint(area.blueprint)
    app.register_blueprint(feeds.public)
