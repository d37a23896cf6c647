"""Her data, on her own page: taken along as a file, and deleted when she says so twice."""

import io
import json
import zipfile
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.building import outbox, sign_up
from tests.counting import counting
from tests.delivering import deliver
from tests.leaving_traces import ANN, OLD, came, carried_out, given_traces, link_in, places_of
from tests.people import ANN as LEE
from tests.people import BEA, CLEO, People
from tests.studio.staff import given_staff
from tests.web.visiting import path, post, token
from webinar_hub.core.db import db
from webinar_hub.core.links import Links
from webinar_hub.models import Erasure, Person
from webinar_hub.rules.erasure import PROOF, WAIT
from webinar_hub.rules.personal_data import HELD


def her_browser(app: Flask, email: str) -> FlaskClient:
    maker: Links = app.extensions["links"]
    with app.app_context():
        person = db.session.scalars(select(Person).where(Person.email == email)).one()
    client = app.test_client()
    assert client.get(path(maker.me(person.id, person.link_nonce))).status_code == 303
    return client


def test_the_file_holds_everything_and_nothing_that_opens_anything(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    person = given_traces(app, cohort, organizer=given_staff(app))
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    came(app, person)
    answer = post(her_browser(app, ANN), "/my/data", "/my/data")
    assert answer.headers["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    names = archive.namelist()
    assert {"README.txt", "data.json"} <= set(names)
    assert len([name for name in names if name.startswith("invites/") and name.endswith(".ics")]) == 2
    data = json.loads(archive.read("data.json"))
    assert [name for name in data if name not in ("format", "service", "made_at")] == [held.table for held in HELD]
    assert data["made_at"] == "2026-11-23T15:00:00Z"
    assert sorted(row["email"] for row in data["people"]) == [OLD, ANN]
    place = data["registrations"][0]
    assert place["answers"] == {"about": "my son is called Quillon"}
    assert place["cohort"] == {"webinar": "Baby massage & you", "cohort": "Tuesday evenings"}
    assert data["attendance_segments"][0]["session"]["starts_at"] == "2026-12-09T00:00:00Z"
    assert data["person_notes"][0]["text"] == "She cares for twins."
    assert [tag["word"] for tag in data["person_tags"]] == ["shy in groups"]
    assert {row["kind"] for row in data["deliveries"]} == {"confirmation", "invite"}
    everything = answer.data + b"".join(archive.read(name) for name in names)
    with app.app_context():
        row = db.session.scalars(select(Person).where(Person.email == ANN)).one()
        secrets = [row.link_nonce, *(each.lease_token for each in outbox(app) if each.lease_token)]
    assert not [secret for secret in secrets if secret.encode() in everything]
    assert b"Bea Moss" not in everything
    assert b"bea@x.example" not in everything


def test_making_it_costs_the_same_however_much_there_is(app: Flask, cohort: str, travel: Traveller) -> None:
    given_traces(app, cohort, organizer=given_staff(app))
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    costs = []
    for email in (ANN, "bea@x.example"):
        client = her_browser(app, email)
        form = {"csrf_token": token(client.get("/my/data"))}
        with counting(app) as statements:
            assert client.post("/my/data", data=form).data
        costs.append(len(statements))
    assert costs[0] == costs[1] < 60
    for _ in range(10):
        answer = client.post("/my/data", data=form)
        answer.get_data()
    assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)


def test_nobody_gets_at_anybody_elses(app: Flask, people: People) -> None:
    ways = [("GET", "/my/data"), ("POST", "/my/data"), ("GET", "/my/data/delete"), ("POST", "/my/data/delete")]
    app.config["WTF_CSRF_ENABLED"] = False
    for method, address in [*ways, ("POST", "/my/data/keep")]:
        assert people.browser(CLEO).open(address, method=method).status_code == 403, address
    bea = people.browser(BEA)
    assert LEE.email.encode() not in bea.post("/my/data").data
    assert LEE.email not in bea.get("/my/data/delete").text
    assert bea.get("/erase/anything").status_code == 404
    assert bea.post("/erase/anything").status_code == 404


def test_deleting_is_said_twice_can_be_taken_back_and_then_happens(
    app: Flask, ann: FlaskClient, travel: Traveller
) -> None:
    deliver(app)
    told = ann.get("/my/data/delete").text
    assert "Tuesday evenings" in told
    assert "In backups you are still found" in told
    with app.app_context():
        assert db.session.scalars(select(Erasure)).all() == []
    for _ in range(2):
        assert post(ann, "/my/data/delete", "/my/data/delete").status_code == 303
    mails = deliver(app)
    assert len(mails) == 1
    link = link_in(mails[0])
    # A scanner opens it, and so does a browser nobody knows: nothing has happened yet.
    anybody = app.test_client()
    assert anybody.get(link).status_code == anybody.head(link).status_code == 200
    assert "Open the link in the mail" in ann.get("/my").text
    assert post(anybody, link, link).status_code == 303
    assert "It begins on" in anybody.get(link).text
    assert "Your data will be deleted on" in ann.get("/my").text
    assert "will be deleted on" in deliver(app)[0].subject
    assert post(ann, "/my", "/my/data/keep").status_code == 303
    assert "will be deleted" not in ann.get("/my").text
    assert anybody.get(link).status_code == 404
    travel.shift(WAIT)
    carried_out(app)
    assert ann.get("/my").status_code == 200

    post(ann, "/my/data/delete", "/my/data/delete")
    link = link_in(deliver(app)[-1])
    post(anybody, link, link)
    travel.shift(WAIT)
    last = [mail for mail in carried_out(app) if "deleting your data" in mail.subject]
    assert "Nothing stays." in last[0].text
    assert ann.get("/my").status_code == 403
    assert anybody.get(link).status_code == 404
    assert list(places_of(app, "ann@x.example", "Ann Lee")) == []


def test_a_link_that_nobody_used_in_time_does_nothing(app: Flask, ann: FlaskClient, travel: Traveller) -> None:
    deliver(app)
    post(ann, "/my/data/delete", "/my/data/delete")
    link = link_in(deliver(app)[0])
    travel.shift(PROOF + timedelta(seconds=1))
    client = app.test_client()
    assert client.get(link).status_code == 404
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post(link).status_code == 404
    carried_out(app)
    with app.app_context():
        assert db.session.scalars(select(Erasure)).all() == []
