"""What people agree to: a box for bonus mails and one for news, each on record with its words until it is ended."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.building import sign_up
from tests.web.test_sign_up_protection import come, form_of, owner_sets
from tests.web.visiting import contents, path, token
from webinar_hub.core import clock
from webinar_hub.core.db import db
from webinar_hub.models import Consent, Registration


class TestConsents:
    def test_two_boxes_nobody_has_to_tick(self, app: Flask, cohort: str, visitor: FlaskClient) -> None:
        page = visitor.get(form_of(cohort)).text
        boxes = re.findall(r'<input type="checkbox"[^>]*>', page)
        assert [name for box in boxes for name in re.findall(r'name="(bonuses|news)"', box)] == ["bonuses", "news"]
        assert not any("checked" in box for box in boxes)

    def test_who_ticks_nothing_gets_the_service_and_finds_bonuses_on_her_page(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        come(visitor, cohort, bonuses="")
        with app.app_context():
            row = db.session.scalars(select(Registration)).one()
            assert (row.bonuses_off_at, row.reminders_off_at) == (clock.now(), None)
            assert db.session.scalars(select(Consent)).all() == []

    def test_a_tick_is_kept_with_words_time_and_page(
        self, app: Flask, cohort: str, visitor: FlaskClient, ann: FlaskClient
    ) -> None:
        come(visitor, cohort, email="bea@x.example", bonuses="y", news="y")
        with app.app_context():
            given = db.session.scalars(select(Consent).order_by(Consent.topic)).all()
        assert [(each.topic, each.page, each.network, each.given_at) for each in given] == [
            (topic, form_of(cohort), "", clock.now()) for topic in ("bonuses", "news")
        ]
        assert "each week when a bonus is ready" in given[0].words
        assert given[0].registration_id is not None
        assert "agreed to nothing" in ann.get("/my/consents").text

    def test_she_sees_her_own_history(self, app: Flask, cohort: str, ann: FlaskClient) -> None:
        page = ann.get("/my/preferences")
        (place,) = re.findall(r'name="place" value="(\w+)"', page.text)
        ann.post("/my/preferences", data={"csrf_token": token(page), "place": place})
        ann.post("/my/preferences", data={"csrf_token": token(page), "place": place, "bonuses": place})
        ann.post("/my/preferences", data={"csrf_token": token(page), "place": place})
        shown = ann.get("/my/consents").text
        assert ("A mail when a bonus unlocks" in shown, "Ended on" in shown) == (True, True)
        assert app.test_client().get("/my/consents").status_code == 403

    def test_one_click_in_a_mail_ends_it_on_record(self, app: Flask, cohort: str, visitor: FlaskClient) -> None:
        come(visitor, cohort)
        with app.app_context():
            row = db.session.scalars(select(Registration)).one()
            link = app.extensions["links"].unsubscribe(row.id, row.nonce)
        app.test_client().post(path(link), data={"List-Unsubscribe": "One-Click"})
        with app.app_context():
            assert db.session.scalars(select(Consent.withdrawn_at)).all() == [clock.now()]

    def test_the_owner_may_want_the_network_or_no_second_box(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        owner_sets(app, consent_network="yes", bonus_box="no")
        assert 'name="bonuses"' not in visitor.get(form_of(cohort)).text
        come(visitor, cohort, news="y")
        with app.app_context():
            assert db.session.scalars(select(Consent.network)).one() == "127.0.0.1"
            assert db.session.scalars(select(Registration.bonuses_off_at)).one() is None

    def test_a_stranger_ticks_no_news_for_somebody_known(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        sign_up(app, cohort)
        before = contents(app)["consents"]
        come(visitor, cohort, news="y", bonuses="y")
        assert contents(app)["consents"] == before
