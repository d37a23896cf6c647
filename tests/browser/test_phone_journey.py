"""The whole way of one therapist on her phone in Los Angeles, with the real worker and the mails it sends."""

import re
import time
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visiting import Witness
from tests.building import only_registration
from webinar_hub.adapters.mail.mailbox import Mailbox
from webinar_hub.core import clock
from webinar_hub.worker.running import Worker

DAY = timedelta(days=1)


def test_from_the_webinar_to_the_bonus_and_out_again(
    app: Flask, worker: Worker, cohort: str, starts: datetime, visit: Visit, witness: Witness
) -> None:
    page = visit()
    signs_up(page, starts)
    thanks = page.locator("main").inner_text()
    assert "ann@x.example" in thanks
    assert "/me/" not in page.content()

    page.goto(link_in_mail(app, "/me/"))
    assert page.url.endswith("/my")
    expect(page.locator("h1")).to_have_text("Hello, Ann Lee")
    expect(page.locator(".next time")).to_contain_text("7:00 pm in New York: 4:00 pm for you")
    subscribes(page)
    bonus_is_locked(page)
    door_is_closed(page)

    move_to(app, starts - timedelta(minutes=10))
    page.goto("/my")
    page.get_by_role("link", name="Join the session").first.tap()
    page.get_by_role("button", name="Join").tap()
    page.wait_for_url("https://meet.example.org/room")

    move_to(app, starts + DAY)
    page.goto(link_in_mail(app, "/bonus/"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").tap()
    assert download.value.suggested_filename == "The sheet.txt"
    assert Path(download.value.path()).read_bytes() == b"Warm hands first.\n"

    move_to(app, starts + 7 * DAY - timedelta(minutes=10))
    watches_on_the_page(page)

    ends_mails(app, visit(), link_in_mail(app, "/unsubscribe/"))
    gives_her_seat_back_and_takes_it_again(app, page)
    assert witness.problems == []
    assert set(witness.elsewhere) == {
        "https://meet.example.org/room",
        "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?rel=0",
        "https://www.youtube.com/watch?v=aqz-KE-bpKQ",
    }


def signs_up(page: Page, starts: datetime) -> None:
    page.goto("/w/baby-massage")
    when = page.locator("#seat-card time")
    expect(when).to_contain_text(f"Tue {starts.day} {starts:%B %Y}, 7:00 pm in New York")
    expect(when).to_contain_text("4:00 pm for you")
    page.locator("#seat-card").get_by_role("link", name="Save my seat").tap()
    expect(page.get_by_label("Your time zone")).to_have_value("America/Los_Angeles")
    for box in page.get_by_role("checkbox").all():
        expect(box).not_to_be_checked()
    page.get_by_label("Yes, write to me each week").check()
    page.get_by_label("Your name").fill("Ann Lee")
    page.get_by_label("Your e-mail address").fill("ann@x.example")
    page.get_by_label("Your profession").select_option("OT")
    page.get_by_role("button", name="Save my seat").tap()
    expect(page.locator("h1")).to_have_text("Check your mail")


def subscribes(page: Page) -> None:
    page.get_by_role("button", name="Make a calendar address").tap()
    feed = page.get_by_label("Your calendar address").input_value()
    calendar = page.request.get(feed)
    assert calendar.headers["content-type"] == "text/calendar; charset=utf-8"
    assert calendar.text().count("BEGIN:VEVENT") == 2
    webcal = page.get_by_role("link", name="Open in my calendar").get_attribute("href")
    assert webcal == feed.replace("http:", "webcal:")


def bonus_is_locked(page: Page) -> None:
    trail = page.locator(".trail")
    expect(trail).to_contain_text("A surprise")
    expect(trail).not_to_contain_text("A gift")
    expect(trail.get_by_role("link", name="Open the bonus")).to_have_count(0)


def door_is_closed(page: Page) -> None:
    page.get_by_role("link", name="Go to the door").tap()
    expect(page.locator(".countdown")).to_have_text(re.compile(r"in \d+ days"))
    expect(page.get_by_role("button", name="Join")).to_have_count(0)


def watches_on_the_page(page: Page) -> None:
    page.goto("/my")
    page.get_by_role("link", name="Join the session").first.tap()
    page.get_by_role("button", name="Watch here").tap()
    player = page.locator("iframe.player")
    expect(player).to_have_attribute("src", "https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?rel=0")
    # The frame is another site; that something arrived in it says that the policy lets it in.
    expect(page.frame_locator("iframe.player").locator("p")).to_have_text("Another site.")
    page.get_by_role("button", name="Open it on YouTube").tap()
    page.wait_for_url("https://www.youtube.com/watch?v=aqz-KE-bpKQ")


def ends_mails(app: Flask, page: Page, link: str) -> None:
    page.goto(link)
    expect(page.locator("main")).not_to_contain_text("ann@x.example")
    assert only_registration(app).reminders_off_at is None
    page.get_by_role("button", name="Stop these mails").tap()
    expect(page.locator("h1")).to_have_text("You are unsubscribed")
    assert only_registration(app).reminders_off_at is not None
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator("h1")).to_have_text("Your choice is saved")
    assert only_registration(app).reminders_off_at is None


def gives_her_seat_back_and_takes_it_again(app: Flask, page: Page) -> None:
    page.goto("/my")
    page.get_by_text("I cannot come").first.tap()
    page.get_by_role("link", name="Give my seat back").tap()
    assert only_registration(app).state == "confirmed"
    page.get_by_role("button", name="Give my seat back").tap()
    expect(page.locator("h1")).to_have_text("Your seat is free again")
    assert only_registration(app).state == "cancelled"
    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("status")).to_contain_text("You have your place again")
    assert only_registration(app).state == "confirmed"


def move_to(app: Flask, moment: datetime) -> None:
    clock.set_to(moment, app.extensions["settings"].clock_file)


def link_in_mail(app: Flask, part: str) -> str:
    """The link with `part` in the newest mail that has one, as soon as the worker has sent it."""
    mailbox = Mailbox(app.extensions["settings"].mailbox_folder)
    patience = time.monotonic() + 10
    while time.monotonic() < patience:
        for text in (mailbox.read(entry.id).text for entry in mailbox.list()):
            if found := re.search(rf"http://\S+{part}\S+", text):
                return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no mail with {part} has come")
