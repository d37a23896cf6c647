"""Takes the public pictures of this folder: `python docs/screenshots/take.py`; needs Chromium.

A demo of its own is started on a free port, with a fresh folder, and visited as Ann would do it on her phone.
What an organizer sees is taken by take_studio.py.
"""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
PHONE: Any = {"width": 390, "height": 844}
DESKTOP: Any = {"width": 1100, "height": 760}
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
LARGEST = 120_000
"""Bytes of a picture."""
PATIENCE = 60.0
STEPS = 40


@contextmanager
def demo(folder: Path, *options: str) -> Iterator[str]:
    """The address of a running demo with these options whose data is kept in `folder`."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "webinar_hub", "demo", "--port", str(port), *options]
    running = subprocess.Popen(command, cwd=folder)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        running.terminate()
        running.wait(timeout=30)


def _wait_for(address: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            requests.get(address, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"The demo does not answer at {address}.")


def take(page: Page, name: str) -> None:
    """Save what is on the screen, with as few colors as it needs."""
    page.evaluate("document.fonts.ready")
    file = HERE / f"{name}.png"
    page.screenshot(path=file, animations="disabled")
    if magick := shutil.which("convert"):
        subprocess.run([magick, file, "-strip", "+dither", "-colors", "64", f"PNG8:{file}"], check=True)
    size = file.stat().st_size
    print(f"{file.name}: {size // 1000} kB")
    if size > LARGEST:
        raise SystemExit(f"{file.name} is too large.")


def sign_up(page: Page) -> None:
    """From the home page to the thank-you, with a picture of each step."""
    page.goto("/")
    take(page, "home")
    page.get_by_role("link", name="See what it is about").click()
    take(page, "webinar")
    page.locator("#seat-card").get_by_role("link", name="Save my seat").click()
    page.get_by_label("Your name").fill("Ann Rivera")
    page.get_by_label("Your e-mail address").fill("ann@clinic.example")
    page.get_by_label("Your profession").select_option("OT")
    page.get_by_role("button", name="Save my seat").click()
    take(page, "thank-you")


def open_mail(page: Page, subject: str) -> None:
    """Open the newest mail with this in its subject, as soon as it has come, and its picture."""
    page.goto("/demo/mailbox")
    page.locator(".demo-subject a", has_text=subject).first.click(timeout=PATIENCE * 1000)
    page.frame_locator("iframe").locator("h1").wait_for()
    page.wait_for_load_state("networkidle")


def skip_to(page: Page, words: str) -> None:
    """Skip from one thing that happens to the next until `words` has just happened."""
    for _ in range(STEPS):
        page.goto("/demo/mailbox")
        thing = page.locator("#next-thing").inner_text(timeout=PATIENCE * 1000)
        page.get_by_role("button", name="Skip to the next thing").click()
        if words in thing:
            return
    raise SystemExit(f"Nothing in the demo is called {words}.")


def everything(phone: Page, desktop: Page) -> None:
    """All pictures, in the order of Ann's journey."""
    sign_up(phone)
    desktop.goto(phone.url.partition("/thanks/")[0])
    take(desktop, "webinar-desktop")
    open_mail(phone, "Your place is booked")
    take(phone, "mail")
    letter = phone.frame_locator("iframe")
    phone.goto(letter.locator("a[href*='/me/']").first.get_attribute("href") or "")
    take(phone, "my-page")
    skip_to(phone, "The join button comes alive")
    phone.goto("/my")
    phone.emulate_media(color_scheme="dark")
    take(phone, "my-page-dark")
    phone.emulate_media(color_scheme="light")
    phone.get_by_role("link", name="Join the session").first.click()
    take(phone, "join")
    skip_to(phone, "bonus opens")
    phone.goto("/my")
    phone.get_by_role("link", name="Open the bonus").last.click()
    take(phone, "bonus")
    open_mail(desktop, "Your bonus")
    take(desktop, "mail-desktop")


@contextmanager
def browser_and_demo(*options: str) -> Iterator[tuple[Browser, str]]:
    """Chromium, and the address of a demo with these options; both end afterwards."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with (
        tempfile.TemporaryDirectory() as folder,
        demo(Path(folder), *options) as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        yield browser, address
        browser.close()


def main() -> None:
    """Start the demo with nothing but its example, visit it, end it."""
    with browser_and_demo("--bare") as (browser, address):
        ann: dict[str, Any] = {"base_url": address, "locale": "en-US", "timezone_id": "America/Los_Angeles"}
        phone = browser.new_context(viewport=PHONE, device_scale_factor=2, is_mobile=True, **ann)
        everything(phone.new_page(), browser.new_context(viewport=DESKTOP, **ann).new_page())


if __name__ == "__main__":
    main()
