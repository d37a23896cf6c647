"""Floor 6, for people: pages and forms; each view translates, opens the transaction and calls one service."""

from flask import Flask

from webinar_hub.web import (
    address,
    answers,
    brand,
    calendars,
    downloads,
    errors,
    filters,
    groups,
    headers,
    health,
    invitations,
    join,
    languages,
    late_studio,
    lost_link,
    me,
    my_consents,
    my_data,
    other_sites,
    preferences,
    presenting,
    proving,
    public,
    rate_limits,
    registration,
    request_log,
    rhythm,
    row_ids,
    sign_up,
    straight_in,
    transfer,
    unsubscribe,
    waiting,
    watch,
    webhooks,
    work,
)

_AREAS = (
    *(public, sign_up, me, registration, join, downloads, unsubscribe, lost_link, calendars, health, webhooks),
    *(brand, groups, invitations, presenting, languages, preferences, rhythm, address, transfer, answers, my_data),
    *(proving, straight_in, my_consents, work),
    waiting,
)


def register(app: Flask, *, studio_waits: bool) -> None:
    """Put the pages, their protection and their error answers into the app; the studio may wait to be asked for."""
    request_log.register(app)
    row_ids.register(app)
    headers.register(app)
    languages.register(app)
    other_sites.register(app)
    rate_limits.register(app)
    watch.register(app)
    proving.register(app)
    errors.register(app)
    filters.register(app)
    brand.register(app)
    for area in _AREAS:
        app.register_blueprint(area.blueprint)
    if studio_waits:
        app.wsgi_app = late_studio.LateStudio(app)  # type: ignore[method-assign]
    else:
        from webinar_hub.web import studio  # noqa: PLC0415  slow import

        studio.register(app)
    if app.extensions["settings"].demo:
        from webinar_hub.web import demo  # noqa: PLC0415  slow import

        # The mailbox shows everybody's mails, so where mails are real it does not exist.
        app.register_blueprint(demo.blueprint)
