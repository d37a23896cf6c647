"""`webinar-hub check-config`."""

import sys
from collections.abc import Iterator
from contextlib import suppress

import click
import requests
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from webinar_hub.adapters.broker import Broker, BrokerAway
from webinar_hub.adapters.inbox import InboxUnreachable
from webinar_hub.adapters.inbox.imap import open_inbox
from webinar_hub.adapters.inbox.setting import inbox_setting
from webinar_hub.adapters.mail.opening import describe, open_configured, signs_itself, trouble_with
from webinar_hub.cli.opening import application
from webinar_hub.cli.schema import behind
from webinar_hub.core.config import Settings, read_settings
from webinar_hub.core.db import db
from webinar_hub.core.log import without_secrets


@click.command()
@click.option("--online", is_flag=True, help="Also ask the public address, and sign in where mails go out.")
def command(online: bool) -> None:
    """Say what is wrong with the settings, in plain words; exit status 0 when nothing is."""
    settings = read_settings()
    problems = list(_problems(settings, online=online))
    for warning in _warnings(settings):
        click.echo(f"note: {warning}")
    if settings.dkim_key:
        click.echo(f"dns: {_signing_record(settings)}")
    for problem in problems:
        click.echo(f"wrong: {problem}")
    if problems:
        sys.exit(1)
    click.echo(f"Everything is right: {settings.base_url}, mail by {describe(settings.mail_address)}.")


def _problems(settings: Settings, *, online: bool) -> Iterator[str]:
    try:
        open_configured(settings).close()
        trouble = trouble_with(settings.mail_address, timeout=settings.mail_timeout) if online else None
    except ValueError as error:
        trouble = str(error)
    if trouble:
        yield f"WEBINAR_HUB_MAIL: {trouble}"
    app = application(settings)
    yield from _database_problems(app)
    if problem := app.extensions["storage"].problem():
        yield f"WEBINAR_HUB_MATERIALS: {problem}"
    if settings.redis_url and (problem := app.extensions["tries"].problem()):
        yield f"WEBINAR_HUB_REDIS_URL: {without_secrets(problem)}"
    yield from _broker_problems(settings)
    if online:
        yield from _address_problems(settings)
        yield from _inbox_problems(settings)


def _database_problems(app: Flask) -> Iterator[str]:
    try:
        with app.app_context():
            db.session.execute(text("SELECT 1"))
        if behind(app):
            yield "The database is not up to date: run `webinar-hub migrate`."
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        yield f"WEBINAR_HUB_DATABASE_URL: the database does not answer ({without_secrets(reason)})."


def _broker_problems(settings: Settings) -> Iterator[str]:
    if not settings.broker_url:
        return
    broker = Broker(settings.broker_url)
    try:
        broker.top_up(0, batch=1)
    except BrokerAway as error:
        yield f"WEBINAR_HUB_BROKER_URL: the broker does not answer ({without_secrets(str(error))})."
    finally:
        broker.close()


def _address_problems(settings: Settings) -> Iterator[str]:
    try:
        answer = requests.get(f"{settings.base_url}/healthz", timeout=5, allow_redirects=False)
    except requests.RequestException as error:
        yield f"WEBINAR_HUB_BASE_URL: {settings.base_url} does not answer ({type(error).__name__})."
        return
    if answer.status_code != 200:
        yield f"{settings.base_url}/healthz answers {answer.status_code}: {answer.text[:200]}"


def _inbox_problems(settings: Settings) -> Iterator[str]:
    if not settings.inbox:
        return
    try:
        with open_inbox(inbox_setting(settings.inbox)):
            pass
    except InboxUnreachable as error:
        yield f"WEBINAR_HUB_INBOX: the mailbox cannot be read ({error})."


def _warnings(settings: Settings) -> Iterator[str]:
    if not settings.is_https and settings.host not in ("127.0.0.1", "localhost"):
        yield "WEBINAR_HUB_BASE_URL is not https: personal links and cookies can be read on the way."
    if settings.mail_address.startswith("console:"):
        yield "WEBINAR_HUB_MAIL is console: mails are printed, nobody receives them."
    if not settings.mail_sender:
        yield "WEBINAR_HUB_MAIL_SENDER is not set: mails are sent from each organizer's own address."
    yield from _return_warnings(settings)
    if settings.dkim_key:
        yield from _signing_warnings(settings)


def _return_warnings(settings: Settings) -> Iterator[str]:
    if settings.return_address and not settings.inbox:
        yield "WEBINAR_HUB_RETURN_ADDRESS is set without WEBINAR_HUB_INBOX: nobody reads what comes there."
    if settings.inbox and not settings.return_address:
        yield "WEBINAR_HUB_INBOX is set without WEBINAR_HUB_RETURN_ADDRESS: only some bounces find their mail."
    if settings.inbox and settings.mail_sender != settings.return_address:
        yield (
            "Calendars answer to WEBINAR_HUB_MAIL_SENDER: see that its mail reaches WEBINAR_HUB_INBOX as well, "
            "or use one address for both."
        )


def _signing_warnings(settings: Settings) -> Iterator[str]:
    with suppress(ValueError):  # a wrong mail setting is reported as such
        if signs_itself(settings.mail_address):
            yield "WEBINAR_HUB_DKIM_KEY is not used: the provider in WEBINAR_HUB_MAIL signs by itself."
    sender_domain = settings.mail_sender.rpartition("@")[2].lower()
    if f".{sender_domain}".endswith(f".{settings.dkim_domain}"):
        return
    yield (
        f"mails do not come from {settings.dkim_domain}, the domain in WEBINAR_HUB_DKIM_DOMAIN: their signatures "
        "are right, but do not count for DMARC. Set WEBINAR_HUB_MAIL_SENDER to an address of that domain."
    )


def _signing_record(settings: Settings) -> str:
    """The line of a zone file; the text is in quoted pieces, for none may have more than 255 characters."""
    from webinar_hub.core.signing_key import public_record, read_signing_key  # noqa: PLC0415  slow import

    record = public_record(read_signing_key(settings.dkim_key))
    pieces = " ".join(f'"{record[start : start + 255]}"' for start in range(0, len(record), 255))
    return f"{settings.dkim_selector}._domainkey.{settings.dkim_domain}. TXT {pieces}"
