"""Writes and sends announcements as a browser does, to three who have got their confirmations."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.building import KEY
from tests.delivering import deliver
from tests.studio.forms import press

ALL = f"/studio/cohorts/{KEY}/announcements"
MINUTE = timedelta(minutes=1)
NEWS = "Yes, write to me."
# The June cohort is a second run of the same webinar.
JUNE = {
    'key = "january"': 'key = "june"',
    'title = "Tuesday evenings"': 'title = "June evenings"',
    "first = 2026-12-08T19:00:00": "first = 2027-06-08T19:00:00",
    "releases = 2026-12-12T08:00:00": "releases = 2027-06-12T08:00:00",
}


def write(client: FlaskClient, **typed: Any) -> str:
    """Save a draft; the address of its page."""
    words = {"kind": "announcement", "subject": "Another room", "body": "Hello {name}, we meet upstairs."}
    answer = press(client, client.get(f"{ALL}/new"), f"{ALL}/new", **(words | typed))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def send(client: FlaskClient, page: str, **typed: Any) -> Any:
    return press(client, client.get(page), f"{page}/send", when="now", **typed)


def sent_to(app: Flask) -> list[str]:
    return sorted(str(mail.message["To"]).split("<")[-1].rstrip(">") for mail in deliver(app))
