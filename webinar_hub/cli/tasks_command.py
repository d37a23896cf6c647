"""`webinar-hub tasks`."""

import click

from webinar_hub.cli.confirming import ACTOR
from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.documents.names import plain_name
from webinar_hub.queries import suppressions as queries
from webinar_hub.services import tasks


@click.group()
def command() -> None:
    """What only a person can do, such as calling somebody whom no mail reaches."""


@command.command("list")
def show() -> None:
    """Show what there is to do, the oldest first."""
    app = application()
    demand_up_to_date(app)
    with app.app_context():
        rows = queries.open_tasks()
    for row in rows:
        about = f"{plain_name(row.name)} <{row.email}>, {row.profession}: {row.cohort}" if row.email else row.cohort
        click.echo(f"{row.id:>6}  {row.created_at:%Y-%m-%d %H:%M} UTC  {about}".rstrip())
        click.echo(f"        {row.text}")
    if not rows:
        click.echo("There is nothing to do.")


@command.command()
@click.argument("task", type=int)
def done(task: int) -> None:
    """Tick TASK off."""
    app = application()
    demand_up_to_date(app)
    with app.app_context(), transaction():
        tasks.done(task, actor=ACTOR, now=clock.now())
    click.echo("Done.")
