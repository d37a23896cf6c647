"""Moving and merging: what her calendars are told, what is kept, and that nothing is orphaned."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from tests.building import given_cohort, outbox, sign_up
from tests.people import BEAS_COHORT, mails_to, send_what_is_due
from tests.people import Person as Somebody
from tests.studio.staff import given_staff, signed_in
from tests.studio.test_people import registration_of
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.links import Links
from webinar_hub.models import AttendanceSegment, Cohort, Consent, MergedPerson, Person, Registration, Session
from webinar_hub.services import subscriptions

ANN, OTHER = Somebody("Ann Lee", "ann@x.example"), Somebody("Ann Lee", "lee@y.example")


@pytest.fixture(autouse=True)
def _without_tokens(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


@pytest.fixture
def spring(app: Flask, cohort: str, tmp_path: Path) -> str:
    return given_cohort(app, tmp_path, BEAS_COHORT)


def seats(app: Flask) -> dict[str, int]:
    with app.app_context():
        return dict(db.session.execute(select(Cohort.key, Cohort.seats_taken)).all())  # type: ignore[arg-type]


def told(app: Flask, person: Somebody) -> list[str]:
    """What her calendar was told, oldest first: the method of each mail that has one."""
    calendars = [text.decode() for mail in reversed(mails_to(app, person)) for text in mail.calendars]
    return [re.findall(r"METHOD:(\w+)", text)[0] for text in calendars]


def test_a_move_takes_the_old_sessions_out_and_brings_the_new(
    app: Flask, cohort: str, spring: str, owner: FlaskClient
) -> None:
    sign_up(app, cohort)
    for _ in range(2):
        send_what_is_due(app)
    place = registration_of(app, ANN.email)
    address = f"/studio/people/{place.person_id}/places/{place.id}/move"
    assert "Spring evenings" in owner.get(address).text
    assert owner.post(address, data={"to": "spring", "tell": "on"}).status_code == 303
    for _ in range(2):
        send_what_is_due(app)
    assert sorted(told(app, ANN)) == ["CANCEL"] * 2 + ["REQUEST"] * 4
    assert seats(app) == {"january": 0, "spring": 1}
    with app.app_context():
        states = db.session.execute(select(Cohort.key, Registration.state).join(Registration)).all()
    assert {tuple(row) for row in states} == {("january", "cancelled"), ("spring", "confirmed")}


def test_a_move_without_a_word_mails_nobody(app: Flask, cohort: str, spring: str, owner: FlaskClient) -> None:
    sign_up(app, cohort)
    send_what_is_due(app)
    send_what_is_due(app)
    before = len(mails_to(app, ANN))
    place = registration_of(app, ANN.email)
    owner.post(f"/studio/people/{place.person_id}/places/{place.id}/move", data={"to": "spring"})
    send_what_is_due(app)
    assert len(mails_to(app, ANN)) == before


def test_a_full_cohort_takes_nobody_and_nothing_is_lost(
    app: Flask, cohort: str, spring: str, owner: FlaskClient
) -> None:
    sign_up(app, cohort)
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort).where(Cohort.key == "spring")).one().capacity = 0
    place = registration_of(app, ANN.email)
    address = f"/studio/people/{place.person_id}/places/{place.id}/move"
    refused = owner.post(address, data={"to": "spring", "tell": "on"})
    assert (refused.status_code, "Every seat" in refused.text) == (409, True)
    assert owner.post(address, data={"to": "nowhere"}).status_code == 404
    assert seats(app) == {"january": 1, "spring": 0}
    assert [mail.kind for mail in outbox(app)] == ["confirmation"]


def merge(app: Flask, owner: FlaskClient) -> None:
    kept, gone = (registration_of(app, who.email).person_id for who in (ANN, OTHER))
    assert "This cannot be undone" in owner.get(f"/studio/people/{kept}/merge?other={gone}").text
    assert owner.post(f"/studio/people/{kept}/merge", data={"other": gone}).status_code == 303


def test_merging_keeps_everything_and_tells_both_calendars(
    app: Flask, cohort: str, spring: str, owner: FlaskClient
) -> None:
    sign_up(app, cohort, ANN.email)
    sign_up(app, cohort, OTHER.email, news_words="Yes, news.")
    sign_up(app, spring, OTHER.email)
    for _ in range(2):
        send_what_is_due(app)
    hers, theirs = registration_of(app, ANN.email), registration_of(app, OTHER.email)
    with app.app_context(), transaction():
        doubled = db.session.scalars(
            select(Registration).where(Registration.person_id == theirs.person_id, Registration.id != theirs.id)
        ).one()
        session = db.session.scalars(select(Session.id).where(Session.cohort_id == doubled.cohort_id)).first()
        db.session.add(
            AttendanceSegment(
                registration_id=doubled.id, session_id=session, source="join_button", started_at=clock.now()
            )
        )
        subscriptions.open_feed(theirs.person_id, now=clock.now())
    with app.app_context():
        person = db.session.get_one(Person, theirs.person_id)
        links = Links("", app.extensions["tokens"])
        old_page = links.me(person.id, person.link_nonce)
        old_feed = links.feed(person.id, person.feed_nonce or "")
    merge(app, owner)
    for _ in range(2):
        send_what_is_due(app)
    # The other address: two cohorts of two sessions came and went. The kept one: january was there, spring came.
    assert sorted(told(app, OTHER)) == ["CANCEL"] * 4 + ["REQUEST"] * 4
    assert sorted(told(app, ANN)) == ["REQUEST"] * 4
    assert seats(app) == {"january": 1, "spring": 1}
    with app.app_context():
        confirmed = db.session.scalars(
            select(Registration.person_id).where(Registration.state == "confirmed")
        ).all()
        assert set(confirmed) == {hers.person_id}
        assert db.session.scalars(select(Consent.person_id)).all() == [hers.person_id]
        assert db.session.scalars(select(AttendanceSegment.registration_id)).all() == [hers.id]
        assert db.session.scalar(select(func.count()).select_from(MergedPerson)) == 1
    browser = app.test_client()
    assert browser.get(old_page).status_code == 303
    assert ANN.email in browser.get("/my").text
    assert app.test_client().get(old_feed).text.count("BEGIN:VEVENT") == 4
    story = owner.get(f"/studio/people/{hers.person_id}").text
    assert f"Also known as {OTHER.email}" in story
    assert "Confirmation of a sign-up" in story
    assert OTHER.email not in owner.get("/studio/people").text


def test_a_place_that_is_over_is_kept_or_counted_once(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort, ANN.email)
    sign_up(app, cohort, OTHER.email)
    travel.move_to("2027-02-01T00:00:00Z")
    merge(app, signed_in(app, given_staff(app, email="later@littlehands.example")))
    assert seats(app) == {"january": 1}
    assert outbox(app, kind="registration_cancelled") == []


def test_nobody_is_merged_twice_or_with_herself(app: Flask, cohort: str, owner: FlaskClient) -> None:
    sign_up(app, cohort, ANN.email)
    sign_up(app, cohort, OTHER.email)
    kept = registration_of(app, ANN.email).person_id
    assert owner.post(f"/studio/people/{kept}/merge", data={"other": kept}).status_code == 409
    assert owner.post(f"/studio/people/{kept}/merge", data={"other": "x"}).status_code == 404
    gone = registration_of(app, OTHER.email).person_id
    merge(app, owner)
    assert owner.post(f"/studio/people/{kept}/merge", data={"other": gone}).status_code == 409
