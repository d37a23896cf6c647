"""Floor 6, for people: pages and forms; each view translates, opens the transaction and calls one service."""

from flask import Flask

from webinar_hub.web import (
    brand,
    calendars,
    downloads,
    errors,
    filters,
    headers,
    health,
    join,
    lost_link,
    me,
    my_data,
    presenting,
    protection,
    public,
    registration,
    request_log,
    row_ids,
    sign_up,
    studio,
    unsubscribe,
    webhooks,
)

_AREAS = (
    *(public, sign_up, me, registration, join, downloads, unsubscribe, lost_link, calendars, health, webhooks),
    brand,
    presenting,
    my_data,
)


def register(app: Flask) -> None:
    """Put the pages, their protection and their error answers into the app."""
    request_log.register(app)
    row_ids.register(app)
    headers.register(app)
    protection.register(app)
    errors.register(app)
    filters.register(app)
    brand.register(app)
    for area in _AREAS:
        app.register_blueprint(area.blueprint)
    studio.register(app)
    if app.extensions["settings"].demo:
        from webinar_hub.web import demo  # noqa: PLC0415  slow import

        # The mailbox shows everybody's mails, so where mails are real it does not exist.
        app.register_blueprint(demo.blueprint)
