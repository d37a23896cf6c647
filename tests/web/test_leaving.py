"""Leaving, ending mails, losing the link, and the calendar subscription."""

import re
from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.building import NOW, only_registration, outbox, sign_up
from tests.web.visiting import STARTS, links, path, post, token
from webinar_hub.core.db import db
from webinar_hub.models import Consent
from webinar_hub.rules.house import NEWS_WORDS


class TestLeavingAndMail:
    def test_cancelling_asks_first_and_can_be_undone(self, app: Flask, ann: FlaskClient) -> None:
        page = f"/my/{only_registration(app).public_id}/cancel"
        assert only_registration(app).state == "confirmed"
        post(ann, page, page)
        assert only_registration(app).state == "cancelled"
        post(ann, page, page.replace("/cancel", "/return"))
        assert only_registration(app).state == "confirmed"

    def test_when_all_is_over_no_seat_can_be_given_back(
        self, app: Flask, ann: FlaskClient, travel: Traveller
    ) -> None:
        page = f"/my/{only_registration(app).public_id}/cancel"
        csrf = token(ann.get(page))
        assert "Give my seat back" in ann.get("/my").text
        travel.move_to(STARTS + timedelta(days=10))
        over = ann.get("/my")
        assert over.status_code == 200
        assert "Give my seat back" not in over.text
        assert "There is no seat to give back" in ann.get(page).text
        answer = ann.post(page, data={"csrf_token": csrf})
        assert answer.status_code == 409
        assert "Your bonuses stay yours" in answer.text
        assert only_registration(app).state == "confirmed"

    def test_one_click_unsubscribes_without_cookie_or_token_and_twice_is_once(
        self, app: Flask, ann: FlaskClient
    ) -> None:
        link = path(links(app)["unsubscribe"])
        for _ in range(2):
            answer = app.test_client().post(link, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
        registration = only_registration(app)
        assert registration.reminders_off_at == registration.bonuses_off_at == NOW
        assert registration.state == "confirmed"

    def test_the_unsubscribe_page_changes_nothing_until_pressed_and_can_undo(
        self, app: Flask, ann: FlaskClient
    ) -> None:
        link = path(links(app)["unsubscribe"])
        page = app.test_client().get(link)
        assert "ann@x.example" not in page.text
        assert only_registration(app).reminders_off_at is None
        app.test_client().post(link, data={})
        assert only_registration(app).reminders_off_at == NOW
        app.test_client().post(link, data={"reminders": "y", "bonuses": "y"})
        assert only_registration(app).reminders_off_at is None

    def test_a_lost_link_is_mailed_and_nobody_learns_who_is_known(self, app: Flask, ann: FlaskClient) -> None:
        answers = []
        for email in ("ann@x.example", "nobody@x.example"):
            client = app.test_client()
            answer = post(client, "/lost-link", "/lost-link", email=email)
            body = re.sub(r'value="[^"]{40,}"', "", answer.text.replace(email, ""))
            answers.append((answer.status_code, body))
        assert answers[0] == answers[1]
        assert len(outbox(app, kind="my_link")) == 1

    def test_three_lost_links_an_hour_are_enough(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        for _ in range(5):
            travel.shift(timedelta(minutes=1))
            assert post(app.test_client(), "/lost-link", "/lost-link", email="ann@x.example").status_code == 200
        assert len(outbox(app, kind="my_link")) == 3


class TestNews:
    BOX = 'name="news" value="y"'

    def consents(self, app: Flask) -> list[tuple[str, datetime | None]]:
        with app.app_context():
            rows = db.session.scalars(select(Consent).order_by(Consent.id))
            return [(row.words, row.withdrawn_at) for row in rows]

    def mails(self, ann: FlaskClient) -> str:
        """The form for mails on the page with all her choices."""
        page = ann.get("/my/preferences").text
        return page.partition('action="/my/preferences"')[2].partition("</form>")[0]

    def test_a_box_on_her_page_ends_and_renews_what_she_agreed_to(self, app: Flask, cohort: str) -> None:
        sign_up(app, cohort, news_words="Yes, write to me.")
        ann, page = app.test_client(), "/my/preferences"
        ann.get(path(links(app)["me"]))
        assert f"{self.BOX} checked" in self.mails(ann)
        for _ in range(2):
            post(ann, page, page)
        assert f"{self.BOX} checked" not in self.mails(ann)
        assert self.consents(app) == [("Yes, write to me.", NOW)]
        for _ in range(2):
            post(ann, page, page, news="y")
        assert f"{self.BOX} checked" in self.mails(ann)
        assert self.consents(app) == [("Yes, write to me.", NOW), (NEWS_WORDS, None)]

    def test_the_box_is_there_for_who_has_given_her_seat_back(self, app: Flask, ann: FlaskClient) -> None:
        page = f"/my/{only_registration(app).public_id}/cancel"
        post(ann, page, page)
        assert self.BOX in self.mails(ann)

    def test_the_unsubscribe_page_says_what_it_ends(self, app: Flask, ann: FlaskClient) -> None:
        page = app.test_client().get(path(links(app)["unsubscribe"])).text
        assert "ends the reminders and bonus mails of this webinar" in page
        assert "News about new webinars and trainings is a separate choice" in page


class TestTheFeed:
    def url(self, ann: FlaskClient) -> str:
        post(ann, "/my", "/my/calendar")
        found = re.search(r"/cal/[^\"'&\s<]+\.ics", ann.get("/my").text)
        assert found
        return found[0]

    def test_it_answers_304_until_something_changes_and_holds_no_attendee(
        self, app: Flask, ann: FlaskClient
    ) -> None:
        url = self.url(ann)
        first = app.test_client().get(url)
        assert first.status_code == 200
        assert first.content_type == "text/calendar; charset=utf-8"
        assert b"ATTENDEE" not in first.data
        assert first.data.count(b"BEGIN:VEVENT") == 2
        assert app.test_client().get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304

    def test_it_can_be_ended_and_replaced_and_is_not_the_page_token(self, app: Flask, ann: FlaskClient) -> None:
        old = self.url(ann)
        assert app.test_client().get(old.replace("/cal/", "/me/").removesuffix(".ics")).status_code == 404
        new = self.url(ann)
        assert old != new
        assert app.test_client().get(old).status_code == 404
        assert app.test_client().get(new).status_code == 200
        post(ann, "/my", "/my/calendar/revoke")
        assert app.test_client().get(new).status_code == 404

    def test_it_empties_when_she_leaves(self, app: Flask, ann: FlaskClient) -> None:
        url = self.url(ann)
        page = f"/my/{only_registration(app).public_id}/cancel"
        post(ann, page, page)
        assert b"BEGIN:VEVENT" not in app.test_client().get(url).data
