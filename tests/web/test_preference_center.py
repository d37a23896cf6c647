"""All her choices on one page, and the lost link: what they change, what they cost, what they tell (D10, A20)."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from time_machine import Traveller

from tests.building import NOW, given_cohort, only_registration, outbox, sign_up
from tests.counting import counting
from tests.web.visiting import path, post, token
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.tokens import nonce, public_id
from webinar_hub.models import AuditEntry, Cohort, Person, Registration
from webinar_hub.services import outbox as deliveries
from webinar_hub.services import people_merging

PAGE = "/my/preferences"


def places(app: Flask) -> list[Registration]:
    with app.app_context():
        return list(db.session.scalars(select(Registration).order_by(Registration.id)))


def given_places(app: Flask, number: int) -> None:
    """So many places of Ann's, each in a cohort of its own that is like the first."""
    with app.app_context(), transaction():
        first = db.session.scalars(select(Cohort).order_by(Cohort.id)).first()
        person = db.session.scalars(select(Person.id)).first()
        assert first is not None
        values = {c.name: getattr(first, c.name) for c in Cohort.__table__.columns}
        for one in range(len(places(app)), number):
            cohort = Cohort(**{**values, "id": None, "key": f"copy-{one}", "public_id": public_id()})
            db.session.add(cohort)
            db.session.flush()
            place = Registration(
                person_id=person, cohort_id=cohort.id, registered_at=clock.now(), nonce=nonce(), state="confirmed"
            )
            db.session.add(place)


def test_one_form_for_all_places_changes_what_was_shown_and_nothing_else(
    app: Flask, ann: FlaskClient, cohort: str, tmp_path: Path
) -> None:
    given_places(app, 3)
    one, two, _ = places(app)
    with app.app_context(), transaction():
        deliveries.enqueue("x", "reminder", one.id, now=NOW)
        deliveries.enqueue("y", "drop", one.id, now=NOW)
    fields = {"csrf_token": token(ann.get(PAGE)), "place": [one.public_id, two.public_id], "news": "y"}
    ann.post(PAGE, data=fields | {"reminders": [two.public_id], "bonuses": [one.public_id, two.public_id]})
    after = places(app)
    assert [p.reminders_off_at for p in after] == [NOW, None, None]
    assert [p.bonuses_off_at for p in after] == [None, None, None]
    assert outbox(app, key="x")[0].state == "cancelled"
    assert outbox(app, key="y")[0].state == "queued"
    with app.app_context():
        said = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "topics.chosen")).all()
        assert [(entry.subject, entry.detail) for entry in said] == [
            (f"registration:{one.id}", {"reminders": False, "bonuses": True})
        ]
    # One press ends everything that can be ended.
    everything = [place.public_id for place in after]
    ann.post(
        PAGE, data=fields | {"place": everything, "reminders": everything, "bonuses": everything, "needed": "y"}
    )
    assert all(place.reminders_off_at and place.bonuses_off_at for place in places(app))
    mails = ann.get(PAGE).text.partition(f'action="{PAGE}"')[2].partition("</form>")[0]
    assert mails.count('type="checkbox"') == 7
    assert " checked>" not in mails
    ann.post(PAGE, data=fields | {"place": everything, "reminders": everything, "bonuses": everything})
    assert not any(place.reminders_off_at or place.bonuses_off_at for place in places(app))


def test_her_pages_cost_the_same_for_one_place_and_for_three_hundred(app: Flask, ann: FlaskClient) -> None:
    costs: dict[str, list[int]] = {}
    # By the first thing she does she shows that her address is hers, which is written down once.
    post(ann, PAGE, PAGE)
    for number in (1, 3, 300):
        given_places(app, number)
        csrf = token(ann.get(PAGE))
        names = [place.public_id for place in places(app)]
        saving = {"csrf_token": csrf, "place": names}
        again = saving | {"reminders": names, "bonuses": names}
        for what, to, data in (
            ("my", "/my", None),
            ("preferences", PAGE, None),
            ("end all", PAGE, saving),
            ("all again", PAGE, again),
        ):
            with counting(app) as statements:
                assert ann.open(to, method="POST" if data else "GET", data=data).status_code < 400
            costs.setdefault(what, []).append(len(statements))
    assert {what: len(set(cost)) for what, cost in costs.items()} == dict.fromkeys(costs, 1), costs


