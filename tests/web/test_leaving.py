"""Leaving, ending mails, losing the link, and the calendar subscription."""

import re
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from tests.building import NOW, only_registration, outbox
from tests.web.visiting import links, path, post


class TestLeavingAndMail:
    def test_cancelling_asks_first_and_can_be_undone(self, app: Flask, ann: FlaskClient) -> None:
        page = f"/my/{only_registration(app).public_id}/cancel"
        assert only_registration(app).state == "confirmed"
        post(ann, page, page)
        assert only_registration(app).state == "cancelled"
        post(ann, page, page.replace("/cancel", "/return"))
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
