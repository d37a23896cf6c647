"""`webinar-hub audit`."""

import sys
from typing import Any

import click

from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.queries import audit as queries
from webinar_hub.services import audit as services


class Known(click.ParamType[tuple[int, str]]):
    """A place in the chain with its digest, as `audit verify` printed it once: 120:9f86d081..."""

    name = "entry:digest"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> tuple[int, str]:
        """Read it; a usage error when it cannot be."""
        position, _, digest = str(value).partition(":")
        if not position.isdecimal() or len(digest) != 64:
            self.fail(f"{value!r} is not what `webinar-hub audit verify` prints.", param, context)
        return int(position), digest.lower()


@click.group()
def command() -> None:
    """The audit log: who changed what, chained so that it shows if anybody changes the log itself."""


@command.command()
@click.option("--known", type=Known(), help="Also hold it against what an earlier look printed.")
def verify(known: tuple[int, str] | None) -> None:
    """Look through the whole chain; exit status 1 when it is broken."""
    app = application()
    demand_up_to_date(app)
    with app.app_context():
        verdict = queries.verify()
        purged = known is not None and known[0] <= queries.purged_through()
        differs = known is not None and not purged and queries.digest_at(known[0]) != known[1]
        with transaction():
            services.keep_check(verdict, now=clock.now())
    if verdict.fault:
        click.echo(f"The log was changed: {verdict.fault}.", err=True)
        click.echo("Keep this database as it is, and compare it with a backup.", err=True)
    elif known and differs:
        click.echo(f"The log was written anew: entry {known[0]} is not the one you noted.", err=True)
    else:
        click.echo(f"The chain is whole: verified up to entry {verdict.position}.")
        if known and purged:
            click.echo(f"Entry {known[0]} has been purged, its time was over: it cannot be compared any more.")
        if verdict.position:
            click.echo("Note this down elsewhere, and give it with --known next time:")
            click.echo(f"{verdict.position}:{verdict.digest}")
    sys.exit(1 if verdict.fault or differs else 0)
