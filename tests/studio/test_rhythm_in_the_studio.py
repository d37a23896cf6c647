"""Hours of a cohort, late joiners and bonuses on each one's own clock, as an organizer sets and sees them."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.building import COHORT, KEY, NOW, given_cohort, only_person, only_registration, sign_up
from tests.delivering import deliver
from tests.studio.forms import filled, send
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.documents.mail_reading import read_mail
from webinar_hub.models import Cohort, Drop, Session
from webinar_hub.queries import health
from webinar_hub.queries import rehearsal as queries
from webinar_hub.rules.cohort_file import CohortFileErrors, read_cohort_file
from webinar_hub.rules.hours import Hours
from webinar_hub.services import cloning, rhythms, series
from webinar_hub.web.forms.rehearsal import visitor_of
from webinar_hub.web.studio import rehearsing

HOURS = f"/studio/cohorts/{KEY}/registration/hours"
NEW = f"/studio/cohorts/{KEY}/materials/new"
FOLLOWS = 'after_session = "week-1"\ndays = 1\nat = 08:00:00'
DAY = timedelta(days=1)
_WEEK_2 = select(Session.public_id).where(Session.key == "week-2")


@pytest.fixture(autouse=True)
def _no_tokens(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def stored(app: Flask, key: str = KEY) -> Cohort:
    with app.app_context():
        return db.session.scalars(select(Cohort).where(Cohort.key == key)).one()


def hours_of(cohort: Cohort) -> Hours:
    return Hours(cohort.bonus_at, cohort.write_from, cohort.write_until, cohort.weekdays_only)


def test_hours_are_saved_refused_in_words_and_taken_over_by_the_next_run(
    app: Flask, owner: FlaskClient, cohort: str
) -> None:
    assert HOURS in owner.get(f"/studio/cohorts/{KEY}/registration").text
    version = stored(app).version
    assert send(owner, HOURS).status_code == 303
    assert hours_of(stored(app)) == Hours()
    wrong = send(owner, HOURS, write_from="20:00", write_until="08:00", bonus_at="07:30")
    assert wrong.status_code == 400
    assert "no mail could ever leave" in wrong.text
    assert 'value="07:30"' in wrong.text
    send(owner, HOURS, write_from="08:00", write_until="20:00", bonus_at="08:00", weekdays_only="y")
    assert hours_of(stored(app)) == Hours(480, 480, 1200, True)
    meanwhile = owner.post(HOURS, data={"version": str(version), "bonus_at": ""})
    assert meanwhile.status_code == 409
    with app.app_context(), transaction():
        run = cloning.NewRun(date(2027, 3, 2))
        copy = cloning.clone_cohort(KEY, run, actor="test", now=clock.now()).key
    assert hours_of(stored(app, copy)) == Hours(480, 480, 1200, True)


def test_a_bonus_on_each_ones_own_clock_is_made_shown_and_copied(
    app: Flask, owner: FlaskClient, cohort: str
) -> None:
    sign_up(app, cohort)
    wrong = send(owner, NEW, title="Day three", when="own", own_days="0")
    assert wrong.status_code == 422
    assert "from 1 to 366" in wrong.text
    preview = send(owner, NEW, title="Day three", when="own", own_days="3", own_at="08:00")
    assert "3 days after each one came in, at 8:00 am" in preview.text
    assert owner.post(NEW, data=filled(preview.text)).status_code == 303
    with app.app_context():
        drop = db.session.scalars(select(Drop).where(Drop.title == "Day three")).one()
    assert (drop.enrolment_days, drop.enrolment_at) == (3, "08:00:00")
    assert drop.enrolled_from is not None
    for page in ("messages", "materials", "rehearsal", f"materials/{drop.public_id}"):
        assert "Day three" in owner.get(f"/studio/cohorts/{KEY}/{page}").text, page
    story = owner.get(f"/studio/people/{only_person(app).id}").text
    assert "Day three" in story
    skip = re.search(r'action="([^"]+/skip/\d+)">(?:(?!</form>).)*Day three', story)
    assert skip is not None
    assert [owner.post(skip[1]).status_code for _ in range(2)] == [303, 409]
    later = owner.get(f"/studio/people/{only_person(app).id}").text
    assert "Left out of a planned mail" in later
    assert later.count("<p>Reminder: Strokes</p>") == 4
    with app.app_context(), transaction():
        person, place = only_person(app).id, only_registration(app).public_id
        series.opt_out(person, place, db.session.scalars(_WEEK_2).one(), now=clock.now())
        rhythms.pause(person, 8, ("bonuses",), now=clock.now())
    paused = owner.get(f"/studio/people/{person}").text
    assert paused.count("<p>Reminder: Strokes</p>") == 0
    assert "<p>Bonus: A gift</p>" not in paused
    assert skip[1] not in later
    with app.app_context(), transaction():
        copy = cloning.clone_cohort(KEY, cloning.NewRun(date(2027, 3, 2)), actor="test", now=clock.now()).key
        days = select(Drop.enrolment_days).join(Cohort, Cohort.id == Drop.cohort_id).where(Cohort.key == copy)
        assert 3 in db.session.scalars(days).all()


def test_the_cohort_file_says_all_of_it_and_is_told_what_it_cannot_mean(app: Flask) -> None:
    text = COHORT.replace(FOLLOWS, "days_after_enrolment = 3\nalso_past = true")
    own = read_cohort_file(text).drops[0].own
    assert own is not None
    assert (own.days, own.at, own.also_past) == (3, None, True)
    for wrong, said in (
        (text.replace("also_past = true", "releases = 2026-12-12T08:00:00"), "two moments"),
        (COHORT.replace(FOLLOWS, f"{FOLLOWS}\nalso_past = true"), "belongs to days_after_enrolment"),
        (text.replace("days_after_enrolment = 3", "days_after_enrolment = 0"), "between 1 and 366"),
        (f"[messages]\nwrite_from = 20:00:00\nwrite_until = 08:00:00\n{COHORT}", "no mail could ever leave"),
    ):
        with pytest.raises(CohortFileErrors, match=said):
            read_cohort_file(wrong)


def test_a_rehearsal_of_somebody_real_is_what_she_is_sent(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    changes = {"capacity = 50": 'capacity = 50\nlate_join = "one per day"', FOLLOWS: "days_after_enrolment = 16"}
    changes['[[sessions]]\ntitle = "Cues"'] = '[messages]\nwrite_from = 08:00:00\n\n[[sessions]]\ntitle = "Cues"'
    cohort = given_cohort(app, tmp_path, changes)
    travel.move_to(NOW + 20 * DAY)
    sign_up(app, cohort, zone="Asia/Tokyo")
    deliver(app)
    with app.app_context(), transaction():
        person, registration = only_person(app).id, only_registration(app).public_id
        rhythms.choose_hours(
            person, bonus_at=21 * 60, window=(9 * 60, 22 * 60), weekdays_only=True, now=clock.now()
        )
        session = db.session.scalars(_WEEK_2).one()
        series.opt_out(person, registration, session, now=clock.now())
    with app.app_context():
        visitor = visitor_of(queries.registered(stored(app).id, registration))
        played = rehearsing.run(queries.snapshot(stored(app).id), visitor).mails
    rehearsed = [
        (mail.at, read_mail(mail.content).subject) for mail in played if mail.content and mail.at > NOW + 20 * DAY
    ]
    sent = []
    while (due := _next_due(app)) is not None and due < NOW + 60 * DAY:
        travel.move_to(max(due, clock.now()))
        sent += [(clock.now(), mail.subject) for mail in deliver(app) if "calendar" not in mail.subject]
    assert rehearsed == sent
    # The gift of 12 December a day after she came, at nine in her evening; the sheet in her third week.
    assert len([subject for _, subject in sent if "A gift" in subject or "A sheet" in subject]) == 2


def _next_due(app: Flask) -> object:
    with app.app_context():
        return health.next_due()
