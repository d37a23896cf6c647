"""Counts what a page asks the database while a cohort fills up."""

from collections.abc import Callable, Iterator

from flask import Flask
from flask.testing import FlaskClient

from tests.building import sign_up
from tests.counting import counting
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Cohort

MOST = 30
"""Statements of a page that shows as much as these do."""


def statements_as_it_fills(
    app: Flask,
    cohort: str,
    client: FlaskClient,
    page: str,
    with_people: Callable[[int], None] = lambda number: None,
) -> Iterator[int]:
    """How many statements the page takes at 1, 3 and 300 people; `with_people` adds what belongs to so many."""
    with app.app_context(), transaction():
        db.session.get_one(Cohort, 1).capacity = 1000
    there = 0
    for people in (1, 3, 300):
        for number in range(there, people):
            sign_up(app, cohort, f"p{number}@x.example", network=f"192.0.2.{number % 250}")
        with_people(people)
        there = people
        client.get(page)
        with counting(app) as statements:
            assert client.get(page).status_code == 200
        assert len(statements) <= MOST, statements
        yield len(statements)
