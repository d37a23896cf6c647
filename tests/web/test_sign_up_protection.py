"""Floods, robots, forged senders: refused kindly and with everything typed kept (A07, A08, A20, A24, A39, A40)."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import parse
from limits.storage import storage_from_string
from sqlalchemy import select, update
from time_machine import Traveller
from werkzeug.test import TestResponse

from tests.building import outbox, sign_up
from tests.counting import counting
from tests.web.visiting import FIELDS, people, post, token
from webinar_hub.app import create_app
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Alarm, Allowance, AuditEntry, Cohort, Person, Registration
from webinar_hub.rules.protection import LASTS, QUIET, REFUSALS, UNPROVEN_MAILS_A_DAY, UNWORKED_AN_HOUR
from webinar_hub.services import alarms, house
from webinar_hub.web import rate_limits, work

SLUG = "baby-massage"


def form_of(cohort: str) -> str:
    return f"/w/{SLUG}/sign-up/{cohort}"


def come(client: FlaskClient, cohort: str, **fields: str) -> TestResponse:
    return post(client, form_of(cohort), form_of(cohort), **FIELDS | fields)


def owner_sets(app: Flask, **values: str) -> None:
    with app.app_context(), transaction():
        seen = app.extensions["house"].now().version
        house.change(values, seen=seen, actor="organizer:1", now=clock.now())
    app.extensions["house"].forget()


def states(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Registration.state).order_by(Registration.id)))


class TestHowQuick:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"fill_seconds": 2.0})

    def test_a_machines_pace_is_told_kindly_and_nothing_is_lost(
        self, app: Flask, cohort: str, visitor: FlaskClient, travel: Traveller
    ) -> None:
        answer = come(visitor, cohort)
        assert answer.status_code == 400
        assert "quicker than people type" in answer.text
        for typed in ('value="Ann Lee"', 'value="ann@x.example"', "selected", "checked"):
            assert typed in answer.text
        assert people(app) == 0
        travel.shift(timedelta(seconds=3))
        again = visitor.post(form_of(cohort), data=FIELDS | {"csrf_token": token(answer)})
        assert (again.status_code, people(app)) == (303, 1)

    def test_a_page_from_yesterday_is_looked_over_once_more(
        self, app: Flask, cohort: str, visitor: FlaskClient, travel: Traveller
    ) -> None:
        opened = token(visitor.get(form_of(cohort)))
        travel.shift(timedelta(hours=25))
        answer = visitor.post(form_of(cohort), data=FIELDS | {"csrf_token": opened})
        assert (answer.status_code, "open for very long" in answer.text) == (400, True)
        assert 'value="ann@x.example"' in answer.text


class TestFloods:
    def test_one_client_cannot_sign_up_others_by_the_hundred(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        app.extensions["settings"].sign_ups_per_hour = 20
        opened = token(visitor.get(form_of(cohort)))
        answers = [
            visitor.post(form_of(cohort), data=FIELDS | {"email": f"v{n}@x.example", "csrf_token": opened})
            for n in range(26)
        ]
        assert [answer.status_code for answer in answers] == [303] * 20 + [429] * 6
        last = answers[-1]
        assert 3500 < int(last.headers["Retry-After"]) <= 3601
        assert 'value="v25@x.example"' in last.text
        assert people(app) == 20

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
    def test_a_made_up_network_resets_nothing(
        self, app: Flask, cohort: str, visitor: FlaskClient, header: str
    ) -> None:
        app.extensions["settings"].sign_ups_per_hour = 2
        opened = token(visitor.get(form_of(cohort)))
        codes = [
            visitor.post(
                form_of(cohort),
                data=FIELDS | {"email": f"v{n}@x.example", "csrf_token": opened},
                headers={header: f"for=192.0.2.{n}" if header == "Forwarded" else f"192.0.2.{n}"},
            ).status_code
            for n in range(3)
        ]
        assert codes == [303, 303, 429]

    def test_a_trusted_proxy_says_where_somebody_comes_from_but_never_the_host(self, settings: Settings) -> None:
        behind = create_app(settings.model_copy(update={"trusted_proxies": 1}))
        seen = []
        behind.add_url_rule("/seen", view_func=lambda: seen.append(rate_limits.network()) or "ok")
        behind.test_client().get("/seen", headers={"X-Forwarded-For": "203.0.113.9, 192.0.2.1"})
        assert seen == ["192.0.2.1"]
        for evil in ({"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}):
            answer = behind.test_client().get("/lost-link", headers=evil)
            assert "evil.example" not in answer.text
        assert behind.test_client().get("/", headers={"Host": "evil.example"}).status_code == 400
        with behind.app_context():
            db.engine.dispose()

    def test_a_mailbox_nobody_has_answered_from_is_not_filled(
        self, app: Flask, cohort: str, travel: Traveller
    ) -> None:
        for _ in range(UNPROVEN_MAILS_A_DAY + 6):
            sign_up(app, cohort)
            travel.shift(timedelta(minutes=11))
        assert len(outbox(app, kind="confirmation")) == UNPROVEN_MAILS_A_DAY
        with app.app_context(), transaction():
            db.session.execute(update(Person).values(proven_at=clock.now()))
        sign_up(app, cohort)
        assert len(outbox(app, kind="confirmation")) == UNPROVEN_MAILS_A_DAY + 1

    def test_the_door_of_the_lost_link_rests_too(self, app: Flask, cohort: str, visitor: FlaskClient) -> None:
        opened = token(visitor.get("/lost-link"))
        codes = [
            visitor.post("/lost-link", data={"email": f"v{n}@x.example", "csrf_token": opened}) for n in range(61)
        ]
        assert [answer.status_code for answer in codes] == [200] * 60 + [429]
        assert 0 < int(codes[-1].headers["Retry-After"]) <= 3601


class TestWhoIsKnown:
    """A20: the same answer and the same work for a known and an unknown address; no clock is needed to see that."""

    def answers(
        self, app: Flask, page: str, cohort: str, travel: Traveller, **typed: str
    ) -> list[tuple[object, ...]]:
        sign_up(app, cohort)
        travel.shift(timedelta(minutes=11))
        found = []
        for email in ("ann@x.example", "bea@x.example"):
            client = app.test_client()
            answer = post(client, page, page, **typed | {"email": email})
            body = re.sub(r'value="[^"]{40,}"', "", answer.text.replace(email, ""))
            found.append((answer.status_code, answer.location, body, sorted(answer.headers.keys())))
        return found

    @pytest.mark.parametrize("way", ["plain", "careful", "attacked"])
    def test_by_signing_up(self, app: Flask, cohort: str, travel: Traveller, way: str) -> None:
        values = {"careful": {"proves_address": True}, "attacked": {"proof_of_work": "always"}}.get(way, {})
        if values:
            with app.app_context(), transaction():
                db.session.execute(update(Cohort).values(**values))
        first, second = self.answers(app, form_of(cohort), cohort, travel, **FIELDS)
        assert first == second

    def test_by_asking_for_a_link(self, app: Flask, cohort: str, travel: Traveller) -> None:
        first, second = self.answers(app, "/lost-link", cohort, travel)
        assert first == second

    def test_signing_up_costs_them_nearly_the_same_work(self, app: Flask, cohort: str, travel: Traveller) -> None:
        sign_up(app, cohort)
        travel.shift(timedelta(minutes=11))
        costs = []
        for email in ("ann@x.example", "bea@x.example"):
            with counting(app) as statements:
                sign_up(app, cohort, email)
            costs.append(len(statements))
        assert abs(costs[0] - costs[1]) <= 3


class TestHugeForms:
    """A40: what is too large is refused before it is taken apart."""

    @pytest.mark.parametrize(
        "body",
        [
            b"".join(b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % n for n in range(10_000))
            + b"--x--",
            b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + b"x" * 1_000_000 + b"\r\n--x--",
            b'--x\r\nContent-Disposition: form-data; name="name"\r\n',
        ],
    )
    def test_a_bomb_of_parts_or_bytes(self, app: Flask, cohort: str, visitor: FlaskClient, body: bytes) -> None:
        answer = visitor.post(form_of(cohort), data=body, content_type="multipart/form-data; boundary=x")
        assert 400 <= answer.status_code < 500
        assert people(app) == 0


class TestTheSharedCounts:
    def test_the_library_counts_where_every_process_looks(self, app: Flask, travel: Traveller) -> None:
        first, second = (storage_from_string(f"{rate_limits.SCHEME}://") for _ in range(2))
        key = parse("3 per 10 minutes").key_for("somebody", "something")
        with app.test_request_context():
            assert [first.incr(key, 600), second.incr(key, 600), first.incr(key, 600, 2)] == [1, 2, 4]
            assert (second.get(key), first.get_expiry(key)) == (4, clock.real_now().timestamp() + 600)
            kept = list(db.session.scalars(select(Allowance.name)))
            assert len(kept) == 1
            assert "somebody" not in kept[0]
            travel.shift(601)
            assert (first.get(key), second.incr(key, 600)) == (0, 1)
            second.clear(key)
            assert first.get(key) == 0
            assert first.check()


@pytest.fixture
def attentive(app: Flask) -> Flask:
    """The app, which looks at every try whether it is an attack, and reads alarms anew each time."""
    watch = app.extensions["watch"]
    watch.look_every = 0.0
    watch.alarms._monotonic = iter(range(0, 10**9, 100)).__next__
    return app


@pytest.fixture
def under_attack(attentive: Flask, cohort: str) -> Flask:
    with attentive.app_context(), transaction():
        assert alarms.watch(SLUG, REFUSALS, per_network=300, now=clock.now())
    return attentive


def solved(client: FlaskClient) -> str:
    """What a browser's widget leaves in the form."""
    import altcha  # slow import, and few tests need it

    asked = client.get("/work")
    assert asked.headers["Cache-Control"] == "private, no-store"
    challenge = altcha.Challenge.from_dict(asked.json)
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


