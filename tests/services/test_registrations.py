"""Coming in, leaving and coming back."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from time_machine import Traveller

from tests.building import NOW, given_cohort, only_person, only_registration, outbox, seats, sign_up
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict, Invalid, NotFound, TooMany
from webinar_hub.models import Consent, Person, Registration
from webinar_hub.services import preferences, registrations


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path, {"capacity = 50": "capacity = 2"})


def leave(app: Flask) -> None:
    with app.app_context(), transaction():
        registrations.cancel(only_person(app).id, only_registration(app).public_id, now=clock.now())


def return_(app: Flask) -> None:
    with app.app_context(), transaction():
        registrations.come_back(only_person(app).id, only_registration(app).public_id, now=clock.now())


def test_signing_up_takes_a_seat_and_leaves_one_confirmation(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    assert only_registration(app).state == "confirmed"
    assert [delivery.kind for delivery in outbox(app)] == ["confirmation"]
    assert seats(app) == 1


@pytest.mark.parametrize("again", ["ann@x.example", "Ann@X.example", "ann@X.EXAMPLE"])
def test_one_address_is_one_registration_however_it_is_written(app: Flask, cohort: str, again: str) -> None:
    sign_up(app, cohort)
    sign_up(app, cohort, again)
    assert only_registration(app).state == "confirmed"
    assert seats(app) == 1
    assert len(outbox(app)) == 1, "a second mail within ten minutes would be a mail bomb"


def test_signing_up_again_later_sends_the_confirmation_again(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    travel.shift(timedelta(minutes=9, seconds=59))
    sign_up(app, cohort)
    assert len(outbox(app)) == 1
    travel.shift(timedelta(minutes=2))
    sign_up(app, cohort)
    assert len(outbox(app, kind="confirmation")) == 2


def test_what_a_stranger_types_about_a_known_address_is_not_believed(app: Flask, cohort: str) -> None:
    sign_up(app, cohort, name="Ann Lee")
    sign_up(app, cohort, name="Somebody Else", zone="Asia/Tokyo")
    person = only_person(app)
    assert (person.name, person.zone) == ("Ann Lee", "America/Los_Angeles")


def test_the_last_seat_is_sold_once(app: Flask, cohort: str) -> None:
    for number in range(2):
        sign_up(app, cohort, f"p{number}@x.example")
    with pytest.raises(Conflict, match="full"):
        sign_up(app, cohort, "late@x.example")
    assert seats(app) == 2
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Person)) == 2, "nothing half-written stays"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"zone = ": "enrolment_closes = 2026-11-20T08:00:00\nzone = "}, "closed"),
        ({"zone = ": "enrolment_opens = 2026-11-30T08:00:00\nzone = "}, "not opened"),
    ],
)
def test_outside_the_enrolment_window_the_reason_is_said(
    app: Flask, tmp_path: Path, travel: Traveller, change: dict[str, str], words: str
) -> None:
    cohort = given_cohort(app, tmp_path, change)
    with pytest.raises(Conflict, match=words):
        sign_up(app, cohort)
    assert outbox(app) == []


def test_a_cohort_that_is_over_takes_nobody(app: Flask, cohort: str, travel: Traveller) -> None:
    travel.move_to(NOW + timedelta(days=60))
    with pytest.raises(Conflict, match="over"):
        sign_up(app, cohort)


@pytest.mark.parametrize("unknown", ["", "0", "-1", "99999999999999999999", "january", "' OR 1=1 --"])
def test_an_unknown_cohort_is_not_found(app: Flask, cohort: str, unknown: str) -> None:
    with pytest.raises(NotFound):
        sign_up(app, unknown)


@pytest.mark.parametrize(
    "address", ["", "ann", "ann@@x.example", "a\r\nBcc: v@y.example", "ann@x.example\0", "@x.example"]
)
def test_an_impossible_address_is_refused(app: Flask, cohort: str, address: str) -> None:
    with pytest.raises(Invalid):
        sign_up(app, cohort, address)


def test_one_address_cannot_be_tried_without_end(app: Flask, cohort: str) -> None:
    for _ in range(registrations.SIGN_UPS_PER_ADDRESS):
        sign_up(app, cohort)
    with pytest.raises(TooMany) as refused:
        sign_up(app, cohort)
    assert 0 < refused.value.retry_after <= 3601
    assert len(outbox(app)) == 1


def test_a_network_that_registers_crowds_is_stopped_and_free_again_later(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    cohort = given_cohort(app, tmp_path, {"capacity = 50\n": ""})

    def register(number: int, network: str) -> None:
        with app.app_context(), transaction():
            registrations.sign_up(
                cohort,
                registrations.SignUp("A", f"p{number}@x.example", "OT", "UTC", "", "/"),
                network=network,
                per_network=3,
                now=clock.now(),
            )

    for number in range(3):
        register(number, "192.0.2.9")
    with pytest.raises(TooMany):
        register(3, "192.0.2.9")
    register(4, "192.0.2.10")
    travel.shift(timedelta(hours=1, seconds=1))
    register(5, "192.0.2.9")


def test_consent_is_kept_in_the_words_that_were_shown_and_only_when_given(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    sign_up(app, cohort, "bea@x.example", news_words="Yes, write to me.", page="/w/baby-massage/sign-up/x")
    with app.app_context():
        consent = db.session.scalars(select(Consent)).one()
    assert (consent.words, consent.page, consent.given_at) == (
        "Yes, write to me.",
        "/w/baby-massage/sign-up/x",
        NOW,
    )


def test_a_wish_for_news_is_not_believed_of_an_address_that_is_known(
    app: Flask, cohort: str, tmp_path: Path
) -> None:
    other = given_cohort(app, tmp_path, {'key = "january"': 'key = "other"'})
    sign_up(app, cohort)
    sign_up(app, cohort, news_words="Yes, write to me.")
    sign_up(app, other, news_words="Yes, write to me.")
    with app.app_context():
        assert db.session.scalars(select(Consent)).all() == []
    sign_up(app, other, "bea@x.example", news_words="Yes, write to me.")
    with app.app_context():
        assert len(db.session.scalars(select(Consent)).all()) == 1


def test_leaving_frees_the_seat_and_ends_what_was_queued(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    leave(app)
    assert seats(app) == 0
    assert {delivery.kind: delivery.state for delivery in outbox(app)} == {
        "confirmation": "cancelled",
        "registration_cancelled": "queued",
    }


def test_leaving_twice_frees_one_seat(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    leave(app)
    leave(app)
    assert seats(app) == 0
    assert len(outbox(app, kind="registration_cancelled")) == 1


def test_coming_back_raises_the_revision_above_the_cancellation(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    leave(app)
    left = only_registration(app).revision
    return_(app)
    assert only_registration(app).revision > left
    assert seats(app) == 1
    assert [d.state for d in outbox(app, kind="registration_cancelled")] == ["cancelled"]
    assert [d.state for d in outbox(app, kind="confirmation")] == ["cancelled", "queued"]


def test_nobody_can_touch_a_registration_of_somebody_else(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    stranger = only_person(app).id + 1
    for verb in (registrations.cancel, registrations.come_back):
        with app.app_context(), pytest.raises(NotFound), transaction():
            verb(stranger, only_registration(app).public_id, now=clock.now())
    with app.app_context():
        assert db.session.scalars(select(Registration.state)).one() == "confirmed"


class TestWhatSheUnsubscribedFrom:
    """It stays so, whoever types her address into the form; on her own page she is asked for it all again."""

    def unsubscribe(self, app: Flask) -> None:
        with app.app_context(), transaction():
            row = only_registration(app)
            preferences.end_topics(row.person_id, registration=row.id, now=clock.now())

    def test_signing_up_again_after_leaving_keeps_it(self, app: Flask, cohort: str) -> None:
        sign_up(app, cohort)
        self.unsubscribe(app)
        leave(app)
        sign_up(app, cohort)
        registration = only_registration(app)
        assert (registration.state, registration.reminders_off_at, registration.bonuses_off_at) == (
            "confirmed", NOW, NOW,
        )  # fmt: skip

    def test_coming_back_by_her_own_page_ends_it(self, app: Flask, cohort: str) -> None:
        sign_up(app, cohort)
        self.unsubscribe(app)
        leave(app)
        return_(app)
        registration = only_registration(app)
        assert (registration.reminders_off_at, registration.bonuses_off_at) == (None, None)


@pytest.mark.parametrize("asks", [True, False])
def test_coming_back_is_no_consent_to_bonuses_where_one_is_needed(app: Flask, cohort: str, asks: bool) -> None:
    sign_up(app, cohort, bonus_words="")
    leave(app)
    her, place = only_person(app).id, only_registration(app).public_id
    with app.app_context(), transaction():
        registrations.come_back(her, place, now=clock.now(), asks_for_bonuses=asks)
    assert (only_registration(app).bonuses_off_at is not None) is asks
