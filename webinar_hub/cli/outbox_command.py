"""`webinar-hub outbox`."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from flask import Flask

from webinar_hub.cli.confirming import ACTOR
from webinar_hub.cli.moments import Since
from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.cli.tables import table
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.documents.names import plain_name
from webinar_hub.documents.when import place_of, when_in
from webinar_hub.queries import outbox as queries
from webinar_hub.queries.outbox import OutboxLine
from webinar_hub.rules.delivery_story import obstacle, story
from webinar_hub.rules.outbox_filter import STATES, Wanted
from webinar_hub.services import deliveries

NUMBER = click.IntRange(1, 2**31 - 1)
HEAD = ("number", "state", "kind", "about", "to", "due (UTC)", "tries", "answer")


@click.group()
def command() -> None:
    """Look into the outbox, and put right what went wrong there."""


def _filters(verb: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--since", type=Since(), help="Due since then: 90m, 24h, 7d, or a date (UTC)."),
        click.option("--kind", default="", help="Such as confirmation, reminder, drop."),
        click.option("--person", "email", default="", help="Her e-mail address."),
        click.option("--cohort", default="", help="A cohort's key."),
    ):
        verb = option(verb)
    return verb


@command.command("list")
@click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="May be given several times.")
@_filters
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 10_000))
def show_list(states: tuple[str, ...], limit: int, **narrowed: Any) -> None:
    """How many there are of each state, then the newest. Addresses are masked unless --person names one."""
    with _opened().app_context():
        numbers = queries.counts(Wanted(**narrowed))
        lines = queries.lines(Wanted(states=states, **narrowed), limit)
    click.echo("  ".join(f"{state} {number}" for state, number in numbers.items()))
    if lines:
        click.echo()
    for line in table(HEAD, [_cells(line) for line in lines]) if lines else ["There is none of these."]:
        click.echo(line)
    if len(lines) == limit:
        click.echo(f"… the newest {limit}; --limit shows more.")


@command.command()
@click.argument("delivery")
@click.option("--zone", default="UTC", show_default=True, help="The time zone moments are written in.")
def show(delivery: str, zone: str) -> None:
    """Explain one DELIVERY (its number or key): what it is, what happened to it, what happens next and why."""
    try:
        when_in(clock.now(), zone)
    except (KeyError, ValueError, OSError) as error:
        raise click.BadParameter(f"{zone!r} is no time zone. Write one like Europe/Berlin.") from error
    with _opened().app_context():
        facts = queries.facts(delivery)
    for line in story(facts, clock.now(), lambda moment: f"{when_in(moment, zone, year=True)} {place_of(zone)}"):
        click.echo(plain_name(line))


@command.command()
@click.argument("numbers", nargs=-1, type=NUMBER)
@click.option("--all-failed", is_flag=True, help="All that failed, narrowed by the options below.")
@_filters
@click.option("--force", is_flag=True, help="Also what comes too late, or was cancelled on the wire.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def retry(numbers: tuple[int, ...], all_failed: bool, force: bool, yes: bool, **narrowed: Any) -> None:
    """Put deliveries that failed, expired or were cancelled back into the queue, by their NUMBERS.

    They keep their key and Message-ID, so a mail program can see that it is the same mail.
    """
    if bool(numbers) == all_failed or (numbers and any(narrowed.values())):
        raise click.UsageError("Give the numbers of deliveries, or --all-failed and what narrows it.")
    app = _opened()
    with app.app_context():
        wanted = list(numbers) or queries.ids(Wanted(states=("failed",), **narrowed))
        hindered = [words for number in numbers for words in _hindered(number)]
    for words in hindered:
        click.echo(f"note: {words}")
    _one_by_one(
        app,
        wanted,
        lambda number, now: deliveries.retry(number, force=force, actor=ACTOR, now=now),
        question="Put {} back into the queue?",
        yes=yes,
    )


@command.command()
@click.argument("numbers", nargs=-1, required=True, type=NUMBER)
@click.option("--yes", is_flag=True, help="Do it without asking.")
def cancel(numbers: tuple[int, ...], yes: bool) -> None:
    """Take deliveries that have not been sent out of the queue, by their NUMBERS."""
    _one_by_one(
        _opened(),
        list(numbers),
        lambda number, now: deliveries.cancel(number, actor=ACTOR, now=now),
        question="Cancel {}, so that nobody gets it?"
        if len(numbers) == 1
        else "Cancel {}, so that nobody gets them?",
        yes=yes,
    )


def _one_by_one(
    app: Flask, numbers: list[int], verb: Callable[[int, datetime], None], *, question: str, yes: bool
) -> None:
    """Ask once, then do each in a transaction of its own: one that cannot be leaves the others alone."""
    if not numbers:
        click.echo("There is none of these.")
        return
    what = f"delivery {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} deliveries"
    if not (yes or click.confirm(question.format(what))):
        click.echo("Nothing was changed.")
        return
    refused = 0
    for number in numbers:
        try:
            with app.app_context(), transaction():
                verb(number, clock.now())
        except HubError as error:
            click.echo(error.message, err=True)
            refused += 1
    click.echo(f"Done: {len(numbers) - refused} of {len(numbers)}.")
    if refused:
        raise click.exceptions.Exit(1)


def _hindered(number: int) -> list[str]:
    why = obstacle(queries.facts(str(number)))
    return [f"delivery {number}: {why} A sender would cancel it again."] if why else []


def _opened() -> Flask:
    app = application()
    demand_up_to_date(app)
    return app


def _cells(line: OutboxLine) -> tuple[str, ...]:
    return (
        str(line.id),
        line.state,
        line.kind,
        line.about[:30],
        line.email,
        f"{line.due_at:%Y-%m-%d %H:%M}",
        str(line.attempts),
        line.reply,
    )
