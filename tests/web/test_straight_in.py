"""Shortly before a session the browser that has just signed up goes in without the mail, but nowhere else (A14)."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from time_machine import Traveller

from tests.building import only_person, sign_up
from tests.web.visiting import FIELDS, STARTS, post, token
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AttendanceSegment, Cohort

BUTTON = "Join the session"


def thanks(client: FlaskClient, cohort: str, email: str = "ann@x.example") -> tuple[str, str]:
    """Sign up by the form; where that leads, and what stands there."""
    form = f"/w/baby-massage/sign-up/{cohort}"
    answer = post(client, form, form, **FIELDS | {"email": email})
    assert answer.status_code == 303
    return answer.location, client.get(answer.location).text


def came(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AttendanceSegment.source)))


@pytest.mark.parametrize(("minutes", "says"), [(-61, ""), (-60, "the door opens"), (-15, BUTTON), (5, BUTTON)])
def test_from_an_hour_before_until_it_is_over(
    app: Flask, cohort: str, visitor: FlaskClient, travel: Traveller, minutes: int, says: str
) -> None:
    travel.move_to(STARTS + timedelta(minutes=minutes))
    _, page = thanks(visitor, cohort)
    assert says in page
    assert (BUTTON in page) == (says == BUTTON)
    assert "meet.example.org" not in page


def test_it_leads_to_the_stream_and_is_told_apart_in_the_evidence(
    app: Flask, cohort: str, visitor: FlaskClient, travel: Traveller
) -> None:
    travel.move_to(STARTS)
    where, page = thanks(visitor, cohort)
    answer = visitor.post(f"{where}/join", data={"csrf_token": token_in(page)})
    assert (answer.status_code, answer.location) == (303, "https://meet.example.org/room")
    assert came(app) == ["sign_up_browser"]
    assert only_person(app).proven_at is None
    assert visitor.get("/my").status_code == 403


@pytest.mark.parametrize("setting", ["needs_approval", "has_waitlist"])
def test_where_signing_up_may_mean_waiting_it_tells_of_nobody_and_leads_nowhere(
    app: Flask, cohort: str, visitor: FlaskClient, travel: Traveller, setting: str
) -> None:
    """Whoever types the address of somebody with a seat sees and gets what everybody does (A20)."""
    sign_up(app, cohort, "ann@x.example")
    with app.app_context(), transaction() as session:
        session.execute(update(Cohort).values({setting: True}))
    travel.move_to(STARTS - timedelta(minutes=10))
    answers = []
    for email in ("ann@x.example", "nobody@x.example"):
        browser = app.test_client()
        where, page = thanks(browser, cohort, email)
        assert BUTTON not in page
        own = token(browser.get(f"/w/baby-massage/sign-up/{cohort}"))
        answers.append(browser.post(f"{where.partition('?')[0]}/join", data={"csrf_token": own}).status_code)
    assert answers == [409, 409]
    assert came(app) == []


def token_in(page: str) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def test_no_other_browser_and_not_for_ever(
    app: Flask, cohort: str, visitor: FlaskClient, travel: Traveller
) -> None:
    travel.move_to(STARTS - timedelta(minutes=14))
    where, _ = thanks(visitor, cohort)
    other = app.test_client()
    assert BUTTON not in other.get(where).text
    refused = other.post(f"{where}/join", data={"csrf_token": token(other.get("/lost-link"))})
    assert (refused.status_code, came(app)) == (409, [])
    travel.shift(timedelta(hours=3))
    assert BUTTON not in visitor.get(where).text


def test_a_known_address_opens_no_more_than_an_unknown_one(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    travel.move_to(STARTS)
    pages = []
    for email in ("ann@x.example", "bea@x.example"):
        page = thanks(app.test_client(), cohort, email)[1].replace(email, "")
        pages.append(page.replace(token_in(page), ""))
    assert pages[0] == pages[1]


def test_where_addresses_are_asked_first_the_mail_stays_the_way(
    app: Flask, cohort: str, visitor: FlaskClient, travel: Traveller
) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).values(proves_address=True))
    travel.move_to(STARTS)
    where, page = thanks(visitor, cohort)
    assert BUTTON not in page
    refused = visitor.post(f"{where}/join", data={"csrf_token": token(visitor.get("/lost-link"))})
    assert (refused.status_code, came(app)) == (409, [])
