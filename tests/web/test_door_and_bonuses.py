"""The door of a session, and the bonuses behind their dates."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from tests.building import given_cohort, only_registration, sign_up
from tests.web.visiting import STARTS, fetch, links, path, post, public_id, token
from webinar_hub.core.db import db
from webinar_hub.models import AttendanceSegment, Download, Drop, Material, Session


class TestTheDoor:
    def door(self, app: Flask) -> str:
        return f"/my/join/{public_id(app, Session, 'week-1')}"

    def joins(self, app: Flask) -> int:
        with app.app_context():
            return db.session.scalar(select(func.count()).select_from(AttendanceSegment)) or 0

    def test_it_opens_fifteen_minutes_before(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        csrf = token(ann.get("/my"))
        for moment, status in (
            (STARTS - timedelta(minutes=15, seconds=1), 409),
            (STARTS - timedelta(minutes=15), 303),
            (STARTS + timedelta(minutes=59), 303),
            (STARTS + timedelta(minutes=60), 409),
        ):
            travel.move_to(moment)
            answer = ann.post(self.door(app), data={"csrf_token": csrf})
            assert answer.status_code == status, moment
            if status == 303:
                assert answer.location == "https://meet.example.org/room"
        assert self.joins(app) == 2

    def test_looking_is_not_joining(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        travel.move_to(STARTS)
        for _ in range(3):
            ann.get(self.door(app))
            ann.head(self.door(app))
        assert self.joins(app) == 0

    def test_nobody_has_come_in_where_no_stream_is_set(self, app: Flask, tmp_path: Path, travel: Traveller) -> None:
        cohort = given_cohort(app, tmp_path, {'livestream_url = "https://meet.example.org/room"\n': ""})
        sign_up(app, cohort)
        ann = app.test_client()
        ann.get(path(links(app)["me"]))
        csrf = token(ann.get("/my"))
        travel.move_to(STARTS)
        answer = ann.post(self.door(app), data={"csrf_token": csrf})
        assert answer.status_code == 409
        assert "address of the stream" in answer.text
        assert self.joins(app) == 0

    def test_a_video_site_is_embedded_and_framed_by_nobody_else(
        self, app: Flask, tmp_path: Path, travel: Traveller
    ) -> None:
        cohort = given_cohort(
            app, tmp_path, {"https://meet.example.org/room": "https://www.youtube.com/watch?v=aqz-KE-bpKQ"}
        )
        sign_up(app, cohort)
        ann = app.test_client()
        ann.get(path(links(app)["me"]))
        travel.move_to(STARTS)
        closed = ann.get(self.door(app))
        assert "<iframe" not in closed.text
        answer = post(ann, self.door(app), self.door(app), where="here")
        assert answer.location == self.door(app)
        playing = ann.get(self.door(app))
        assert 'src="https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ' in playing.text
        assert "frame-src https://www.youtube-nocookie.com" in playing.headers["Content-Security-Policy"]
        assert post(ann, self.door(app), self.door(app)).location.startswith("https://www.youtube.com/watch")

    def test_the_link_in_calendars_knows_nobody(self, app: Flask, ann: FlaskClient, visitor: FlaskClient) -> None:
        link = path(links(app)["session"])
        page = visitor.get(link)
        assert page.status_code == 200
        assert "Ann" not in page.text
        assert "meet.example.org" not in page.text
        assert ann.get(link).location == self.door(app)


class TestBonuses:
    RELEASE = datetime(2026, 12, 9, 13, 0, tzinfo=UTC)

    def test_a_download_opens_at_its_second_and_not_before(
        self, app: Flask, ann: FlaskClient, travel: Traveller
    ) -> None:
        link = path(links(app)["download"])
        travel.move_to(self.RELEASE - timedelta(seconds=1))
        assert fetch(app, link).status_code == 403
        travel.move_to(self.RELEASE)
        answer = fetch(app, link)
        assert (answer.status_code, answer.data) == (200, b"Warm hands first.\n")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        part = fetch(app, link, Range="bytes=0-3")
        assert (part.status_code, part.data) == (206, b"Warm")
        assert fetch(app, link, If_None_Match=answer.headers["ETag"]).status_code == 304

    def test_the_button_on_her_page_records_that_she_took_it(
        self, app: Flask, ann: FlaskClient, travel: Traveller
    ) -> None:
        travel.move_to(self.RELEASE)
        page = f"/my/bonus/{public_id(app, Drop, 'sheet')}"
        with app.app_context():
            material = db.session.scalars(select(Material.id).where(Material.key == "sheet")).one()
        answer = post(ann, page, f"{page}/{material}")
        assert fetch(app, answer.location).data == b"Warm hands first.\n"
        with app.app_context():
            assert db.session.scalar(select(func.count()).select_from(Download)) == 1
        travel.shift(timedelta(hours=1, seconds=1))
        assert fetch(app, answer.location).status_code == 404, "a ticket is good for an hour"

    def test_a_surprise_gives_nothing_away(
        self, app: Flask, ann: FlaskClient, visitor: FlaskClient, travel: Traveller
    ) -> None:
        for page in (ann.get("/my"), visitor.get("/w/baby-massage")):
            assert "A sheet for parents" in page.text
            assert "A gift" not in page.text
            assert "surprise" in page.text.lower()
        travel.move_to(datetime(2026, 12, 12, 13, 0, tzinfo=UTC))
        assert "A gift" in ann.get("/my").text

    def test_after_leaving_nothing_opens_any_more(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        travel.move_to(self.RELEASE)
        registration = only_registration(app).public_id
        post(ann, f"/my/{registration}/cancel", f"/my/{registration}/cancel")
        assert fetch(app, path(links(app)["download"])).status_code == 404
        assert ann.get(f"/my/bonus/{public_id(app, Drop, 'sheet')}").status_code == 404
