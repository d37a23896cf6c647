"""The timeline of a cohort, and changing its dates with a preview and ten minutes to take it back."""

import re
from collections.abc import Mapping
from datetime import timedelta
from html import escape, unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from time_machine import Traveller
from werkzeug.test import TestResponse

from tests.building import KEY, given_sessions, outbox, sign_up
from tests.counting import counting
from tests.delivering import deliver
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Broadcast, Change, Cohort, Drop, Session
from webinar_hub.rules.staff import Role
from webinar_hub.services import sessions

PAGE = f"/studio/cohorts/{KEY}/timeline"
MOVE = {"what": "move", "key": "week-1", "day": "2026-12-10", "hour": "18:00", "minutes": "60", "scope": "this"}
MOVE_IN_WORDS = "“Cues” is now on Thu 10 December, 6:00 pm."


@pytest.fixture(autouse=True)
def _without_tokens(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def ann(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    deliver(app)
    travel.shift(timedelta(minutes=1))


def words(answer: TestResponse) -> str:
    """What a page says, on one line."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.text)))


def fields(answer: TestResponse) -> dict[str, str]:
    """The hidden fields of the form that applies a preview."""
    form = answer.text[answer.text.index("/changes") :]
    return {
        name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form)
    }


def preview(client: FlaskClient, wish: Mapping[str, str] = MOVE) -> TestResponse:
    return client.get(f"{PAGE}/preview", query_string=dict(wish))


def apply(client: FlaskClient, wish: Mapping[str, str] = MOVE) -> TestResponse:
    shown = preview(client, wish)
    assert shown.status_code == 200, words(shown)
    return client.post(f"{PAGE}/changes", data=fields(shown))


def wall(app: Flask, key: str = "week-1") -> str:
    with app.app_context():
        return db.session.scalars(select(Session.wall_start).where(Session.key == key)).one()


def last_change(app: Flask) -> int:
    with app.app_context():
        return db.session.scalars(select(Change.id).order_by(Change.id.desc())).first() or 0


def test_sessions_bonuses_and_messages_stand_in_their_weeks(app: Flask, owner: FlaskClient, ann: None) -> None:
    said = words(owner.get(PAGE))
    assert "7 Dec to 13 Dec" in said
    assert "Tue 8" in said
    assert "7:00 pm Cues 60 minutes" in said
    assert "8:00 am A sheet for parents" in said
    assert "6:00 pm to 1 Reminder, 1 hour before" in said
    assert "today" in said


def test_where_many_are_concerned_nobody_is_counted(app: Flask, owner: FlaskClient, ann: None) -> None:
    with app.app_context(), transaction():
        cohort = db.session.scalars(select(Cohort)).one()
        cohort.capacity, cohort.seats_taken = None, 100_000
    with counting(app) as statements:
        said = words(owner.get(PAGE))
    assert "to up to 100,000 Reminder, 1 hour before" in said
    assert not any("deliveries.broadcast_id" in statement for statement in statements)


def test_messages_can_be_hidden(owner: FlaskClient, ann: None) -> None:
    said = words(owner.get(f"{PAGE}?messages=no"))
    assert "Reminder" not in said
    assert "Show messages" in said
    assert "Cues" in said


def test_a_cohort_without_dates_says_what_will_be_here(app: Flask, owner: FlaskClient, cohort: str) -> None:
    with app.app_context(), transaction():
        for model in (Broadcast, Drop, Session):
            db.session.execute(delete(model))
    assert "Nothing is dated yet" in words(owner.get(PAGE))


def test_a_change_of_clocks_is_noted_and_quiet_weeks_are_left_out(
    app: Flask, owner: FlaskClient, cohort: str
) -> None:
    apply(owner, MOVE | {"key": "week-2", "day": "2027-03-09"})
    said = words(owner.get(PAGE))
    assert "Clocks go forward on 14 March 2027" in said or "quiet weeks" in said
    assert "after 11 quiet weeks" in said


def test_whoever_may_only_look_is_offered_no_change(app: Flask, cohort: str) -> None:
    reader = signed_in(app, given_staff(app, Role.READER))
    answer = reader.get(PAGE)
    assert answer.status_code == 200
    assert "/timeline/sessions/" not in answer.text
    assert "data-preview" not in answer.text


def test_without_javascript_each_session_leads_to_a_form_with_its_time(owner: FlaskClient, ann: None) -> None:
    (link,) = re.findall(rf'href="({PAGE}/sessions/week-1)"', owner.get(PAGE).text)
    form = owner.get(link).text
    for value in ('value="2026-12-08"', 'value="19:00"', 'value="60"', 'value="Cues"'):
        assert value in form
    assert owner.get(f"{PAGE}/sessions/week-9").status_code == 404


def test_a_preview_says_everything_and_changes_nothing(app: Flask, owner: FlaskClient, ann: None) -> None:
    said = words(preview(owner))
    assert MOVE_IN_WORDS in said
    assert "Session moved: one mail each, to 1 person." in said
    assert "1 entry changes in 1 calendar." in said
    assert "Until now: Tue 8 December, 7:00 pm in New York: 4:00 pm for you" in said
    assert "“A sheet for parents” opens until now: Wed 9 December 2026, 8:00 am then: Fri 11 December" in said
    assert "Reminder, 1 hour before: Cues" in said
    assert wall(app) == "2026-12-08T19:00:00"
    assert last_change(app) == 0


@pytest.mark.parametrize("wish", [MOVE, {"what": "cancel-cohort"}])
def test_a_preview_neither_stops_mails_nor_waits_for_those_on_their_way(
    app: Flask, owner: FlaskClient, ann: None, wish: dict[str, str]
) -> None:
    with counting(app) as statements:
        preview(owner, wish)
    assert not [one for one in statements if "UPDATE deliveries" in one or "INTO silenced_deliveries" in one]


def test_a_preview_shows_nobodys_own_link(owner: FlaskClient, ann: None) -> None:
    assert "/me/" not in preview(owner).text


def test_a_change_is_applied_waits_and_can_be_undone_from_every_page(
    app: Flask, owner: FlaskClient, ann: None
) -> None:
    answer = apply(owner)
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert wall(app) == "2026-12-10T18:00:00"
    said = words(owner.get(f"{PAGE}/sessions/week-2"))
    assert f"{MOVE_IN_WORDS} Nobody has been told yet." in said
    assert "by Mara Lind" in said
    assert deliver(app) == []
    undone = owner.post(f"{PAGE}/changes/{last_change(app)}/undo", follow_redirects=True)
    assert "Everything is as it was before. Nobody was told." in words(undone)
    assert "Nobody has been told yet" not in words(undone)
    assert wall(app) == "2026-12-08T19:00:00"


def test_what_waits_is_shown_at_the_moment_it_leaves(owner: FlaskClient, ann: None, travel: Traveller) -> None:
    """On the timeline, in the plan and among the next things, and it is not late before."""
    assert apply(owner).status_code == 303
    assert "10:11 am waits, to 1 Session moved" in words(owner.get(PAGE))
    assert "10:11 am" in words(owner.get(f"/studio/cohorts/{KEY}/messages"))
    health = words(owner.get("/studio/health"))
    assert "Mon 23 November, 10:11 am" in health
    travel.shift(timedelta(minutes=5))
    assert "No message is late." in words(owner.get("/studio/health"))


def test_told_now(app: Flask, owner: FlaskClient, ann: None) -> None:
    apply(owner)
    answer = owner.post(f"{PAGE}/changes/{last_change(app)}/tell", follow_redirects=True)
    assert "The mails are on their way." in words(answer)
    assert len(deliver(app)) == 1
    too_late = owner.post(f"{PAGE}/changes/{last_change(app)}/undo")
    assert too_late.status_code == 409
    assert "The ten minutes are over" in words(too_late)


def test_the_banner_goes_when_the_time_is_over(owner: FlaskClient, ann: None, travel: Traveller) -> None:
    apply(owner)
    travel.shift(timedelta(minutes=10))
    assert "Nobody has been told yet" not in words(owner.get(PAGE))


def test_what_is_applied_is_what_was_shown(app: Flask, owner: FlaskClient, ann: None) -> None:
    shown = fields(preview(owner))
    with app.app_context(), transaction():
        sessions.cancel(*sessions.find(KEY, "week-2"), actor="test", now=clock.now())
    answer = owner.post(f"{PAGE}/changes", data=shown)
    assert answer.status_code == 409
    assert "Somebody changed these dates meanwhile" in words(answer)
    assert MOVE_IN_WORDS in words(answer)
    assert wall(app) == "2026-12-08T19:00:00"
    assert owner.post(f"{PAGE}/changes", data=fields(answer)).status_code == 303
    assert wall(app) == "2026-12-10T18:00:00"


REFUSED = {
    "no such day": ({"day": "2027-02-30", "title": "Cues, <again>"}, 422, "There is no 30 February 2027."),
    "far away": ({"day": "9999-12-31"}, 422, "The year 9999 cannot be meant."),
    "long ago": ({"day": "0001-01-01"}, 422, "The year 1 cannot be meant."),
    "no day": ({"day": "soon"}, 422, "Write the day like 2027-01-12"),
    "no hour": ({"hour": "25:99"}, 422, "Write the time like 19:00"),
    "too long": ({"minutes": "9999"}, 422, "a whole number from 5 to 1440"),
    "past": ({"day": "2025-12-10"}, 409, "cannot be moved into the past"),
    "overlap": ({"day": "2026-12-15", "hour": "19:30"}, 409, "is still running"),
    "gap": ({"day": "2027-03-14", "hour": "02:30"}, 422, "does not exist in New York"),
    "nothing": ({"day": "2026-12-08", "hour": "19:00"}, 409, "how it is already"),
    "what": ({"what": "explode"}, 404, ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(
    app: Flask, owner: FlaskClient, ann: None, name: str
) -> None:
    change, status, why = REFUSED[name]
    wish = MOVE | {"title": "Cues"} | change
    for answer in (preview(owner, wish), owner.post(f"{PAGE}/changes", data=wish | {"seen": "x"})):
        assert answer.status_code == status or (answer.status_code, status) == (409, 422)
        if status != 404 and answer.request.method == "GET":
            assert why in words(answer)
            typed = [wish[field] for field in ("day", "hour", "minutes")]
            assert all(f'value="{value}"' in answer.text for value in typed)
            assert f'value="{escape(wish["title"])}"' in answer.text
    assert wall(app) == "2026-12-08T19:00:00"


def test_the_same_time_in_another_length_keeps_the_name(app: Flask, owner: FlaskClient, ann: None) -> None:
    apply(owner, MOVE | {"title": ""})
    with app.app_context():
        assert db.session.scalars(select(Session.title).where(Session.key == "week-1")).one() == "Cues"


def test_a_cohort_is_moved_by_a_week_in_one_action(app: Flask, owner: FlaskClient, ann: None) -> None:
    assert owner.get(f"{PAGE}/move").status_code == 200
    apply(owner, {"what": "shift", "number": "1", "unit": "7", "direction": "later"})
    assert (wall(app), wall(app, "week-2")) == ("2026-12-15T19:00:00", "2026-12-22T19:00:00")


def test_cancelling_names_what_is_lost_first(app: Flask, owner: FlaskClient, ann: None) -> None:
    said = words(preview(owner, {"what": "cancel", "key": "week-1"}))
    assert "“Cues” on Tue 8 December, 7:00 pm is cancelled." in said
    assert "Session cancelled: one mail each, to 1 person." in said
    assert "“Cues” until now: takes place then: cancelled" in said
    apply(owner, {"what": "cancel", "key": "week-1"})
    page = owner.get(PAGE)
    assert "7:00 pm cancelled Cues" in words(page)
    owner.post(f"{PAGE}/changes/{last_change(app)}/undo")
    assert "cancelled Cues" not in words(owner.get(PAGE))


def test_cancelling_a_cohort_can_be_undone(app: Flask, owner: FlaskClient, ann: None) -> None:
    apply(owner, {"what": "cancel-cohort"})
    assert "Cancel the cohort" not in words(owner.get(PAGE))
    owner.post(f"{PAGE}/changes/{last_change(app)}/undo")
    assert deliver(app) == []
    assert outbox(app, kind="cohort_cancelled") == []


def test_too_soon_to_wait_is_said_before(owner: FlaskClient, app: Flask, ann: None, travel: Traveller) -> None:
    travel.move_to(clock.now() + timedelta(days=15, hours=8, minutes=10))
    shown = preview(owner, MOVE | {"day": "2026-12-08", "hour": "20:00"})
    assert "nobody can wait" in words(shown)
    assert "Not possible: everybody is told at once." in words(shown)
    owner.post(f"{PAGE}/changes", data=fields(shown))
    assert "Nobody has been told yet" not in words(owner.get(PAGE))
    assert any("new time" in mail.text for mail in deliver(app))


@pytest.mark.parametrize("path", ["", "/sessions/week-1", "/preview"])
def test_pages_ask_the_database_as_often_for_300_sessions_as_for_3(
    app: Flask, owner: FlaskClient, ann: None, path: str
) -> None:
    numbers = set()
    for more in (1, 2, 297):
        given_sessions(app, more)
        wish = {"what": "shift", "number": "1", "unit": "7"} if path == "/preview" else {}
        with counting(app) as statements:
            assert owner.get(f"{PAGE}{path}", query_string=wish).status_code == 200
        kinds = [statement[:40] for statement in statements]
        numbers.add(sum(one != before for one, before in zip(kinds[1:], kinds, strict=False)))
    assert max(numbers) - min(numbers) <= (1 if path == "/preview" else 0), numbers
