"""Her address changes: asked on her page, proven from the new mailbox, told to the old one (FEATURES A7)."""

from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from time_machine import Traveller

from tests.building import given_cohort, only_person, only_registration, outbox, sign_up
from tests.mailboxes import Mailboxes, ReadersCalendar, text_of
from tests.web.visiting import contents, path, post
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.links import Links
from webinar_hub.models import AddressWish, AuditEntry, Cohort, FormerAddress, MergedPerson, Person, Registration
from webinar_hub.rules.mail_events import MailEvent
from webinar_hub.services import addresses, mail_events

OLD, NEW = "ann@x.example", "ann@clinic.example"
OTHER_COHORT = {'key = "january"': 'key = "other"', 'slug = "baby-massage"': 'slug = "other"'}


@pytest.fixture
def mail(app: Flask, ann: FlaskClient) -> Mailboxes:
    mailboxes = Mailboxes(app)
    mailboxes.fetch()
    return mailboxes


def ask(ann: FlaskClient, email: str = NEW, **more: str) -> Any:
    return post(ann, "/my/address", "/my/address", email=email, **more)


def prove(app: Flask, mail: Mailboxes, email: str = NEW) -> FlaskClient:
    """Press the button of the mail at the new address, in a browser that has never been here."""
    mail.fetch()
    browser = app.test_client()
    assert browser.get(mail.link(email, "/address")).location == "/address"
    assert post(browser, "/address", "/address").location == "/my"
    mail.fetch()
    return browser


def wishes(app: Flask) -> list[AddressWish]:
    with app.app_context():
        return list(db.session.scalars(select(AddressWish)))