class TestUnderAttack:
    @pytest.fixture(autouse=True)
    def _easy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(work, "COST", 10)

    def test_refused_tries_raise_the_alarm_and_the_staff_can_end_it(
        self, attentive: Flask, cohort: str, visitor: FlaskClient, travel: Traveller
    ) -> None:
        opened = token(visitor.get(form_of(cohort)))
        for _ in range(REFUSALS):
            visitor.post(form_of(cohort), data=FIELDS | {"leave_empty": "buy", "csrf_token": opened})
        assert "data-work=" in visitor.get(form_of(cohort)).text
        with attentive.app_context(), transaction():
            alarms.end(SLUG, actor="organizer:1", now=clock.now())
        assert "data-work=" not in visitor.get(form_of(cohort)).text
        with attentive.app_context(), transaction():
            alarms.watch(SLUG, 500, per_network=300, now=clock.now())
        assert "data-work=" not in visitor.get(form_of(cohort)).text
        travel.shift(QUIET)
        with attentive.app_context(), transaction():
            alarms.watch(SLUG, 500, per_network=300, now=clock.now())
        assert "data-work=" in visitor.get(form_of(cohort)).text
        travel.shift(LASTS)
        assert "data-work=" not in visitor.get(form_of(cohort)).text
        with attentive.app_context():
            assert "alarm.ended" in db.session.scalars(select(AuditEntry.action)).all()
            assert len(db.session.scalars(select(Alarm)).all()) == 1

    def test_a_browser_that_did_the_sum_comes_in_once_by_it(
        self, under_attack: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        answer = solved(visitor)
        assert come(visitor, cohort, altcha=answer).status_code == 303
        assert states(under_attack) == ["confirmed"]
        second = come(app_client(under_attack), cohort, email="bea@x.example", altcha=answer)
        assert (second.status_code, "sent already" in second.text) == (429, True)
        assert 'value="bea@x.example"' in second.text
        assert people(under_attack) == 1

    @pytest.mark.parametrize("harm", ["altered", "old", "junk", "of another key"])
    def test_a_wrong_answer_comes_back_with_everything_typed(
        self, under_attack: Flask, cohort: str, visitor: FlaskClient, travel: Traveller, harm: str
    ) -> None:
        answer = solved(visitor)
        if harm == "altered":
            answer = answer[:-12] + "AAAAAAAAAAAA"
        elif harm == "old":
            travel.shift(work.LASTS + timedelta(seconds=1))
        elif harm == "junk":
            answer = "x" * 50
        else:
            under_attack.extensions["tokens"]._keys.append("a new key")
            under_attack.extensions["tokens"]._keys.pop(0)
        refused = come(visitor, cohort, altcha=answer)
        assert (refused.status_code, "press the button again" in refused.text) == (422, True)
        assert 'value="ann@x.example"' in refused.text
        assert people(under_attack) == 0

    def test_without_javascript_the_mail_is_the_way_in(
        self, under_attack: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        answer = come(visitor, cohort)
        assert answer.status_code == 303
        assert "asks whether this is you" in visitor.get(answer.location).text
        assert states(under_attack) == ["unproven"]
        assert [mail.kind for mail in outbox(under_attack)] == ["prove"]

    def test_and_only_so_many_from_one_network(
        self, under_attack: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        codes = [come(visitor, cohort, email=f"v{n}@x.example").status_code for n in range(UNWORKED_AN_HOUR + 2)]
        assert codes == [303] * UNWORKED_AN_HOUR + [429] * 2

    def test_the_cohorts_own_switch_wins(self, under_attack: Flask, cohort: str, visitor: FlaskClient) -> None:
        with under_attack.app_context(), transaction():
            db.session.execute(update(Cohort).values(proof_of_work="never"))
        assert "data-work=" not in visitor.get(form_of(cohort)).text
        come(visitor, cohort)
        assert states(under_attack) == ["confirmed"]

    def test_the_sum_costs_no_statement(self, under_attack: Flask, cohort: str, visitor: FlaskClient) -> None:
        counts = []
        for number, switch in enumerate(("never", "always")):
            with under_attack.app_context(), transaction():
                db.session.execute(update(Cohort).values(proof_of_work=switch))
            answer, opened = solved(visitor), token(visitor.get(form_of(cohort)))
            typed = FIELDS | {"csrf_token": opened, "email": f"v{number}@x.example"}
            under_attack.extensions["watch"].look_every = 1e9
            with counting(under_attack) as statements:
                visitor.post(form_of(cohort), data=typed | ({"altcha": answer} if number else {}))
            counts.append(len(statements))
        assert counts[0] == counts[1]


def app_client(app: Flask) -> FlaskClient:
    return app.test_client()
