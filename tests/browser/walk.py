"""Leads a browser through every page there is, in the order a person meets them; the demo's example has it all.

What is looked at on each page is for the tests (test_every_page.py).
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import select

from tests.building import only_registration
from tests.people import Person, mails_to, send_what_is_due
from webinar_hub.core import clock
from webinar_hub.core.db import db
from webinar_hub.models import Drop, Session

ANN = Person("Ann Lee", "ann@x.example")
BEA = Person("Bea Moss", "bea@x.example")
ANN_AT_THE_CLINIC = Person("Ann Lee", "ann@clinic.example")


class Walk:
    """Each method opens pages and stops at each of them: it yields the name of what is on the screen."""

    def __init__(self, app: Flask, page: Page) -> None:
        """Walk through the demo `app`, to which nobody has come yet."""
        self._app, self._page = app, page

    def everywhere(self) -> Iterator[str]:
        """Every page, each in every state that looks different."""
        yield from self._as_a_stranger()
        yield from self._signing_up()
        yield from self._mails()
        yield from self._before_the_session()
        self._move_to(self._session().starts_at - timedelta(minutes=10))
        yield from self._at_the_door()
        yield from self._leaving()
        self._move_to(self._session().starts_at + timedelta(weeks=8))
        yield from self._when_all_is_over()

    def sign_up_form(self) -> str:
        """Open the form of the one webinar there is; its address."""
        self._page.goto("/")
        self._press("link", "Save my seat")
        return self._page.url

    def _as_a_stranger(self) -> Iterator[str]:
        yield self._at("/", "home")
        yield self._at("/demo/mailbox", "mailbox before the first mail")
        yield self._at("/nowhere", "not found")
        yield self._at("/my", "not recognized")
        yield self._at(f"/join/{self._session().public_id}", "session")
        self._press("link", "About this webinar")
        yield "webinar"
        for details in self._page.locator("details").all():
            details.click()
        yield "webinar with its questions open"
        yield self._at("/lost-link", "lost link")
        self._press("button", "Send me my link")
        yield "lost link with an error"
        self._page.get_by_label("Your e-mail address").fill("nobody@x.example")
        self._press("button", "Send me my link")
        yield "lost link sent"

    def _signing_up(self) -> Iterator[str]:
        self.sign_up_form()
        yield "sign-up"
        self._press("button", "Save my seat")
        yield "sign-up with errors"
        self._page.get_by_label("Your name").fill(ANN.name)
        self._page.get_by_label("Your e-mail address").fill(ANN.email)
        self._page.get_by_label("Your profession").select_option("OT")
        self._press("button", "Save my seat")
        yield "thank-you"

    def _mails(self) -> Iterator[str]:
        send_what_is_due(self._app)
        yield self._at("/demo/mailbox", "mailbox")
        self._page.locator(".demo-subject a").first.click()
        yield "mail"
        # The mailbox keeps its HTML in a sandbox in which nothing can be measured.
        self._page.goto("about:blank")
        self._page.set_content(mails_to(self._app, ANN)[0].html)
        yield "mail as a mail program shows it"

    def _before_the_session(self) -> Iterator[str]:
        self._page.goto(self._newest_link("/me/"))
        yield "my page"
        self._press("button", "Make a calendar address")
        for details in self._page.locator("details").all():
            details.click()
        yield "my page with its folds open"
        yield from self._changing_her_mind()
        yield self._at(f"/my/join/{self._session().public_id}", "door still closed")
        for key in ("welcome", "week-1-bonus", "practice-week-surprise"):
            yield self._at(f"/my/bonus/{self._drop(key)}", f"bonus {key}")

    def _changing_her_mind(self) -> Iterator[str]:
        yield self._at("/my/preferences", "settings")
        self._page.get_by_label("Your name").fill("")
        self._press("button", "Save my details")
        yield "settings with an error"
        yield self._at("/my/address", "change of address")
        self._press("button", "Send a mail to the new address")
        yield "change of address with an error"
        self._page.get_by_label("Your new e-mail address").fill(ANN_AT_THE_CLINIC.email)
        self._press("button", "Send a mail to the new address")
        yield "settings while an address waits"
        send_what_is_due(self._app)
        yield self._at(self._newest_link("/address/", ANN_AT_THE_CLINIC), "proof of an address")
        yield self._at(self._newest_link("/address/stop/"), "stop of a change")
        self._page.goto("/address")
        self._press("button", "Yes, write to this address")
        send_what_is_due(self._app)
        yield self._at(self._newest_link("/address/undo/"), "former address to put back")
        self._press("button", "Put it back")
        yield self._at(f"/my/{only_registration(self._app).public_id}/transfer", "seat to hand on")
        self._page.get_by_label("Your colleague's name").fill(BEA.name)
        self._page.get_by_label("Your colleague's e-mail address").fill(BEA.email)
        self._press("button", "Offer my seat")
        yield "seat that is offered"
        send_what_is_due(self._app)
        yield self._at(self._newest_link("/transfer/", BEA), "offered seat")
        self._press("button", "Take the seat")
        yield "offered seat with an error"
        self._press("button", "No, thank you")
        yield "offered seat declined"

    def _at_the_door(self) -> Iterator[str]:
        yield self._at("/my", "my page with the door open")
        yield self._at(f"/my/join/{self._session().public_id}", "door open")
        self._press("button", "Watch here")
        yield "player"
        self._move_to(self._session().starts_at + timedelta(minutes=1))
        yield self._at("/", "home while live")

    def _when_all_is_over(self) -> Iterator[str]:
        yield self._at("/demo/mailbox", "mailbox at the end")
        yield self._at("/my", "my page at the end")
        yield self._at(f"/my/{only_registration(self._app).public_id}/cancel", "no seat to give back")
        yield self._at(f"/my/join/{self._session().public_id}", "door of a session that is over")
        yield self._at(f"/my/bonus/{self._drop('practice-week-surprise')}", "surprise open")
        yield self._at("/", "home without a date")

    def _leaving(self) -> Iterator[str]:
        yield self._at(self._newest_link("/unsubscribe/"), "unsubscribe")
        self._press("button", "Stop these mails")
        yield "unsubscribed"
        yield self._at(f"/my/{only_registration(self._app).public_id}/cancel", "give my seat back")
        self._press("button", "Give my seat back")
        yield "seat given back"
        yield self._at("/my", "my page without a seat")
        self._press("button", "Take it again")
        yield "my page with the seat taken again"

    def _at(self, path: str, name: str) -> str:
        self._page.goto(path)
        return name

    def _press(self, role: str, name: str) -> None:
        self._page.locator("main").get_by_role(role, name=name).first.click()  # type: ignore[arg-type]
        self._page.wait_for_load_state()

    def _move_to(self, moment: datetime) -> None:
        clock.set_to(moment, self._app.extensions["settings"].clock_file)
        send_what_is_due(self._app)

    def _newest_link(self, part: str, to: Person = ANN) -> str:
        texts = [mail.text for mail in mails_to(self._app, to)]
        return next(found[0] for text in texts if (found := re.search(rf"http://\S+{part}\S+", text)))

    def _session(self) -> Session:
        with self._app.app_context():
            return db.session.scalars(select(Session).where(Session.key == "week-1")).one()

    def _drop(self, key: str) -> str:
        with self._app.app_context():
            return db.session.scalars(select(Drop.public_id).where(Drop.key == key)).one()
