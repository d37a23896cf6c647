"""`webinar-hub import`."""

import sys
from pathlib import Path
from typing import NoReturn

import click

from webinar_hub.adapters.livestream import provider_for
from webinar_hub.adapters.livestream.reachability import problem_with
from webinar_hub.cli import importing
from webinar_hub.cli.opening import application
from webinar_hub.cli.printing import announcement_lines, change_lines, warning_lines
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.rules.cohort_file import CohortFile, CohortFileErrors, read_cohort_file


@click.command()
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Apply without asking.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@click.option("--check-links", is_flag=True, help="Also ask whether every livestream link answers.")
def command(path: Path, yes: bool, dry_run: bool, check_links: bool) -> None:
    """Create or update a cohort from a file: shows what changes and who is mailed, then asks.

    All errors of the file are listed with their lines; then nothing is applied.
    """
    app = application()
    demand_up_to_date(app)
    try:
        file = read_cohort_file(path.read_text(encoding="utf-8"))
        seen = importing.preview(app, file, path.parent)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path} is not UTF-8 text. Save it as UTF-8.") from error
    except CohortFileErrors as error:
        _refuse(path, error)
    if check_links:
        _check_links(file)
    if not seen.changes:
        click.echo(f"{file.cohort.key} is as the file says; nothing to do.")
        return
    said = (*change_lines(seen.changes), "", *announcement_lines(seen.announcements), *warning_lines(seen.plan))
    for line in said:
        click.echo(line)
    if dry_run or not (yes or click.confirm("Apply this?")):
        click.echo("Nothing was changed.")
        return
    try:
        importing.apply(app, file, path.parent)
    except CohortFileErrors as error:
        # While the question stood there a session began, or a material went.
        _refuse(path, error)
    click.echo(f"Done. `webinar-hub plan {file.cohort.key}` shows what will be sent.")


def _refuse(path: Path, error: CohortFileErrors) -> NoReturn:
    click.echo(f"{path} has errors; nothing was applied:", err=True)
    for item in error.errors:
        field = f", {item.field}" if item.field else ""
        click.echo(f"  line {item.line}{field}: {item.message}", err=True)
    sys.exit(1)


def _check_links(file: CohortFile) -> None:
    links = {file.cohort.livestream_url, *(session.livestream_url for session in file.sessions)}
    for link in sorted(link for link in links if link):
        problem = problem_with(link)
        click.echo(f"{provider_for(link).name} link {link}: {problem or 'answers'}")
