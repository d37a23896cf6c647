"""`webinar-hub serve`."""

import click

from webinar_hub.app import create_app
from webinar_hub.cli.first_run import tell_how_to_begin
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.cli.serving import Server, demand_free
from webinar_hub.worker.running import demand_runnable


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--without-worker", is_flag=True, help="Serve pages only; run `webinar-hub worker` apart.")
def command(host: str, port: int, without_worker: bool) -> None:
    """Run the service: pages and worker in one process, until SIGTERM.

    A SQLite database is brought up to date first; a PostgreSQL one must be (`webinar-hub migrate`).
    """
    demand_free(host, port)
    app = create_app(studio_waits=True)
    if not without_worker:
        demand_runnable(app.extensions["settings"])
    demand_up_to_date(app)
    click.echo(f"Webinar Hub on http://{host}:{port} (Ctrl-C ends it)", err=True)
    tell_how_to_begin(app, f"http://{host}:{port}")
    Server(app, f"{host}:{port}", with_worker=not without_worker).run()
