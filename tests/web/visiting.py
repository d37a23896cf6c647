"""What visitors of the pages do: follow a link, press a button, look at what is stored."""

import re
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.building import only_person, only_registration
from webinar_hub.core.db import Base, db
from webinar_hub.core.links import Links
from webinar_hub.models import Drop, Material, Person, Session

STARTS = datetime(2026, 12, 9, 0, 0, tzinfo=UTC)
FIELDS = {
    "bonuses": "y",
    "name": "Ann Lee",
    "email": "ann@x.example",
    "profession": "OT",
    "zone": "America/Los_Angeles",
}


def links(app: Flask) -> dict[str, str]:
    """The personal links that Ann's mails carry."""
    maker: Links = app.extensions["links"]
    person, registration = only_person(app), only_registration(app)
    me = maker.me(person.id, person.link_nonce)
    with app.app_context():
        drop = db.session.scalars(select(Drop).where(Drop.key == "sheet")).one()
        material = db.session.scalars(select(Material.id).where(Material.key == "sheet")).one()
        session = db.session.scalars(select(Session.public_id).where(Session.key == "week-1")).one()
    return {
        "me": me,
        "join": maker.join(me, session),
        "bonus": maker.drop(me, drop.public_id),
        "unsubscribe": maker.unsubscribe(registration.id, registration.nonce),
        "download": maker.download(registration.id, registration.nonce, drop.id, material),
        "session": maker.session(session),
        "webinar": maker.webinar("baby-massage"),
    }


def path(link: str) -> str:
    return link.removeprefix("http://localhost")


def token(response: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', response.text)
    assert found, response.text[:500]
    return found[1]


def post(client: FlaskClient, page: str, to: str, **fields: str) -> TestResponse:
    """Press a button of `page`."""
    return client.post(to, data={"csrf_token": token(client.get(page)), **fields})


def fetch(app: Flask, link: str, **headers: str) -> TestResponse:
    """Follow a link without cookies and read the answer to its end."""
    answer = app.test_client().get(link, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer.get_data()
    answer.close()
    return answer


def public_id(app: Flask, model: type[Base], key: str) -> str:
    with app.app_context():
        return db.session.scalars(select(model.public_id).where(model.key == key)).one()


def contents(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with app.app_context():
        return {
            table.name: [tuple(row) for row in db.session.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }


def people(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Person)) or 0
