"""`webinar-hub reschedule`."""

from datetime import datetime
from typing import Any

import click

from webinar_hub.cli.confirming import ACTOR, change
from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.services import sessions


class _WallTime(click.DateTime):
    """A day and time as people write them; click would name the formats in Python's signs."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no day and time. Write them like 2027-01-12T19:00.", param, ctx)


@click.command()
@click.argument("cohort")
@click.argument("session")
@click.argument("starts", metavar="STARTS", type=_WallTime())
@click.option("--minutes", type=click.IntRange(5, 1440), help="A new length; as before without it.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def command(cohort: str, session: str, starts: datetime, minutes: int | None, yes: bool) -> None:
    """Move SESSION of COHORT to STARTS (such as 2027-01-12T19:00, in the cohort's zone)."""
    app = application()
    demand_up_to_date(app)

    def move(now: datetime) -> None:
        cohort_row, row = sessions.find(cohort, session)
        sessions.reschedule(cohort_row, row, starts, minutes or row.minutes, actor=ACTOR, now=now)

    change(app, cohort, move, yes=yes)
