"""What a sign-up costs the database: the same for a short and a long cohort, for the first and the hundredth."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from time_machine import Traveller

from tests.building import given_cohort, sign_up
from tests.counting import counting
from webinar_hub.core.db import Base, db

LONG = {
    'key = "january"': 'key = "long"',
    "weeks = 2": "weeks = 40",
    "releases = 2026-12-12T08:00:00\n[[drops.materials]]": "releases = 2026-12-12T08:00:00\n"
    + "".join(
        f'[[drops.materials]]\nkey = "m{n}"\ntitle = "M"\nlink = "https://x.example/{n}"\n' for n in range(20)
    )
    + "[[drops.materials]]",
}


def rows(app: Flask) -> dict[str, int]:
    with app.app_context():
        return {
            table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
        }


def cost(app: Flask, cohort: str, email: str) -> tuple[int, dict[str, int]]:
    """The statements of a sign-up, and the rows it adds to each table."""
    before = rows(app)
    with counting(app) as statements:
        sign_up(app, cohort, email)
    return len(statements), {
        name: number - before[name] for name, number in rows(app).items() if number != before[name]
    }


@pytest.fixture
def short(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


def test_a_sign_up_costs_the_same_for_two_sessions_and_for_forty(app: Flask, tmp_path: Path, short: str) -> None:
    long = given_cohort(app, tmp_path, LONG)
    sign_up(app, short, "warm@x.example")
    statements, added = cost(app, short, "ann@x.example")
    assert (statements, added) == cost(app, long, "bea@x.example")
    assert {"people": 1, "registrations": 1, "deliveries": 1}.items() <= added.items()


@pytest.mark.parametrize("people", [1, 3, 30])
def test_a_sign_up_costs_the_same_however_many_are_registered(app: Flask, short: str, people: int) -> None:
    for number in range(people):
        sign_up(app, short, f"p{number}@x.example")
    statements, added = cost(app, short, "ann@x.example")
    assert statements <= 9
    assert added == {"people": 1, "registrations": 1, "deliveries": 1, "allowances": 1}
