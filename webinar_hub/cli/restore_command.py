"""`webinar-hub restore`."""

from datetime import datetime
from pathlib import Path

import click

from webinar_hub.adapters.backup import archive
from webinar_hub.cli import restoring
from webinar_hub.cli.moments import Since
from webinar_hub.cli.restoring import Staged
from webinar_hub.core import clock, log
from webinar_hub.core.config import Settings, read_settings
from webinar_hub.documents.when import duration_in_words


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Give up the data that is here now; a copy is kept.")
@click.option(
    "--silence-before",
    type=Since(),
    help="Send nothing that was due before then (such as: now), because it may have been sent.",
)
@click.option("--yes", is_flag=True, help="Do it without asking.")
def command(file: Path, replace: bool, silence_before: datetime | None, yes: bool) -> None:
    """Go back to the backup in FILE: database, materials, secret key. Stop the service first.

    The backup is unpacked and checked beside what is here; then all of it is put in place, or nothing.
    """
    settings = read_settings()
    log.configure(settings.log_level, as_json=settings.log_format == "json")
    with restoring.staged(settings, file, replace=replace) as found:
        for line in _meaning(found, silence_before):
            click.echo(line)
        if not (yes or click.confirm("Go back to it?")):
            click.echo("Nothing was changed.")
            return
        kept = _put_in_place(settings, found, silence_before)
        notes = _notes(settings, found, kept)
    for line in notes:
        click.echo(line)
    click.echo("Done. Run `webinar-hub migrate`, then start the service.")


def _put_in_place(settings: Settings, found: Staged, silence_before: datetime | None) -> Path | None:
    try:
        return restoring.put_in_place(settings, found, silence_before)
    except OSError as error:
        raise click.ClickException(
            f"Stopped on the way: {error}. The database is still the old one. Mend the cause and call this again."
        ) from error


def _meaning(found: Staged, silence_before: datetime | None) -> list[str]:
    now, manifest = clock.now(), found.manifest
    age = duration_in_words(max(now - manifest.moment, now - now))
    people, places = manifest.rows.get("people", 0), manifest.rows.get("registrations", 0)
    lines = [
        f"The backup was made {age} ago ({manifest.moment:%Y-%m-%d %H:%M} UTC): {people} people, {places} places.",
        "Whatever happened since then is forgotten: sign-ups, places given back, sessions moved, mails sent.",
    ]
    if silence_before:
        return [*lines, f"Nothing that was due before {silence_before:%Y-%m-%d %H:%M} UTC will be sent."]
    due = restoring.waiting(found, now)
    how_many = f": {due[0]} messages to whole cohorts and {due[1]} single mails" if due else ""
    return [
        *lines,
        f"What came due since is sent when a worker starts, even if it was sent before{how_many}.",
        "To send none of it: --silence-before now.",
    ]


def _notes(settings: Settings, found: Staged, kept: Path | None) -> list[str]:
    lines = [f"What was here before is in {kept}."] if kept else []
    if archive.fingerprint(settings.keys[-1]) != found.manifest.key:
        lines.append(
            "note: the secret key is another one than when the backup was made, so links in older mails do not "
            "open. Set WEBINAR_HUB_SECRET_KEY_OLD to the old one."
        )
    return lines
