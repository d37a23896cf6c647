"""`webinar-hub suppressions`."""

import click

from webinar_hub.cli.confirming import ACTOR
from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.documents.names import plain_name
from webinar_hub.queries import suppressions as queries
from webinar_hub.services import suppressions


@click.group()
def command() -> None:
    """Addresses that are no longer written to: their mail server refused them, or their owners complained."""


@command.command("list")
def show() -> None:
    """Show who is not written to, since when and why."""
    app = application()
    demand_up_to_date(app)
    with app.app_context():
        rows = queries.suppressed()
    for row in rows:
        click.echo(f"{row.since:%Y-%m-%d %H:%M} UTC  {row.email}  {plain_name(row.name)}")
        click.echo(f"    {plain_name(row.reason)}")
    if not rows:
        click.echo("Everybody is written to.")


@command.command()
@click.argument("address")
def lift(address: str) -> None:
    """Write to ADDRESS again, after its owner has said that it works and that she wants to be written to."""
    app = application()
    demand_up_to_date(app)
    with app.app_context(), transaction():
        suppressions.lift(address, actor=ACTOR, now=clock.now())
    click.echo(f"{address} is written to again. What was not sent meanwhile stays unsent; topics she ended stay")
    click.echo("ended. If you send through a provider, take the address off its own list as well.")
