"""What the public webinar page weighs on its way to a phone, and whether it jumps: `python -m benchmarks.page`.

Asked by Chromium with an empty cache, as a visitor's telephone does; needs Chromium.
"""

import shutil
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.databases import sqlite
from benchmarks.figures import Figure, table
from benchmarks.installation import installed
from benchmarks.processes import gunicorn

PHONE = {"width": 390, "height": 844}
MOST_KILOBYTES = 60
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
SHIFT = """() => new Promise((done) => {
  let sum = 0;
  new PerformanceObserver((list) => { for (const one of list.getEntries()) sum += one.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 500);
})"""


def measure() -> Iterator[Figure]:
    """The page of the example's webinar, with scripts and without."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sqlite() as url, installed(url) as hub, gunicorn("wsgi:app", hub.environment) as port:
        address = f"http://127.0.0.1:{port}" + hub.sign_up_path().partition("/sign-up/")[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
            weight, pictures, shift = _visited(browser, address)
            button = _sign_up_without_scripts(browser, address)
            browser.close()
    yield Figure("webinar page over the wire, without pictures", weight / 1000, "kB", MOST_KILOBYTES, "below")
    yield Figure("its pictures", pictures / 1000, "kB")
    # To a hundredth, as browsers' own tools show it: a link one pixel wider in the real font is no jump.
    yield Figure("layout shift", round(shift, 2), "", 0, "below")
    yield Figure("ways to sign up that work without scripts", button, "", 1)


def _visited(browser: Browser, address: str) -> tuple[int, int, float]:
    """Bytes without and of pictures, headers included, and the sum of all layout shifts."""
    page = browser.new_context(viewport=PHONE, device_scale_factor=2).new_page()
    kinds: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def began(event: Any) -> None:
        kinds[event["requestId"]] = event.get("type", "")

    def ended(event: Any) -> None:
        sizes[event["requestId"]] = int(event["encodedDataLength"])

    session.on("Network.responseReceived", began)
    session.on("Network.loadingFinished", ended)
    page.goto(address, wait_until="networkidle")
    shift = float(page.evaluate(SHIFT))
    pictures = sum(size for request, size in sizes.items() if kinds.get(request) == "Image")
    return sum(sizes.values()) - pictures, pictures, shift


def _sign_up_without_scripts(browser: Browser, address: str) -> int:
    page = browser.new_context(viewport=PHONE, java_script_enabled=False).new_page()
    page.goto(address)
    return page.locator("a[href*='/sign-up/']").count()


def figures() -> list[Figure]:
    """The figures of this file."""
    return list(measure())


if __name__ == "__main__":
    print(table(measure()))
