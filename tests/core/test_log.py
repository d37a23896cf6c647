"""Logs are one event a line, and carry no personal link."""

import json
import logging
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.people import People
from webinar_hub.core import log
from webinar_hub.core.db import db
from webinar_hub.models import Person


@pytest.fixture(autouse=True)
def _back_to_quiet() -> object:
    yield
    log.configure("error", as_json=False)


@pytest.mark.parametrize(
    "text",
    [
        "GET /me/SECRET/join/x",
        "http://h/unsubscribe/SECRET?x=1",
        "see /d/SECRET",
        "'/cal/SECRET.ics'",
        "/files/SECRET",
        "smtp://user:SECRET@mail.example",
        "postmark://SECRET@?endpoint=https://relay.example",
        "mailgun://SECRET@mg.example.org",
        "ses://AKIA0:SECRET@eu-central-1",
        "redis://:SECRET@broker.example:6379/0",
    ],
)
def test_secrets_are_taken_out_wherever_they_stand(text: str) -> None:
    assert "SECRET" not in log.without_secrets(text)


def test_a_request_is_logged_by_its_route_with_a_name_and_without_its_token(
    app: Flask, people: People, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("info", as_json=True)
    with app.app_context():
        ann = db.session.scalars(select(Person).where(Person.name.startswith("Ann"))).one()
    link = app.extensions["links"].me(ann.id, ann.link_nonce)
    capsys.readouterr()
    app.test_client().get(link)
    written = capsys.readouterr().err
    (line,) = [json.loads(line) for line in written.splitlines() if '"request"' in line]
    assert (line["route"], line["status"], line["method"]) == ("/me/<token>", 303, "GET")
    assert len(line["request_id"]) == 16
    assert link.rsplit("/", 1)[1] not in written


def test_a_line_that_finds_no_room_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """F20: the disk under the log is full."""
    log.configure("info", as_json=True)
    with Path("/dev/full").open("w", buffering=1) as full:
        monkeypatch.setattr(sys, "stderr", full)
        log.get_logger("test").info("nobody reads this")
        monkeypatch.undo()
        with suppress(OSError):
            full.close()


def test_what_libraries_say_is_without_secrets_too() -> None:
    record = logging.LogRecord("kombu", logging.WARNING, "", 1, "lost %s", ("amqp://hub:SECRET@broker/",), None)
    assert log.Discreet("%(message)s").format(record) == "lost amqp://hub:…@broker/"


def test_a_warning_that_comes_often_is_said_once_a_minute() -> None:
    seconds = iter((0.0, 0.0, 1.0, 59.0, 60.5, 60.5, 61.0))
    may_warn = log.Seldom(lambda: next(seconds))
    assert [may_warn() for _ in range(5)] == [True, False, False, True, False]
