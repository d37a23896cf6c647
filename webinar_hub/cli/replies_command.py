"""`webinar-hub replies`."""

import click

from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.documents.names import plain_name
from webinar_hub.documents.when import place_of, when_in
from webinar_hub.queries.replies import cohort_replies


@click.command()
@click.argument("cohort")
def command(cohort: str) -> None:
    """Show what calendars have answered to COHORT's invites, and who cannot come."""
    app = application()
    demand_up_to_date(app)
    with app.app_context():
        found = cohort_replies(cohort)
    click.echo(f"{found.title} (times in {place_of(found.zone)})")
    for session in found.sessions:
        counts = ", ".join(f"{session.answers[word]} {word}" for word in ("accepted", "tentative", "declined"))
        silent = session.people - session.answers.total()
        click.echo(f"\n{when_in(session.starts_at, found.zone, year=True)}  {session.title}")
        click.echo(f"    {counts}, {silent} without an answer")
        for name, email in session.declined:
            click.echo(f"    cannot come: {plain_name(name)} <{email}>")