def test_an_unsubscribe_link_opens_its_one_topic_and_no_more(app: Flask, ann: FlaskClient) -> None:
    row = only_registration(app)
    link = path(app.extensions["links"].unsubscribe(row.id, row.nonce))
    stranger = app.test_client()
    assert PAGE in stranger.get(link).text
    assert stranger.get(PAGE).status_code == 403
    assert PAGE in ann.get("/my").text


class TestTheLostLink:
    @pytest.fixture
    def crowd(self, app: Flask, cohort: str, tmp_path: Path) -> dict[str, str]:
        """Everybody there can be, by what became of her."""
        other = given_cohort(
            app, tmp_path, {'key = "january"': 'key = "other"', 'slug = "baby-massage"': 'slug = "o"'}
        )
        for name in ("known", "suppressed", "merged", "waitlisted", "pending", "cancelled", "kept"):
            sign_up(app, other if name == "kept" else cohort, f"{name}@x.example", name)
        with app.app_context(), transaction():
            ids = dict(db.session.execute(select(Person.name, Person.id)).all())
            db.session.execute(
                update(Person).where(Person.name == "suppressed").values(suppressed_at=NOW, suppression_reason="x")
            )
            for state in ("waitlisted", "pending", "cancelled"):
                values = {"state": state, "waiting_since": NOW if state == "waitlisted" else None}
                db.session.execute(
                    update(Registration).where(Registration.person_id == ids[state]).values(**values)
                )
            db.session.execute(
                update(Registration).where(Registration.person_id == ids["merged"]).values(state="cancelled")
            )
            people_merging.merge(ids["kept"], ids["merged"], actor="cli", now=NOW)
        return {name: f"{name}@x.example" for name in (*ids, "unknown")}

    def test_says_and_does_the_same_whoever_is_asked_for(
        self, app: Flask, crowd: dict[str, str], travel: Traveller
    ) -> None:
        post(app.test_client(), "/lost-link", "/lost-link", email="warm@x.example")
        answers, mailed = {}, {}
        for name, email in crowd.items():
            travel.shift(1)
            client = app.test_client()
            csrf = token(client.get("/lost-link"))
            before = {row.id for row in outbox(app, kind="my_link")}
            with counting(app) as statements:
                answer = client.post("/lost-link", data={"csrf_token": csrf, "email": email})
            body = re.sub(r'value="[^"]{40,}"', "", answer.text.replace(email, ""))
            headers = {k: v for k, v in answer.headers.items() if k not in ("Set-Cookie", "Content-Length", "Date")}
            answers[name] = (answer.status_code, body, headers, statements)
            new = [row for row in outbox(app, kind="my_link") if row.id not in before]
            with app.app_context():
                mailed[name] = [db.session.get_one(Registration, row.registration_id).person_id for row in new]
        assert len({repr(answer) for answer in answers.values()}) == 1
        with app.app_context():
            ids = dict(db.session.execute(select(Person.name, Person.id)).all())
        # Whoever was merged and has no place of her own any more is mailed as the one she is by now.
        assert mailed == {name: [ids["kept" if name == "merged" else name]] for name in ids} | {"unknown": []}

    def test_three_an_hour_for_each_address_and_silence_after_that(
        self, app: Flask, ann: FlaskClient, travel: Traveller
    ) -> None:
        for number in range(5):
            travel.shift(timedelta(minutes=1))
            for email in ("ann@x.example", "nobody@x.example"):
                answer = post(app.test_client(), "/lost-link", "/lost-link", email=email)
                assert answer.status_code == 200, number
        assert len(outbox(app, kind="my_link")) == 3
        travel.shift(timedelta(hours=1))
        post(app.test_client(), "/lost-link", "/lost-link", email="ann@x.example")
        assert len(outbox(app, kind="my_link")) == 4
