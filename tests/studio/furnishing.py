"""A studio that is lived in: whatever a page of it can show is there, made by the forms an organizer uses."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from tests.building import KEY, sign_up
from tests.delivering import Post, deliver
from tests.studio.forms import filled, send
from tests.studio.staff import given_staff
from webinar_hub.adapters.mail import Refused
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.models import (
    AccessCode,
    Announcement,
    AskedQuestion,
    Broadcast,
    Delivery,
    Drop,
    InvitationList,
    Material,
    PeopleImport,
    Person,
    Program,
    Registration,
)
from webinar_hub.rules.accommodations import Wish
from webinar_hub.rules.coming_in import Purpose
from webinar_hub.rules.guest_list import read_guests
from webinar_hub.rules.staff import Role
from webinar_hub.services import answers, groups, one_time_links

WEBINAR = "baby-massage"
_COHORT = f"/studio/cohorts/{KEY}"
_WEBINAR = f"/studio/webinars/{WEBINAR}"
_LONG = "Bartholomea-Maximiliane von und zu Hohenstein-Wolkenburg"
_SHEET = b"Name;E-Mail;Profession\nBea Moss;bea.moss@x.example;PT\nZoe;no address;OT\n"


def furnish(app: Flask, owner: FlaskClient, cohort: str) -> None:
    """People and what they were sent, an announcement, a program, a draft, a hand-out, an import, a team."""
    for number, name in enumerate(("Ann Lee", _LONG, "Cleo Park", "Dina Roth")):
        sign_up(app, cohort, f"{name.split()[0].lower()}@people.example", name, network=f"192.0.2.{number}")
    deliver(app, Post(Refused("550 5.1.1 No such user here")))
    given_staff(app, Role.READER, email="a-rather-long-address-of-somebody@littlehands.example")
    with _without_tokens(app):
        _made(send(owner, f"{_COHORT}/invitations/new", title="Clinics", people="Zoe, zoe@x.example", do="send"))
        _made(owner.post(f"{_COHORT}/access/codes", data={"code": "SPRING26", "label": "Newsletter"}))
        _given_group(app, cohort)
        _made(send(owner, f"{_COHORT}/announcements/new", subject="Another room", body="Hello {name}, upstairs."))
        _made(send(owner, f"{_COHORT}/program", title="Two evenings"))
        where = {"label": "Where do you work?", "kind": "one choice", "choices": "Hospital\nSchool"}
        _made(send(owner, f"{_COHORT}/questions/new", **where))
        given_a_wish(app)
        _made(send(owner, f"{_WEBINAR}/materials/handout", title="Reading cues", text="# Cues\n\nWait.", do="keep"))
        _made(owner.post(f"{_COHORT}/people/import", data={"file": (io.BytesIO(_SHEET), "people.csv")}))
        page, changed = owner.get(f"{_WEBINAR}/details").text, "Four evenings, and tea."
        typed = filled(page, summary=changed, form=f"webinar:{WEBINAR}")
        kept = owner.post("/studio/drafts/keep", data=typed)
        assert kept.status_code < 300, kept.text


def _given_group(app: Flask, cohort: str) -> None:
    manager = groups.Manager(_LONG, "dana@a-rather-long-name-of-a-clinic.example", "Clinic of Hope")
    guests = read_guests(f"{_LONG} <bartholomea@people.example>\nYuri, yuri@x.example")
    with app.app_context(), transaction():
        voice = app.extensions["voice"]()
        once = {"form_token": "one", "webinar": WEBINAR, "voice": voice, "network": "192.0.2.9"}
        groups.sign_up(cohort, manager, guests, now=clock.now(), **once)  # type: ignore[arg-type]


def given_a_wish(app: Flask) -> None:
    """Somebody needs captions to take part."""
    with app.app_context(), transaction() as session:
        place = session.scalars(select(Registration.id).order_by(Registration.id)).first() or 0
        answers.ask_for(Wish(("captions",), "Large, please"), place, None, clock.now())


def examples(app: Flask) -> dict[str, Any]:
    """A real value for whatever an address of the studio wants to know."""
    with app.app_context(), transaction() as session:
        newest = {
            model: session.scalar(select(func.max(model.id)))  # type: ignore[attr-defined]
            for model in (Announcement, Delivery, Material, PeopleImport, Person, Program)
        }
        return {
            "announcement": newest[Announcement],
            "code": session.scalar(select(func.max(AccessCode.id))),
            "group": session.scalar(select(func.max(InvitationList.id)).where(InvitationList.kind == "group")),
            "sent": session.scalar(select(func.max(InvitationList.id)).where(InvitationList.kind == "organizer")),
            "cohort": KEY,
            "delivery": newest[Delivery],
            "drop": session.scalar(select(Drop.public_id).order_by(Drop.id)),
            "import_": newest[PeopleImport],
            "kind": "reminder",
            "material": newest[Material],
            "message": session.scalar(select(func.min(Broadcast.id)).where(Broadcast.state == "planned")),
            "number": 1,
            "organizer": 2,
            "person": newest[Person],
            "place": newest[Person],
            "program": newest[Program],
            "registration": newest[Person],
            "question": session.scalar(select(AskedQuestion.key)),
            "section": "brand",
            "session": "week-1",
            "step": "unpublish",
            "token": one_time_links.make(Purpose.INVITATION, 2, now=clock.real_now(), lives=timedelta(days=1)),
            "way": "link",
            "webinar": WEBINAR,
        }


@contextmanager
def _without_tokens(app: Flask) -> Iterator[None]:
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def _made(answer: TestResponse) -> None:
    assert answer.status_code == 303, answer.text
