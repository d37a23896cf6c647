"""Settings: what is refused and why, what takes effect where, and what it costs."""

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from time_machine import Traveller

from tests.building import sign_up
from tests.counting import counting
from tests.delivering import Mail, deliver
from tests.documents.test_logo import png
from tests.studio.staff import given_staff, signed_in
from tests.studio.test_digest import SEVEN
from tests.studio.test_digest import write as write_digests
from webinar_hub.core.db import db
from webinar_hub.models import AuditEntry, Consent, Notice
from webinar_hub.queries.house import LASTS, KeptHouse
from webinar_hub.rules.house import House
from webinar_hub.rules.staff import Role
from webinar_hub.web.studio.settings import SECTIONS

PLUM = "#7a2e5d"
ANN = {"name": "Ann", "email": "ann@x.example", "profession": "OT", "zone": "UTC"}


def token(page: str) -> str:
    return page.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]


def html(mail: Mail) -> str:
    body = mail.message.get_body(("html",))
    assert body is not None
    return str(body.get_content())


@pytest.fixture(autouse=True)
def _no_tokens(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def brand(owner: FlaskClient, version: int = 0, name: str = "Small Hands", accent: str = PLUM) -> int:
    return owner.post(
        "/studio/settings/brand", data={"version": version, "name": name, "accent": accent}
    ).status_code


@pytest.mark.parametrize("section", [*SECTIONS, "transport"])
def test_each_page_opens_and_asks_the_database_little(owner: FlaskClient, app: Flask, section: str) -> None:
    with counting(app) as statements:
        answer = owner.get(f"/studio/settings/{section}")
    assert answer.status_code == 200
    assert len(statements) <= 9


def test_the_overview_leads_to_each(owner: FlaskClient) -> None:
    page = owner.get("/studio/settings").text
    assert all(f'href="/studio/settings/{section}"' in page for section in [*SECTIONS, "transport"])


def test_an_organizer_does_not_come_in(app: Flask, cohort: str) -> None:
    organizer = signed_in(app, given_staff(app, Role.ORGANIZER, email="o@x.example"))
    assert organizer.get("/studio/settings/brand").status_code == 403
    assert brand(organizer) == 403


def test_name_and_accent_reach_the_public_pages(app: Flask, owner: FlaskClient, cohort: str) -> None:
    plain = app.test_client().get("/w/baby-massage").text
    assert "brand.css" not in plain
    assert brand(owner) == 303
    page = app.test_client().get("/w/baby-massage")
    assert "Small Hands" in page.text
    assert "· Small Hands</title>" in page.text
    assert f'href="/brand.css?v={PLUM[1:]}"' in page.text
    assert len(page.data) < 60_000
    style = app.test_client().get(f"/brand.css?v={PLUM[1:]}")
    assert f"--accent:{PLUM}" in style.text
    assert "immutable" in style.headers["Cache-Control"]
    again = app.test_client().get("/brand.css", headers={"If-None-Match": style.headers["ETag"]})
    assert again.status_code == 304
    assert f"/w/baby-massage/cover.svg?in={PLUM[1:]}" in page.text
    assert PLUM in app.test_client().get(f"/w/baby-massage/cover.svg?in={PLUM[1:]}").text


def test_a_color_nobody_can_read_is_refused_and_another_offered(owner: FlaskClient, app: Flask) -> None:
    answer = owner.post("/studio/settings/brand", data={"version": 0, "name": "Typed name", "accent": "#ffe000"})
    assert answer.status_code == 422
    assert "The nearest color that works is" in answer.text
    assert 'value="Typed name"' in answer.text
    offered = answer.text.partition('name="instead" value="')[2][:7]
    form = {"version": 0, "name": "Typed name", "accent": "#ffe000", "instead": offered}
    assert owner.post("/studio/settings/brand", data=form).status_code == 303
    assert offered in app.test_client().get("/brand.css").text


def test_two_owners_do_not_overwrite_each_other(app: Flask, owner: FlaskClient) -> None:
    assert brand(owner) == 303
    answer = owner.post("/studio/settings/brand", data={"version": 0, "name": "Second", "accent": PLUM})
    assert answer.status_code == 409
    assert 'value="Second"' in answer.text
    assert "Stored now:</span> Small Hands" in answer.text
    assert brand(owner, version=1, name="Second") == 303


def test_saving_what_is_already_so_is_no_change(app: Flask, owner: FlaskClient) -> None:
    assert brand(owner, name="Webinar Hub", accent="#1f5f5b") == 303
    with app.app_context():
        assert db.session.scalars(select(AuditEntry)).all() == []


def test_every_change_is_in_the_log_with_before_and_after(app: Flask, owner: FlaskClient) -> None:
    brand(owner)
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry)).one()
    assert entry.detail["before"] == {"name": "Webinar Hub", "accent": "#1f5f5b"}
    assert entry.detail["after"] == {"name": "Small Hands", "accent": PLUM}
    page = owner.get("/studio/audit").text
    assert "<del>" in page
    assert "Small Hands</ins>" in page


