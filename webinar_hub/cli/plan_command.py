"""`webinar-hub plan`."""

import click

from webinar_hub.cli.opening import application
from webinar_hub.cli.printing import plan_lines, warning_lines
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.queries.plan import cohort_plan


@click.command()
@click.argument("cohort")
def command(cohort: str) -> None:
    """Show everything COHORT will be sent, when, to how many, and what has been sent."""
    app = application()
    demand_up_to_date(app)
    with app.app_context():
        plan = cohort_plan(cohort, app.extensions["limits"])
        for line in (*plan_lines(plan), *warning_lines(plan)):
            click.echo(line)
