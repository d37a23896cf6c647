"""`webinar-hub cancel`."""

from datetime import datetime

import click

from webinar_hub.cli.confirming import ACTOR, change
from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.services import sessions


@click.command()
@click.argument("cohort")
@click.argument("session", required=False)
@click.option("--yes", is_flag=True, help="Do it without asking.")
def command(cohort: str, session: str | None, yes: bool) -> None:
    """Cancel SESSION of COHORT, or the whole COHORT; everybody registered is told."""
    app = application()
    demand_up_to_date(app)

    def call_off(now: datetime) -> None:
        if session is None:
            sessions.cancel_cohort(sessions.find_cohort(cohort), actor=ACTOR, now=now)
        else:
            cohort_row, row = sessions.find(cohort, session)
            sessions.cancel(cohort_row, row, actor=ACTOR, now=now)

    change(app, cohort, call_off, yes=yes)
