"""Five fields make a published webinar (B1): what is defaulted, what is warned of, what is refused."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from tests.building import NOW, outbox, sign_up
from tests.counting import counting
from tests.studio.forms import filled, send
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, Broadcast, Cohort, Program, Session, Webinar
from webinar_hub.rules.staff import Role
from webinar_hub.services import creating, webinars

NEW = "/studio/webinars/new"
FIVE = {
    "title": "Baby massage: reading cues",
    "starts": "2026-12-08T19:00",
    "minutes": "45",
    "livestream_url": "https://meet.example.org/room",
    "capacity": "40",
}


@pytest.fixture(autouse=True)
def _no_tokens(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def only_cohort(app: Flask) -> Cohort:
    with app.app_context():
        return db.session.scalars(select(Cohort)).one()


def test_five_fields_make_a_published_webinar(app: Flask, owner: FlaskClient) -> None:
    answer = send(owner, NEW, **FIVE)
    assert answer.status_code == 303
    ready = owner.get(answer.headers["Location"])
    for words in (
        "is published",
        "Tue 8 December 2026, 7:00 pm",
        "45 minutes",
        "1 week, 1 day, 1 hour, 10 minutes",
    ):
        assert words in ready.text
    page = app.test_client().get("/w/baby-massage-reading-cues")
    assert page.status_code == 200
    assert "Baby massage: reading cues" in page.text
    assert "No CE credit" in page.text
    cohort = only_cohort(app)
    assert (cohort.state, cohort.zone, cohort.capacity) == ("open", "America/New_York", 40)
    assert cohort.organizer_email == "mara@littlehands.example"
    with app.app_context():
        kinds = sorted(db.session.scalars(select(Broadcast.kind)))
        assert kinds == ["live", "reminder", "reminder", "reminder", "reminder", "thank_you"]
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "webinar.created")).one()
        assert entry.actor.startswith("organizer:")
    entry = app.test_client().get(f"/w/baby-massage-reading-cues/{cohort.public_id}.ics")
    assert "SUMMARY:Baby massage: reading cues\r\n" in entry.text, "one hour is called by its name once"
    sign_up(app, cohort.public_id)
    assert [mail.kind for mail in outbox(app, kind="confirmation")] == ["confirmation"]


def test_the_zone_is_hers_and_the_page_has_no_surprises(app: Flask, owner: FlaskClient) -> None:
    page = owner.get(NEW).text
    assert '<option value="America/New_York" selected>' in page
    assert filled(page)["minutes"] == "60"


def test_what_the_owner_chose_for_all_is_where_it_begins(app: Flask, owner: FlaskClient) -> None:
    chosen = {"version": "0", "zone": "Europe/Berlin", "reminders": "2 days, 30 minutes"}
    assert owner.post("/studio/settings/defaults", data=chosen).status_code == 303
    assert '<option value="Europe/Berlin" selected>' in owner.get(NEW).text
    send(owner, NEW, **FIVE)
    cohort = only_cohort(app)
    assert (cohort.zone, cohort.reminder_minutes) == ("Europe/Berlin", [2880, 30])
    page = "/studio/webinars/baby-massage-reading-cues/programs"
    assert '<option value="Europe/Berlin" selected>' in owner.get(f"{page}/new").text
    row = {"title": "By hand", "sessions__0__week": "1", "sessions__0__at": "19:00", "sessions__0__title": "One"}
    assert send(owner, f"{page}/new", **row).status_code == 303
    with app.app_context():
        settings = db.session.scalars(select(Program.settings)).one()
    assert (settings["zone"], settings["reminder_minutes"]) == ("Europe/Berlin", [2880, 30])


def test_a_title_that_is_taken_gets_a_number(app: Flask, owner: FlaskClient) -> None:
    for day in ("08", "09", "10"):
        send(owner, NEW, **FIVE | {"starts": f"2026-12-{day}T19:00", "livestream_url": ""}, seen="x")
        # The same presenter on another day is no clash.
    with app.app_context():
        slugs = sorted(db.session.scalars(select(Webinar.slug)))
    assert slugs == [f"baby-massage-reading-cues{end}" for end in ("", "-2", "-3")]


def test_a_title_without_a_letter_that_fits_an_address(app: Flask, owner: FlaskClient) -> None:
    assert send(owner, NEW, **FIVE | {"title": "Массаж для малышей"}).status_code == 303
    assert app.test_client().get("/w/webinar").status_code == 200


def test_weeks_skip_days_and_stay_at_their_hour(app: Flask, owner: FlaskClient) -> None:
    answer = send(owner, NEW, **FIVE | {"weeks": "4", "skip": "2026-12-22, 2026-12-29"})
    assert answer.status_code == 303
    with app.app_context():
        walls = list(db.session.scalars(select(Session.wall_start).order_by(Session.starts_at)))
    assert walls == [f"{day}T19:00:00" for day in ("2026-12-08", "2026-12-15", "2027-01-05", "2027-01-12")]


def test_a_holiday_is_shown_and_can_be_left_out(app: Flask, owner: FlaskClient) -> None:
    fields = FIVE | {"starts": "2026-12-18T19:00", "weeks": "3"}
    asked = send(owner, NEW, **fields)
    assert asked.status_code == 200
    assert "25 December 2026 is Christmas Day in the United States" in asked.text
    assert "1 January 2027" in asked.text
    again = owner.post(NEW, data=filled(asked.text, skip_day=["2026-12-25", "2027-01-01"]))
    assert again.status_code == 303
    with app.app_context():
        walls = list(db.session.scalars(select(Session.wall_start).order_by(Session.starts_at)))
    assert walls == [f"{day}T19:00:00" for day in ("2026-12-18", "2027-01-08", "2027-01-15")]


def test_a_holiday_that_is_meant_needs_one_more_press(app: Flask, owner: FlaskClient) -> None:
    asked = send(owner, NEW, **FIVE | {"starts": "2026-12-25T19:00"})
    assert asked.status_code == 200
    assert owner.post(NEW, data=filled(asked.text)).status_code == 303
    assert (
        "25 December 2026 is Christmas Day"
        in owner.get("/studio/cohorts/baby-massage-reading-cues-december-2026/details").text
    )


def test_a_clash_is_shown_before_it_is_published(app: Flask, owner: FlaskClient) -> None:
    assert send(owner, NEW, **FIVE).status_code == 303
    asked = send(owner, NEW, **FIVE | {"title": "Another", "starts": "2026-12-08T19:30"})
    assert asked.status_code == 200
    assert "Mara Lind teaches both, and both use the same livestream link" in asked.text
    done = owner.post(NEW, data=filled(asked.text))
    assert done.status_code == 303
    assert "runs at the same time" in owner.get(done.headers["Location"]).text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "Give it a title"),
        ("title", "x" * 151, "151 characters long"),
        ("title", "Baby\u202emassage", "invisible control character"),
        ("starts", "", "Choose the day and the time"),
        ("starts", "2026-02-30T19:00", "no such day"),
        ("starts", "2027-03-14T02:30", "does not exist in New York"),
        ("starts", "2025-12-08T19:00", "lies in the past"),
        ("starts", "tomorrow", "Choose the day"),
        ("minutes", "0", "whole number from 5"),
        ("minutes", "an hour", "whole number from 5"),
        ("livestream_url", "javascript:alert(1)", "starting with https://"),
        ("livestream_url", "https://me:secret@x.example/", "user name and password"),
        ("capacity", "-3", "whole number from 1"),
        ("capacity", "9999999999999", "whole number from 1"),
        ("weeks", "500", "whole number from 1 to 104"),
        ("skip", "christmas", "days to leave out"),
        ("zone", "Mars/Olympus", "time zone"),
    ],
)
def test_what_cannot_be_is_refused_and_kept(
    app: Flask, owner: FlaskClient, field: str, value: str, words: str
) -> None:
    answer = send(owner, NEW, **FIVE | {field: value})
    assert answer.status_code in (400, 422)
    assert words in answer.text
    assert "error-summary" in answer.text
    kept = filled(answer.text)
    assert kept["title"] == (value if field == "title" else FIVE["title"])
    assert kept["livestream_url"] == (value if field == "livestream_url" else FIVE["livestream_url"])
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Webinar)) == 0


def test_a_script_in_a_title_is_only_words(app: Flask, owner: FlaskClient) -> None:
    title = "<script>alert(1)</script> & you"
    done = send(owner, NEW, **FIVE | {"title": title})
    for path in (done.headers["Location"], "/studio/webinars", "/w/script-alert-1-script-you", "/"):
        page = owner.get(path).text
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_a_role_for_one_webinar_makes_no_other(app: Flask, cohort: str, travel: Traveller) -> None:
    client = signed_in(app, given_staff(app, Role.ORGANIZER, slug="baby-massage"))
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, data=FIVE).status_code == 403
    assert "New webinar" not in client.get("/studio/webinars").text


def test_what_was_typed_survives_a_lost_line(app: Flask, owner: FlaskClient) -> None:
    fields = filled(owner.get(NEW).text, title="Half a title")
    assert owner.post("/studio/drafts/keep", data={**fields, "form": "quick-create"}).status_code == 204
    page = owner.get(NEW).text
    assert "Unsaved draft" in page
    assert filled(page)["title"] == ""
    taken = owner.get(f"{NEW}?draft=take").text
    assert filled(taken)["title"] == "Half a title"
    assert owner.post(NEW, data=filled(taken, **FIVE)).status_code == 303
    assert "Unsaved draft" not in owner.get(NEW).text


def test_a_draft_is_thrown_away_and_is_nobody_elses(app: Flask, owner: FlaskClient) -> None:
    owner.post("/studio/drafts/keep", data={"form": "quick-create", "title": "Mine"})
    other = signed_in(app, given_staff(app, email="ida@littlehands.example"))
    assert "Unsaved draft" not in other.get(NEW).text
    away = owner.post("/studio/drafts/throw-away", data={"form": "quick-create", "back": "https://evil.example/"})
    assert away.headers["Location"] == "/studio/"
    assert "Unsaved draft" not in owner.get(NEW).text


def test_markdown_is_shown_as_the_page_will(app: Flask, owner: FlaskClient) -> None:
    answer = owner.post("/studio/preview", data={"text": "Come *as* you are <script>x</script>"})
    assert answer.text.startswith("<p>Come <em>as</em> you are")
    assert "<script" not in answer.text


def test_the_list_offers_it_and_costs_the_same_for_many(app: Flask, owner: FlaskClient) -> None:
    assert "Create the first one" in owner.get("/studio/webinars").text
    send(owner, NEW, **FIVE)
    page = owner.get("/studio/webinars").text
    assert re.search(r'href="/studio/webinars/new">New webinar', page)
    assert "/studio/webinars/baby-massage-reading-cues/details" in page


def test_the_list_costs_the_same_for_three_hundred(app: Flask, owner: FlaskClient) -> None:
    def cost() -> int:
        with counting(app) as statements:
            assert owner.get("/studio/webinars").status_code == 200
        return len(statements)

    send(owner, NEW, **FIVE)
    before = cost()
    for number in range(300):
        with app.app_context(), transaction():
            webinar = webinars.start(f"Number {number}", NOW)
            creating.start_cohort(webinar.id, f"number-{number}", now=NOW)
    assert cost() == before


def test_pressing_twice_is_pressing_once(app: Flask, owner: FlaskClient, travel: Traveller) -> None:
    first, second = send(owner, NEW, **FIVE), send(owner, NEW, **FIVE)
    assert second.headers["Location"] == first.headers["Location"]
    travel.move_to(NOW + timedelta(minutes=2))
    asked = send(owner, NEW, **FIVE)
    assert owner.post(NEW, data=filled(asked.text)).headers["Location"] != first.headers["Location"]
