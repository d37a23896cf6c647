"""The audit log in the browser: filter, pages, differences, files, and whether the chain is whole."""

import csv
import io
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.counting import counting
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry
from webinar_hub.services import audit


@pytest.fixture(autouse=True)
def _no_tokens(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def note(
    app: Flask, times: int = 1, actor: str = "organizer:1", action: str = "settings.changed", **detail: object
) -> None:
    with app.app_context(), transaction():
        for number in range(times):
            audit.note(actor, action, f"cohort:{number + 1}", now=clock.now(), **detail)


def test_an_empty_log_says_what_will_be_here(owner: FlaskClient) -> None:
    assert "Nothing has happened yet" in owner.get("/studio/audit").text
    assert "Nothing matches" in owner.get("/studio/audit?action=settings").text


def test_before_and_after_stand_side_by_side(app: Flask, owner: FlaskClient) -> None:
    note(app, before={"zone": "UTC", "same": 1}, after={"zone": "Europe/Berlin", "same": 1})
    page = owner.get("/studio/audit").text
    assert "UTC</del>" in page
    assert "Europe/Berlin</ins>" in page
    assert "same" not in page
    assert "Mara Lind</span> changed the settings" in page


@pytest.mark.parametrize("rows", [1, 3, 300])
def test_the_page_asks_as_much_for_one_entry_as_for_300(app: Flask, owner: FlaskClient, rows: int) -> None:
    note(app, rows)
    with counting(app) as statements:
        assert owner.get("/studio/audit").status_code == 200
    assert len(statements) == 11


def test_pages_go_on_where_the_last_one_ended(app: Flask, owner: FlaskClient) -> None:
    note(app, 120)
    seen, address = [], "/studio/audit"
    for _ in range(3):
        page = owner.get(address).text
        seen += [int(part.partition("<")[0]) for part in page.split("entry </span>")[1:]]
        address = (
            page.partition('<p><a class="button button-quiet" href="')[2].partition('"')[0].replace("&amp;", "&")
        )
    assert seen == list(range(120, 0, -1))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("actor=organizer:1", 1),
        ("actor=person:", 2),
        ("action=session", 1),
        ("action=settings", 0),
        ("subject=Cohort+1", 3),
        ("since=2026-11-23", 3),
        ("since=2026-11-24", 0),
        ("until=2026-11-22", 0),
        ("until=2026-11-23", 3),
        ("until=9999-99-99&since=nonsense&before=x", 3),
    ],
)
def test_the_filter_finds_what_is_asked(app: Flask, owner: FlaskClient, asked: str, found: int) -> None:
    note(app, action="session.moved")
    note(app, actor="person:7", action="registration.cancelled")
    note(app, actor="person:8", action="registration.returned")
    assert owner.get(f"/studio/audit?{asked}").text.count('class="log-line"') == found


def test_files_hold_no_formula_and_hide_people_when_asked(app: Flask, owner: FlaskClient) -> None:
    note(app, action="=cmd|' /C calc'!A0", name="Ann Lee", email="ann.lee@x.example")
    plain = owner.get("/studio/audit/export.csv")
    assert plain.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(plain.text.lstrip("\ufeff"))))
    assert rows[1][4].startswith("'=")
    assert "ann.lee@x.example" in rows[1][6]
    hidden = owner.get("/studio/audit/export.json?mask=yes")
    entry = json.loads(hidden.text)
    assert entry["detail"] == {"name": "(hidden)", "email": "a…@x.example"}
    assert "Mara" not in hidden.text


def test_a_file_of_thousands_is_whole(app: Flask, owner: FlaskClient) -> None:
    note(app, 2100)
    assert owner.get("/studio/audit/export.json").text.count("\n") == 2100


def test_verifying_is_put_on_record(app: Flask, owner: FlaskClient) -> None:
    note(app, 3)
    assert "3 entries are chained" in owner.get("/studio/audit").text
    assert owner.post("/studio/audit/verify").status_code == 303
    assert "Verified up to entry 3" in owner.get("/studio/audit").text
    with app.app_context(), transaction():
        db.session.execute(update(AuditEntry).where(AuditEntry.id == 2).values(actor="organizer:9"))
    owner.post("/studio/audit/verify")
    assert "Somebody has changed the log" in owner.get("/studio/audit").text
