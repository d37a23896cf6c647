"""`webinar-hub organizers`."""

import click
from flask import Flask

from webinar_hub.cli.confirming import ACTOR
from webinar_hub.cli.first_run import link, tell_how_to_begin
from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import demand_up_to_date
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.documents.names import plain_name
from webinar_hub.queries import team as queries
from webinar_hub.queries.team import MemberView
from webinar_hub.rules.staff import Membership, Role
from webinar_hub.services import staff_access, team


@click.group()
def command() -> None:
    """Who may sign in to the studio. Its Team page does the same; this is for when nobody can get there."""


@command.command("list")
def show() -> None:
    """Show everybody who may sign in or is invited, with their roles."""
    app = _ready()
    with app.app_context():
        members = queries.team()
    for member in members:
        click.echo(_line(member))
    if not members:
        tell_how_to_begin(app)


@command.command()
@click.argument("address")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.OWNER.value,
    show_default=True,
    help="For every webinar.",
)
@click.option("--zone", default="America/New_York", show_default=True, help="Her time zone until she chooses.")
def invite(address: str, role: str, zone: str) -> None:
    """Invite ADDRESS; the link is mailed and printed, and is valid for 7 days."""
    app = _ready()
    with app.app_context(), transaction():
        house = app.extensions["house"].now()
        token = team.invite(
            address,
            [Membership(Role(role))],
            app.extensions["staff_post"].sent_by(app.extensions["settings"].mail_sender, house.sender_address),
            actor=ACTOR,
            inviter="The operator of this Webinar Hub",
            zone=zone,
            now=clock.now(),
            real_now=clock.real_now(),
        )
    click.echo(f"Invited as {role}. The link, which is mailed too:\n  {link(app, token)}")


@command.command()
@click.argument("address")
@click.option("--second-factor-too", is_flag=True, help="Also take codes, recovery codes and passkeys off.")
def reset(address: str, second_factor_too: bool) -> None:
    """Print a link by which ADDRESS chooses a new password, valid for an hour."""
    app = _ready()
    with app.app_context(), transaction():
        token = staff_access.reset_link(
            address,
            second_factor_too=second_factor_too,
            actor=ACTOR,
            now=clock.now(),
            real_now=clock.real_now(),
        )
    click.echo(f"Hand this over; it opens once:\n  {link(app, token)}")


def _ready() -> Flask:
    app = application()
    demand_up_to_date(app)
    return app


def _line(member: MemberView) -> str:
    roles = ", ".join(f"{each.role}{f' of “{each.webinar}”' if each.webinar else ''}" for each in member.roles)
    state = "" if member.has_come_in else "  (invited)"
    return f"{member.email}  {plain_name(member.name)}: {roles}{state}"
