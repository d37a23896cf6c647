"""`webinar-hub demo`."""

import shutil
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import select

from webinar_hub.app import create_app
from webinar_hub.cli import importing
from webinar_hub.cli.first_run import DEMO_EMAIL, DEMO_PASSWORD, demo_studio_link
from webinar_hub.cli.lived_in import move_in
from webinar_hub.cli.schema import bring_up_to_date
from webinar_hub.cli.serving import Server, demand_free
from webinar_hub.core import clock
from webinar_hub.core.config import Settings, demo_values, read_settings
from webinar_hub.core.db import db
from webinar_hub.models import Cohort
from webinar_hub.rules.cohort_file import read_cohort_file
from webinar_hub.rules.example_dates import example_cohort_text
from webinar_hub.rules.zones import zone

ZONE = "America/New_York"


@click.command()
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--fresh", is_flag=True, help="Forget what was done in the demo and start over.")
@click.option(
    "--bare", is_flag=True, help="Begin with the example alone, without 300 people in three other cohorts."
)
def command(port: int, fresh: bool, bare: bool) -> None:
    """Try everything out: an example webinar, a mailbox in the browser, a clock you can move."""
    demand_free("127.0.0.1", port)
    settings = read_settings(**demo_values(), base_url=f"http://127.0.0.1:{port}")
    if fresh and settings.data_folder.exists():
        shutil.rmtree(settings.data_folder)
    _prepare_apart(settings, lived_in=not bare)
    app = create_app(settings)
    address = settings.base_url
    click.echo(f"\n  The webinar   {address}/\n  Your mailbox  {address}/demo/mailbox", err=True)
    click.echo(f"  The studio    {demo_studio_link(app)}  (opens once; then {address}/studio/sign-in)", err=True)
    click.echo(f"                as {DEMO_EMAIL} with the password “{DEMO_PASSWORD}”\n", err=True)
    click.echo("  Ctrl-C ends it.\n", err=True)
    Server(app, f"127.0.0.1:{port}").run()


def _prepare_apart(settings: Settings, *, lived_in: bool) -> None:
    """Prepare in a process of its own.

    What prints hand-outs keeps threads, and a server that is forked off a process in which it has printed waits for
    them for ever.
    """
    preparing = get_context("fork").Process(target=prepared, args=(settings,), kwargs={"lived_in": lived_in})
    preparing.start()
    preparing.join()
    if preparing.exitcode:
        raise SystemExit(preparing.exitcode)


def prepared(settings: Settings, *, lived_in: bool = False) -> Flask:
    """The demo's application with its example in place, and perhaps with what others have made of it."""
    app = create_app(settings)
    click.echo("Bringing the database up to date ...", err=True)
    bring_up_to_date(app)
    with app.app_context():
        is_new = db.session.scalar(select(Cohort.id).limit(1)) is None
    if is_new:
        click.echo("Printing the example's hand-outs and importing its cohort ...", err=True)
        folder = Path(str(files("webinar_hub"))) / "example"
        today = clock.now().astimezone(zone(ZONE)).date()
        text = example_cohort_text((folder / "cohort.toml").read_text(encoding="utf-8"), today)
        importing.apply(app, read_cohort_file(text), folder)
        if lived_in:
            click.echo("Letting 300 people sign up, come and go ...", err=True)
            move_in(app, folder, ZONE, clock.now())
    return app
