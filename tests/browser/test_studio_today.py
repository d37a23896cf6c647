"""Today, Health and the rehearsal in a real browser: accessible in light and dark, small and large, and silent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.browser.visiting import Witness
from tests.building import KEY, given_cohort, sign_up
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Task

pytestmark = pytest.mark.browser

REHEARSAL = f"/studio/cohorts/{KEY}/rehearsal?zone=Europe/Berlin"
PAGES = ("/studio/today", "/studio/health", REHEARSAL, f"/studio/cohorts/{KEY}/rehearsal/send")


@pytest.fixture
def witness(address: str) -> Witness:
    return Witness(address)


@pytest.fixture
def page(chromium: Browser, app: Flask, live_server: str, witness: Witness, tmp_path: Path) -> Iterator[Page]:
    """The owner's page, in a studio with somebody registered and a task."""
    cohort = given_cohort(app, tmp_path)
    sign_up(app, cohort, source="newsletter")
    given_task(app, "first")
    cookie = signed_in(app, given_staff(app)).get_cookie("hub")
    assert cookie is not None
    # A color on its way from light to dark has any contrast.
    small = {"width": 390, "height": 844}
    context = chromium.new_context(base_url=live_server, viewport=small, reduced_motion="reduce")  # type: ignore[arg-type]
    context.add_cookies([{"name": "hub", "value": cookie.value, "url": live_server}])
    yield witness.watch(context)
    context.close()


def given_task(app: Flask, key: str) -> None:
    with app.app_context(), transaction():
        task = Task(key=key, kind="reminder", cohort_id=1, registration_id=1, text=f"Call her: {key}.")
        task.created_at = clock.now()
        db.session.add(task)


def test_what_needs_her_comes_by_itself(app: Flask, page: Page, witness: Witness) -> None:
    page.clock.install()
    page.goto("/studio/today")
    expect(page.get_by_text("Call her: first.")).to_be_visible()
    given_task(app, "second")
    page.clock.fast_forward(31_000)
    expect(page.get_by_text("Call her: second.")).to_be_visible()
    page.get_by_role("button", name="Done").first.click()
    expect(page.get_by_text("Done, and off the list.")).to_be_visible()
    assert witness.problems == []


def test_the_story_goes_on_as_one_scrolls(app: Flask, page: Page, witness: Witness, tmp_path: Path) -> None:
    hours = "\n".join(f'[[sessions]]\ntitle = "Hour {number}"\n' for number in range(30))
    two = '[[sessions]]\ntitle = "Cues"\n\n[[sessions]]\ntitle = "Strokes"\n'
    other = {f'key = "{KEY}"': 'key = "long"', 'slug = "baby-massage"': 'slug = "long"'}
    given_cohort(app, tmp_path, {"weeks = 2": "weeks = 30", two: hours} | other)
    page.goto("/studio/cohorts/long/rehearsal")
    steps = page.locator(".story > li")
    before = steps.count()
    page.locator(".story-more").scroll_into_view_if_needed()
    page.wait_for_function("(before) => document.querySelectorAll('.story > li').length > before", arg=before)
    frame = page.frame_locator(".story-letter >> nth=0")
    expect(frame.locator("h1")).to_contain_text("You are in")
    assert witness.problems == []
