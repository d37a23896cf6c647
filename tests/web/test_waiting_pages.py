"""The pages of the waitlist and of approval as people see them: the form, the thanks, her page, the mail's link."""

import re
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.building import sign_up
from tests.waiting import come, leave, row, seats, small, standing
from tests.web.visiting import contents
from webinar_hub.core.db import db
from webinar_hub.models import Person, Registration

FORM = {"name": "Cleo Park", "profession": "OT", "zone": "America/New_York"}


def token(app: Flask, name: str) -> str:
    """The link in her offer, as the mail has it."""
    hers = row(app, name)
    with app.app_context():
        return str(app.extensions["tokens"].sign("offer", hers.id, hers.nonce))


def her_page(app: Flask, name: str) -> FlaskClient:
    """A browser that has opened the link to her page."""
    with app.app_context():
        person = db.session.scalars(select(Person).where(Person.email == f"{name}@x.example")).one()
        link = app.extensions["links"].me(person.id, person.link_nonce)
    client = app.test_client()
    assert client.get("/me/" + link.rpartition("/me/")[2]).status_code == 303
    return client


def posted(client: FlaskClient, address: str, page: str) -> str:
    """Press a button of a page; what the next page says."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return client.post(address, data={"csrf_token": found[1]}, follow_redirects=True).text


def test_a_full_webinar_is_a_form_for_the_waitlist_and_says_the_same_to_everybody(
    app: Flask, client: FlaskClient, tmp_path: Path, travel: Traveller
) -> None:
    cohort = small(app, tmp_path, seats=2)
    page = client.get("/w/baby-massage").text
    assert "Save my seat" in page
    assert "Join the waitlist" not in page
    come(app, cohort, "ann", "bea")
    page = client.get("/w/baby-massage").text
    assert "Join the waitlist" in page
    assert "Save my seat" not in page
    assert "schema.org/SoldOut" in page
    address = f"/w/baby-massage/sign-up/{cohort}"
    form = client.get(address)
    assert form.status_code == 200
    assert "Every seat is taken" in form.text
    csrf = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form.text)
    assert csrf
    typed = FORM | {"csrf_token": csrf[1], "line": "y"}
    pages = {
        re.sub(r"\S+@x\.example", "her@x.example", client.post(
            address, data=typed | {"email": f"{name}@x.example"}, follow_redirects=True
        ).text)
        for name in ("cleo", "ann")
    }  # fmt: skip
    assert len(pages) == 1, "the thanks tell whether an address is known (A20)"
    assert "You have a place on the waitlist" in pages.pop()
    assert standing(app) == {"ann": "confirmed", "bea": "confirmed", "cleo": "waitlisted"}


def test_her_page_shows_the_line_and_lets_her_leave_it_and_come_back(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "ann", "bea", "cleo")
    cleo = her_page(app, "cleo")
    page = cleo.get("/my").text
    assert "Number 2 on the waitlist" in page
    assert "Seats you do not have" not in page
    assert "A sheet for parents" not in page
    hers = row(app, "cleo").public_id
    assert "come back below" in posted(cleo, f"/my/{hers}/line/leave", page)
    assert standing(app)["cleo"] == "cancelled"
    assert "Number 2 on the waitlist" in posted(cleo, f"/my/{hers}/return", cleo.get("/my").text)
    # The door, the calendar and the downloads know her only with a place.
    with app.app_context():
        session = db.session.execute(select(Registration.id)).first()
    assert session is not None
    leave(app, "ann")
    bea = her_page(app, "bea")
    page = bea.get("/my").text
    assert "A seat is held for you" in page
    said = posted(bea, f"/my/{row(app, 'bea').public_id}/seat/accept", page)
    assert "The seat is yours" in said
    assert standing(app)["bea"] == "confirmed"
    # Nobody presses buttons on somebody else's.
    theirs = row(app, "bea").public_id
    for what in ("seat/accept", "seat/decline", "line/leave"):
        assert "We cannot find this page" in posted(cleo, f"/my/{theirs}/{what}", cleo.get("/my").text)
    assert standing(app)["bea"] == "confirmed"


def test_the_mails_link_is_only_looked_at_until_a_button_is_pressed(
    app: Flask, client: FlaskClient, tmp_path: Path, travel: Traveller
) -> None:
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "ann", "bea", "cleo")
    leave(app, "ann")
    link = f"/offer/{token(app, 'bea')}"
    before = contents(app)
    assert "A seat is held for you" in client.get(link).text
    client.head(link)
    client.post(link)
    assert contents(app) == before
    assert client.get(link + "x").status_code == 404
    assert client.post(f"/unsubscribe/{token(app, 'bea')}").status_code == 404, "a link is good for one purpose"
    assert "You let the seat go" in client.post(link, data={"answer": "no"}).text
    assert (standing(app)["bea"], standing(app)["cleo"], seats(app)) == ("cancelled", "offered", 1)
    late = client.post(link, data={"answer": "yes"})
    assert (late.status_code, "no longer held" in late.text) == (409, True)
    mine = f"/offer/{token(app, 'cleo')}"
    assert "The seat is yours" in client.post(mine, data={"answer": "yes"}).text
    assert "The seat is yours" in client.post(mine, data={"answer": "yes"}).text, "a double click"
    assert (standing(app)["cleo"], seats(app)) == ("confirmed", 1)


def test_who_waits_for_a_decision_reads_that_and_then_the_reason(
    app: Flask, client: FlaskClient, tmp_path: Path, travel: Traveller
) -> None:
    cohort = small(app, tmp_path, seats=2, needs_approval=True)
    sign_up(app, cohort, "ann@x.example")
    assert "Ask for a seat" in client.get("/w/baby-massage").text
    assert "Your application is here" in client.get(f"/w/baby-massage/thanks/{cohort}").text
    page = her_page(app, "ann").get("/my").text
    assert "Waits for a decision" in page
    assert "Join the session" not in page
