"""`/metrics` and `/readyz`: what they say, to whom, and what they cost."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import event, select, text, update
from time_machine import Traveller

from tests.building import sign_up
from tests.counting import counting
from tests.delivering import Post, deliver, desk
from tests.web.visiting import FIELDS, STARTS, post, public_id, token
from webinar_hub.adapters.mail import Deferred, Refused
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Broadcast, Delivery, Drop, Lease, Material, Session
from webinar_hub.services import leadership, outbox
from webinar_hub.worker.clockwork import Clockwork
from webinar_hub.worker.senders import Senders

Figures = dict[tuple[str, ...], float]


def figures(app: Flask, **headers: str) -> Figures:
    """What a scrape reads: value by name and label values, these in the order of the labels' names."""
    answer = app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name.removeprefix("webinar_hub_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def grown(before: Figures, after: Figures, *name: str) -> float:
    """Counters belong to the process and so to all tests: only their growth says something."""
    return after.get(name, 0) - before.get(name, 0)


class TestCounting:
    def test_each_mail_counts_by_what_became_of_it(self, app: Flask, cohort: str) -> None:
        before = figures(app)
        for name in ("ann", "bea", "cleo"):
            sign_up(app, cohort, f"{name}@x.example")
        deliver(app, Post(Deferred("451 4.7.1 later"), Refused("550 5.1.1 nobody")))
        after = figures(app)
        for outcome, code in (("deferred", "4xx"), ("refused", "5xx"), ("sent", "2xx")):
            assert grown(before, after, "mails_total", code, outcome, "mailbox") >= 1, outcome
        assert grown(before, after, "mail_seconds_count", "mailbox") >= 3

    def test_a_rescued_lease_counts_and_a_retry_does_not(self, app: Flask, cohort: str) -> None:
        sign_up(app, cohort)
        before = figures(app)
        deliver(app, Post(Deferred("451 later")))
        with app.app_context(), transaction():
            db.session.execute(update(Delivery).values(due_at=clock.now()))
            assert len(outbox.claim(10, lease=-1.0, now=clock.now())) == 1
        assert grown(before, figures(app), "lease_rescues_total") == 0
        deliver(app)
        assert grown(before, figures(app), "lease_rescues_total") == 1
        assert figures(app)["leases_run_out",] == 0

    def test_requests_count_by_rule_and_never_by_path(self, app: Flask) -> None:
        client = app.test_client()
        before = figures(app)
        client.get("/me/secret-token-of-ann")
        client.get("/nowhere/at/all")
        client.open("/", method="PROPFIND")
        answer = client.get("/metrics").text
        assert "secret-token-of-ann" not in answer
        assert "/nowhere" not in answer
        assert "PROPFIND" not in answer
        assert grown(before, figures(app), "requests_total", "GET", "(no such page)", "404") == 1

    def test_the_clock_counts_what_it_expands_gives_up_and_fails_at(
        self, app: Flask, cohort: str, travel: Traveller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sign_up(app, cohort)
        travel.shift(timedelta(days=1))
        clockwork = Clockwork(app, Senders(app, desk(app), Post, 1), tick=1, leader_lease=6)
        monkeypatch.setattr(clockwork, "_arm", lambda _: None)
        with app.app_context(), transaction():
            due, over = db.session.scalars(select(Broadcast.id).order_by(Broadcast.due_at).limit(2))
            db.session.execute(update(Broadcast).where(Broadcast.id == due).values(due_at=clock.now()))
            db.session.execute(update(Broadcast).where(Broadcast.id == over).values(expires_at=clock.now()))
        before = figures(app)
        clockwork._look()
        after = figures(app)
        assert grown(before, after, "expansions_total") == 1
        assert grown(before, after, "expanded_deliveries_total") == 1
        assert grown(before, after, "too_late_total", "message") == 1
        assert grown(before, after, "ring_failures_total") == 0
        monkeypatch.setattr(clockwork, "_leads", lambda: 1 / 0)
        clockwork._look()
        assert grown(after, figures(app), "ring_failures_total") == 1

    def test_sign_ups_joins_and_downloads(
        self, app: Flask, cohort: str, ann: FlaskClient, travel: Traveller
    ) -> None:
        before = figures(app)
        form = f"/w/baby-massage/sign-up/{cohort}"
        assert post(app.test_client(), form, form, **FIELDS | {"email": "bea@x.example"}).status_code == 303
        assert post(app.test_client(), form, form, **FIELDS | {"email": "none"}).status_code == 400
        travel.move_to(STARTS)
        door, csrf = f"/my/join/{public_id(app, Session, 'week-1')}", token(ann.get("/my"))
        for _ in range(2):
            assert ann.post(door, data={"csrf_token": csrf}).status_code == 303
        assert figures(app)["people_joined",] == 1
        travel.shift(timedelta(days=3))
        with app.app_context():
            material = db.session.scalars(select(Material.id).where(Material.key == "sheet")).one()
        sheet = f"/my/bonus/{public_id(app, Drop, 'sheet')}/{material}"
        assert ann.post(sheet, data={"csrf_token": csrf}).status_code == 303
        after = figures(app)
        assert [grown(before, after, f"{what}_total") for what in ("sign_ups", "joins", "downloads")] == [1, 2, 1]
        assert after["people_joined",] == 0, "that evening is over"


class TestReading:
    def test_what_waits_and_how_long(self, app: Flask, cohort: str, travel: Traveller) -> None:
        assert figures(app)["broadcasts_planned",] == 13
        sign_up(app, cohort)
        travel.shift(90)
        seen = figures(app)
        assert seen["deliveries", "0", "queued"] == 1
        assert seen["deliveries", "0", "sending"] == seen["deliveries", "1", "queued"] == 0
        assert seen["delivery_lag_seconds",] == 90
        assert (seen["registrations",], seen["broadcasts_overdue",], seen["people_joined",]) == (1, 0, 0)

    def test_leases(self, app: Flask, cohort: str) -> None:
        for name in ("ann", "bea", "cleo"):
            sign_up(app, cohort, f"{name}@x.example")
        with app.app_context(), transaction():
            outbox.claim(2, lease=45, now=clock.now())
            outbox.claim(1, lease=-1.0, now=clock.now())
        seen = figures(app)
        assert (seen["leases_held",], seen["leases_run_out",], seen["deliveries", "0", "sending"]) == (2, 1, 3)

    def test_the_clock(self, app: Flask) -> None:
        assert ("clock_silent_seconds",) not in figures(app), "nobody has ever rung it"
        with app.app_context(), transaction():
            leadership.hold("a worker", 6)
            db.session.execute(update(Lease).values(until=clock.lease_moment(6 - 100)))
        assert figures(app)["clock_silent_seconds",] == pytest.approx(100, abs=5)

    def test_a_scrape_asks_five_questions_however_many_there_are(self, app: Flask, cohort: str) -> None:
        """That none of them reads the history is in tests/services/test_query_plans.py."""
        counts = []
        for name in ("ann", "bea", "cleo"):
            sign_up(app, cohort, f"{name}@x.example")
            with counting(app) as statements:
                figures(app)
            counts.append(sum(statement.startswith("SELECT") for statement in statements))
        assert counts == [5, 5, 5]


class TestWhoMayRead:
    def test_nobody_but_this_machine_without_a_token(self, app: Flask) -> None:
        client = app.test_client()
        assert client.get("/metrics").status_code == 200
        for address in ("192.0.2.7", "::ffff:192.0.2.7", "not an address"):
            assert client.get("/metrics", environ_base={"REMOTE_ADDR": address}).status_code == 404
        for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via"):
            assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404, header

    def test_whoever_has_the_token_from_anywhere(self, app: Flask) -> None:
        app.extensions["settings"] = app.extensions["settings"].model_copy(update={"metrics_token": "let me in"})
        client = app.test_client()
        far = {"REMOTE_ADDR": "192.0.2.7"}
        assert client.get("/metrics").status_code == 404
        for wrong in ("Bearer let me", "let me in", "Bearer ", "Basic bGV0IG1lIGlu", "Bearer grün"):
            answer = client.get("/metrics", headers={"Authorization": wrong}, environ_base=far)
            assert answer.status_code == 404, wrong
        answer = client.get("/metrics", headers={"Authorization": "Bearer let me in"}, environ_base=far)
        assert answer.status_code == 200


class TestReady:
    def test_when_the_schema_is_that_of_this_version(self, app: Flask) -> None:
        answer = app.test_client().get("/readyz")
        assert (answer.status_code, answer.json) == (200, {"ok": True, "lines": []})

    def test_not_when_it_is_another(self, app: Flask) -> None:
        with app.app_context():
            there = db.session.scalar(text("SELECT version_num FROM alembic_version"))
            with transaction():
                db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
        answer = app.test_client().get("/readyz")
        with app.app_context(), transaction():
            db.session.execute(text("UPDATE alembic_version SET version_num = :there"), {"there": there})
        assert answer.status_code == 503
        assert "webinar-hub migrate" in answer.json["lines"][0]

    def test_not_without_a_database_and_without_telling_where_it_is(
        self, app: Flask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise db.engine.dialect.loaded_dbapi.OperationalError("no route to postgresql://hub:secret@db")

        with app.app_context():
            event.listen(db.engine, "do_connect", refuse)
            db.engine.dispose()
        client = app.test_client()
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json["lines"]) == (503, ["The database does not answer."])
        assert client.get("/metrics").text.count("webinar_hub_database_up 0.0") == 1
        with app.app_context():
            event.remove(db.engine, "do_connect", refuse)
