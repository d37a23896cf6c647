"""Floor 6: the `webinar-hub` command; each command lives in a file of its own and is loaded when it is called."""

import importlib
import sys

import click
from sqlalchemy.exc import OperationalError

from webinar_hub import __version__
from webinar_hub.core.config import ConfigError, demo_values, preset
from webinar_hub.core.errors import HubError
from webinar_hub.core.loading import all_of_it_stays
from webinar_hub.core.log import without_secrets

COMMANDS = {
    "serve": "Run the service: pages and worker in one process.",
    "worker": "Run a worker apart from the pages.",
    "demo": "Try everything out with an example, a mailbox and a clock you can move.",
    "migrate": "Bring the database up to date.",
    "move-database": "Copy everything into another database, from SQLite to PostgreSQL or back.",
    "check-config": "Say what is wrong with the settings, in plain words.",
    "import": "Create or update a cohort from a file.",
    "plan": "Show everything a cohort will be sent, when, to how many.",
    "reschedule": "Move a session; everybody gets an updated invite.",
    "cancel": "Cancel a session or a whole cohort; everybody is told.",
    "outbox": "Look into the outbox: list, explain, retry, cancel.",
    "doctor": "Look at everything the service needs, and say what to do.",
    "backup": "Write everything into one file, while the service goes on.",
    "restore": "Go back to a backup.",
    "replies": "Show what calendars have answered to a cohort's invites.",
    "suppressions": "Addresses that are no longer written to, and writing to one again.",
    "organizers": "Who may sign in to the studio; let somebody in, or in again.",
    "audit": "Verify that nobody has changed the audit log.",
    "purge": "Delete what has had its time, or show it first.",
    "tasks": "What only a person can do: whom to call because no mail reaches her.",
}


class _Commands(click.Group):
    """Loads a command's file only when it is asked for: `--help` and `demo` need not wait for the others."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        with all_of_it_stays():
            module = importlib.import_module(f"webinar_hub.cli.{name.replace('-', '_')}_command")
        command: click.Command = module.command
        command.name, command.short_help = name, COMMANDS[name]
        return command


@click.command(cls=_Commands)
@click.version_option(__version__, prog_name="webinar-hub")
@click.option("--demo", is_flag=True, help="Work on the demo's data, by the demo's clock.")
def hub(demo: bool) -> None:
    """Live webinars and cohorts: sign-up, invites and reminders at the right moment, weekly bonus drops."""
    if demo:
        preset(**demo_values())


def main() -> None:
    """Run the command; what a person can mend is said in words, without a traceback."""
    try:
        hub(standalone_mode=True)
    except ConfigError as error:
        click.echo("The settings are not right:", err=True)
        for problem in error.problems:
            click.echo(f"  - {problem}", err=True)
        sys.exit(2)
    except HubError as error:
        click.echo(error.message, err=True)
        sys.exit(1)
    except OperationalError as error:
        click.echo(f"The database does not answer: {without_secrets(str(error.orig).splitlines()[0])}", err=True)
        click.echo("`webinar-hub check-config` may say more. Nothing was changed.", err=True)
        sys.exit(1)
