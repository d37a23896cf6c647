"""Members of the staff for tests, each with a browser that is signed in."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Membership, Organizer, Webinar
from webinar_hub.rules.staff import Role
from webinar_hub.services import sign_ins


def given_staff(
    app: Flask, role: Role = Role.OWNER, *, email: str = "mara@littlehands.example", slug: str = ""
) -> int:
    """Somebody with this role, for one webinar or, without a `slug`, for all; her id."""
    with app.app_context(), transaction():
        only = db.session.scalars(select(Webinar.id).where(Webinar.slug == slug)).one() if slug else None
        organizer = Organizer(email=email, name="Mara Lind", zone="America/New_York", created_at=clock.now())
        organizer.memberships = [Membership(role=role, webinar_id=only)]
        db.session.add(organizer)
        db.session.flush()
        return organizer.id


def signed_in(app: Flask, organizer: int) -> FlaskClient:
    """A browser in which she has just signed in."""
    client, now = app.test_client(), clock.real_now()
    with app.app_context(), transaction():
        uniquifier = db.session.scalars(select(Organizer.fs_uniquifier).where(Organizer.id == organizer)).one()
        token = sign_ins.begin(organizer, user_agent="", network="127.0.0.1", stays=True, now=now)
    with client.session_transaction() as session:
        session.update(_user_id=uniquifier, _fresh=True, fs_cc="set", fs_paa=now.timestamp(), sign_in=token)
    return client
