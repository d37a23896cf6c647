"""Signing up: one form, the same answer for everybody, and what is refused."""

import re
from collections.abc import Callable
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from time_machine import Traveller

from tests.building import NOW, given_cohort, outbox, sign_up
from tests.web.visiting import FIELDS, STARTS, links, path, people, post, token
from webinar_hub.core.db import transaction
from webinar_hub.models import Cohort


def _change(**values: Any) -> Callable[[Flask, Traveller], None]:
    def close(app: Flask, travel: Traveller) -> None:
        with app.app_context(), transaction() as session:
            session.execute(update(Cohort).values(**values))

    return close


def _crowd(app: Flask, travel: Traveller) -> None:
    app.extensions["settings"].sign_ups_per_hour = 0


CLOSINGS: dict[str, Callable[[Flask, Traveller], None]] = {
    "full": _change(capacity=1),
    "closed": _change(enrolment_closes_at=NOW),
    "cancelled": _change(state="cancelled"),
    "over": lambda app, travel: travel.move_to(STARTS + timedelta(days=10)),
    "crowded": _crowd,
}


class TestSigningUp:
    def test_the_form_leads_to_a_thank_you_without_a_way_in(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        answer = post(visitor, form, form, **FIELDS)
        assert answer.status_code == 303
        thanks = visitor.get(answer.location)
        assert "ann@x.example" in thanks.text
        assert "meet.example.org" not in thanks.text
        assert "/me/" not in thanks.text
        assert [delivery.kind for delivery in outbox(app)] == ["confirmation"]

    def test_a_known_address_gets_the_same_answer_as_a_new_one(self, app: Flask, cohort: str) -> None:
        sign_up(app, cohort)
        form = f"/w/baby-massage/sign-up/{cohort}"
        answers = []
        for email in ("ann@x.example", "bea@x.example"):
            client = app.test_client()
            answer = post(client, form, form, **FIELDS | {"email": email})
            thanks = client.get(answer.location).text.replace(email, "")
            answers.append((answer.status_code, answer.location, thanks))
        assert answers[0] == answers[1]

    @pytest.mark.parametrize("closing", CLOSINGS)
    def test_nobody_learns_who_is_known_where_nobody_can_come_in(
        self, app: Flask, cohort: str, travel: Traveller, closing: str
    ) -> None:
        sign_up(app, cohort)
        form = f"/w/baby-massage/sign-up/{cohort}"
        clients = {email: app.test_client() for email in ("ann@x.example", "bea@x.example")}
        tokens = {email: token(client.get(form)) for email, client in clients.items()}
        travel.shift(timedelta(minutes=11))
        CLOSINGS[closing](app, travel)
        answers = []
        for email, client in clients.items():
            answer = client.post(form, data=FIELDS | {"email": email, "csrf_token": tokens[email]})
            assert answer.status_code == (429 if closing == "crowded" else 409)
            body = re.sub(r'value="[^"]{40,}"', "", answer.text.replace(email, ""))
            answers.append((body, sorted(answer.headers.keys()), answer.headers.get("Retry-After")))
        assert answers[0] == answers[1]
        assert people(app) == 1

    @pytest.mark.parametrize(
        ("closing", "confirmations"), [("full", 2), ("closed", 2), ("cancelled", 1), ("over", 1), ("crowded", 1)]
    )
    def test_who_has_a_place_is_confirmed_again_while_a_session_is_ahead(
        self, app: Flask, cohort: str, visitor: FlaskClient, travel: Traveller, closing: str, confirmations: int
    ) -> None:
        sign_up(app, cohort)
        form = f"/w/baby-massage/sign-up/{cohort}"
        data = FIELDS | {"csrf_token": token(visitor.get(form))}
        travel.shift(timedelta(minutes=11))
        CLOSINGS[closing](app, travel)
        visitor.post(form, data=data)
        assert len(outbox(app, kind="confirmation")) == confirmations

    def test_nothing_promises_a_certificate_that_does_not_come(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        example = files("webinar_hub").joinpath("example", "cohort.toml").read_text(encoding="utf-8")
        pages = [visitor.get("/w/baby-massage").text, post(visitor, form, form).text, example]
        assert not any("certificate" in page.lower() for page in pages)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 121),
            ("name", "Ann\r\nBcc: v@y.example"),
            ("name", "Ann\u2028Bcc: v@y.example"),
            ("email", "ann"),
            ("email", "ann@x.example\r\nBcc: v@y.example"),
            ("email", "ann@x.example\u2028"),
            ("email", "a" * 250 + "@x.example"),
            ("email", "ann@[127.0.0.1]"),
            ("profession", "King"),
            ("zone", "Mars/Olympus"),
        ],
    )
    def test_a_wrong_field_is_named_and_what_was_typed_stays(
        self, app: Flask, cohort: str, visitor: FlaskClient, field: str, value: str
    ) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        answer = post(visitor, form, form, **FIELDS | {field: value})
        if field == "email" and value.endswith("\u2028"):
            # White space around an address is trimmed, whatever kind it is.
            assert answer.status_code in (303, 400)
            return
        assert answer.status_code == 400
        assert f'id="{field}-error"' in answer.text or f'aria-describedby="{field}' in answer.text
        other = "Ann Lee" if field != "name" else "ann@x.example"
        assert other in answer.text
        assert people(app) == 0

    def test_without_or_with_a_foreign_token_nothing_happens_and_nothing_typed_is_lost(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        foreign = token(app.test_client().get(form))
        for data in (FIELDS, FIELDS | {"csrf_token": foreign}, FIELDS | {"csrf_token": "x"}):
            answer = visitor.post(form, data=data)
            assert answer.status_code == 400
            assert "Ann Lee" in answer.text
        assert people(app) == 0

    def test_another_site_cannot_sign_anybody_up(self, app: Flask, cohort: str, visitor: FlaskClient) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        data = FIELDS | {"csrf_token": token(visitor.get(form))}
        for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert visitor.post(form, data=data, headers=header).status_code == 403
        assert people(app) == 0

    def test_a_robot_is_thanked_and_forgotten(self, app: Flask, cohort: str, visitor: FlaskClient) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        assert post(visitor, form, form, **FIELDS, leave_empty="https://spam.example").status_code == 303
        assert people(app) == 0

    def test_a_full_cohort_says_so_and_keeps_what_was_typed(
        self, app: Flask, tmp_path: Path, travel: Traveller, visitor: FlaskClient
    ) -> None:
        cohort = given_cohort(app, tmp_path, {"capacity = 50": "capacity = 1"})
        form = f"/w/baby-massage/sign-up/{cohort}"
        page = visitor.get(form)
        sign_up(app, cohort, "first@x.example")
        answer = visitor.post(form, data=FIELDS | {"csrf_token": token(page)})
        assert answer.status_code == 409
        assert "full" in answer.text
        assert people(app) == 1

    def test_a_name_that_looks_like_code_or_a_link_is_only_a_name(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        name = "<script>alert(1)</script>{{7*7}}"
        sign_up(app, cohort, name=name)
        visitor.get(path(links(app)["me"]))
        page = visitor.get("/my").text
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page

    def test_the_flood_from_one_network_is_answered_with_when_to_come_back(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        app.extensions["settings"].sign_ups_per_hour = 2
        form = f"/w/baby-massage/sign-up/{cohort}"
        answers = [post(visitor, form, form, **FIELDS | {"email": f"p{n}@x.example"}) for n in range(3)]
        assert [answer.status_code for answer in answers] == [303, 303, 429]
        assert int(answers[2].headers["Retry-After"]) > 0
        assert people(app) == 2
