"""`webinar-hub migrate`."""

import click

from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import bring_up_to_date


@click.command()
def command() -> None:
    """Bring the database up to date: safe to run at every deploy."""
    bring_up_to_date(application())
    click.echo("The database is up to date.")
