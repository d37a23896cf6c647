"""`webinar-hub migrate`."""

import click

from webinar_hub.app import create_app
from webinar_hub.cli.schema import bring_up_to_date


@click.command()
def command() -> None:
    """Bring the database up to date: safe to run at every deploy."""
    bring_up_to_date(create_app())
    click.echo("The database is up to date.")
