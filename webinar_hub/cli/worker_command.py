"""`webinar-hub worker`."""

import sys

import click

from webinar_hub.app import create_app
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.worker import running


@click.command()
def command() -> None:
    """Ring the clock and send what is due, until SIGTERM. Any number of workers may run at once."""
    app = create_app(studio_waits=True)
    demand_up_to_date(app)
    sys.exit(running.run(app))
