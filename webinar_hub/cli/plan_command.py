"""`webinar-hub plan`."""

import click

from webinar_hub.cli.opening import application
from webinar_hub.cli.printing import plan_lines
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.queries.plan import cohort_plan


@click.command()
@click.argument("cohort")
def command(cohort: str) -> None:
    """Show everything COHORT will be sent, when, to how many, and what has been sent."""
    app = application()
    demand_up_to_date(app)
    with app.app_context():
        for line in plan_lines(cohort_plan(cohort)):
            click.echo(line)
