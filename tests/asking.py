"""A cohort that asks: questions with conditions, CE credit, and what a browser sends to answer them."""

from collections.abc import Sequence
from typing import Any

from flask import Flask
from sqlalchemy import select

from tests.building import KEY
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Cohort, Registration
from webinar_hub.rules.questions import Condition, Kind, Question
from webinar_hub.services import questions

PLACE = Question("place", Kind.ONE, "Where do you work?", required=True, choices=("Hospital", "School"))
WARD = Question("ward", Kind.SHORT, "Which ward?", required=True, show_if=Condition("place", ("Hospital",)))
TOOLS = Question("tools", Kind.SEVERAL, "What do you use?", choices=("Oil", "Towels", "=Music"))
PROOF = Question("proof", Kind.FILE, "A proof", show_if=Condition("credit", ("yes",)))
ASKED = (PLACE, WARD, TOOLS, PROOF)
ANSWERS = {"q-place": "Hospital", "q-ward": "Seven", "q-tools": ["Oil", "=Music"]}


def given_questions(app: Flask, asked: Sequence[Question] = ASKED, *, credit: bool | None = True) -> None:
    """Have the cohort `building.KEY` ask these."""
    with app.app_context(), transaction():
        cohort = db.session.scalars(select(Cohort).where(Cohort.key == KEY)).one()
        cohort.asks_credit = credit
        questions.settle(cohort, asked, actor="test", now=clock.now())


def answers_of(app: Flask, registration: int = 1) -> dict[str, Any]:
    """What is stored for a registration."""
    with app.app_context():
        return db.session.get_one(Registration, registration).answers
