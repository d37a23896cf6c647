"""The studio's bonuses: week by week, changed with what that does shown first, given early, and who has what."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.building import KEY, only_registration, outbox, sign_up
from tests.counting import counting
from tests.delivering import deliver
from tests.studio.materials.library import drop_of, in_order, rows
from tests.studio.staff import given_staff, signed_in
from tests.web.visiting import links, path
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, Broadcast, Cohort, Download, Drop, DropGrant, DropMaterial, Material
from webinar_hub.rules.staff import Role

PAGE = f"/studio/cohorts/{KEY}/materials"
RELEASE = datetime(2026, 12, 9, 13, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _tokens_off(app: Flask) -> None:
    """The tests of `other_sites.py` and of uploads look at tokens."""
    app.config["WTF_CSRF_ENABLED"] = False


def typed(app: Flask, key: str = "sheet", **changes: str) -> dict[str, str]:
    drop = drop_of(app, key)
    return {
        "title": drop.title, "note": drop.note, "when": "fixed", "release": drop.wall_release[:16], "days": "1",
        "version": str(drop.version),
    } | changes  # fmt: skip


FOLLOWS = {"when": "follows", "session": "week-1", "days": "1", "at": "08:00"}


def confirmed(page: str) -> str:
    found = re.search(r'name="confirmed" value="(\w+)"', page)
    assert found, page
    return found[1]


def test_the_page_tells_week_by_week_what_opens_when(owner: FlaskClient, cohort: str) -> None:
    page = owner.get(PAGE).text
    assert page.index("Week 1") < page.index("A sheet for parents") < page.index("A gift")
    assert "Wed 9 December, 8:00 am" in page
    assert "1 day after “Cues”, at 8:00 am" in page
    assert "surprise" in page
    assert "opens another site" in page


def test_who_may_only_look_finds_no_button(app: Flask, cohort: str) -> None:
    presenter = signed_in(app, given_staff(app, Role.PRESENTER))
    page = presenter.get(PAGE).text
    assert "A sheet for parents" in page
    assert 'method="post"' not in page.partition("<main")[2]
    assert "Who has what" not in page


def test_words_are_changed_at_once(app: Flask, owner: FlaskClient, cohort: str) -> None:
    address = f"{PAGE}/{drop_of(app).public_id}"
    answer = owner.post(address, data=typed(app, **FOLLOWS, title="A better title", note="Print *both*."))
    assert answer.status_code == 303
    drop = drop_of(app)
    assert (drop.title, drop.version, drop.after_days) == ("A better title", 2, 1)
    (entry,) = rows(app, AuditEntry, action="drop.changed")
    assert entry.detail["before"]["title"] == "A sheet for parents"
    assert entry.detail["after"]["title"] == "A better title"
    assert entry.actor.startswith("organizer:")


def test_a_new_moment_shows_its_mails_first(app: Flask, owner: FlaskClient, cohort: str) -> None:
    address = f"{PAGE}/{drop_of(app).public_id}"
    data = typed(app, release="2026-12-10T09:30")
    preview = owner.post(address, data=data)
    assert preview.status_code == 200
    assert "Nothing is changed yet" in preview.text
    assert "mail about “A sheet for parents”" in preview.text
    assert "Thu 10 December 2026, 9:30 am" in preview.text
    assert drop_of(app).release_at == RELEASE
    answer = owner.post(address, data=data | {"confirmed": confirmed(preview.text)})
    assert answer.status_code == 303
    drop = drop_of(app)
    assert drop.release_at == datetime(2026, 12, 10, 14, 30, tzinfo=UTC)
    assert drop.after_session_id is None
    (mail,) = rows(app, Broadcast, drop_id=drop.id, state="planned")
    assert mail.due_at == drop.release_at


def test_what_was_confirmed_is_shown_again_when_it_would_do_something_else(
    app: Flask, owner: FlaskClient, cohort: str
) -> None:
    address = f"{PAGE}/{drop_of(app).public_id}"
    seen = confirmed(owner.post(address, data=typed(app, release="2026-12-10T09:30")).text)
    answer = owner.post(address, data=typed(app, release="2026-12-11T09:30", confirmed=seen))
    assert "Nothing is changed yet" in answer.text
    assert drop_of(app).release_at == RELEASE


def test_a_new_bonus_may_follow_a_session(app: Flask, owner: FlaskClient, cohort: str) -> None:
    data = {"title": "For week two", "note": "", "when": "follows", "session": "week-2", "days": "0", "at": ""}
    preview = owner.post(f"{PAGE}/new", data=data)
    assert "“For week two” opens" in preview.text
    assert rows(app, Drop, key="for-week-two") == []
    assert owner.post(f"{PAGE}/new", data=data | {"confirmed": confirmed(preview.text)}).status_code == 303
    drop = drop_of(app, "for-week-two")
    assert drop.wall_release == "2026-12-15T20:00:00"
    assert "Nothing is in it yet" in owner.get(PAGE).text


def test_one_in_the_past_says_who_is_written_to_at_once(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    data = {"title": "Late", "when": "fixed", "release": "2026-11-20T08:00"}
    preview = owner.post(f"{PAGE}/new", data=data).text
    assert "A mail leaves at once" in preview
    assert "1 person is written to" in " ".join(preview.split())
    owner.post(f"{PAGE}/new", data=data | {"confirmed": confirmed(preview)})
    (mail,) = rows(app, Broadcast, drop_id=drop_of(app, "late").id)
    assert mail.state == "planned"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": " "}, "Write a title"),
        ({"title": "x" * 151}, "151 characters"),
        ({"title": "Right‮to left"}, "invisible control character"),
        ({"release": "soon"}, "Choose the day and the time"),
        ({"release": "2027-03-14T02:30"}, "does not exist in New York"),
        ({"release": ""}, "Choose the day and the time"),
        ({"when": "follows", "session": "week-9"}, "Choose the session"),
        ({"when": "follows", "session": "week-1", "days": "-1"}, "from 0 to 366"),
        ({"when": "follows", "session": "week-1", "days": "0", "at": "08:00"}, "The session ends at 8:00 pm"),
        ({"when": "follows", "session": "week-1", "days": "0", "at": "25:00"}, "Write a time like 08:00"),
        ({"when": "never"}, "Choose when it opens"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_nothing_is_lost(
    app: Flask, owner: FlaskClient, cohort: str, changes: dict[str, str], words: str
) -> None:
    answer = owner.post(f"{PAGE}/{drop_of(app).public_id}", data=typed(app, note="Mine.", **changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert "error-summary" in answer.text
    assert "Mine." in answer.text
    assert drop_of(app).version == 1


def test_the_second_of_two_is_shown_what_the_first_one_saved(app: Flask, owner: FlaskClient, cohort: str) -> None:
    address, mine = f"{PAGE}/{drop_of(app).public_id}", typed(app, **FOLLOWS, title="Mine")
    owner.post(address, data=typed(app, **FOLLOWS, title="Hers"))
    answer = owner.post(address, data=mine)
    assert answer.status_code == 409
    assert "Hers" in answer.text
    assert 'value="Mine"' in answer.text
    assert drop_of(app).title == "Hers"
    assert owner.post(address, data=mine | {"version": "2"}).status_code == 303
    assert drop_of(app).title == "Mine"


def test_one_that_is_not_out_is_deleted_with_its_mail(app: Flask, owner: FlaskClient, cohort: str) -> None:
    drop = drop_of(app)
    asked = owner.get(f"{PAGE}/{drop.public_id}/delete").text
    assert "Nobody is told" in asked
    assert owner.post(f"{PAGE}/{drop.public_id}/delete").status_code == 303
    assert rows(app, Drop, key="sheet") == []
    assert rows(app, Broadcast, drop_id=drop.id) == []
    assert len(rows(app, Material)) == 2


def test_one_that_is_out_stays(app: Flask, owner: FlaskClient, cohort: str, travel: Traveller) -> None:
    travel.move_to(RELEASE)
    drop = drop_of(app)
    assert "so it stays" in owner.get(f"{PAGE}/{drop.public_id}/delete").text
    assert owner.post(f"{PAGE}/{drop.public_id}/delete").status_code == 409
    assert drop_of(app).id == drop.id
    assert "at once, and in no mail" in owner.get(f"{PAGE}/{drop.public_id}").text


def test_materials_are_added_moved_and_taken_out(app: Flask, owner: FlaskClient, cohort: str) -> None:
    place = f"{PAGE}/{drop_of(app).public_id}"
    sheet, gift = (rows(app, Material, key=key)[0].id for key in ("sheet", "gift"))
    assert owner.post(f"{place}/add", data={"material": str(gift)}).status_code == 303
    assert in_order(app) == ["sheet", "gift"]
    owner.post(f"{place}/{gift}/move", data={"by": "up"})
    assert in_order(app) == ["gift", "sheet"]
    owner.post(f"{place}/{gift}/move", data={"by": "up"})
    assert in_order(app) == ["gift", "sheet"]
    owner.post(f"{place}/order", data={"order": f"{sheet},{gift}"})
    assert in_order(app) == ["sheet", "gift"]
    assert owner.post(f"{place}/order", data={"order": f"{sheet}"}).status_code == 409
    owner.post(f"{place}/{sheet}/take-out")
    assert in_order(app) == ["gift"]
    assert len(rows(app, AuditEntry, action="drop.materials")) == 4
    for nonsense in ("", "x", "99", "²", "1" * 30):
        assert owner.post(f"{place}/add", data={"material": nonsense}).status_code in (404, 422)


def test_somebody_elses_material_cannot_be_put_in(app: Flask, owner: FlaskClient, cohort: str) -> None:
    with app.app_context(), transaction():
        from webinar_hub.models import Webinar

        other = Webinar(slug="o", title="O", summary="", description="", credit="", created_at=RELEASE)
        db.session.add(other)
        db.session.flush()
        db.session.add(Material(webinar_id=other.id, key="theirs", title="Theirs"))
    theirs = rows(app, Material, key="theirs")[0].id
    place = f"{PAGE}/{drop_of(app).public_id}"
    assert owner.post(f"{place}/add", data={"material": str(theirs)}).status_code == 404
    assert in_order(app) == ["sheet"]


def test_one_person_has_it_early_and_is_written_to_once(
    app: Flask, owner: FlaskClient, cohort: str, travel: Traveller, client: FlaskClient
) -> None:
    sign_up(app, cohort)
    deliver(app)
    registration, drop = only_registration(app), drop_of(app)
    people = f"{PAGE}/{drop.public_id}/people"
    assert "Ann Lee" in owner.get(people).text
    answer = owner.post(f"{people}/{registration.public_id}", follow_redirects=True)
    assert "on its way" in answer.text
    assert "given early" in answer.text
    assert owner.post(f"{people}/{registration.public_id}").status_code == 303
    (mail,) = outbox(app, kind="drop")
    assert (mail.state, mail.drop_id) == ("queued", drop.id)
    deliver(app)
    assert outbox(app, kind="drop")[0].state == "sent"
    travel.move_to(RELEASE + timedelta(minutes=1))
    deliver(app)
    (mail,) = [row for row in outbox(app, kind="drop") if row.drop_id == drop.id]
    assert mail.state == "sent"


def test_her_page_opens_what_was_given_early_and_closes_what_was_taken_back(
    app: Flask, owner: FlaskClient, cohort: str, client: FlaskClient
) -> None:
    sign_up(app, cohort)
    registration, drop = only_registration(app), drop_of(app, "gift")
    her = client
    her.get(path(links(app)["me"]))
    bonus = f"/my/bonus/{drop.public_id}"
    assert "The gift" not in her.get(bonus).text
    people = f"{PAGE}/{drop.public_id}/people/{registration.public_id}"
    owner.post(people)
    assert "The gift" in her.get(bonus).text
    material = rows(app, Material, key="gift")[0].id
    assert her.post(f"{bonus}/{material}").status_code == 303
    assert owner.post(f"{people}/take-back").status_code == 303
    assert rows(app, DropGrant) == []
    assert her.post(f"{bonus}/{material}").status_code == 403
    assert "The gift" not in her.get(bonus).text


def test_who_ended_mails_about_bonuses_is_given_it_without_one(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    registration, drop = only_registration(app), drop_of(app)
    with app.app_context(), transaction():
        db.session.merge(registration).bonuses_off_at = RELEASE
    answer = owner.post(f"{PAGE}/{drop.public_id}/people/{registration.public_id}", follow_redirects=True)
    assert "No mail goes out" in answer.text
    assert outbox(app, kind="drop") == []
    assert len(rows(app, DropGrant)) == 1


def test_nobody_is_given_what_is_out_and_no_stranger_is_given_anything(
    app: Flask, owner: FlaskClient, cohort: str, travel: Traveller
) -> None:
    sign_up(app, cohort)
    people = f"{PAGE}/{drop_of(app).public_id}/people"
    assert owner.post(f"{people}/nobody").status_code == 404
    registration = only_registration(app).public_id
    travel.move_to(RELEASE)
    assert owner.post(f"{people}/{registration}").status_code == 409


def test_who_took_what_is_counted_by_people(app: Flask, owner: FlaskClient, cohort: str, travel: Traveller) -> None:
    for number in range(3):
        sign_up(app, cohort, f"p{number}@x.example", f"Person {number}")
    with app.app_context(), transaction():
        for registration in (1, 1, 2):
            db.session.add(
                Download(registration_id=registration, drop_id=1, material_version_id=1, downloaded_at=RELEASE)
            )
    travel.move_to(RELEASE)
    page = owner.get(PAGE).text
    assert "taken 3 times" in page
    assert "2 people took something" in page
    page = owner.get(f"{PAGE}/{drop_of(app).public_id}/people?q=Person 1").text
    assert "Person 1" in page
    assert "Person 2" not in page
    assert "1 of 1" in page
    assert "Nobody found" in owner.get(f"{PAGE}/{drop_of(app).public_id}/people?q=%25").text


@pytest.mark.parametrize("number", [1, 3, 300])
def test_pages_cost_the_same_however_much_there_is(
    app: Flask, owner: FlaskClient, cohort: str, number: int
) -> None:
    with app.app_context(), transaction():
        cohort_id = db.session.scalars(select(Cohort.id).where(Cohort.key == KEY)).one()
        for index in range(number):
            drop = Drop(
                cohort_id=cohort_id, key=f"d{index}", title=f"D{index}", zone="America/New_York",
                wall_release="2026-12-20T08:00:00", release_at=RELEASE + timedelta(days=index % 90),
            )  # fmt: skip
            material = Material(webinar_id=1, key=f"m{index}", title=f"M{index}", link="https://x.example")
            db.session.add_all([drop, material])
            db.session.flush()
            db.session.add(DropMaterial(drop_id=drop.id, material_id=material.id, position=0))
    for page, statements in ((PAGE, 16), (f"{PAGE}/{drop_of(app).public_id}", 13)):
        with counting(app) as counted:
            assert owner.get(page).status_code == 200
        assert len(counted) <= statements, counted
