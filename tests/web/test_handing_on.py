"""She hands her seat to a colleague: offered, taken, declined, taken back, and all at once (FEATURES A7)."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from time_machine import Traveller

from tests.building import KEY, only_registration, outbox, sign_up
from tests.mailboxes import Mailboxes
from tests.web.visiting import STARTS, contents, post, token
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict, HubError
from webinar_hub.models import AttendanceSegment, Cohort, Consent, Notice, Person, Registration, Session, Transfer
from webinar_hub.services import own_changes, taking_over, transfers

ANN, BEA, CLEO = "ann@x.example", "bea@x.example", "cleo@x.example"
YES = {"name": "Bea Moss", "profession": "PT", "zone": "Europe/Berlin"}


@pytest.fixture
def mail(app: Flask, ann: FlaskClient) -> Mailboxes:
    mailboxes = Mailboxes(app)
    mailboxes.fetch()
    return mailboxes


def place_of(app: Flask, email: str = ANN) -> Registration:
    with app.app_context():
        whose = select(Registration).join(Person, Person.id == Registration.person_id)
        return db.session.scalars(whose.where(Person.email == email)).one()


def page_of(app: Flask) -> str:
    return f"/my/{place_of(app).public_id}/transfer"


def offer(app: Flask, ann: FlaskClient, email: str = BEA, **more: str) -> Any:
    return post(
        ann, page_of(app), page_of(app), **{"name": "Bea M", "email": email, "form_token": f"form-{email}"} | more
    )


def take(browser: FlaskClient, link: str, **said: str) -> Any:
    browser.get(link)
    return post(browser, "/lost-link", "/transfer", **YES | said)


def cohort_row(app: Flask) -> Cohort:
    with app.app_context():
        return db.session.scalars(select(Cohort).where(Cohort.key == KEY)).one()


def set_cohort(app: Flask, **values: object) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).where(Cohort.key == KEY).values(**values))


def transfer_of(app: Flask) -> Transfer:
    with app.app_context():
        return db.session.scalars(select(Transfer).order_by(Transfer.id.desc())).first()  # type: ignore[return-value]


class TestTheSeatMoves:
    def test_with_the_yes_and_not_before_even_when_the_cohort_is_full(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes
    ) -> None:
        set_cohort(app, capacity=1)
        before = mail.calendar(ANN).entries
        with app.app_context(), transaction():
            session = db.session.scalars(select(Session)).first()
            assert session is not None
            place = only_registration(app)
            db.session.add(
                AttendanceSegment(
                    registration_id=place.id, session_id=session.id, started_at=clock.now(), source="door"
                )
            )
        answer = offer(app, ann)
        assert answer.location == page_of(app)
        assert "b…@x.example" in ann.get(page_of(app)).text
        assert "You have offered this seat" in ann.get("/my").text
        mail.fetch()
        assert mail.subjects(BEA) == ["A seat is offered to you: Baby massage & you"]
        unchanged = contents(app)
        for method in ("GET", "HEAD"):
            scanner = app.test_client()
            assert (
                scanner.open(mail.link(BEA, "/transfer"), method=method, follow_redirects=True).status_code == 200
            )
        assert contents(app) == unchanged
        assert place_of(app).state == "confirmed"
        bea = app.test_client()
        assert bea.get(mail.link(BEA, "/transfer")).location == "/transfer"
        assert take(bea, mail.link(BEA, "/transfer"), news=news_of(bea)).location == "/my"
        mail.fetch()
        hers, anns = place_of(app, BEA), place_of(app)
        assert (hers.state, anns.state, cohort_row(app).seats_taken) == ("confirmed", "cancelled", 1)
        assert hers.public_id != anns.public_id
        with app.app_context():
            person = db.session.get_one(Person, hers.person_id)
            assert (person.name, person.profession, person.zone) == ("Bea Moss", "PT", "Europe/Berlin")
            assert person.proven_at is not None
            assert db.session.scalars(select(AttendanceSegment.registration_id)).all() == [anns.id]
        assert "Baby massage" in bea.get("/my").text
        assert mail.calendar(ANN).entries == {}
        with app.app_context():
            assert db.session.execute(select(Consent.person_id, Consent.topic)).all() == [(hers.person_id, "news")]
        assert list(mail.calendar(BEA).entries.values()) == [f"mailto:{BEA}"] * len(before)
        assert "Your seat is handed on: Baby massage & you" in mail.subjects(ANN)
        # Pressing the button once more is pressing it once.
        again = app.test_client()
        again.get(mail.link(BEA, "/transfer"))
        assert "You have taken it already" in again.get("/transfer").text
        before_again = contents(app)
        with app.app_context(), transaction():
            row = transfer_of(app)
            said = taking_over.Acceptance("Bea Moss", "PT", "Europe/Berlin", "", "/")
            assert taking_over.accept(row.id, row.nonce, said, voice=app.extensions["voice"](), now=clock.now())
            # Later the link is used up: it lets nobody in who reads that mailbox by then.
            later = clock.now() + taking_over.PRESSED_TWICE + timedelta(seconds=1)
            with pytest.raises(Conflict):
                taking_over.accept(row.id, row.nonce, said, voice=app.extensions["voice"](), now=later)
        assert contents(app) == before_again

    def test_somebody_on_the_waitlist_is_not_passed_over_and_keeps_her_one_registration(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes, cohort: str
    ) -> None:
        """The colleague waited herself: her registration becomes the confirmed one."""
        sign_up(app, cohort, BEA, "Bea")
        with app.app_context(), transaction():
            db.session.execute(
                update(Registration)
                .where(Registration.id == place_of(app, BEA).id)
                .values(state="waitlisted", waiting_since=clock.now())
            )
            db.session.execute(update(Cohort).where(Cohort.key == KEY).values(capacity=1, seats_taken=1))
        offer(app, ann)
        mail.fetch()
        assert take(app.test_client(), mail.link(BEA, "/transfer")).location == "/my"
        assert (place_of(app, BEA).state, place_of(app).state) == ("confirmed", "cancelled")
        assert cohort_row(app).seats_taken == 1

    def test_no_twice_is_once_and_her_address_is_forgotten(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes
    ) -> None:
        offer(app, ann)
        mail.fetch()
        bea = app.test_client()
        bea.get(mail.link(BEA, "/transfer"))
        csrf = token(bea.get("/transfer"))
        for _ in range(2):
            assert bea.post("/transfer/decline", data={"csrf_token": csrf}).status_code == 200
        mail.fetch()
        assert mail.subjects(ANN)[-1] == "You still have your seat: Baby massage & you"
        row = transfer_of(app)
        assert (row.state, row.name, row.email) == ("declined", "", "b…@x.example")
        with app.app_context():
            kept = db.session.execute(select(Notice.to_email, Notice.to_name, Notice.subject)).all()
        assert BEA not in repr(kept)
        assert "Bea" not in repr([line for line in kept if line.to_email != ANN])
        assert place_of(app).state == "confirmed"
        assert "not to be had any more" in bea.get("/transfer").text

    def test_what_nobody_answers_ends_and_she_is_told(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes, travel: Traveller
    ) -> None:
        offer(app, ann)
        mail.fetch()
        link = mail.link(BEA, "/transfer")
        travel.shift(timedelta(hours=49))
        answer = take(app.test_client(), link)
        assert answer.status_code == 409
        assert "not to be had any more" in answer.text
        with app.app_context(), transaction():
            assert transfers.end_expired(app.extensions["voice"](), now=clock.now()) == 1
        mail.fetch()
        assert mail.subjects(ANN)[-1] == "You still have your seat: Baby massage & you"
        # Never beyond the start of the next session.
        travel.move_to(STARTS - timedelta(hours=1))
        offer(app, ann, CLEO)
        assert transfer_of(app).expires_at == STARTS


def news_of(browser: FlaskClient) -> str:
    page = browser.get("/transfer").text
    return page.partition('name="news" value="')[2].partition('"')[0]


class TestWhatSheMayDo:
    def test_one_offer_at_a_time_taken_back_and_sent_once(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes
    ) -> None:
        assert [offer(app, ann, form_token="same").status_code for _ in range(2)] == [303, 303]
        mail.fetch()
        assert len(mail.of(BEA)) == 1
        link = mail.link(BEA, "/transfer")
        second = post(ann, "/my/preferences", page_of(app), name="Cleo", email=CLEO, form_token="other")
        assert second.status_code == 409
        assert "Take that back first" in second.text
        assert post(ann, page_of(app), f"{page_of(app)}/take-back").location == "/my"
        assert "not to be had any more" in app.test_client().get(link, follow_redirects=True).text
        assert offer(app, ann, CLEO).status_code == 303
        mail.fetch()
        assert take(app.test_client(), mail.link(CLEO, "/transfer"), name="Cleo").location == "/my"
        assert place_of(app, CLEO).state == "confirmed"

    def test_the_screen_never_says_whether_the_colleague_is_known(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes, cohort: str
    ) -> None:
        sign_up(app, cohort, BEA, "Bea Moss")
        known = offer(app, ann)
        assert known.status_code == 303
        shown = ann.get(page_of(app)).text.replace("b…@", "_…@")
        post(ann, page_of(app), f"{page_of(app)}/take-back")
        assert offer(app, ann, CLEO).status_code == 303
        assert strip(shown) == strip(ann.get(page_of(app)).text.replace("c…@", "_…@"))
        post(ann, page_of(app), f"{page_of(app)}/take-back")
        offer(app, ann, BEA, form_token="again")
        mail.fetch()
        bea = app.test_client()
        bea.get(mail.link(BEA, "/transfer"))
        assert "You have a seat here already" in bea.get("/transfer").text
        answer = post(bea, "/transfer", "/transfer", **YES)
        assert answer.status_code == 409
        assert place_of(app).state == "confirmed"
        assert cohort_row(app).seats_taken == 2

    def test_too_late_and_not_hers_to_give(self, app: Flask, ann: FlaskClient, mail: Mailboxes) -> None:
        cancel = f"/my/{place_of(app).public_id}/cancel"
        csrf = token(ann.get(cancel))
        set_cohort(app, needs_approval=True)
        sent = {"csrf_token": csrf, "name": "Bea", "email": BEA, "form_token": "x"}
        refused = ann.post(page_of(app), data=sent)
        assert refused.status_code == 409
        assert "the organizer decides who comes" in refused.text
        set_cohort(app, needs_approval=False, changes_close_at=clock.now())
        for page in (cancel, page_of(app)):
            shown = ann.get(page).text
            assert "Changes are closed" in shown
            assert "mara@littlehands.example" in shown
            answer = ann.post(page, data=sent)
            assert answer.status_code == 409
            assert "Changes closed on Mon 23 November, 10:00 am in New York" in answer.text
        assert "Changes by yourself closed" in ann.get("/my").text
        assert place_of(app).state == "confirmed"
        set_cohort(app, changes_close_at=datetime(2026, 11, 24, tzinfo=UTC))
        assert "You can do this until Mon 23 November, 7:00 pm in New York" in ann.get("/my").text
        assert offer(app, ann).status_code == 303
        assert transfer_of(app).expires_at == datetime(2026, 11, 24, tzinfo=UTC)

    def test_limits_and_wrong_words_keep_what_was_typed(
        self, app: Flask, ann: FlaskClient, mail: Mailboxes
    ) -> None:
        for wrong, words in (("no address", "name@example.com"), ("Ann@x.example", "your own address")):
            answer = offer(app, ann, wrong)
            assert answer.status_code in (400, 422)
            assert words in answer.text
            assert f'value="{wrong}"' in answer.text
        codes = []
        for number in range(4):
            codes.append(offer(app, ann, BEA, form_token=f"n{number}").status_code)
            post(ann, "/my/preferences", f"{page_of(app)}/take-back")
        assert codes == [303, 303, 303, 429]

    def test_nobody_elses_and_no_invented_link(self, app: Flask, ann: FlaskClient, mail: Mailboxes) -> None:
        offer(app, ann)
        mail.fetch()
        link = mail.link(BEA, "/transfer")
        stranger = app.test_client()
        bodies = set()
        for wrong in (link[:-1], link + "x", link.replace("/transfer/", "/address/"), "/transfer"):
            answer = stranger.get(wrong)
            assert answer.status_code == 404
            bodies.add(answer.text)
        csrf = token(stranger.get("/lost-link"))
        for to in ("/transfer", "/transfer/decline", "/address", "/address/merge", "/address/stop"):
            assert stranger.post(to, data={"csrf_token": csrf} | YES).status_code == 404, to
        assert len(bodies) == 1
        page = app.test_client().get(link, follow_redirects=True)
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page.headers["Cache-Control"]
        assert link.rpartition("/")[2] not in page.text


def strip(text: str) -> str:
    """A page without what is different each time."""
    return "".join(line for line in text.splitlines() if "csrf_token" not in line and "form_token" not in line)


class TestAtOnce:
    """Real threads, each with a connection of its own."""

    def run(self, app: Flask, *works: Callable[[], object], began: threading.Event | None = None) -> list[str]:
        """What each of them was answered, "" for yes; all but the first wait until it `began`, if that is asked."""
        said: list[str] = []
        gate = threading.Barrier(len(works))

        def go(work: Callable[[], object]) -> None:
            with app.app_context():
                gate.wait(20)
                if began is not None and work is not works[0]:
                    assert began.wait(20)
                try:
                    with transaction():
                        work()
                    said.append("")
                except HubError as problem:
                    said.append(type(problem).__name__)

        threads = [threading.Thread(target=go, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return sorted(said)

    def offered(self, app: Flask, ann: FlaskClient, email: str) -> Callable[[], object]:
        offer(app, ann, email)
        row = transfer_of(app)
        said = taking_over.Acceptance("Bea Moss", "PT", "UTC", "", "/")
        return lambda: taking_over.accept(row.id, row.nonce, said, voice=app.extensions["voice"](), now=clock.now())

    @pytest.mark.parametrize("first", ["cancel", "take"])
    def test_a_yes_and_a_cancellation_at_once_end_with_one_of_them(
        self, app: Flask, cohort: str, ann: FlaskClient, mail: Mailboxes, first: str
    ) -> None:
        place, began = place_of(app), threading.Event()
        works = {"take": self.offered(app, ann, BEA), "cancel": self.cancelled(place)}

        def lingers() -> None:
            works[first]()
            began.set()
            # Not committed yet, and the other one has read whatever there was before.
            time.sleep(0.5)

        (other,) = (work for name, work in works.items() if name != first)
        answers = self.run(app, lingers, other, began=began)
        with app.app_context():
            states = db.session.scalars(select(Registration.state).order_by(Registration.id)).all()
        # Cancelling what is cancelled already is no mistake; taking it is.
        wanted = {"take": (["", ""], ["cancelled", "confirmed"]), "cancel": (["", "Conflict"], ["cancelled"])}
        assert (answers, states) == wanted[first]
        assert cohort_row(app).seats_taken == states.count("confirmed")

    def cancelled(self, place: Registration) -> Callable[[], object]:
        return lambda: own_changes.cancel(place.person_id, place.public_id, now=clock.now())

    def test_the_same_link_twice_makes_one_place(
        self, app: Flask, cohort: str, ann: FlaskClient, mail: Mailboxes
    ) -> None:
        take_it = self.offered(app, ann, BEA)
        assert self.run(app, take_it, take_it, take_it) == ["", "", ""]
        assert (place_of(app).state, place_of(app, BEA).state) == ("cancelled", "confirmed")
        assert cohort_row(app).seats_taken == 1
        assert len(outbox(app, kind="confirmation", registration_id=place_of(app, BEA).id)) == 1  # type: ignore[arg-type]

    def test_two_offers_of_one_seat(self, app: Flask, cohort: str, ann: FlaskClient, mail: Mailboxes) -> None:
        place = place_of(app)

        def give(email: str) -> Callable[[], object]:
            wanted = transfers.Offer("Bea", email, f"once-{email}")
            return lambda: transfers.offer(
                place.person_id, place.public_id, wanted, network="192.0.2.9", voice=app.extensions["voice"](),
                now=clock.now(),
            )  # fmt: skip

        assert self.run(app, give(BEA), give(CLEO)) == ["", "Conflict"]
        with app.app_context():
            assert db.session.scalars(select(Transfer.state)).all() == ["open"]


def test_a_cancelled_place_is_not_handed_on(app: Flask, ann: FlaskClient, mail: Mailboxes) -> None:
    offer(app, ann)
    mail.fetch()
    with app.app_context(), transaction():
        row = place_of(app)
        own_changes.cancel(row.person_id, row.public_id, now=clock.now())
    answer = take(app.test_client(), mail.link(BEA, "/transfer"))
    assert answer.status_code == 409
    with app.app_context(), pytest.raises(Conflict), transaction():
        again = transfer_of(app)
        said = taking_over.Acceptance("Bea", "PT", "UTC", "", "/")
        taking_over.accept(again.id, again.nonce, said, voice=app.extensions["voice"](), now=clock.now())
    assert cohort_row(app).seats_taken == 0
    bea = app.test_client()
    bea.get(mail.link(BEA, "/transfer"))
    post(bea, "/lost-link", "/transfer/decline")
    mail.fetch()
    assert "You still have your seat: Baby massage & you" not in mail.subjects(ANN)
