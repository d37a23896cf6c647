"""`webinar-hub doctor`."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from ipaddress import ip_address
from typing import Any

import click
from flask import Flask

from webinar_hub.adapters import checkup
from webinar_hub.cli.doctor import Check, database, findings, machine, mail
from webinar_hub.cli.opening import application
from webinar_hub.core.config import Settings
from webinar_hub.documents.names import plain_name
from webinar_hub.rules.checkup import Finding
from webinar_hub.rules.registration import email_key

DNS_PORT = 53


class Resolver(click.ParamType[tuple[str, int]]):
    """An IP address, with a port or without: 127.0.0.1:5353, 9.9.9.9, [::1]:53."""

    name = "host:port"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> tuple[str, int]:
        """Read it; a usage error when it cannot be."""
        host, colon, port = value.rpartition(":") if value.count(":") == 1 or "]:" in value else (value, "", "")
        try:
            address = str(ip_address(host.strip("[]")))
            return address, int(port) if colon else DNS_PORT
        except ValueError:
            self.fail(f"{value!r} is no resolver. Write one like 9.9.9.9 or 127.0.0.1:5353.", param, context)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For machines: a list of findings.")
@click.option("--resolver", type=Resolver(), help="Ask this DNS server instead of the system's.")
@click.option("--dkim-selector", default="", help="The name of the key mails are signed with.")
@click.option("--mail-to", default="", help="Also send a test mail to this address: your own.")
def command(as_json: bool, resolver: tuple[str, int] | None, dkim_selector: str, mail_to: str) -> None:
    """Look at everything the service needs, and say what to do; exit status 1 when something is broken.

    Nothing is changed, and nothing is sent without --mail-to.
    """
    if mail_to:
        _demand_address(mail_to)
    app = application()
    found = []
    for finding in _examine(app, resolver, dkim_selector, mail_to):
        found.append(finding)
        if not as_json:
            _show(finding)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found], indent=2, ensure_ascii=False))
    sys.exit(1 if any(finding.verdict == "broken" for finding in found) else 0)


def _examine(app: Flask, resolver: tuple[str, int] | None, selector: str, mail_to: str) -> Iterator[Finding]:
    settings: Settings = app.extensions["settings"]
    answers = database.there(app)
    yield answers
    checks: dict[str, Check] = {
        "disk": lambda: machine.disk(settings),
        "folders": lambda: machine.folders(settings),
        "time zones": machine.zones,
        "mail server": lambda: checkup.way_out(settings),
    }
    usable = False
    if answers.verdict == "ok":
        version = next(findings({"migrations": lambda: [database.of_this_version(app)]}))
        yield version
        usable = version.verdict == "ok"
        checks = {"integrity": lambda: database.whole(app)} | checks
    if usable:
        checks |= {"worker": lambda: database.moving(app)}
    if usable or settings.mail_sender:
        checks |= {"sender": lambda: mail.records(app, resolver, selector)}
        checks |= {"test mail": lambda: mail.test_mail(app, mail_to)} if mail_to else {}
    yield from findings(checks)


def _show(finding: Finding) -> None:
    click.echo(f"{finding.verdict:<7} {finding.check:<13} {plain_name(finding.words)}")
    if finding.verdict != "ok" and finding.remedy:
        click.echo(f"{'':<21} → {plain_name(finding.remedy)}")


def _demand_address(address: str) -> None:
    try:
        email_key(address)
    except ValueError as error:
        raise click.BadParameter(f"{address!r} is no e-mail address.", param_hint="--mail-to") from error
