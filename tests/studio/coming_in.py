"""What somebody does in a browser to come in to the studio, and what she finds in her mail."""

import re

from flask import Flask
from flask.testing import FlaskClient
from flask_security import hash_password
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.studio.staff import given_staff
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Notice, Organizer
from webinar_hub.rules.staff import Role

EMAIL = "mara@littlehands.example"
PASSWORD = "seven warm olive jars"


def given_password(app: Flask, role: Role = Role.OWNER, *, email: str = EMAIL, slug: str = "") -> int:
    """A member of the staff who can sign in with PASSWORD; her id."""
    organizer = given_staff(app, role, email=email, slug=slug)
    with app.app_context(), transaction():
        db.session.get_one(Organizer, organizer).password = hash_password(PASSWORD)
    return organizer


def token(client: FlaskClient, page: str = "/studio/sign-in") -> str:
    """The hidden field that a form of the page carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found, f"{page} has no form"
    return found[1]


def post(client: FlaskClient, to: str, page: str = "", **typed: str) -> TestResponse:
    """Fill in the form of a page and send it."""
    return client.post(to, data={"csrf_token": token(client, page or to), **typed})


def sign_in(client: FlaskClient, *, email: str = EMAIL, password: str = PASSWORD, **more: str) -> TestResponse:
    """By the form."""
    return post(client, "/studio/sign-in", email=email, password=password, **more)


def is_in(client: FlaskClient) -> bool:
    """Whether the studio opens."""
    return client.get("/studio/webinars").status_code == 200


def mails(app: Flask) -> list[Notice]:
    """Every mail written to staff, the oldest first."""
    with app.app_context():
        return list(db.session.scalars(select(Notice).order_by(Notice.id)))


def link_in(notice: Notice) -> str:
    """The path of the one-time link in a mail."""
    found = re.search(r"http://localhost(/studio/link/\S+)", notice.text)
    assert found, notice.text
    return found[1]
