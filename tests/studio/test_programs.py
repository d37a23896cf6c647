"""Programs (B3): kept from a cohort or written by hand, laid out from any day, in one step and all or nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.building import KEY, sign_up
from tests.studio.forms import filled, send
from webinar_hub.core.db import db
from webinar_hub.models import Cohort, Drop, DropMaterial, Program, Registration, Session

LIST = "/studio/webinars/baby-massage/programs"


@pytest.fixture(autouse=True)
def _cohort(app: Flask, cohort: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def kept(app: Flask, owner: FlaskClient) -> str:
    """The address of the example's cohort kept as a program."""
    done = send(owner, f"/studio/cohorts/{KEY}/program", title="Two evenings")
    assert done.status_code == 303
    return done.headers["Location"]


def dates(app: Flask, key: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Wall times of the sessions, and of the drops with their keys."""
    with app.app_context():
        cohort = db.session.scalars(select(Cohort.id).where(Cohort.key == key)).one()
        sessions = select(Session.wall_start).where(Session.cohort_id == cohort).order_by(Session.starts_at)
        drops = select(Drop.key, Drop.wall_release).where(Drop.cohort_id == cohort).order_by(Drop.release_at)
        return list(db.session.scalars(sessions)), [tuple(row) for row in db.session.execute(drops)]


def test_a_cohort_kept_as_a_program_becomes_dated_again(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    program = kept(app, owner)
    assert "Week" in owner.get(program).text
    run = f"{program}/run?first=2027-03-09&title=Spring"
    shown = owner.get(run)
    assert shown.status_code == 200
    for words in ("Tue 9 March 2027, 7:00 pm", "Tue 16 March 2027, 7:00 pm", "Wed 10 March 2027, 8:00 am"):
        assert words in shown.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Cohort)) == 1
    done = owner.post(f"{program}/run", data={"first": "2027-03-09", "title": "Spring", "at": "", "skip": ""})
    assert done.status_code == 303
    assert "Your draft is ready" in owner.get(done.headers["Location"]).text
    sessions, drops = dates(app, "baby-massage-march-2027")
    # 14 March: clocks go forward in New York, and 19:00 stays 19:00.
    assert sessions == ["2027-03-09T19:00:00", "2027-03-16T19:00:00"]
    assert drops == [("sheet", "2027-03-10T08:00:00"), ("gift", "2027-03-13T08:00:00")]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 1
        assert db.session.scalar(select(func.count()).select_from(DropMaterial)) == 4
        instants = list(db.session.scalars(select(Session.starts_at).order_by(Session.starts_at)))
    assert [moment.hour for moment in instants[-2:]] == [0, 23]


def test_a_skipped_day_moves_it_and_all_that_follows(app: Flask, owner: FlaskClient) -> None:
    program = kept(app, owner)
    owner.post(f"{program}/run", data={"first": "2027-03-09", "skip": "2027-03-16", "at": "18:00"})
    sessions, drops = dates(app, "baby-massage-march-2027")
    assert sessions == ["2027-03-09T18:00:00", "2027-03-23T18:00:00"]
    assert drops[0] == ("sheet", "2027-03-10T08:00:00")


def test_holidays_are_shown_before_it_is_made(app: Flask, owner: FlaskClient) -> None:
    shown = owner.get(f"{kept(app, owner)}/run?first=2026-12-25")
    assert "25 December 2026 is Christmas Day" in shown.text


@pytest.mark.parametrize(
    ("first", "words"),
    [
        ("", "Choose the day"),
        ("2027-02-30", "no such day"),
        ("2026-01-06", "lies in the past"),
        ("soon", "Choose the day"),
    ],
)
def test_an_impossible_first_day(app: Flask, owner: FlaskClient, first: str, words: str) -> None:
    program = kept(app, owner)
    for answer in (owner.get(f"{program}/run?first={first}"), owner.post(f"{program}/run", data={"first": first})):
        assert answer.status_code in (400, 422)
        assert words in answer.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Cohort)) == 1


def test_a_program_by_hand(app: Flask, owner: FlaskClient) -> None:
    page = owner.get(f"{LIST}/new").text
    more = owner.post(f"{LIST}/new", data=filled(page, do="add:sessions", title="By hand")).text
    done = owner.post(
        f"{LIST}/new",
        data=filled(
            more,
            sessions__0__week="1",
            sessions__0__weekday="1",
            sessions__0__at="19:00",
            sessions__0__title="First",
            sessions__1__week="3",
            sessions__1__weekday="3",
            sessions__1__at="18:30",
            sessions__1__minutes="90",
            drops__0__title="Welcome",
            drops__0__days="-7",
            drops__0__at="08:00",
        ),
    )
    assert done.status_code == 303
    program = done.headers["Location"]
    owner.post(f"{program}/run", data={"first": "2027-01-05"})
    sessions, drops = dates(app, "baby-massage-january-2027")
    assert sessions == ["2027-01-05T19:00:00", "2027-01-21T18:30:00"]
    assert drops == [("drop-1", "2026-12-29T08:00:00")]
    with app.app_context():
        cohort = db.session.scalars(select(Cohort).where(Cohort.key != KEY)).one()
        assert (cohort.zone, cohort.organizer_name, cohort.state) == ("America/New_York", "Mara Lind", "draft")


def test_an_edit_keeps_what_its_rows_do_not_show(app: Flask, owner: FlaskClient) -> None:
    program = kept(app, owner)
    assert send(owner, program, sessions__1__week="4", sessions__1__title="Later").status_code == 303
    owner.post(f"{program}/run", data={"first": "2027-01-05"})
    sessions, drops = dates(app, "baby-massage-january-2027")
    assert sessions == ["2027-01-05T19:00:00", "2027-01-26T19:00:00"]
    assert [key for key, _ in drops] == ["sheet", "gift"]
    with app.app_context():
        note = db.session.scalars(select(Drop.note).where(Drop.key == "sheet").order_by(Drop.id.desc())).first()
        assert note == "Print it."
        assert db.session.scalar(select(func.count()).select_from(DropMaterial)) == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "Give it a name"),
        ({"sessions__0__week": "0"}, "whole number from 1"),
        ({"sessions__0__weekday": "9"}, "Choose one"),
        ({"sessions__0__at": "25:99"}, "Write the time"),
        ({"sessions__0__minutes": "99999"}, "whole number from 5"),
        ({"sessions__1__week": "1", "sessions__1__at": "19:30"}, "is still running"),
        ({"drops__0__after": "9"}, "There are 2 sessions"),
        ({"drops__0__days": "-1"}, "from 0 to 366"),
        ({"drops__1__at": ""}, "Write the time"),
        ({"zone": "Mars"}, "time zone"),
    ],
)
def test_a_program_that_cannot_be(app: Flask, owner: FlaskClient, changes: dict[str, str], words: str) -> None:
    answer = send(owner, kept(app, owner), **changes)
    assert answer.status_code == 400
    assert words in answer.text
    with app.app_context():
        assert db.session.scalars(select(Program.version)).one() == 1


def test_the_second_of_two_is_told(app: Flask, owner: FlaskClient) -> None:
    program = kept(app, owner)
    late = owner.get(program).text
    send(owner, program, title="Hers")
    refused = owner.post(program, data=filled(late, title="Mine"))
    assert refused.status_code == 409
    assert "Saved by somebody else" in refused.text
    assert "Hers" in refused.text
    assert owner.post(program, data=filled(refused.text)).status_code == 303
    assert "Mine" in owner.get(LIST).text


def test_deleting_asks_once_and_leaves_cohorts(app: Flask, owner: FlaskClient) -> None:
    program = kept(app, owner)
    assert "2 sessions and 2 bonuses is lost" in owner.get(f"{program}/delete").text
    assert owner.post(f"{program}/delete").status_code == 303
    assert "No program yet" in owner.get(LIST).text
    assert owner.get(program).status_code == 404
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Cohort)) == 1


def test_another_webinars_program_is_not_found_here(app: Flask, owner: FlaskClient) -> None:
    program = kept(app, owner)
    send(owner, "/studio/webinars/baby-massage/copy", title="Other", first="2027-03-02")
    assert owner.get(program.replace("baby-massage", "other")).status_code == 404
    assert (
        owner.post(program.replace("baby-massage", "other") + "/run", data={"first": "2027-03-02"}).status_code
        == 404
    )
