"""`webinar-hub purge`."""

import click

from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.core import clock
from webinar_hub.documents.names import plain_name
from webinar_hub.queries import purge as queries
from webinar_hub.worker import clearing


@click.command()
@click.option("--dry-run", is_flag=True, help="Only show what would be deleted.")
def command(dry_run: bool) -> None:
    """Delete what has had its time, as the worker does each night; nothing that is not announced yet."""
    app = application()
    demand_up_to_date(app)
    with app.app_context():
        if not dry_run:
            while clearing.purge(app):
                pass
        periods = clearing.periods_of(app)
        for kind in queries.preview(periods.days, periods.zone, clock.now()):
            kept = f"kept {kind.days:,} days {kind.since}" if kind.days else "kept for ever"
            click.echo(f"{kind.words} ({kept})")
            if kind.number:
                begins = f"{kind.next_at:%Y-%m-%d %H:%M %Z}" if kind.next_at else "never"
                click.echo(f"    {kind.number:,} to be deleted; {kind.state}, next {begins}")
                click.echo(f"    such as: {', '.join(plain_name(name) for name in kind.sample)}")
            else:
                click.echo("    nothing to be deleted")
            if kind.last_at:
                click.echo(f"    last time {kind.last_at:%Y-%m-%d %H:%M} UTC: {kind.last_number:,} deleted")
