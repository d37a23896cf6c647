"""Takes the pictures of the studio: `python docs/screenshots/take_studio.py`; needs Chromium.

The organizer of the demo signs in and looks around, on her desk and on her phone.
"""

from datetime import datetime, timedelta
from typing import Any

from playwright.sync_api import Page
from take import PHONE, browser_and_demo, take

from webinar_hub.cli.first_run import DEMO_EMAIL, DEMO_PASSWORD

RUNNING = "/studio/cohorts/demo-noons"
DESK: Any = {"width": 1180, "height": 820}
PHONE_SCALE = 2
OWN_WORDS = """Hello {name},

your place in **{webinar}** is booked. Bring a doll or a rolled towel, and something to drink.

[Everything is on your page]({my_page})"""


def sign_in(page: Page) -> Any:
    """Come in as the demo's owner; returns what the browser has to remember of it."""
    page.goto("/studio/sign-in")
    page.get_by_label("E-mail").first.fill(DEMO_EMAIL)
    page.get_by_label("Password", exact=True).fill(DEMO_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/studio/today")
    return page.context.storage_state()


def show(page: Page, path: str, name: str, top: str = "", height: int = DESK["height"]) -> None:
    """The picture of a page, scrolled to what `top` selects."""
    page.set_viewport_size({"width": page.viewport_size["width"], "height": height})  # type: ignore[index]
    if path:
        page.goto(path)
    if top:
        page.locator(top).first.evaluate("element => window.scrollTo(0, element.offsetTop - 8)")
    page.wait_for_load_state("networkidle")
    take(page, name)


def quick_create(page: Page) -> None:
    """Five fields, filled in."""
    page.goto("/studio/webinars/new")
    page.get_by_label("Title").fill("Baby massage: reading cues")
    start = datetime.fromisoformat(page.evaluate("new Date().toISOString()")) + timedelta(days=28)
    page.get_by_label("Date and time").fill(f"{start:%Y-%m-%d}T19:00")
    page.get_by_label("Livestream link").fill("https://zoom.us/j/98765432100")
    page.get_by_label("Capacity").fill("120")
    page.locator("h1").click()
    show(page, "", "studio-new", height=900)


def own_words(page: Page) -> None:
    """The confirmation in the organizer's own words, with its preview."""
    page.goto("/studio/mails/confirmation")
    page.get_by_label("Subject").fill("Your place in {webinar}")
    page.get_by_label("Text", exact=True).fill(OWN_WORDS)
    page.frame_locator("iframe").get_by_text("Bring a doll").wait_for()
    page.locator("h1").click()
    show(page, "", "studio-words")


def story(page: Page) -> None:
    """What one of the demo's people was sent and did."""
    page.goto(f"{RUNNING}/people")
    show(page, page.locator(".people-table th a").first.get_attribute("href") or "", "studio-person")


def main() -> None:
    """Start the lived-in demo, look around, end it."""
    with browser_and_demo() as (browser, address):
        mara: dict[str, Any] = {"base_url": address, "locale": "en-US", "timezone_id": "America/New_York"}
        desk = browser.new_context(viewport=DESK, **mara).new_page()
        known = sign_in(desk)
        show(desk, "/studio/today", "studio-today")
        show(desk, f"{RUNNING}/timeline", "studio-timeline", height=1080)
        quick_create(desk)
        show(desk, "/studio/people", "studio-people")
        story(desk)
        own_words(desk)
        show(desk, "/studio/settings", "studio-settings")
        desk.emulate_media(color_scheme="dark")
        show(desk, "/studio/today", "studio-today-dark")
        phone = browser.new_context(
            viewport=PHONE, device_scale_factor=PHONE_SCALE, is_mobile=True, storage_state=known, **mara
        ).new_page()
        show(phone, f"{RUNNING}/rehearsal", "studio-rehearsal", ".story", PHONE["height"])


if __name__ == "__main__":
    main()
