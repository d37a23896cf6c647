"""Her rhythm as she sets it herself: dates left out, hours, a pause."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.building import NOW, only_registration, outbox
from tests.web.visiting import contents, post, public_id
from webinar_hub.core.db import db
from webinar_hub.models import Rhythm, Session

CHOICES = "/my/preferences"


def her_rhythm(app: Flask) -> Rhythm | None:
    with app.app_context():
        return db.session.scalars(select(Rhythm)).first()


class TestDates:
    def test_one_date_is_left_out_and_taken_back(self, app: Flask, ann: FlaskClient) -> None:
        date = f"/my/{only_registration(app).public_id}/dates/{public_id(app, Session, 'week-1')}"
        assert "0 of 2 attended" in ann.get("/my").text
        for _ in range(2):
            assert post(ann, "/my", f"{date}/out").status_code == 303
        page = ann.get("/my").text
        assert "You left this date out" in page
        assert "0 of 2 attended" not in page
        assert len(outbox(app, kind="calendar_cancel")) == 1
        for _ in range(2):
            post(ann, "/my", f"{date}/in")
        assert "You left this date out" not in ann.get("/my").text
        assert [each.state for each in outbox(app, kind="calendar_cancel")] == ["cancelled"]

    def test_whoever_leaves_every_date_out_still_has_a_seat_to_give_back(
        self, app: Flask, ann: FlaskClient
    ) -> None:
        for key in ("week-1", "week-2"):
            post(ann, "/my", f"/my/{only_registration(app).public_id}/dates/{public_id(app, Session, key)}/out")
        page = ann.get("/my")
        assert page.status_code == 200
        assert "Give my seat back" in page.text

    def test_nobody_elses_date_and_nothing_by_a_link(self, app: Flask, ann: FlaskClient) -> None:
        before = contents(app)
        hers, date = only_registration(app).public_id, public_id(app, Session, "week-1")
        page = f"/my/{hers}/dates/{date}/out"
        assert ann.get(page).status_code == 405
        assert post(ann, "/my", f"/my/{'0' * 16}/dates/{date}/out").status_code == 404
        assert post(ann, "/my", f"/my/{hers}/dates/{'0' * 16}/in").status_code == 404
        assert app.test_client().post(page).status_code == 400
        assert contents(app) == before


class TestHoursAndPause:
    def test_she_chooses_her_hours_and_sees_them_chosen(self, app: Flask, ann: FlaskClient) -> None:
        answer = post(ann, CHOICES, "/my/rhythm/hours", bonus_at="480", window="480-1200", days="weekdays")
        assert answer.location == f"{CHOICES}#rhythm"
        rhythm = her_rhythm(app)
        assert rhythm is not None
        chosen = (rhythm.bonus_at, rhythm.write_from, rhythm.write_until, rhythm.weekdays_only)
        assert chosen == (480, 480, 1200, True)
        page = ann.get(CHOICES).text
        assert '<option value="480" selected>At 8:00 am</option>' in page
        assert "Between 8:00 am and 8:00 pm" in page
        post(ann, CHOICES, "/my/rhythm/hours", bonus_at="", window="", days="")
        rhythm = her_rhythm(app)
        assert rhythm is not None
        assert (rhythm.bonus_at, rhythm.write_from, rhythm.weekdays_only) == (None, None, None)

    def test_a_pause_begins_and_ends(self, app: Flask, ann: FlaskClient) -> None:
        topics = {"pause-bonuses": "y", "pause-news": "y"}
        post(ann, CHOICES, "/my/rhythm/pause", weeks="2", **topics)
        rhythm = her_rhythm(app)
        assert rhythm is not None
        assert (rhythm.paused_at, rhythm.pauses_reminders, rhythm.pauses_bonuses) == (NOW, False, True)
        assert "You pause until <time" in ann.get(CHOICES).text
        post(ann, CHOICES, "/my/rhythm/resume")
        assert "You pause until" not in ann.get(CHOICES).text

    def test_what_is_not_on_offer_is_refused_and_changes_nothing(self, app: Flask, ann: FlaskClient) -> None:
        before = contents(app)
        for to, fields in (
            ("hours", {"bonus_at": "1440"}),
            ("hours", {"bonus_at": "noon"}),
            ("hours", {"window": "20-8"}),
            ("pause", {"weeks": "9", "pause-news": "y"}),
            ("pause", {"weeks": "2"}),
        ):
            answer = post(ann, CHOICES, f"/my/rhythm/{to}", **fields)
            assert answer.status_code in (400, 422), (to, fields)
        assert contents(app) == before
        assert app.test_client().post("/my/rhythm/resume").status_code == 400
