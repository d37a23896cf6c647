"""How the first one comes in to the studio: a link that is printed where the service runs."""

from datetime import timedelta

import click
from flask import Flask

from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import transaction
from webinar_hub.rules.coming_in import Purpose
from webinar_hub.services import one_time_links, staff_access

DEMO_EMAIL = "mara@littlehands.example"
DEMO_PASSWORD = "four little warm hands"  # noqa: S105  printed, and on this machine only
DEMO_LINK_LIVES = timedelta(days=1)


def tell_how_to_begin(app: Flask, here: str = "") -> None:
    """Print the link that creates the owner, while there is nobody; `here` is where the service listens."""
    with app.app_context(), transaction():
        token = staff_access.first_link(clock.real_now())
    if token is None:
        return
    settings: Settings = app.extensions["settings"]
    address = link(app, token)
    if here and "base_url" not in settings.model_fields_set:
        # Nobody has said yet how people will reach it.
        address = address.replace(settings.base_url, here, 1)
    click.echo(
        f"Nobody can sign in yet. This link makes you the owner (once, within a day):\n  {address}", err=True
    )


def demo_studio_link(app: Flask) -> str:
    """A link that opens the studio as the demo's owner, who is made where she is missing."""
    from flask_security import hash_password  # noqa: PLC0415  slow import

    with app.app_context():
        password = hash_password(DEMO_PASSWORD)
        with transaction():
            owner = staff_access.with_email(DEMO_EMAIL) or staff_access.add_owner(
                name="Mara Lind",
                email=DEMO_EMAIL,
                zone="America/New_York",
                password=password,
                now=clock.now(),
            )
            token = one_time_links.make(Purpose.SIGN_IN, owner.id, now=clock.real_now(), lives=DEMO_LINK_LIVES)
    return link(app, token)


def link(app: Flask, token: str) -> str:
    """The address that a token opens."""
    return str(app.extensions["staff_post"].link(token))
