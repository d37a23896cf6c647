"""An evening of an organizer, with the real worker: from signing in to a file of the people who come."""

import re
import time
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visiting import Witness
from tests.people import Person, mails_to
from tests.studio.coming_in import EMAIL, PASSWORD, given_password
from webinar_hub.adapters.mail.mailbox import MailboxMessage
from webinar_hub.core import clock
from webinar_hub.documents.ics_reading import InviteInWords, invites_in_words
from webinar_hub.worker.running import Worker

ANN = Person("Ann Lee", "ann@x.example")
TITLE = "Baby massage: reading cues"
DESK = {"viewport": {"width": 1280, "height": 900}, "is_mobile": False, "has_touch": False}


def test_from_signing_in_to_the_file_of_people(
    app: Flask, worker: Worker, starts: datetime, visit: Visit, witness: Witness
) -> None:
    given_password(app)
    page = visit(**DESK, reduced_motion="reduce")
    signs_in(page)
    publishes(page, starts)
    cohort = cohort_of(page)
    signs_up(visit())
    confirmation = the_mail(app, "Your place is booked")
    assert starts_in(confirmation) == starts

    moves_the_session(page, cohort, "18:30")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".note")).to_contain_text("Everything is as it was before")
    moves_the_session(page, cohort, "20:15")
    page.get_by_role("button", name="Tell them now").click()
    expect(page.locator(".held")).to_have_count(0)
    moved = the_mail(app, "New time")
    assert starts_in(moved) == starts + timedelta(minutes=75)
    assert "8:15 pm" in moved.text
    assert len(mails_to(app, ANN)) == 2, "what was undone was never told"
    the_outbox_says(page, "Session moved")

    announces(page, cohort)
    sends(page)
    page.get_by_role("button", name="Undo: take it back").click()
    expect(page.get_by_role("status")).to_contain_text("Nobody got it")
    sends(page)
    clock.set_to(clock.now() + timedelta(minutes=6), app.extensions["settings"].clock_file)
    assert "we meet upstairs" in the_mail(app, "Another room").text
    assert len(mails_to(app, ANN)) == 3, "what was taken back was never sent"

    assert ANN.email in exported(page, cohort)
    assert witness.problems == []
    assert witness.elsewhere == []


def test_without_javascript_from_creating_to_cancelling(
    app: Flask, worker: Worker, starts: datetime, visit: Visit, witness: Witness
) -> None:
    given_password(app)
    page = visit(**DESK, java_script_enabled=False)
    signs_in(page)
    publishes(page, starts)
    cohort = cohort_of(page)
    signs_up(visit(java_script_enabled=False))
    the_mail(app, "Your place is booked")
    opens_the_session(page, cohort)
    page.get_by_role("link", name=re.compile("^Cancel “")).click()
    expect(page.locator("main")).to_contain_text("1 person")
    page.get_by_role("button", name="Cancel this session").click()
    page.get_by_role("button", name="Tell them now").click()
    cancelled = the_mail(app, "Cancelled")
    assert [invite.method for invite in invites(cancelled)] == ["CANCEL"]
    assert witness.problems == []


def signs_in(page: Page) -> None:
    page.goto("/studio/webinars")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("h1")).to_have_text("Webinars")


def publishes(page: Page, starts: datetime) -> None:
    page.get_by_role("link", name="Create the first one").click()
    page.get_by_label("Title", exact=True).fill(TITLE)
    page.get_by_label("Date and time").fill(f"{starts:%Y-%m-%dT%H:%M}")
    page.get_by_label("Livestream link").fill("https://meet.example.org/room")
    page.get_by_label("Capacity").fill("40")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("h1")).to_have_text(f"{TITLE} is published")


def cohort_of(page: Page) -> str:
    """Where the pages of the new cohort are."""
    found = re.search(r"/studio/cohorts/[^/]+", page.url)
    assert found, page.url
    return found[0]


def signs_up(page: Page) -> None:
    """A therapist, on her phone."""
    page.goto("/")
    page.locator("main").get_by_role("link", name="Save my seat").first.click()
    page.get_by_label("Your name").fill(ANN.name)
    page.get_by_label("Your e-mail address").fill(ANN.email)
    page.get_by_label("Your profession").select_option("OT")
    page.get_by_role("button", name="Save my seat").click()
    expect(page.locator("h1")).to_have_text("Check your mail")


def opens_the_session(page: Page, cohort: str) -> None:
    page.goto(f"{cohort}/timeline")
    page.goto(page.locator("a[href*='/timeline/sessions/']").first.get_attribute("href") or "")


def moves_the_session(page: Page, cohort: str, hour: str) -> None:
    opens_the_session(page, cohort)
    page.get_by_label("Starts at").fill(hour)
    page.get_by_role("button", name="See what this does").click()
    expect(page.locator("main")).to_contain_text("Nothing has changed yet")
    expect(page.locator("main")).to_contain_text("1 person")
    page.get_by_role("button", name="Change it").click()
    expect(page.locator(".held")).to_contain_text("Nobody has been told yet")


def the_outbox_says(page: Page, what: str) -> None:
    page.get_by_role("navigation", name="Studio").get_by_role("link", name="Messages").click()
    line = page.get_by_role("row").filter(has_text=what)
    expect(line).to_contain_text(ANN.email)
    expect(line).to_contain_text("sent")


def announces(page: Page, cohort: str) -> None:
    page.goto(f"{cohort}/messages")
    page.get_by_role("link", name="Write an announcement").click()
    page.get_by_label("Subject").fill("Another room")
    page.get_by_label("What you want to say").fill("Hello {name}, we meet upstairs.")
    expect(page.locator("#check")).to_contain_text("1 person")
    page.get_by_role("button", name="Save the draft").click()


def sends(page: Page) -> None:
    page.get_by_role("button", name="Send to 1 person").click()
    expect(page.get_by_role("button", name="Undo: take it back")).to_be_visible()


def exported(page: Page, cohort: str) -> str:
    """The list of people as a file."""
    page.goto(f"{cohort}/people")
    page.get_by_role("link", name="Export").click()
    page.get_by_label("CSV, for everything else").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    return Path(download.value.path()).read_text(encoding="utf-8-sig")


def the_mail(app: Flask, subject: str) -> MailboxMessage:
    """The newest of hers with this in its subject, as soon as the worker has sent it."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for mail in mails_to(app, ANN):
            if subject in dict(mail.headers)["Subject"]:
                return mail
        time.sleep(0.05)
    raise AssertionError(f"the worker has sent nothing about “{subject}”")


def invites(mail: MailboxMessage) -> list[InviteInWords]:
    return [invite for calendar in mail.calendars[:1] for invite in invites_in_words(calendar)]


def starts_in(mail: MailboxMessage) -> datetime:
    """When the invite in her mail says that it begins."""
    (invite,) = invites(mail)
    return invite.starts_at