class TestTheWayThere:
    def test_nothing_changes_before_the_button_and_looking_does_nothing(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes
    ) -> None:
        assert ask(ann).location == "/my/preferences#address"
        page = ann.get("/my/preferences").text
        assert f"We wait for {NEW}" in page
        mail.fetch()
        assert mail.subjects(NEW) == ["Is this your new address?"]
        assert mail.subjects(OLD)[-1] == "Somebody wants to change your address"
        assert "Ann" not in mail.text(NEW), "her name is told to an address nobody has proven"
        assert NEW not in mail.text(OLD)
        assert "a…@clinic.example" in mail.text(OLD)
        before = contents(app)
        for link in (mail.link(NEW, "/address"), mail.link(OLD, "/address/stop")):
            for method in ("GET", "HEAD"):
                scanner = app.test_client()
                assert scanner.open(link, method=method, follow_redirects=True).status_code == 200
        assert contents(app) == before
        assert only_person(app).email == OLD

    def test_the_proof_moves_everything_and_ends_what_the_old_mailbox_has(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes
    ) -> None:
        old_calendar = mail.calendar(OLD).entries
        assert len(old_calendar) == 2
        old_link, place = path(links(app).me(*nonce_of(app))), only_registration(app)
        post(ann, "/my", "/my/calendar")
        feed = only_person(app).feed_nonce
        ask(ann)
        browser = prove(app, mail)
        person = only_person(app)
        assert (person.email, person.email_key, person.feed_nonce) == (NEW, NEW, feed)
        assert person.proven_at is not None
        assert "clinic" in person.search
        assert wishes(app) == []
        # Every link and cookie of before has ended; the browser in which it was proven knows her.
        assert browser.get("/my").status_code == 200
        assert ann.get("/my").status_code == 403
        assert app.test_client().get(old_link).status_code == 404
        assert app.test_client().get(path(links(app).unsubscribe(place.id, place.nonce))).status_code == 404
        # The entries leave the old calendar and come into the new one, under the UIDs they had.
        assert mail.calendar(OLD).entries == {}
        assert mail.calendar(NEW).entries == dict.fromkeys(old_calendar, f"mailto:{NEW}")
        assert "From now on we write to a…@clinic.example" in mail.subjects(OLD)
        assert links(app).me(*nonce_of(app)) not in "".join(map(text_of, mail.of(OLD)))
        # A calendar that both mailboxes fill ends right, in whatever order the mails arrive.
        last = [*mail.of(OLD)[-2:], *mail.of(NEW)[1:]]
        assert len(last) == 4
        for order in permutations(last):
            assert set(ReadersCalendar.of([*mail.of(OLD)[:2], *order]).entries) == set(old_calendar)

    def test_later_mails_and_answers_go_to_the_new_one_only(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes, travel: Traveller
    ) -> None:
        ask(ann)
        prove(app, mail)
        before = len(mail.of(OLD))
        travel.shift(timedelta(days=14))
        mail.fetch()
        assert len(mail.of(OLD)) == before
        assert any("Tomorrow" in subject for subject in mail.subjects(NEW))

    def test_what_waits_at_that_moment_finds_the_right_mailbox(self, app: Flask, ann: FlaskClient) -> None:
        """Her place is cancelled, and the mails that say so are still in the outbox when the address changes."""
        mail = Mailboxes(app)
        mail.fetch()
        page = f"/my/{only_registration(app).public_id}/cancel"
        ask(ann)
        mail.fetch()
        link = mail.link(NEW, "/address")
        post(ann, page, page)
        browser = app.test_client()
        browser.get(link)
        post(browser, "/address", "/address")
        mail.fetch()
        assert mail.calendar(OLD).entries == {}
        assert mail.calendar(NEW).entries == {}

    def test_places_she_only_hopes_for_hear_of_it_too(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes, tmp_path: Path
    ) -> None:
        """An address that is proven need not be proven again; a seat that is held for her is offered anew."""
        for number, state in enumerate(("unproven", "offered")):
            changes = {'key = "january"': f'key = "{state}"', 'slug = "baby-massage"': f'slug = "other-{number}"'}
            sign_up(app, given_cohort(app, tmp_path, changes), OLD)
            with app.app_context(), transaction():
                newest = select(func.max(Registration.id)).scalar_subquery()
                until = clock.now() + timedelta(hours=5)
                seats = {"seats_taken": 0 if state == "unproven" else 1, "proves_address": state == "unproven"}
                db.session.execute(update(Cohort).where(Cohort.key == state).values(**seats))
                values = {"state": state, "offer_until": until if state == "offered" else None}
                db.session.execute(update(Registration).where(Registration.id == newest).values(**values))
        mail.fetch()
        ask(ann)
        browser = prove(app, mail)
        with app.app_context():
            states = db.session.scalars(select(Registration.state).order_by(Registration.id)).all()
        assert states == ["confirmed", "confirmed", "offered"]
        assert len(mail.calendar(NEW).entries) == 4
        assert any("seat" in subject.lower() and "held" in text_of(message).lower()
                   for subject, message in zip(mail.subjects(NEW), mail.of(NEW), strict=True))  # fmt: skip
        assert browser.get("/my").status_code == 200

    def test_a_wish_is_one_at_a_time_ends_after_a_day_and_can_be_taken_back(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes, travel: Traveller
    ) -> None:
        ask(ann, "typo@clinic.example")
        mail.fetch()
        first = mail.link("typo@clinic.example", "/address")
        ask(ann)
        mail.fetch()
        assert app.test_client().get(first).status_code == 404
        link = mail.link(NEW, "/address")
        travel.shift(timedelta(hours=23))
        post(ann, "/my/preferences", "/my/address/again")
        travel.shift(timedelta(hours=23))
        assert app.test_client().get(link).status_code == 303
        travel.shift(timedelta(hours=2))
        assert app.test_client().get(link).status_code == 404
        with app.app_context(), transaction():
            addresses.forget_expired(clock.now())
        assert wishes(app) == []
        ask(ann)
        mail.fetch()
        link = mail.link(NEW, "/address")
        for _ in range(2):
            assert post(ann, "/my/preferences", "/my/address/take-back").status_code == 303
        assert app.test_client().get(link).status_code == 404
        assert only_person(app).email == OLD

    def test_whoever_reads_the_old_one_can_stop_it_and_ends_the_page_of_who_asked(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes
    ) -> None:
        ask(ann)
        mail.fetch()
        browser = app.test_client()
        browser.get(mail.link(OLD, "/address/stop"))
        assert "Your address stays what it is" in post(browser, "/address/stop", "/address/stop").text
        assert ann.get("/my").status_code == 403
        assert app.test_client().get(mail.link(NEW, "/address")).status_code == 404
        mail.fetch()
        assert app.test_client().get(mail.link(OLD, "/me")).status_code == 303
        assert len(outbox(app, kind="my_link")) == 1

    def test_the_old_mailbox_can_put_it_back_for_a_week_and_whoever_took_it_cannot_again(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes, travel: Traveller
    ) -> None:
        third = "thief@else.example"
        ask(ann)
        thief = prove(app, mail)
        ask(thief, third)
        thief = prove(app, mail, third)
        link, theirs = mail.link(OLD, "/address/undo"), mail.link(NEW, "/address/undo")
        before, browser = contents(app), app.test_client()
        assert browser.get(link, follow_redirects=True).status_code == 200
        assert contents(app) == before
        travel.shift(timedelta(days=6))
        assert post(browser, "/address/undo", "/address/undo").location == "/my"
        assert only_person(app).email == OLD
        assert (browser.get("/my").status_code, thief.get("/my").status_code) == (200, 403)
        assert [app.test_client().get(each).status_code for each in (link, theirs)] == [404, 404]
        mail.fetch()
        assert "From now on we write to a…@x.example" in mail.subjects(third)
        assert app.test_client().get(mail.link(OLD, "/me")).status_code == 303

    def test_after_a_week_it_stays(self, app: Flask, ann: FlaskClient, mail: Mailboxes, travel: Traveller) -> None:
        ask(ann)
        prove(app, mail)
        travel.shift(timedelta(days=7))
        assert app.test_client().get(mail.link(OLD, "/address/undo")).status_code == 404

    def test_limits_and_wrong_addresses_keep_what_was_typed(self, ann: FlaskClient, mail: Mailboxes) -> None:
        for wrong, words in (("no address", "name@example.com"), ("ANN@x.example", "address we write to already")):
            answer = ask(ann, wrong)
            assert answer.status_code in (400, 422)
            assert words in answer.text
            assert f'value="{wrong}"' in answer.text
        answers = [ask(ann, "flood@clinic.example") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [303, 303, 303, 429]
        mail.fetch()
        assert len(mail.of("flood@clinic.example")) == 3


class TestAnAddressThatIsKnown:
    @pytest.fixture
    def both(self, app: Flask, ann: FlaskClient, tmp_path: Path) -> str:
        """Somebody is signed up with the new address, in another cohort."""
        sign_up(app, given_cohort(app, tmp_path, OTHER_COHORT), NEW, "Ann L.")
        return NEW

    def test_the_screen_says_the_same_and_the_two_become_one_only_when_both_say_so(
        self, app: Flask, ann: FlaskClient, both: str, travel: Traveller
    ) -> None:
        mail = Mailboxes(app)
        mail.fetch()
        known, unknown = ask(ann, NEW), ask(ann, "nobody@clinic.example")
        assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
        ask(ann, NEW)
        mail.fetch()
        assert "has places with us already" in mail.text(NEW)
        assert "has places with us already" not in mail.text("nobody@clinic.example")
        browser = app.test_client()
        browser.get(mail.link(NEW, "/address"))
        page = browser.get("/address").text
        assert "Both are mine: put them together" in page
        before = contents(app)
        assert post(browser, "/address", "/address").status_code == 409
        assert contents(app) == before
        so_far = len(mail.of(OLD))
        assert post(browser, "/address", "/address/merge").location == "/my"
        mail.fetch()
        assert "From now on we write to a…@clinic.example" in mail.subjects(OLD)
        assert not any("/me/" in text_of(message) for message in mail.of(OLD)[so_far:])
        # Whoever still asks with the old address is answered at the new one.
        before_mails = len(mail.of(OLD)), len(mail.of(NEW))
        travel.shift(1)
        post(app.test_client(), "/lost-link", "/lost-link", email=OLD)
        mail.fetch()
        assert (len(mail.of(OLD)), len(mail.of(NEW))) == (before_mails[0], before_mails[1] + 1)
        with app.app_context():
            merged = db.session.scalars(select(MergedPerson)).one()
            kept = db.session.get_one(Person, merged.into_id)
            states = dict(
                db.session.execute(
                    select(Registration.person_id, Registration.state).where(Registration.state == "confirmed")
                ).all()
            )
        assert kept.email == NEW
        assert set(states) == {kept.id}
        assert ann.get("/my").status_code == 403
        assert mail.calendar(OLD).entries == {}
        assert len(mail.calendar(NEW).entries) == 4
        assert "Baby massage" in browser.get("/my").text

    def test_an_address_of_hers_from_before_can_become_the_one_again(
        self, app: Flask, ann: FlaskClient, both: str
    ) -> None:
        mail = Mailboxes(app)
        mail.fetch()
        ask(ann, NEW)
        mail.fetch()
        browser = app.test_client()
        browser.get(mail.link(NEW, "/address"))
        post(browser, "/address", "/address/merge")
        ask(browser, OLD)
        mail.fetch()
        [question] = [message for message in mail.of(OLD) if message["Subject"] == "Is this your new address?"]
        assert "has places with us already" not in text_of(question)
        again = prove(app, mail, OLD)
        with app.app_context():
            merged = db.session.scalars(select(MergedPerson)).one()
            assert db.session.get_one(Person, merged.into_id).email == OLD
            assert db.session.get_one(Person, merged.person_id).email == NEW
        assert again.get("/my").status_code == 200
        assert mail.calendar(NEW).entries == {}
        assert len(mail.calendar(OLD).entries) == 4


class TestWhatStaysWithTheOldAddress:
    def test_a_stopped_address_does_not_stop_the_new_one_and_late_bounces_are_not_hers(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes, travel: Traveller
    ) -> None:
        sent = outbox(app, kind="confirmation")[0].id

        def bounce(name: str, delivery: int) -> None:
            with app.app_context(), transaction():
                event = MailEvent("smtp", name, "bounced_hard", clock.now(), "550 gone", delivery=delivery)
                mail_events.record(event, now=clock.now())

        bounce("one", sent)
        assert only_person(app).suppressed_at is not None
        travel.shift(timedelta(minutes=1))
        ask(ann)
        prove(app, mail)
        assert only_person(app).suppressed_at is None
        assert "From now on we write to a…@clinic.example" not in mail.subjects(OLD), "that mailbox takes nothing"
        travel.shift(timedelta(hours=1))
        bounce("two", sent)
        assert only_person(app).suppressed_at is None
        bounce("three", outbox(app, kind="confirmation")[-1].id)
        assert only_person(app).suppressed_at is not None

    def test_it_is_in_her_story_and_in_the_log(self, app: Flask, ann: FlaskClient, mail: Mailboxes) -> None:
        ask(ann)
        prove(app, mail)
        with app.app_context():
            actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("address.")))
            assert list(actions) == ["address.asked", "address.changed"]
            assert db.session.scalars(select(FormerAddress.email)).all() == [OLD]


def links(app: Flask) -> Links:
    maker: Links = app.extensions["links"]
    return maker


def nonce_of(app: Flask) -> tuple[int, str]:
    person = only_person(app)
    return person.id, person.link_nonce
