"""`webinar-hub backup`."""

from pathlib import Path

import click

from webinar_hub.cli import backing_up
from webinar_hub.cli.opening import application
from webinar_hub.core.config import Settings


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--verify/--no-verify", default=None, help="Restore it somewhere to prove it; default: on SQLite.")
@click.option("--replace", is_flag=True, help="Write over a file of this name.")
def command(file: Path, verify: bool | None, replace: bool) -> None:
    """Write everything into one FILE (such as hub.tar.gz): database, materials, secret key; the service goes on.

    With PostgreSQL pg_dump has to be on the PATH, and --verify needs the right to create a database.
    """
    if file.exists() and not replace:
        raise click.ClickException(f"{file} exists. Choose another name, or say --replace.")
    if not file.parent.is_dir():
        raise click.ClickException(f"There is no folder {file.parent}.")
    # An older database is copied as well: before a migration is when a backup is wanted most.
    app = application()
    settings: Settings = app.extensions["settings"]
    if verify is None:
        verify = settings.database.startswith("sqlite")
    manifest = backing_up.make(app, file, verify=verify)
    size = file.stat().st_size / 1e6
    files = sum(name.startswith("materials/") for name in manifest.files)
    click.echo(f"{file}: {size:.1f} MB, {sum(manifest.rows.values())} rows in all tables, {files} materials.")
    click.echo(
        "Restored in a place of its own and compared: it is whole." if verify else "Not verified (--verify)."
    )
    if settings.secret_key:
        click.echo("note: the secret key is set as a variable and not in the file: keep it as well.")
    click.echo("Whoever has this file can read every name and address and open every link: keep it safe.")
