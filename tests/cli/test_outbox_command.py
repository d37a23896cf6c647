"""`webinar-hub outbox`: list, show, retry, cancel, by real mails that really failed."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select, update
from time_machine import Traveller

from tests.building import KEY, given_cohort, outbox, sign_up
from tests.delivering import Post, deliver
from webinar_hub.adapters.mail import Outcome, Refused, Unreachable
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, Delivery, Registration
from webinar_hub.services import outbox as service

Run = Callable[..., Result]


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


def confirm(app: Flask, cohort: str, *outcomes: Outcome, email: str = "ann@x.example", **words: str) -> Delivery:
    """Somebody signs up, and her confirmation meets these outcomes."""
    sign_up(app, cohort, email, **words)
    deliver(app, Post(*outcomes))
    return outbox(app, kind="confirmation")[-1]


def again(app: Flask, row: Delivery) -> Delivery:
    with app.app_context():
        return db.session.scalars(select(Delivery).where(Delivery.id == row.id)).one()


def actions(app: Flask, row: Delivery) -> list[str]:
    with app.app_context():
        entries = select(AuditEntry.action).where(AuditEntry.subject == f"delivery:{row.id}")
        return list(db.session.scalars(entries))


class TestList:
    def test_numbers_first_then_the_newest_with_masked_addresses(self, app: Flask, run: Run, cohort: str) -> None:
        confirm(app, cohort, Refused("550 5.1.1 nobody"))
        confirm(app, cohort, email="bea@x.example")
        output = run("outbox", "list").output
        assert output.startswith("queued 0  sending 0  sent 2  failed 1  expired 0  cancelled 0  suppressed 0\n")
        assert "a…@x.example" in output
        assert "ann@" not in output
        head, *rows = output.splitlines()[2:]
        column = head.index("state")
        assert [row[column:].split()[0] for row in rows] == ["sent", "sent", "failed"]

    def test_narrowed(self, app: Flask, run: Run, cohort: str) -> None:
        confirm(app, cohort, Refused("550 5.1.1 nobody"))
        confirm(app, cohort, email="bea@x.example")
        assert "550 5.1.1 nobody" in run("outbox", "list", "--state", "failed").output
        hers = run("outbox", "list", "--person", "BEA@x.example", "--kind", "confirmation").output
        assert "sent 1  failed 0" in hers
        assert "bea@x.example" in hers
        assert "sent 2" in run("outbox", "list", "--cohort", KEY, "--since", "1h").output
        assert "There is none" in run("outbox", "list", "--since", "2027-01-01").output
        assert "the newest 1; --limit" in run("outbox", "list", "--limit", "1").output

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("--cohort", "nowhere"), "Known cohorts: january"),
            (("--person", "cleo@x.example"), "Nobody has signed up as cleo@x.example"),
            (("--person", "cleo"), "no e-mail address"),
            (("--since", "yesterday"), "no moment"),
        ],
    )
    def test_what_is_unknown_is_said(self, run: Run, cohort: str, arguments: tuple[str, ...], words: str) -> None:
        answer = run("outbox", "list", *arguments)
        assert answer.exit_code != 0
        assert words in f"{answer.output} {answer.exception}"


class TestShow:
    def test_by_number_and_by_key_in_a_zone(self, app: Flask, run: Run, cohort: str) -> None:
        row = confirm(app, cohort, Refused("550 5.1.1 nobody"))
        for reference in (row.id, row.key):
            output = run("outbox", "show", reference, "--zone", "America/New_York").output
            assert "refused it for good" in output
            assert "10:00 am New York" in output
            assert "Ann Lee <ann@x.example>" in output

    def test_what_a_stranger_or_a_server_wrote_moves_no_cursor(self, app: Flask, run: Run, cohort: str) -> None:
        row = confirm(app, cohort, Refused("550 \x1b[2Jgone\u202e"), name="Eve \x1b]0;pwned\x07\u2066 Lee")
        for output in (run("outbox", "show", row.id).output, run("outbox", "list").output):
            assert all(letter.isprintable() or letter == "\n" for letter in output)

    @pytest.mark.parametrize("reference", ["999", "no:such:key", "9" * 40, "٣"])
    def test_what_is_not_there(self, run: Run, cohort: str, reference: str) -> None:
        answer = run("outbox", "show", reference)
        assert "There is no delivery" in str(answer.exception)

    def test_a_zone_that_is_none(self, app: Flask, run: Run, cohort: str) -> None:
        answer = run("outbox", "show", confirm(app, cohort).id, "--zone", "../etc/passwd")
        assert (answer.exit_code, "no time zone" in answer.output) == (2, True)


class TestRetry:
    def test_a_failed_one_goes_out_as_the_same_mail(
        self, app: Flask, run: Run, cohort: str, travel: Traveller
    ) -> None:
        post = Post(Refused("550 5.7.1 relaying denied"), Unreachable("nobody there"))
        sign_up(app, cohort)
        deliver(app, post)
        (row,) = outbox(app, kind="confirmation")
        asked = run("outbox", "retry", row.id, answer="n\n")
        assert "Nothing was changed" in asked.output
        assert run("outbox", "retry", row.id, answer="y\n").exit_code == 0
        travel.shift(timedelta(hours=1))
        deliver(app, post)
        first, _, third, *_ = post.tried
        assert (third.content, third.reference) == (first.content, first.reference)
        assert again(app, row).state == "sent"
        assert actions(app, row) == ["delivery.retried"]
        assert "By hand (command line): put it back" in run("outbox", "show", row.id).output

    def test_all_that_failed(self, app: Flask, run: Run, cohort: str) -> None:
        for name in ("ann", "bea"):
            confirm(app, cohort, Refused("550 no"), email=f"{name}@x.example")
        answer = run("outbox", "retry", "--all-failed", "--since", "1h", answer="y\n")
        assert "Put 2 deliveries back" in answer.output
        assert [row.state for row in outbox(app, kind="confirmation")] == ["queued", "queued"]

    def test_what_was_sent_or_waits_is_left_alone(self, app: Flask, run: Run, cohort: str) -> None:
        sent = confirm(app, cohort)
        sign_up(app, cohort, "bea@x.example")
        waiting = outbox(app, state="queued")[-1]
        for row in (sent, waiting):
            answer = run("outbox", "retry", row.id, "--force", "--yes")
            assert answer.exit_code == 1
            assert again(app, row).state == row.state
            assert actions(app, row) == []

    def test_what_comes_too_late_only_by_force(self, app: Flask, run: Run, cohort: str, travel: Traveller) -> None:
        row = confirm(app, cohort, Refused("550 no"))
        assert row.expires_at
        travel.move_to(row.expires_at + timedelta(hours=1))
        refused = run("outbox", "retry", row.id, "--yes")
        assert (refused.exit_code, "--force" in refused.output) == (1, True)
        assert again(app, row).state == "failed"
        assert run("outbox", "retry", row.id, "--force", "--yes").exit_code == 0
        assert (again(app, row).state, again(app, row).created_at) == ("queued", row.created_at)
        with app.app_context(), transaction():
            assert service.expire(clock.now()) == 0, "it has a new end"

    def test_one_whose_sender_has_not_spoken_only_by_force(self, app: Flask, run: Run, cohort: str) -> None:
        sign_up(app, cohort)
        with app.app_context(), transaction():
            service.claim(1, lease=45, now=clock.now())
            service.cancel(Delivery.kind == "confirmation")
        (row,) = outbox(app, kind="confirmation")
        assert run("outbox", "retry", row.id, "--yes").exit_code == 1
        assert again(app, row).state == "cancelled"

    def test_a_hindrance_is_told(self, app: Flask, run: Run, cohort: str) -> None:
        row = confirm(app, cohort, Refused("550 no"))
        with app.app_context(), transaction():
            db.session.execute(update(Registration).values(state="cancelled", cancelled_at=clock.now()))
        assert (
            "The place was given back. A sender would cancel it again."
            in run("outbox", "retry", row.id, answer="n\n").output
        )

    @pytest.mark.parametrize("arguments", [(), ("1", "--all-failed"), ("1", "--kind", "drop")])
    def test_numbers_or_filters_but_not_both(self, run: Run, arguments: tuple[str, ...]) -> None:
        assert run("outbox", "retry", *arguments).exit_code == 2


class TestCancel:
    def test_what_waits_goes_to_nobody(self, app: Flask, run: Run, cohort: str) -> None:
        sign_up(app, cohort)
        (row,) = outbox(app)
        assert run("outbox", "cancel", row.id, answer="n\n").exit_code == 0
        assert again(app, row).state == "queued"
        assert run("outbox", "cancel", row.id, answer="y\n").exit_code == 0
        assert deliver(app) == []
        assert actions(app, row) == ["delivery.cancelled"]
        assert "cancelled it" in run("outbox", "show", row.id).output

    def test_what_was_sent_cannot_be(self, app: Flask, run: Run, cohort: str) -> None:
        row = confirm(app, cohort)
        answer = run("outbox", "cancel", row.id, 999, "--yes")
        assert answer.exit_code == 1
        assert "nothing to cancel" in answer.output
        assert "no delivery 999" in answer.output
        assert actions(app, row) == []
