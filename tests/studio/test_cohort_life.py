"""A cohort's settings and its life (B4): a draft is nowhere, an archive is quiet, nobody is left in the dark."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from tests.building import COHORT, KEY, NOW, given_cohort, sign_up
from tests.counting import counting
from tests.studio.forms import filled, send
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Broadcast, Cohort, Delivery, Drop, Material, Registration, Session, Webinar
from webinar_hub.rules.cohort_file import read_cohort_file
from webinar_hub.rules.staff import Role
from webinar_hub.services import cohort_files

PAGE = f"/studio/cohorts/{KEY}/details"
STEP = f"/studio/cohorts/{KEY}/step"


@pytest.fixture(autouse=True)
def _no_tokens(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def stored(app: Flask, key: str = KEY) -> Cohort:
    with app.app_context():
        return db.session.scalars(select(Cohort).where(Cohort.key == key)).one()


def session_id(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(select(Session.public_id).order_by(Session.id)).first() or ""


def planned(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).where(Broadcast.state == "planned")) or 0


def test_nothing_changes_when_nothing_is_changed(app: Flask, owner: FlaskClient, cohort: str) -> None:
    before, messages = stored(app), planned(app)
    assert send(owner, PAGE).status_code == 303
    after = stored(app)
    for column in Cohort.__table__.columns:
        if column.key != "version":
            assert getattr(after, column.key) == getattr(before, column.key), column.key
    assert planned(app) == messages


def test_everything_about_a_run_can_be_set(app: Flask, owner: FlaskClient, cohort: str) -> None:
    answer = send(
        owner,
        PAGE,
        title="Wednesdays",
        capacity="",
        enrolment_opens="2026-11-24T08:00",
        enrolment_closes="2026-12-08T18:00",
        late_join="from now on",
        livestream_url="https://meet.example.org/other",
        host_url="https://meet.example.org/host",
        organizer_name="Ida",
        organizer_email="ida@littlehands.example",
        reminders=["2880", "30"],
        live=None,
        thank_you_minutes="120",
        welcome_note="Bring a doll.",
    )
    assert answer.status_code == 303
    now = stored(app)
    assert (now.title, now.capacity, now.late_join, now.reminder_minutes) == (
        "Wednesdays", None, "from now on", [2880, 30],
    )  # fmt: skip
    assert now.enrolment_opens_at is not None
    assert now.enrolment_opens_at.isoformat() == "2026-11-24T13:00:00+00:00"
    assert (now.announces_live, now.thank_you_minutes, now.host_url) == (
        False, 120, "https://meet.example.org/host",
    )  # fmt: skip
    with app.app_context():
        assert set(db.session.scalars(select(Session.livestream_url))) == {"https://meet.example.org/other"}
        kinds = list(db.session.scalars(select(Broadcast.kind).where(Broadcast.state == "planned")))
    assert kinds.count("reminder") == 4
    assert "live" not in kinds
    shown = filled(owner.get(PAGE).text)
    assert shown["enrolment_closes"] == "2026-12-08T18:00"
    assert shown.getlist("reminders") == ["2880", "30"]


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"title": ""}, 400, "Give it a name"),
        ({"capacity": "0"}, 400, "whole number"),
        ({"capacity": "1"}, 409, "2 people have a seat"),
        ({"enrolment_opens": "2027-03-14T02:30"}, 422, "does not exist in New York"),
        ({"enrolment_opens": "2026-02-30T02:30"}, 400, "no such day"),
        ({"enrolment_opens": "2026-12-09T08:00", "enrolment_closes": "2026-12-01T08:00"}, 400, "closes before"),
        ({"late_join": "never"}, 400, "Choose one"),
        ({"livestream_url": "ftp://x.example/"}, 400, "starting with https://"),
        ({"organizer_email": "x"}, 400, "no e-mail address"),
        ({"reminders": ["99999999"]}, 400, "8 weeks"),
        ({"welcome_note": "x" * 2001}, 400, "2,001 characters"),
        ({"version": "77"}, 409, "Somebody else has changed this"),
    ],
)
def test_what_cannot_be_is_refused_and_kept(
    app: Flask, owner: FlaskClient, cohort: str, changes: dict[str, str], status: int, words: str
) -> None:
    sign_up(app, cohort)
    sign_up(app, cohort, "bea@x.example")
    answer = send(owner, PAGE, thank_you_note="kept", **changes)
    assert answer.status_code == status
    assert words in answer.text
    assert filled(answer.text)["thank_you_note"] == "kept"
    assert stored(app).version == 1


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("https://127.0.0.1/room", "leads into a private network"),
        ("javascript:alert(1)", "error"),
        ("", "no link to try yet"),
    ],
)
def test_a_link_can_be_tried_and_nothing_is_saved(
    app: Flask, owner: FlaskClient, cohort: str, link: str, words: str
) -> None:
    answer = send(owner, PAGE, do="check", livestream_url=link, title="Typed")
    assert answer.status_code == 200
    assert words in answer.text or link.startswith("javascript")
    assert "It answers" not in answer.text
    assert filled(answer.text)["title"] == "Typed"
    assert stored(app).title == "Tuesday evenings"


def test_a_draft_is_nowhere(app: Flask, owner: FlaskClient, cohort: str) -> None:
    session = session_id(app)
    assert owner.post(f"{STEP}/unpublish").status_code == 303
    app.config["WTF_CSRF_ENABLED"] = True  # The sign-up's own form looks at its token.
    stranger = app.test_client()
    paths = (
        "/w/baby-massage", "/w/baby-massage/cover.svg", f"/w/baby-massage/sign-up/{cohort}",
        f"/w/baby-massage/{cohort}.ics", f"/join/{session}", f"/join/{session}.ics",
        f"/w/baby-massage/thanks/{cohort}",
    )  # fmt: skip
    for path in paths:
        assert stranger.get(path).status_code == 404, path
    assert "Baby massage" not in stranger.get("/").text
    with pytest.raises(NotFound):
        sign_up(app, cohort)
    assert planned(app) == 0
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 0
    app.config["WTF_CSRF_ENABLED"] = False
    assert owner.post(f"{STEP}/publish").status_code == 303
    app.config["WTF_CSRF_ENABLED"] = True
    for path in paths[:-1]:
        assert stranger.get(path).status_code == 200, path
    assert planned(app) > 0


def test_a_second_cohort_as_a_draft_does_not_show_beside_the_first(
    app: Flask, owner: FlaskClient, cohort: str
) -> None:
    made = send(owner, f"/studio/cohorts/{KEY}/copy", first="2027-02-02", title="Secret spring")
    assert made.status_code == 303
    assert "Secret spring" in owner.get(made.headers["Location"]).text
    assert "Secret spring" not in app.test_client().get("/w/baby-massage").text
    assert "Secret spring" not in app.test_client().get("/").text


def test_a_draft_that_changes_tells_nobody(app: Flask, owner: FlaskClient, cohort: str, tmp_path: Path) -> None:
    owner.post(f"{STEP}/unpublish")
    given_cohort(app, tmp_path, {"first = 2026-12-08T19:00:00": "first = 2026-12-09T19:00:00"})
    assert planned(app) == 0
    assert stored(app).state == "draft"
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_nobody_is_left_in_the_dark(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    refused = owner.post(f"{STEP}/unpublish")
    assert refused.status_code == 409
    assert "Cancel the cohort instead" in refused.text
    assert stored(app).state == "open"
    assert f"{STEP}/unpublish" not in owner.get(PAGE).text


def test_every_page_of_a_cohort_names_the_stage_that_the_list_names(
    app: Flask, owner: FlaskClient, cohort: str, travel: Traveller
) -> None:
    pages = (f"/studio/cohorts/{KEY}/people", f"/studio/cohorts/{KEY}/messages", "/studio/webinars")
    for days, stage in ((0, "open"), (16, "running"), (30, "completed")):
        travel.move_to(NOW + timedelta(days=days))
        for page in pages:
            assert f">{stage}</span>" in owner.get(page).text, (page, stage)
    assert owner.post(f"{STEP}/archive").status_code == 303
    assert ">archived</span>" in owner.get(pages[0]).text


def test_nobody_is_put_into_what_nobody_can_see(
    app: Flask, owner: FlaskClient, cohort: str, tmp_path: Path
) -> None:
    given_cohort(app, tmp_path, {'key = "january"': 'key = "draft"', "Tuesday": "Sketched"})
    sign_up(app, cohort)
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort).where(Cohort.key == "draft")).one().state = "draft"
        place = db.session.scalars(select(Registration)).one()
    people = "/studio/cohorts/draft/people"
    typed = {"name": "Bea Moss", "email": "bea@x.example", "profession": "PT", "zone": ""}
    refused = owner.post(f"{people}/add", data=typed)
    assert (refused.status_code, "Publish it first" in refused.text) == (409, True)
    assert 'value="bea@x.example"' in refused.text
    move = f"/studio/people/{place.person_id}/places/{place.id}/move"
    assert "Sketched" not in owner.get(move).text
    refused = owner.post(move, data={"to": "draft"})
    assert (refused.status_code, "Publish it first" in refused.text) == (409, True)
    file = {"file": (io.BytesIO(b"Name,Email\nBea Moss,bea@x.example\n"), "people.csv")}
    kept = owner.post(f"{people}/import", data=file)
    refused = owner.post(f"{kept.headers['Location']}/apply")
    assert (refused.status_code, "Publish it first" in refused.text) == (409, True)
    assert stored(app, "draft").seats_taken == 0
    # Nor into what has been put away.
    with app.app_context(), transaction():
        row = db.session.scalars(select(Cohort).where(Cohort.key == "draft")).one()
        row.state, row.archived_at = "open", NOW
    assert "Sketched" not in owner.get(move).text
    refused = owner.post(f"{people}/add", data=typed)
    assert (refused.status_code, "Bring it back" in refused.text) == (409, True)


@pytest.mark.parametrize("minutes", ["9" * 20, "9" * 5000])
def test_a_reminder_from_nowhere_is_refused(owner: FlaskClient, cohort: str, minutes: str) -> None:
    assert send(owner, PAGE, reminders=[minutes]).status_code == 400


def test_only_what_is_over_is_archived(app: Flask, owner: FlaskClient, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    refused = owner.post(f"{STEP}/archive")
    assert refused.status_code == 409
    travel.move_to(NOW + timedelta(days=22, hours=10, minutes=30))
    assert "completed" in owner.get(PAGE).text
    assert planned(app) > 0
    assert owner.post(f"{STEP}/archive").status_code == 303
    assert planned(app) == 0
    stranger = app.test_client()
    assert "Tuesday evenings" not in stranger.get("/w/baby-massage").text
    assert "Baby massage" not in stranger.get("/").text
    assert stranger.get(f"/w/baby-massage/sign-up/{cohort}").status_code == 409
    assert owner.post(f"{STEP}/bring-back").status_code == 303
    assert "Tuesday evenings" in stranger.get("/w/baby-massage").text


def test_it_runs_from_its_first_session_to_its_last(
    app: Flask, owner: FlaskClient, cohort: str, travel: Traveller
) -> None:
    for days, words in ((0, "open"), (16, "running"), (30, "completed")):
        travel.move_to(NOW + timedelta(days=days))
        for page in ("/studio/webinars", f"/studio/cohorts/{KEY}/timeline"):
            assert f">{words}</span>" in owner.get(page).text


def test_a_step_that_does_not_exist(app: Flask, owner: FlaskClient, cohort: str) -> None:
    assert owner.get(f"{STEP}/explode").status_code == 404
    assert owner.post(f"{STEP}/explode").status_code == 404


def test_a_step_it_cannot_take_is_not_offered(owner: FlaskClient, cohort: str) -> None:
    answers = {step: owner.get(f"{STEP}/{step}") for step in ("publish", "unpublish", "archive", "bring-back")}
    assert {step: answer.status_code for step, answer in answers.items()} == {
        "publish": 409,
        "unpublish": 200,
        "archive": 409,
        "bring-back": 409,
    }
    assert "Open it again to see what can" in answers["publish"].text


def test_another_run_keeps_every_distance(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    done = send(owner, f"/studio/cohorts/{KEY}/copy", first="2027-03-10", at="18:30")
    assert done.status_code == 303
    copy = stored(app, "baby-massage-march-2027")
    with app.app_context():
        walls = list(
            db.session.scalars(
                select(Session.wall_start).where(Session.cohort_id == copy.id).order_by(Session.wall_start)
            )
        )
        drops = db.session.execute(
            select(Drop.key, Drop.wall_release, Drop.after_at).where(Drop.cohort_id == copy.id).order_by(Drop.id)
        ).all()
    assert walls == ["2027-03-10T18:30:00", "2027-03-17T18:30:00"]
    assert [tuple(row) for row in drops] == [
        ("sheet", "2027-03-11T08:00:00", "08:00:00"),
        ("gift", "2027-03-14T08:00:00", ""),
    ]
    assert (copy.state, copy.seats_taken, copy.reminder_minutes) == ("draft", 0, stored(app).reminder_minutes)


@pytest.mark.parametrize(
    ("first", "at", "words"),
    [
        ("", "", "Choose the day"),
        ("2027-02-30", "", "no such day"),
        ("2026-01-01", "", "lies in the past"),
        ("2027-03-14", "02:30", "does not exist in New York"),
        ("2027-03-14", "25:00", "Write the time"),
    ],
)
def test_a_copy_on_an_impossible_day(
    app: Flask, owner: FlaskClient, cohort: str, first: str, at: str, words: str
) -> None:
    answer = send(owner, f"/studio/cohorts/{KEY}/copy", first=first, at=at)
    assert answer.status_code in (400, 422)
    assert words in answer.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Cohort)) == 1


def test_a_copied_webinar_has_all_but_the_people(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    done = send(owner, "/studio/webinars/baby-massage/copy", title="For twins", first="2027-02-02")
    assert done.status_code == 303
    with app.app_context():
        copy = db.session.scalars(select(Webinar).where(Webinar.slug == "for-twins")).one()
        assert copy.description == "Come as you *are*."
        assert [presenter.name for presenter in copy.presenters] == ["Mara Lind"]
        keys = list(db.session.scalars(select(Material.key).where(Material.webinar_id == copy.id)))
        assert sorted(keys) == ["gift", "sheet"]
        run = db.session.scalars(select(Cohort).where(Cohort.webinar_id == copy.id)).one()
        assert (run.state, run.seats_taken) == ("draft", 0)
    assert app.test_client().get("/w/for-twins").status_code == 404


def test_the_file_and_the_studio_write_the_same(app: Flask, owner: FlaskClient, cohort: str) -> None:
    """A file read again after edits in the studio changes what it names, and leaves what it does not know."""
    send(owner, "/studio/webinars/baby-massage/presenters", presenters__0__email="mara@x.example")
    send(owner, PAGE, host_url="https://meet.example.org/host", capacity="60")
    with app.app_context(), transaction():
        cohort_files.apply(read_cohort_file(COHORT), {}, actor="command line", now=NOW)
    after = stored(app)
    assert (after.capacity, after.host_url) == (50, "https://meet.example.org/host")
    assert (
        filled(owner.get("/studio/webinars/baby-massage/presenters").text)["presenters-0-email"] == "mara@x.example"
    )


def test_the_pages_cost_the_same_for_many_sessions(app: Flask, owner: FlaskClient, cohort: str) -> None:
    def cost(path: str) -> int:
        with counting(app) as statements:
            assert owner.get(path).status_code == 200
        return len(statements)

    paths = (PAGE, f"/studio/cohorts/{KEY}/ready", "/studio/webinars/baby-massage/details", "/studio/webinars")
    before = {path: cost(path) for path in paths}
    for number in range(300):
        _one_more(app, number)
    assert {path: cost(path) for path in paths} == before


def _one_more(app: Flask, number: int) -> None:
    with app.app_context(), transaction():
        row = db.session.scalars(select(Cohort).where(Cohort.key == KEY)).one()
        start = NOW + timedelta(days=number + 1)
        db.session.add(
            Session(
                cohort_id=row.id, key=f"more-{number}", title="More", wall_start=start.isoformat()[:19],
                zone=row.zone, minutes=60, starts_at=start, ends_at=start + timedelta(hours=1),
                created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip


def test_a_hosts_link_is_for_those_who_may_change_it(app: Flask, owner: FlaskClient, cohort: str) -> None:
    send(owner, PAGE, host_url="https://meet.example.org/host?secret")
    assert "host?secret" in owner.get(PAGE).text
    reader = signed_in(app, given_staff(app, Role.READER, email="r@x.example"))
    for page in (PAGE, f"/studio/cohorts/{KEY}/ready"):
        assert "host?secret" not in reader.get(page).text


def test_a_running_cohort_can_be_cancelled_from_its_details(owner: FlaskClient, cohort: str) -> None:
    assert f"/studio/cohorts/{KEY}/timeline/preview?what=cancel-cohort" in owner.get(PAGE).text
    assert owner.get(f"/studio/cohorts/{KEY}/timeline/preview?what=cancel-cohort").status_code == 200


@pytest.mark.parametrize("page", ["/studio/webinars", "/studio/webinars/baby-massage/details"])
def test_the_way_to_the_library_is_shown(owner: FlaskClient, cohort: str, page: str) -> None:
    assert 'href="/studio/webinars/baby-massage/materials"' in owner.get(page).text
