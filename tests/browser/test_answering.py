"""Answering a cohort's questions in a real browser: what depends on an answer appears with it.

Without a script every question says for whom it is, and the server goes by the same rules.
"""

from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.asking import answers_of, given_questions
from tests.browser.conftest import Visit
from tests.browser.test_every_page import LAW
from tests.browser.test_without_javascript import newest_link
from tests.browser.visiting import Witness


def test_questions_follow_the_answers_with_a_script_and_say_for_whom_they_are_without(
    app: Flask, cohort: str, visit: Visit, witness: Witness
) -> None:
    given_questions(app)
    with_script, without = visit(), visit(java_script_enabled=False)
    for page in (with_script, without):
        page.goto(f"/w/baby-massage/sign-up/{cohort}")
    expect(with_script.get_by_label("Which ward?")).to_be_hidden()
    expect(with_script.get_by_label("License number")).to_be_hidden()
    expect(without.get_by_label("Which ward?")).to_be_visible()
    expect(without.get_by_text("Only if you want CE credit").first).to_be_visible()

    with_script.get_by_label("Hospital").check()
    with_script.get_by_label("I want CE credit").check()
    expect(with_script.get_by_label("Which ward?")).to_be_visible()
    expect(with_script.get_by_label("ASHA account number")).to_be_hidden()
    with_script.get_by_label("Your profession").select_option("SLP")
    expect(with_script.get_by_label("ASHA account number")).to_be_visible()
    with_script.get_by_label("School").check()
    expect(with_script.get_by_label("Which ward?")).to_be_hidden()
    with_script.get_by_text("I need something to take part fully").click()
    is_for_everybody(with_script)

    for name, page in (("bea", with_script), ("ann", without)):
        page.get_by_label("Your name", exact=True).fill("Ann Lee")
        page.get_by_label("Your e-mail address").fill(f"{name}@x.example")
        page.get_by_label("Your profession").select_option("SLP")
        page.get_by_label("School").check()
    without.get_by_label("Which ward?").fill("Left over")
    without.get_by_label("ASHA account number").fill("12")
    without.get_by_label("I want CE credit").check()
    without.get_by_role("button", name="Save my seat").tap()
    expect(without.locator(".error-summary li")).to_have_count(1)
    without.get_by_label("ASHA account number").fill("12345678")
    for page in (with_script, without):
        page.get_by_role("button", name="Save my seat").tap()
        expect(page.locator("h1")).to_have_text("Check your mail")
    assert answers_of(app, 1) == answers_of(app, 2) == {"place": "School", "credit": {}}

    with_script.goto(newest_link(app, "/me/"))
    with_script.get_by_role("link", name="Your answers").first.tap()
    expect(with_script.get_by_label("School")).to_be_checked()
    expect(with_script.get_by_label("ASHA account number")).to_have_value("12345678")
    is_for_everybody(with_script)
    with_script.get_by_label("Hospital").check()
    with_script.get_by_role("button", name="Save my answers").tap()
    expect(with_script.locator(".error-summary li")).to_have_count(1)
    with_script.get_by_label("Which ward?").fill("Seven")
    with_script.get_by_role("button", name="Save my answers").tap()
    expect(with_script.get_by_role("status")).to_have_text("Your answers are saved.")

    assert witness.problems == []


def is_for_everybody(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": LAW}})
    assert found.violations_count == 0, found.generate_report()
