"""Drafts of announcements: refused in words, kept as typed, changed by two at once, looked at, thrown away."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from tests.building import KEY, given_cohort
from tests.delivering import deliver
from tests.studio.announcing import ALL, JUNE, MINUTE, send, write
from tests.studio.forms import press


def test_two_who_change_a_draft_are_told(app: Flask, owner: FlaskClient, three: str) -> None:
    page = write(owner)
    seen = owner.get(f"{page}/edit")
    words = {"kind": "announcement", "state": "confirmed", "session": "", "drop": ""}
    assert press(owner, seen, f"{page}/edit", subject="A", body="First.", **words).status_code == 303
    second = press(owner, seen, f"{page}/edit", subject="B", body="Second <b>.", **words)
    assert second.status_code == 409
    assert "What is stored now" in second.text
    assert "First." in second.text
    assert "Second &lt;b&gt;." in second.text
    assert press(owner, second, f"{page}/edit", subject="B", body="Second.", **words).status_code == 303


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"body": ""}, "Write what the mail is to say"),
        ({"subject": ""}, "Write a subject"),
        ({"body": "Hello\n\n{{7*7}}"}, "Line 3:"),
        ({"body": "{name.__class__}"}, "Line 1:"),
        ({"subject": "Dear {name}"}, "cannot stand in a subject"),
        ({"body": "{when}"}, "is not known in this mail"),
        ({"state": "cancelled"}, "can only be sent news"),
        ({"kind": "spam"}, "Choose what kind"),
    ],
)
def test_what_cannot_be_is_refused_and_what_was_typed_stays(
    owner: FlaskClient, three: str, typed: dict[str, str], words: str
) -> None:
    form = {"kind": "announcement", "subject": "Another room", "body": "We meet upstairs."} | typed
    answer = press(owner, owner.get(f"{ALL}/new"), f"{ALL}/new", **form)
    assert answer.status_code == 422
    assert words in answer.text
    assert form["subject"] in answer.text


def test_a_draft_is_thrown_away_after_asking_and_a_sent_one_is_kept(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller
) -> None:
    page = write(owner)
    asked = owner.get(f"{page}/discard")
    assert "is lost" in asked.text
    assert press(owner, asked, f"{page}/discard").status_code == 303
    assert owner.get(page).status_code == 404
    kept = write(owner)
    send(owner, kept)
    travel.shift(5 * MINUTE)
    deliver(app)
    assert press(owner, owner.get(f"{kept}/discard"), f"{kept}/discard").status_code == 409


def test_another_webinars_announcement_is_not_there(
    app: Flask, owner: FlaskClient, three: str, tmp_path: Path
) -> None:
    page = write(owner)
    given_cohort(app, tmp_path, JUNE | {'slug = "baby-massage"': 'slug = "feeding"'})
    elsewhere = page.replace(KEY, "june")
    for address in (elsewhere, f"{elsewhere}/edit", f"{elsewhere}/mail", f"{elsewhere}/discard"):
        assert owner.get(address).status_code == 404
    for verb in ("send", "approve", "take-back", "test", "discard"):
        assert press(owner, owner.get(page), f"{elsewhere}/{verb}").status_code == 404


def test_the_draft_is_shown_while_it_is_written(owner: FlaskClient, three: str) -> None:
    page = owner.get(f"{ALL}/new")
    shown = press(owner, page, f"{ALL}/preview", subject="Hi", body="Hello {name}, **look**.", **{"as": "1"})
    assert "Hello Ann Lee, <strong>look</strong>." in shown.text.replace(' style=""', "")
    assert shown.headers["Content-Security-Policy"].startswith("sandbox")
    nothing = press(owner, page, f"{ALL}/preview", subject="", body="")
    assert "As soon as you write" in nothing.text
    assert "look at this first" not in nothing.text
    odd = press(owner, page, f"{ALL}/preview", subject="Hi", body="Hello", kind="ransom")
    assert (odd.status_code, "Hello" in odd.text) == (200, True)
    wrong = press(owner, page, f"{ALL}/preview", subject="Hi", body="Hello {nam}")
    assert "{nam} is not known" in wrong.text
    checked = press(owner, page, f"{ALL}/check", subject="FREE!!! LAST CHANCE", body="x", professions=["PT"])
    assert "2 people" in checked.text
    assert "capitals" in checked.text
