"""What holds for every page: headers, hosts, tokens, ids, statements."""

import pytest
import sqlalchemy.exc
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from werkzeug.routing import IntegerConverter

from tests.building import sign_up
from tests.counting import counting
from tests.web.visiting import contents, public_id
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Person, Registration, Session


class TestEveryPage:
    def test_public_pages_set_no_cookie_and_every_answer_is_armoured(
        self, app: Flask, cohort: str, ann: FlaskClient
    ) -> None:
        session = public_id(app, Session, "week-1")
        pages = [
            "/",
            "/w/baby-massage",
            f"/join/{session}",
            "/w/baby-massage/cover.svg",
            "/nowhere",
            "/static/nowhere",
        ]
        for client in (app.test_client(), ann):
            for page in pages:
                answer = client.get(page)
                assert "Set-Cookie" not in answer.headers, page
                policy = answer.headers["Content-Security-Policy"]
                assert "unsafe-inline" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
                assert "Referrer-Policy" in answer.headers

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
    def test_a_foreign_host_is_refused_and_never_reaches_a_link(self, app: Flask, cohort: str, host: str) -> None:
        answer = app.test_client().get(
            "/w/baby-massage", headers={"Host": host, "X-Forwarded-Host": "evil.example"}
        )
        assert "evil.example" not in answer.text
        assert answer.status_code == 400

    def test_every_change_needs_a_token_except_what_mail_servers_ask_for(
        self, app: Flask, ann: FlaskClient
    ) -> None:
        ids = {
            "registration": "x",
            "session": "x",
            "drop": "x",
            "material": 1,
            "token": "x",
            "slug": "x",
            "cohort": "x",
            "provider": "postmark",
            "way": "link",
        }
        before = contents(app)
        for rule in app.url_map.iter_rules():
            if "POST" not in (rule.methods or ()):
                continue
            numbers = {name for name in rule.arguments if isinstance(rule._converters[name], IntegerConverter)}
            _, url = rule.build({name: 1 if name in numbers else ids.get(name, 1) for name in rule.arguments})
            answer = ann.post(url)
            if rule.endpoint.startswith("studio_uploads."):
                # It asks who somebody is before it reads what she sends.
                assert "/studio/sign-in" in answer.headers["Location"]
                continue
            assert answer.status_code in (400, 404), rule
            if answer.status_code == 404:
                assert rule.endpoint in (
                    "unsubscribe.change",
                    "unsubscribe.no_news",
                    "answers.put_file",
                    "waiting.answer",
                    "sign_up.save",
                    "webhooks.receive",
                    "presenting.start",
                    "groups.check",
                    "groups.send",
                    "invitations.never",
                ), rule
        assert contents(app) == before

    def test_the_debugger_is_nowhere(self, app: Flask, visitor: FlaskClient) -> None:
        assert visitor.get("/console").status_code == 404
        assert "debugger" not in visitor.get("/?__debugger__=yes").text.lower()

    def test_counting_ids_finds_nobody(self, app: Flask, ann: FlaskClient, visitor: FlaskClient) -> None:
        for number in range(1, 20):
            for rule in ("/me/{}", "/d/{}", "/files/{}", "/unsubscribe/{}", "/cal/{}.ics", "/join/{}", "/w/{}"):
                assert visitor.get(rule.format(number)).status_code == 404


def test_an_error_of_the_database_tells_nothing_of_anybody(app: Flask, cohort: str, ann: FlaskClient) -> None:
    with app.app_context(), pytest.raises(IntegrityError) as failed, transaction() as session:
        her = session.scalars(select(Person)).one()
        values = {name: getattr(her, name) for name in ("email", "email_key", "name", "zone", "link_nonce")}
        session.add(Person(**values, profession="OT", language="en", created_at=her.created_at))
        session.flush()
    # What stands before the statement are PostgreSQL's own words; they name the key that exists already.
    assert "ann@x.example" not in str(failed.value).partition("[SQL:")[2]
    assert values["link_nonce"] not in str(failed.value)


@pytest.mark.parametrize(
    "problem",
    [
        sqlalchemy.exc.TimeoutError("QueuePool limit reached"),
        sqlalchemy.exc.OperationalError("SELECT 1", {}, Exception("locked")),
        sqlalchemy.exc.InterfaceError("SELECT 1", {}, Exception("connection already closed")),
    ],
)
def test_a_database_that_is_away_or_busy_asks_for_patience(
    app: Flask, visitor: FlaskClient, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    def fail(*arguments: object) -> None:
        raise problem

    monkeypatch.setattr("webinar_hub.queries.public.home", fail)
    answer = visitor.get("/")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "Nothing was lost" in answer.text


def test_statements_of_her_page_do_not_grow_with_the_cohort(app: Flask, ann: FlaskClient) -> None:
    with app.app_context():
        registrations = db.session.scalar(select(func.count()).select_from(Registration))
    assert registrations == 1
    with counting(app) as few:
        ann.get("/my")
    for number in range(30):
        sign_up(app, public_cohort(app), f"p{number}@x.example", network=str(number))
    with counting(app) as many:
        ann.get("/my")
    assert len(many) == len(few)


def public_cohort(app: Flask) -> str:
    from webinar_hub.models import Cohort

    with app.app_context():
        return db.session.scalars(select(Cohort.public_id)).one()