def test_mails_follow_with_the_next_one(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    first = deliver(app)[0]
    assert PLUM not in html(first)
    assert brand(owner) == 303
    owner.post(
        "/studio/settings/sender",
        data={
            "version": 1,
            "sender_name": "Small Hands",
            "sender_address": "hello@small.example",
            "reply_to": "answers@small.example",
            "postal_address": "12 Willow Lane\nIthaca, NY 14850",
        },
    )
    sign_up(app, cohort, "bea@x.example", "Bea")
    mail = deliver(app)[-1]
    assert PLUM in html(mail)
    assert "#1f5f5b" not in html(mail)
    assert "12 Willow Lane" in html(mail)
    assert "12 Willow Lane" in mail.text
    assert mail.message["From"] == "Small Hands <hello@small.example>"
    assert mail.message["Reply-To"] == "Small Hands <answers@small.example>"


def test_mails_to_the_staff_come_from_her_address_too(
    app: Flask, owner: FlaskClient, cohort: str, travel: Traveller
) -> None:
    owner.post("/studio/settings/sender", data={"version": 0, "sender_address": "hello@small.example"})
    owner.post("/studio/team", data={"email": "ines@x.example", "role": "read-only", "where": "*"})
    sign_up(app, cohort)
    deliver(app)
    travel.move_to(SEVEN)
    write_digests(app)
    with app.app_context():
        assert app.extensions["voice"]().sender == "hello@small.example", "presenters get theirs from there, too"
        senders = {notice.kind: notice.from_email for notice in db.session.scalars(select(Notice))}
    assert senders == {"staff_invitation": "hello@small.example", "digest": "hello@small.example"}


def test_the_words_people_agree_to_are_those_they_saw(app: Flask, owner: FlaskClient, cohort: str) -> None:
    owner.post(
        "/studio/settings/texts",
        data={
            "version": 0,
            "footer": "Kind regards",
            "privacy_url": "https://x.example/p",
            "news_words": "Tell me.",
        },
    )
    app.config["WTF_CSRF_ENABLED"] = True
    visitor = app.test_client()
    address = f"/w/baby-massage/sign-up/{cohort}"
    page = visitor.get(address).text
    assert "Tell me." in page
    assert 'href="https://x.example/p"' in page
    typed = ANN | {"csrf_token": token(page)}
    before = visitor.post(address, data=typed | {"news": "y"})
    assert before.status_code == 400
    assert "have changed since you opened" in before.text
    version = page.partition('id="news" name="news" value="')[2].partition('"')[0]
    assert visitor.post(address, data=typed | {"news": version}).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Consent.words)).one() == "Tell me."


