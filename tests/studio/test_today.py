"""The first page: what is next, what needs her, who came, what was sent; to whom, and in few statements."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from time_machine import Traveller

from tests.building import NOW, given_cohort, only_registration, outbox, sign_up
from tests.delivering import deliver
from tests.studio.filling_up import statements_as_it_fills
from tests.studio.staff import given_staff, signed_in
from tests.web.visiting import FIELDS, post
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Cohort, Delivery, DropMaterial, Person, Registration, Task, Webinar
from webinar_hub.rules.source import passed_on, source_of
from webinar_hub.rules.staff import Role
from webinar_hub.web.studio.chart import chart

PAGE = "/studio/today"


def text_of(client: FlaskClient) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def given_task(app: Flask, number: int = 1) -> None:
    with app.app_context(), transaction():
        first = db.session.scalar(select(Registration.id))
        there = db.session.scalar(select(func.count()).select_from(Task)) or 0
        for one in range(there, number):
            task = Task(key=f"t{one}", kind="reminder", cohort_id=1, registration_id=first, text="Call her.")
            task.created_at = NOW
            db.session.add(task)


def suppressed(app: Flask) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(Person).values(suppressed_at=NOW, suppression_reason="The mailbox is full."))


def test_a_fresh_installation_says_what_to_do_first(owner: FlaskClient) -> None:
    text = text_of(owner)
    assert "Your first webinar takes two minutes" in text
    assert "Nothing needs you" in text


def test_what_is_next_counts_down(app: Flask, cohort: str, owner: FlaskClient) -> None:
    sign_up(app, cohort)
    text = text_of(owner)
    assert 'data-countdown="2026-12-09T00:00:00Z"' in text
    assert "https://meet.example.org/room" in text
    assert "Strokes" in text[text.index("After that") :]


def test_somebody_nobody_reaches_is_to_be_called_on_the_day(
    app: Flask, cohort: str, owner: FlaskClient, travel: Traveller
) -> None:
    sign_up(app, cohort)
    suppressed(app)
    assert "please call" not in text_of(owner)
    travel.move_to(NOW + timedelta(days=15))
    text = text_of(owner)
    assert "1 person comes soon and no mail reaches her: please call" in text
    assert "ann@x.example" in text
    assert "The mailbox is full." in text


def test_a_task_is_ticked_off_once(app: Flask, cohort: str, owner: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_up(app, cohort)
    given_task(app)
    assert "Call her." in text_of(owner)
    assert owner.post(f"{PAGE}/tasks/1/done").status_code == 303
    assert "Call her." not in text_of(owner)
    assert owner.post(f"{PAGE}/tasks/1/done").status_code == 404


def test_whoever_only_looks_ticks_nothing_off(app: Flask, cohort: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_up(app, cohort)
    given_task(app)
    reader = signed_in(app, given_staff(app, Role.READER))
    assert "Call her." in text_of(reader)
    assert "/tasks/1/done" not in text_of(reader)
    assert reader.post(f"{PAGE}/tasks/1/done").status_code == 403
    assert "Call her." in text_of(reader)


def test_two_sessions_that_want_one_room_are_shown(
    app: Flask, cohort: str, owner: FlaskClient, tmp_path: Path
) -> None:
    assert "overlap" not in text_of(owner)
    second = {'slug = "baby-massage"': 'slug = "another"', 'key = "january"': 'key = "other"'}
    given_cohort(app, tmp_path, second | {"Tuesday evenings": "Other evenings"})
    text = text_of(owner)
    assert "Tuesday evenings and Other evenings, " in text
    assert "Mara Lind teaches both, and both use the same livestream link." in text
    only = signed_in(app, given_staff(app, Role.ORGANIZER, email="o@x.example", slug="another"))
    assert "/studio/cohorts/other/timeline" in text_of(only)
    assert "/studio/cohorts/january/" not in text_of(only)


def test_a_draft_that_begins_soon_and_credit_that_lacks_something_are_shown(
    app: Flask, cohort: str, owner: FlaskClient, travel: Traveller
) -> None:
    assert "still a draft" not in text_of(owner)
    with app.app_context(), transaction():
        db.session.execute(update(Webinar).values(credit="1 contact hour, AOTA"))
    assert "A CE event says its level" in text_of(owner)
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).values(state="draft"))
    assert "still a draft" not in text_of(owner)
    travel.move_to(NOW + timedelta(days=2))
    text = text_of(owner)
    assert "“Tuesday evenings” is still a draft" in text
    assert "nobody can sign up yet. A CE event says its level" in text


def test_whoever_may_not_see_people_sees_none(app: Flask, cohort: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_up(app, cohort)
    suppressed(app)
    given_task(app)
    presenter = signed_in(app, given_staff(app, Role.PRESENTER))
    text = text_of(presenter)
    assert "Call her." not in text
    assert "ann@x.example" not in text
    assert "https://meet.example.org/room" not in text
    assert presenter.post(f"{PAGE}/tasks/1/done").status_code == 403


def test_somebody_elses_webinar_is_not_on_it(app: Flask, cohort: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_up(app, cohort)
    given_task(app)
    deliver(app)
    with app.app_context(), transaction():
        from webinar_hub.models import Webinar

        first = db.session.get_one(Webinar, 1)
        other = Webinar(slug="other", title="Other", summary="", description="", credit="")
        other.created_at = first.created_at
        db.session.add(other)
    reader = signed_in(app, given_staff(app, Role.ORGANIZER, slug="other"))
    text = text_of(reader)
    assert "Cues" not in text
    assert "Call her." not in text
    assert "No mail was due" in text
    assert "Nobody has signed up" in text
    assert reader.post(f"{PAGE}/tasks/1/done").status_code == 404


def test_a_bonus_without_content_is_named_before_it_opens(app: Flask, cohort: str, owner: FlaskClient) -> None:
    assert "has nothing in it" not in text_of(owner)
    with app.app_context(), transaction():
        db.session.execute(DropMaterial.__table__.delete())  # type: ignore[attr-defined]
    assert "“A sheet for parents” has nothing in it" not in text_of(owner)


def test_a_bonus_without_content_is_named_two_weeks_before(
    app: Flask, cohort: str, owner: FlaskClient, travel: Traveller
) -> None:
    with app.app_context(), transaction():
        db.session.execute(DropMaterial.__table__.delete())  # type: ignore[attr-defined]
    travel.move_to(NOW + timedelta(days=3))
    assert "“A sheet for parents” has nothing in it" in text_of(owner)


def test_mail_that_waits_is_said_on_every_page(
    app: Flask, cohort: str, owner: FlaskClient, travel: Traveller
) -> None:
    sign_up(app, cohort)
    travel.shift(timedelta(minutes=4))
    assert "Mail is delayed" not in text_of(owner)
    travel.shift(timedelta(minutes=2))
    assert "Mail is delayed" in text_of(owner)
    assert "Mail is delayed" in owner.get("/studio/webinars").get_data(as_text=True)
    deliver(app)
    assert "Mail is delayed" not in text_of(owner)


def test_sign_ups_are_counted_by_day_and_source(
    app: Flask, cohort: str, owner: FlaskClient, travel: Traveller
) -> None:
    sign_up(app, cohort, source="newsletter")
    travel.shift(timedelta(hours=13))  # It is past midnight in UTC, and not yet in New York.
    sign_up(app, cohort, "bea@x.example", source="newsletter")
    travel.shift(timedelta(hours=2))
    sign_up(app, cohort, "cleo@x.example")
    text = text_of(owner)
    table = text[text.index("Sign-ups in 30 days, day by day") :]
    assert "newsletter" in table
    assert (
        '<tr><th scope="row">Mon 23 November</th><td class="number">2</td><td class="number">0</td></tr>' in table
    )
    assert (
        '<tr><th scope="row">Tue 24 November</th><td class="number">0</td><td class="number">1</td></tr>' in table
    )


def test_the_weeks_mails_are_counted_by_what_became_of_them(
    app: Flask, cohort: str, owner: FlaskClient, travel: Traveller
) -> None:
    sign_up(app, cohort)
    sign_up(app, cohort, "bea@x.example")
    deliver(app)
    with app.app_context(), transaction():
        last = db.session.scalars(select(Delivery).order_by(Delivery.id.desc())).first()
        assert last is not None
        last.state = "failed"
    text = text_of(owner)
    part = text[text.index("Mails this week") :]
    assert "sent <strong>3</strong>" in part
    assert "failed <strong>1</strong>" in part
    travel.move_to(NOW + timedelta(days=15, hours=8, minutes=30))
    deliver(app)
    text = text_of(owner)
    assert "sent <strong>2</strong>" in text[text.index("Mails this week") :]


def test_as_many_statements_for_300_people_as_for_one(app: Flask, cohort: str, owner: FlaskClient) -> None:
    def with_tasks(people: int) -> None:
        given_task(app, people)
        suppressed(app)

    assert len(set(statements_as_it_fills(app, cohort, owner, PAGE, with_tasks))) == 1


def test_the_live_part_comes_by_itself(app: Flask, cohort: str, owner: FlaskClient) -> None:
    sign_up(app, cohort)
    given_task(app)
    text = owner.get(f"{PAGE}/live", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "Call her." in text
    assert "<html" not in text


def test_the_sign_in_leads_to_it(owner: FlaskClient) -> None:
    assert owner.get("/studio/").location == PAGE


@pytest.mark.parametrize(
    ("asked", "source"),
    [
        ({"utm_source": "AOTA News", "ref": "x"}, "aota news"),
        ({"ref": "podcast-12"}, "podcast-12"),
        ({"embed": "1"}, "embed"),
        ({"ref": "<script>"}, ""),
        ({"utm_source": "x" * 41}, ""),
        ({}, ""),
    ],
)
def test_a_source_is_a_word(asked: dict[str, str], source: str) -> None:
    assert source_of(asked) == source


def test_a_source_stays_on_the_way_to_the_sign_up(app: Flask, cohort: str, client: FlaskClient) -> None:
    page = client.get("/w/baby-massage?utm_source=AOTA+News").get_data(as_text=True)
    way = f"/w/baby-massage/sign-up/{cohort}{passed_on({'utm_source': 'aota news'})}"
    assert f'href="{way}"' in page
    assert post(client, way, way, **FIELDS).status_code == 303
    assert only_registration(app).source == "aota news"


def test_a_link_without_one_stays_as_it_was(cohort: str, client: FlaskClient) -> None:
    assert f'href="/w/baby-massage/sign-up/{cohort}"' in client.get("/w/baby-massage").get_data(as_text=True)


def test_the_rest_is_one_series() -> None:
    from datetime import date

    from webinar_hub.queries.today import DayCount

    drawn = chart([DayCount(date(2026, 11, 23), {f"s{number}": 9 - number for number in range(8)})])
    assert [name for name, _ in drawn.names] == ["s0", "s1", "s2", "s3", "other"]
    assert sum(total for _, total in drawn.names) == drawn.total == sum(range(2, 10))
    assert sum(bar.height for bar in drawn.bars) == pytest.approx(drawn.height, abs=1)


def test_nothing_is_sent_by_looking(app: Flask, cohort: str, owner: FlaskClient) -> None:
    text_of(owner)
    assert outbox(app) == []
