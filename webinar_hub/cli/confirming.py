"""Shows what a change to a cohort does before it is made, and asks once."""

from collections.abc import Callable
from datetime import datetime

import click
from flask import Flask

from webinar_hub.cli.printing import announcement_lines, change_lines
from webinar_hub.core import clock
from webinar_hub.core.db import rehearsal, transaction
from webinar_hub.queries import changes

# Who did it, in the audit log.
ACTOR = "command line"


def change(app: Flask, cohort: str, verb: Callable[[datetime], None], *, yes: bool) -> None:
    """Rehearse `verb` (a call of one service at a moment), show its effect on the cohort, ask, then do it."""
    with app.app_context():
        with rehearsal():
            now = clock.now()
            before = changes.snapshot(cohort)
            verb(now)
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
            verb(clock.now())
        click.echo("Done.")