def test_a_logo_is_taken_shown_and_taken_away(app: Flask, owner: FlaskClient) -> None:
    answer = owner.post(
        "/studio/settings/logo", data={"version": 0, "logo": (io.BytesIO(png(300, 100)), "logo.png")}
    )
    assert answer.status_code == 303
    page = app.test_client().get("/").text
    address = page.partition('class="brand-logo" src="')[2].partition('"')[0]
    picture = app.test_client().get(address)
    assert picture.mimetype == "image/png"
    assert "immutable" in picture.headers["Cache-Control"]
    assert owner.post("/studio/settings/logo/remove", data={"version": 1}).status_code == 303
    assert "brand-logo" not in app.test_client().get("/").text
    assert app.test_client().get(address).status_code == 200, "a page kept somewhere still shows it"


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [(b"", 422, "empty"), (b"<svg><script/></svg>", 422, "SVG"), (b"x" * 200_000, 413, "larger")],
)
def test_what_is_no_logo_is_refused_in_words(
    owner: FlaskClient, monkeypatch: pytest.MonkeyPatch, content: bytes, status: int, words: str
) -> None:
    monkeypatch.setattr("webinar_hub.web.studio.settings.LOGO_LIMIT", 100_000)
    answer = owner.post("/studio/settings/logo", data={"version": 0, "logo": (io.BytesIO(content), "logo.png")})
    assert answer.status_code == status
    assert words in answer.text


def test_a_test_mail_goes_to_herself_and_its_fate_is_told(app: Flask, owner: FlaskClient) -> None:
    assert owner.post("/studio/settings/transport/test").status_code == 303
    assert "On its way" in owner.get("/studio/settings/transport").text
    mail = deliver(app)[-1]
    assert "Your test has arrived" in html(mail)
    assert "Sent " in owner.get("/studio/settings/transport").text


def test_asking_others_is_shown_once(app: Flask, owner: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webinar_hub.web.studio.transport.checkup.records", lambda *_, **__: iter(()))
    assert owner.post("/studio/settings/transport/check").status_code == 303
    assert "nobody receives them" in owner.get("/studio/settings/transport").text
    assert "nobody receives them" not in owner.get("/studio/settings/transport").text


@pytest.fixture
def readings(app: Flask) -> Iterator[list[str]]:
    """The statements that read the settings."""
    seen: list[str] = []
    with app.app_context():
        engine = db.engine

    def look(*arguments: object) -> None:
        if "FROM house_settings" in str(arguments[2]):
            seen.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", look)
    yield seen
    event.remove(engine, "before_cursor_execute", look)


def test_a_process_reads_them_once_in_five_seconds(app: Flask) -> None:
    moments = iter([0.0, 1.0, LASTS - 0.1, LASTS, LASTS + 1])
    read: list[int] = []

    def reading() -> House:
        read.append(1)
        return House(version=len(read))

    kept = KeptHouse(reading, monotonic=lambda: next(moments))
    assert [kept.now().version for _ in range(5)] == [1, 1, 1, 2, 2]


def test_what_is_known_goes_on_while_the_database_is_away() -> None:
    answers: list[House | Exception] = [House(name="Ours"), OperationalError("", {}, Exception("away"))]

    def reading() -> House:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    moments = iter([0.0, LASTS])
    kept = KeptHouse(reading, monotonic=lambda: next(moments))
    assert [kept.now().name, kept.now().name] == ["Ours", "Ours"]
    assert answers == []


def test_what_was_never_known_is_not_made_up() -> None:
    def away() -> House:
        raise OperationalError("", {}, Exception("away"))

    kept = KeptHouse(away)
    with pytest.raises(OperationalError):
        kept.now()
    assert kept.known() == House()


def test_many_sign_ups_read_them_once(app: Flask, cohort: str, readings: list[str]) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    visitor, address = app.test_client(), f"/w/baby-massage/sign-up/{cohort}"
    typed = ANN | {"csrf_token": token(visitor.get(address).text)}
    app.extensions["house"].forget()
    readings.clear()
    for number in range(3):
        assert visitor.post(address, data=typed | {"email": f"ann{number}@x.example"}).status_code == 303
    assert len(readings) <= 1


def test_many_mails_read_them_once(app: Flask, cohort: str, readings: list[str]) -> None:
    app.extensions["house"] = KeptHouse(monotonic=lambda: 0.0)
    for number in range(20):
        sign_up(app, cohort, f"p{number}@x.example", network=str(number))
    assert len(deliver(app)) >= 20
    assert len(readings) == 1


def test_name_and_accent_reach_the_page_to_sign_in(app: Flask, owner: FlaskClient, cohort: str) -> None:
    brand(owner)
    page = app.test_client().get("/studio/sign-in").text
    assert "· Small Hands</title>" in page
    assert 'href="/brand.css?v=' in page
