"""The studio: where organizers run everything; each area is a blueprint whose every view names its permission."""

from flask import Flask

from webinar_hub.web.studio import (
    access,
    account,
    announcements,
    audit,
    cohort,
    cohort_people,
    door,
    drafts,
    drops,
    feeds,
    handouts,
    health,
    library,
    mail_templates,
    materials,
    messages,
    navigation,
    outbox,
    people,
    people_import,
    person,
    person_data,
    programs,
    purge,
    registering,
    rehearsal,
    settings,
    signing_in,
    team,
    timeline,
    today,
    transport,
    uploads,
    webinar_details,
    webinars,
)

_AREAS = (
    webinars,
    door,
    account,
    team,
    settings,
    transport,
    audit,
    messages,
    outbox,
    announcements,
    mail_templates,
    people,
    cohort_people,
    people_import,
    person,
    person_data,
    purge,
    materials,
    drops,
    library,
    uploads,
    handouts,
    webinar_details,
    cohort,
    registering,
    programs,
    drafts,
    feeds,
    timeline,
    today,
    rehearsal,
    health,
)


def register(app: Flask) -> None:
    """Put the studio into the app."""
    signing_in.register(app)
    access.register(app)
    navigation.register(app)
    health.register(app)
    for area in _AREAS:
        app.register_blueprint(area.blueprint)
    app.register_blueprint(feeds.public)
