"""Shows what a change to a cohort does before it is made, and asks once."""

from collections.abc import Callable

import click
from flask import Flask

from webinar_hub.cli.printing import announcement_lines, change_lines
from webinar_hub.core import clock
from webinar_hub.core.db import rehearsal, transaction
from webinar_hub.queries import changes


def change(app: Flask, cohort: str, verb: Callable[[], None], *, yes: bool) -> None:
    """Rehearse `verb` (a call of one service), show its effect on the cohort, ask, then do it."""
    with app.app_context():
        with rehearsal():
            now = clock.now()
            before = changes.snapshot(cohort)
            verb()
            seen = changes.differences(before, changes.snapshot(cohort))
            mailed = changes.announcements(cohort, now)
        if not seen:
            click.echo("That is how it is already; nothing to do.")
            return
        for line in (*change_lines(seen), "", *announcement_lines(mailed)):
            click.echo(line)
        if not (yes or click.confirm("Do this?")):
            click.echo("Nothing was changed.")
            return
        with transaction():
            verb()
        click.echo("Done.")
