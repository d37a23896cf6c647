"""`webinar-hub move-database`."""

from pathlib import Path

import click
from flask import Flask
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from webinar_hub.app import create_app
from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import behind, bring_up_to_date, demand_up_to_date
from webinar_hub.core.config import Settings, read_settings
from webinar_hub.core.db import close_connections, long_transaction
from webinar_hub.services import moving

EXAMPLES = "postgresql://user:password@host/name or sqlite:////var/lib/webinar-hub/webinar-hub.db"


@click.command()
@click.option("--to", "url", required=True, metavar="URL", help=f"Where to: {EXAMPLES}.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def command(url: str, yes: bool) -> None:
    """Copy everything into another, empty database, from SQLite to PostgreSQL or back, and compare.

    Stop `serve` and all workers first. The database in use now stays as it is.
    """
    app = application()
    demand_up_to_date(app)
    source: Settings = app.extensions["settings"]
    # Without one, the setting would mean SQLite in the data folder.
    target = read_settings(database_url=url or "none", broker_url="")
    _demand_possible(source, target)
    if not yes and not click.confirm(f"Copy {_words(source)} into {_words(target)}?"):
        raise click.ClickException("Nothing was changed.")
    with long_transaction(target.database, keep=False) as connection:
        moving.demand_empty(connection)
    _migrate(create_app(target), target, yes=yes)
    _move(source, target)
    click.echo(
        f"Everything has arrived. Now set WEBINAR_HUB_DATABASE_URL to {_words(target)} everywhere, and start."
    )


def _demand_possible(source: Settings, target: Settings) -> None:
    try:
        url = make_url(target.database)
    except ArgumentError as error:
        raise click.BadParameter(f"write it like {EXAMPLES}", param_hint="--to") from error
    if url.drivername not in ("sqlite", "postgresql+psycopg") or not url.database:
        raise click.BadParameter(f"write it like {EXAMPLES}", param_hint="--to")
    if url.drivername == "sqlite" and not Path(url.database).resolve().parent.is_dir():
        raise click.BadParameter(f"there is no folder {Path(url.database).parent}", param_hint="--to")
    if url == make_url(source.database):
        raise click.BadParameter("that is the database in use now", param_hint="--to")


def _migrate(app: Flask, settings: Settings, *, yes: bool) -> None:
    try:
        if not behind(app):
            return
        if not yes and not click.confirm(f"{_words(settings)} has no tables yet, or old ones. Make them?"):
            raise click.ClickException("Nothing was changed.")
        bring_up_to_date(app)
    finally:
        with app.app_context():
            close_connections()


def _move(source: Settings, target: Settings) -> None:
    with (
        long_transaction(source.database, keep=False) as old,
        long_transaction(target.database, keep=True) as new,
    ):
        moving.hold_still(old)
        moving.demand_rest(old)
        # Somebody may have begun to use it while we asked.
        moving.demand_empty(new)
        # Each row is copied, and looked at again where it arrived.
        with click.progressbar(length=2 * moving.rows_in(old), label="Copying and comparing") as bar:
            moved = moving.move(old, new, bar.update)
    for name, content in moved.items():
        click.echo(f"  {name:<24} {content.rows:>10} rows, checksum {content.checksum >> 224:08x}")


def _words(settings: Settings) -> str:
    return make_url(settings.database).render_as_string(hide_password=True)
