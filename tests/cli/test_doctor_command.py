"""`webinar-hub doctor` on installations that are well and that are not."""

import json
import socket
from collections.abc import Callable
from datetime import UTC, timedelta
from pathlib import Path

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from click.testing import Result
from flask import Flask
from sqlalchemy import text
from time_machine import Traveller

from tests.building import given_cohort, sign_up
from tests.delivering import Post, deliver
from tests.dns_server import dns_server
from tests.rules.test_mail_authentication import GOOD
from webinar_hub.adapters.mail import Refused
from webinar_hub.adapters.mail.mailbox import Mailbox
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.services import leadership, outbox

Run = Callable[..., Result]
RECORDS = {
    "hub.example": ["v=spf1 include:provider.example ~all"],
    "provider.example": ["v=spf1 ip4:192.0.2.0/24 ~all"],
    "s1._domainkey.hub.example": [f"v=DKIM1; p={GOOD}"],
    "_dmarc.hub.example": ["v=DMARC1; p=quarantine"],
}


@pytest.fixture
def examine(run: Run, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the doctor and read its report; the exit status is under "exit"."""
    monkeypatch.setenv("WEBINAR_HUB_MAIL", f"mailbox:{settings.mailbox_folder.resolve()}")
    monkeypatch.setenv("WEBINAR_HUB_MAIL_SENDER", "hello@hub.example")

    def call(*options: str) -> dict[str, str]:
        with dns_server(RECORDS) as (host, port):
            answer = run("doctor", "--json", "--resolver", f"{host}:{port}", *options)
        assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
        found = {
            finding["check"]: f"{finding['verdict']}: {finding['words']}" for finding in json.loads(answer.output)
        }
        return found | {"exit": str(answer.exit_code)}

    return call


def lead(app: Flask) -> None:
    with app.app_context(), transaction():
        leadership.hold("a worker", 6)


def test_one_that_is_well(app: Flask, examine: Run, travel: Traveller) -> None:
    lead(app)
    assert examine()["clock"].startswith("broken"), "the test stands still, and the database's clock does not"
    travel.move_to(time_machine.escape_hatch.datetime.datetime.now(UTC))
    found = examine("--dkim-selector", "s1")
    for check in (
        "database",
        "migrations",
        "clock",
        "disk",
        "folders",
        "worker",
        "leases",
        "failed mails",
        "due mails",
    ):
        assert found[check].startswith("ok"), found
    assert [found[check][:2] for check in ("SPF", "DKIM", "DMARC")] == ["ok"] * 3
    assert found["exit"] == "0"


def test_for_people_each_finding_is_a_line_with_what_to_do(run: Run, app: Flask) -> None:
    answer = run("doctor", "--resolver", "127.0.0.1:9")
    assert answer.exit_code == 1
    lines = answer.output.splitlines()
    (worker,) = [number for number, line in enumerate(lines) if line.startswith("broken  worker")]
    assert lines[worker + 1].strip().startswith("→")


def test_migrations_that_are_missing(app: Flask, examine: Run) -> None:
    with app.app_context(), transaction():
        there = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    found = examine()
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE alembic_version SET version_num = :there"), {"there": there})
    assert (found["exit"], found["migrations"][:6]) == ("1", "broken")


def test_a_database_that_is_away(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBINAR_HUB_DATABASE_URL", "postgresql://me:hidden@127.0.0.1:9/none")
    answer = run("doctor")
    assert answer.exit_code == 1
    assert "broken  database" in answer.output
    assert "hidden" not in answer.output
    assert "ok      disk" in answer.output, "the rest is looked at all the same"


def test_mails_that_failed_wait_or_are_stuck(app: Flask, examine: Run, tmp_path: Path, travel: Traveller) -> None:
    cohort = given_cohort(app, tmp_path)
    for name in ("ann", "bea", "cleo"):
        sign_up(app, cohort, f"{name}@x.example")
    deliver(app, Post(Refused("550 5.1.1 <ann@x.example> unknown"), Refused("550 5.7.1 denied")))
    sign_up(app, cohort, "dora@x.example")
    with app.app_context(), transaction():
        outbox.claim(1, lease=-1.0, now=clock.now())
    travel.shift(timedelta(minutes=5))
    found = examine()
    assert "2 mails failed: 1 because refused by policy" in found["failed mails"]
    assert "ann@x" not in str(found)
    assert found["leases"].startswith("look: 1 mails")
    assert found["due mails"].startswith("look: 1 mails")


class TestMailServer:
    def test_one_that_lets_us_in_and_one_that_does_not(
        self, examine: Run, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        controller = Controller(Sink(), hostname="127.0.0.1", port=port)
        controller.start()
        try:
            monkeypatch.setenv("WEBINAR_HUB_MAIL", f"smtp://127.0.0.1:{port}")
            assert examine()["mail server"].startswith("ok")
            monkeypatch.setenv("WEBINAR_HUB_MAIL", f"smtp://me:hidden@127.0.0.1:{port}?security=none")
            found = examine()
        finally:
            controller.stop()
        assert found["mail server"].startswith("broken")
        assert "hidden" not in str(found)
        assert examine()["mail server"].startswith("broken"), "nobody listens any more"

    def test_a_test_mail_goes_the_way_all_mails_go(self, app: Flask, settings: Settings, examine: Run) -> None:
        assert "test mail" not in examine()
        found = examine("--mail-to", "mara@x.example")
        assert found["test mail"].startswith("ok")
        (mail,) = Mailbox(settings.mailbox_folder).list()
        assert "mara@x.example" in mail.to

    @pytest.mark.parametrize("address", ["mara", "a@x.example\r\nBcc: b@x.example", "a b@x.example"])
    def test_it_goes_to_an_address(self, run: Run, address: str) -> None:
        answer = run("doctor", "--mail-to", address)
        assert (answer.exit_code, "no e-mail address" in answer.output) == (2, True)


class TestDns:
    def test_what_is_missing_is_broken_and_what_cannot_be_asked_is_not(
        self, examine: Run, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WEBINAR_HUB_MAIL_SENDER", "hello@bare.example")
        found = examine("--dkim-selector", "s1")
        assert [found[check][:6] for check in ("SPF", "DKIM", "DMARC")] == ["broken"] * 3
        with dns_server(RECORDS, "fails") as (host, port):
            answer = run("doctor", "--resolver", f"{host}:{port}", "--dkim-selector", "s1")
        for check in ("SPF", "DKIM", "DMARC"):
            assert f"look    {check}" in answer.output

    def test_without_a_sender_the_organizers_domains_count(
        self, app: Flask, examine: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WEBINAR_HUB_MAIL_SENDER", "")
        assert examine()["sender"].startswith("look")
        given_cohort(app, tmp_path)
        assert "littlehands.example has no SPF record" in examine()["SPF"]

    @pytest.mark.parametrize("value", ["dns.example", "127.0.0.1:dns", "1.2.3", ""])
    def test_a_resolver_is_an_address(self, run: Run, value: str) -> None:
        answer = run("doctor", "--resolver", value)
        assert (answer.exit_code, "no resolver" in answer.output) == (2, True)


def test_a_damaged_file_is_seen(app: Flask, examine: Run, settings: Settings, tmp_path: Path) -> None:
    if not settings.database.startswith("sqlite"):
        return
    given_cohort(app, tmp_path)
    with app.app_context():
        pages = db.session.scalar(text("SELECT rootpage FROM sqlite_master WHERE name = 'ix_audit_entries_at'"))
        db.session.remove()
        db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.remove()
        db.engine.dispose()
    path = Path(settings.database.removeprefix("sqlite:///"))
    with path.open("r+b") as file:
        file.seek((pages - 1) * 4096 + 8)
        file.write(b"\xff" * 400)
    found = examine()
    assert found["exit"] == "1"
    assert found["integrity"].startswith("broken")
