"""Every page of the studio, found in the map of addresses: for everybody, wide enough, named, and silent."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, Response
from werkzeug.routing import Rule

from tests.browser.conftest import Visit
from tests.browser.test_every_page import COLORS, LAW, MEASURE, TOO_WIDE, WIDTHS_AND_ZOOMS
from tests.browser.visiting import Witness
from tests.studio.coming_in import PASSWORD, given_password, sign_in
from tests.studio.furnishing import examples, furnish
from tests.studio.staff import signed_in
from tests.studio.test_second_factor import set_up

ASKED_FOR_A_CODE = "ines@littlehands.example"
# What answers GET below /studio and is no page of its own that somebody who is signed in could look at.
NOT_LOOKED_AT = {
    "studio_webinars.home": "leads on to the first page somebody may open",
    "studio_today.live": "a part of Today, which fetches it again and again",
    "studio_audit.export": "a file",
    "studio_library.download": "a file",
    "studio_questions.file": "a file somebody answered with, to be saved",
    "studio_library.view": "a material itself, shown as it is",
    "studio_messages.mail": "a mail in a frame, drawn as people get it (tests/browser/test_every_page.py)",
    "studio_announcements.mail": "a mail in a frame",
    "studio_rehearsal.mail": "a mail in a frame",
    "security.tf_select": "leads on to the one second factor there is",
    "security.wan_verify": "leads on while she has no passkey (tests/studio/test_in_chromium.py)",
    "security.wan_delete": "takes what a form of the account sends, and leads on",
}
# What an address has to ask for, beside where it is.
ASKS = {"studio_timeline.look": "?what=shift&number=1&unit=7&direction=later"}
# Open to whoever is not signed in; somebody who is would be led on.
OUTSIDE = {"security.login", "security.wan_signin", "studio_door.ask", "studio_door.link"}
# Open to whoever has typed her password and not yet her code.
HALFWAY = {"security.two_factor_token_validation", "security.two_factor_rescue", "security.mf_recovery"}
# What is no law does not depend on the width: once is enough.
SIZES = ((390, "phone", [*LAW, "best-practice"]), (1280, "desk", LAW))

# Words for what is missing in the page as it stands.
FRAME = """() => {
  const found = [];
  const heads = [...document.querySelectorAll("h1")].filter((one) => one.checkVisibility() && one.innerText.trim());
  if (heads.length !== 1) found.push(`${heads.length} main headings`);
  if (!document.querySelector("main h1")) found.push("its heading is not in its main part");
  if (document.title.split("·")[0].trim() === "") found.push("no title");
  return found;
}"""
UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"


@pytest.fixture
def addresses(app: Flask, cohort: str) -> dict[str, str]:
    """Where each page of a lived-in studio is, by the name of its view; with the owner's browser in "cookie"."""
    owner = given_password(app)
    client = signed_in(app, owner)
    furnish(app, client, cohort)
    given_password(app, email=ASKED_FOR_A_CODE)
    phone = app.test_client()
    sign_in(phone, email=ASKED_FOR_A_CODE)
    set_up(phone)
    values = examples(app)
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        found = {
            f"{rule.endpoint} {rule.rule}": adapter.build(rule.endpoint, {n: values[n] for n in rule.arguments})
            + ASKS.get(rule.endpoint, "")
            for rule in pages(app)
        }
    cookie = client.get_cookie("hub")
    assert cookie is not None
    return found | {"cookie": cookie.value}


def pages(app: Flask) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        is_page = rule.rule.startswith("/studio/") and "GET" in (rule.methods or ())
        if is_page and rule.endpoint not in NOT_LOOKED_AT:
            yield rule


def test_every_page_is_for_everybody_fits_has_a_name_and_is_silent(
    app: Flask, addresses: dict[str, str], visit: Visit, witness: Witness, address: str
) -> None:
    cookie = addresses.pop("cookie")
    inside, outside, halfway = (
        visit(reduced_motion="reduce", is_mobile=False, device_scale_factor=1) for _ in range(3)
    )
    inside.context.add_cookies([{"name": "hub", "value": cookie, "url": address}])
    for page in (inside, outside, halfway):
        page.add_init_script(Axe().axe_script)
    types_her_password(halfway)
    problems = []
    for name, path in addresses.items():
        view = name.split()[0]
        page = outside if view in OUTSIDE else halfway if view in HALFWAY else inside
        problems += [f"{name}: {problem}" for problem in looked_at(page, path)]
    problems += witness.problems + witness.elsewhere
    assert problems == [], "\n".join(problems)
    assert len(addresses) > 60


def types_her_password(page: Page) -> None:
    page.goto("/studio/sign-in")
    page.get_by_label("E-mail address").fill(ASKED_FOR_A_CODE)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/studio/sign-in/code**")


def looked_at(page: Page, path: str) -> Iterator[str]:
    """What is wrong with a page, on a phone and a desk, in light and dark."""
    page.set_viewport_size({"width": SIZES[0][0], "height": 844})
    answer = page.goto(path)
    assert isinstance(answer, Response)
    if answer.status != 200 or not page.url.endswith(path):
        yield f"answers {answer.status} at {page.url}"
        return
    yield from page.evaluate(FRAME)
    page.evaluate(UNFOLD)
    for width, zoom in WIDTHS_AND_ZOOMS:
        page.set_viewport_size({"width": width, "height": 844})
        yield from (f"{width} px, {zoom} %: {found}" for found in page.evaluate(TOO_WIDE, zoom))
    for width, device, in_the_light in SIZES:
        page.set_viewport_size({"width": width, "height": 844})
        for scheme, rules in (("light", in_the_light), ("dark", COLORS)):
            page.emulate_media(color_scheme=scheme)
            yield from (f"{device}, {scheme}: {found}" for found in page.evaluate(MEASURE, rules))
    page.emulate_media(color_scheme="light")


def test_what_is_left_out_is_there(app: Flask) -> None:
    """A reason outlives its page otherwise."""
    assert NOT_LOOKED_AT.keys() | OUTSIDE | HALFWAY <= set(app.view_functions)
