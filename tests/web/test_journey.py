"""A person's way through the pages: signing up, the mail's links, the door, bonuses, leaving; and who may not."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller
from werkzeug.test import TestResponse

from tests.building import NOW, given_cohort, only_person, only_registration, outbox, sign_up
from webinar_hub.core.db import Base, db
from webinar_hub.core.links import Links
from webinar_hub.models import AttendanceSegment, Download, Drop, Material, Person, Registration, Session

STARTS = datetime(2026, 12, 9, 0, 0, tzinfo=UTC)
FIELDS = {"name": "Ann Lee", "email": "ann@x.example", "profession": "OT", "zone": "America/Los_Angeles"}


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """Somebody nobody knows."""
    return app.test_client()


@pytest.fixture
def ann(app: Flask, cohort: str) -> FlaskClient:
    """Ann, registered, who has opened the link of her mail."""
    sign_up(app, cohort)
    client = app.test_client()
    assert client.get(path(links(app)["me"])).status_code == 303
    return client


def links(app: Flask) -> dict[str, str]:
    """The personal links that Ann's mails carry."""
    maker: Links = app.extensions["links"]
    person, registration = only_person(app), only_registration(app)
    me = maker.me(person.id, person.link_nonce)
    with app.app_context():
        drop = db.session.scalars(select(Drop).where(Drop.key == "sheet")).one()
        material = db.session.scalars(select(Material.id).where(Material.key == "sheet")).one()
        session = db.session.scalars(select(Session.public_id).where(Session.key == "week-1")).one()
    return {
        "me": me,
        "join": maker.join(me, session),
        "bonus": maker.drop(me, drop.public_id),
        "unsubscribe": maker.unsubscribe(registration.id, registration.nonce),
        "download": maker.download(registration.id, registration.nonce, drop.id, material),
        "session": maker.session(session),
        "webinar": maker.webinar("baby-massage"),
    }


def path(link: str) -> str:
    return link.removeprefix("http://localhost")


def token(response: TestResponse) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', response.text)
    assert found, response.text[:500]
    return found[1]


def post(client: FlaskClient, page: str, to: str, **fields: str) -> TestResponse:
    """Press a button of `page`."""
    return client.post(to, data={"csrf_token": token(client.get(page)), **fields})


def fetch(app: Flask, link: str, **headers: str) -> TestResponse:
    """Follow a link without cookies and read the answer to its end."""
    answer = app.test_client().get(link, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer.get_data()
    answer.close()
    return answer


def public_id(app: Flask, model: type[Base], key: str) -> str:
    with app.app_context():
        return db.session.scalars(select(model.public_id).where(model.key == key)).one()


def contents(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with app.app_context():
        return {
            table.name: [tuple(row) for row in db.session.execute(select(table))]
            for table in Base.metadata.sorted_tables
        }


def people(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Person)) or 0


class TestSigningUp:
    def test_the_form_leads_to_a_thank_you_without_a_way_in(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        answer = post(visitor, form, form, **FIELDS)
        assert answer.status_code == 303
        thanks = visitor.get(answer.location)
        assert "ann@x.example" in thanks.text
        assert "meet.example.org" not in thanks.text
        assert "/me/" not in thanks.text
        assert [delivery.kind for delivery in outbox(app)] == ["confirmation"]

    def test_a_known_address_gets_the_same_answer_as_a_new_one(self, app: Flask, cohort: str) -> None:
        sign_up(app, cohort)
        form = f"/w/baby-massage/sign-up/{cohort}"
        answers = []
        for email in ("ann@x.example", "bea@x.example"):
            client = app.test_client()
            answer = post(client, form, form, **FIELDS | {"email": email})
            thanks = client.get(answer.location).text.replace(email, "")
            answers.append((answer.status_code, answer.location, thanks))
        assert answers[0] == answers[1]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * 121),
            ("name", "Ann\r\nBcc: v@y.example"),
            ("name", "Ann\u2028Bcc: v@y.example"),
            ("email", "ann"),
            ("email", "ann@x.example\r\nBcc: v@y.example"),
            ("email", "ann@x.example\u2028"),
            ("email", "a" * 250 + "@x.example"),
            ("email", "ann@[127.0.0.1]"),
            ("profession", "King"),
            ("zone", "Mars/Olympus"),
        ],
    )
    def test_a_wrong_field_is_named_and_what_was_typed_stays(
        self, app: Flask, cohort: str, visitor: FlaskClient, field: str, value: str
    ) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        answer = post(visitor, form, form, **FIELDS | {field: value})
        if field == "email" and value.endswith("\u2028"):
            # White space around an address is trimmed, whatever kind it is.
            assert answer.status_code in (303, 400)
            return
        assert answer.status_code == 400
        assert f'id="{field}-error"' in answer.text or f'aria-describedby="{field}' in answer.text
        other = "Ann Lee" if field != "name" else "ann@x.example"
        assert other in answer.text
        assert people(app) == 0

    def test_without_or_with_a_foreign_token_nothing_happens_and_nothing_typed_is_lost(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        foreign = token(app.test_client().get(form))
        for data in (FIELDS, FIELDS | {"csrf_token": foreign}, FIELDS | {"csrf_token": "x"}):
            answer = visitor.post(form, data=data)
            assert answer.status_code == 400
            assert "Ann Lee" in answer.text
        assert people(app) == 0

    def test_another_site_cannot_sign_anybody_up(self, app: Flask, cohort: str, visitor: FlaskClient) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        data = FIELDS | {"csrf_token": token(visitor.get(form))}
        for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert visitor.post(form, data=data, headers=header).status_code == 403
        assert people(app) == 0

    def test_a_robot_is_thanked_and_forgotten(self, app: Flask, cohort: str, visitor: FlaskClient) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        assert post(visitor, form, form, **FIELDS, leave_empty="https://spam.example").status_code == 303
        assert people(app) == 0

    def test_a_full_cohort_says_so_and_keeps_what_was_typed(
        self, app: Flask, tmp_path: Path, travel: Traveller, visitor: FlaskClient
    ) -> None:
        cohort = given_cohort(app, tmp_path, {"capacity = 50": "capacity = 1"})
        form = f"/w/baby-massage/sign-up/{cohort}"
        page = visitor.get(form)
        sign_up(app, cohort, "first@x.example")
        answer = visitor.post(form, data=FIELDS | {"csrf_token": token(page)})
        assert answer.status_code == 409
        assert "full" in answer.text
        assert people(app) == 1

    def test_a_name_that_looks_like_code_or_a_link_is_only_a_name(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        name = "<script>alert(1)</script>{{7*7}}"
        sign_up(app, cohort, name=name)
        visitor.get(path(links(app)["me"]))
        page = visitor.get("/my").text
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page

    def test_the_flood_from_one_network_is_answered_with_when_to_come_back(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        app.extensions["settings"].sign_ups_per_hour = 2
        form = f"/w/baby-massage/sign-up/{cohort}"
        answers = [post(visitor, form, form, **FIELDS | {"email": f"p{n}@x.example"}) for n in range(3)]
        assert [answer.status_code for answer in answers] == [303, 303, 429]
        assert int(answers[2].headers["Retry-After"]) > 0
        assert people(app) == 2


class TestPersonalLinks:
    def test_the_token_leaves_the_address_at_once(self, app: Flask, ann: FlaskClient) -> None:
        answer = ann.get(path(links(app)["join"]))
        assert answer.status_code == 303
        assert answer.location.startswith("/my/join/")
        page = ann.get("/my")
        assert page.headers["Cache-Control"] == "private, no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "Cookie" in page.headers["Vary"]

    def test_every_link_that_mails_carry_has_a_page(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        travel.move_to(STARTS + timedelta(days=2))
        for name, link in links(app).items():
            with ann.get(path(link), follow_redirects=True) as answer:
                assert answer.status_code == 200, name

    def test_opening_links_changes_nothing(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        travel.move_to(STARTS)
        before = contents(app)
        for link in links(app).values():
            for method in ("GET", "HEAD"):
                for client in (app.test_client(), ann):
                    client.open(path(link), method=method, follow_redirects=True).close()
        assert contents(app) == before

    @pytest.mark.parametrize("kind", ["me", "unsubscribe", "download"])
    def test_an_altered_token_opens_nothing_and_says_nothing(self, app: Flask, ann: FlaskClient, kind: str) -> None:
        link = path(links(app)[kind])
        start, secret = link.rsplit("/", 1)
        altered = [secret[:-1], secret[1:], "", "x", secret[:9] + ("A" if secret[9] != "A" else "B") + secret[10:]]
        others = [path(other).rsplit("/", 1)[1] for name, other in links(app).items() if name != kind]
        bodies = {app.test_client().get(f"{start}/{wrong}").text for wrong in [*altered[:2], *altered[3:], *others]}
        codes = {app.test_client().get(f"{start}/{wrong}").status_code for wrong in [*altered, *others]}
        assert codes == {404}
        assert len(bodies) == 1

    def test_new_links_end_the_old_ones_and_their_cookies(self, app: Flask, ann: FlaskClient) -> None:
        old = path(links(app)["me"])
        with app.app_context():
            db.session.execute(Person.__table__.update().values(link_nonce="another"))
            db.session.commit()
        assert app.test_client().get(old).status_code == 404
        assert ann.get("/my").status_code == 403

    def test_links_expire_long_after_the_cohort(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        link = path(links(app)["me"])
        travel.move_to(STARTS + timedelta(days=390))
        assert app.test_client().get(link).status_code == 303
        travel.move_to(STARTS + timedelta(days=410))
        assert app.test_client().get(link).status_code == 404

    def test_personal_pages_are_closed_to_strangers(
        self, app: Flask, ann: FlaskClient, visitor: FlaskClient
    ) -> None:
        registration = only_registration(app).public_id
        session, drop = public_id(app, Session, "week-1"), public_id(app, Drop, "sheet")
        for page in (
            "/my",
            f"/my/join/{session}",
            f"/my/bonus/{drop}",
            f"/my/{registration}/cancel",
            f"/my/session/{session}.ics",
        ):
            answer = visitor.get(page)
            assert answer.status_code == 403, page
            assert "Ann" not in answer.text

    def test_somebody_else_sees_and_changes_nothing_of_hers(
        self, app: Flask, ann: FlaskClient, tmp_path: Path
    ) -> None:
        hers = only_registration(app).public_id
        session, drop = public_id(app, Session, "week-1"), public_id(app, Drop, "sheet")
        other = given_cohort(app, tmp_path, {'key = "january"': 'key = "other"'})
        sign_up(app, other, "cleo@x.example", "Cleo")
        with app.app_context():
            cleo = db.session.scalars(select(Person).where(Person.name == "Cleo")).one()
        client = app.test_client()
        client.get(path(app.extensions["links"].me(cleo.id, cleo.link_nonce)))
        before = contents(app)
        csrf = token(client.get("/my"))
        for page in (f"/my/join/{session}", f"/my/bonus/{drop}", f"/my/{hers}/cancel"):
            assert client.get(page).status_code == 404, page
        for to in (
            f"/my/join/{session}",
            f"/my/bonus/{drop}/1",
            f"/my/{hers}/cancel",
            f"/my/{hers}/return",
            f"/my/{hers}/mail",
        ):
            assert client.post(to, data={"csrf_token": csrf}).status_code == 404, to
        assert contents(app) == before


class TestTheDoor:
    def door(self, app: Flask) -> str:
        return f"/my/join/{public_id(app, Session, 'week-1')}"

    def joins(self, app: Flask) -> int:
        with app.app_context():
            return db.session.scalar(select(func.count()).select_from(AttendanceSegment)) or 0

    def test_it_opens_fifteen_minutes_before(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        csrf = token(ann.get("/my"))
        for moment, status in (
            (STARTS - timedelta(minutes=15, seconds=1), 409),
            (STARTS - timedelta(minutes=15), 303),
            (STARTS + timedelta(minutes=59), 303),
            (STARTS + timedelta(minutes=60), 409),
        ):
            travel.move_to(moment)
            answer = ann.post(self.door(app), data={"csrf_token": csrf})
            assert answer.status_code == status, moment
            if status == 303:
                assert answer.location == "https://meet.example.org/room"
        assert self.joins(app) == 2

    def test_looking_is_not_joining(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        travel.move_to(STARTS)
        for _ in range(3):
            ann.get(self.door(app))
            ann.head(self.door(app))
        assert self.joins(app) == 0

    def test_a_video_site_is_embedded_and_framed_by_nobody_else(
        self, app: Flask, tmp_path: Path, travel: Traveller
    ) -> None:
        cohort = given_cohort(
            app, tmp_path, {"https://meet.example.org/room": "https://www.youtube.com/watch?v=aqz-KE-bpKQ"}
        )
        sign_up(app, cohort)
        ann = app.test_client()
        ann.get(path(links(app)["me"]))
        travel.move_to(STARTS)
        closed = ann.get(self.door(app))
        assert "<iframe" not in closed.text
        answer = post(ann, self.door(app), self.door(app), where="here")
        assert answer.location == self.door(app)
        playing = ann.get(self.door(app))
        assert 'src="https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ' in playing.text
        assert "frame-src https://www.youtube-nocookie.com" in playing.headers["Content-Security-Policy"]
        assert post(ann, self.door(app), self.door(app)).location.startswith("https://www.youtube.com/watch")

    def test_the_link_in_calendars_knows_nobody(self, app: Flask, ann: FlaskClient, visitor: FlaskClient) -> None:
        link = path(links(app)["session"])
        page = visitor.get(link)
        assert page.status_code == 200
        assert "Ann" not in page.text
        assert "meet.example.org" not in page.text
        assert ann.get(link).location == self.door(app)


class TestBonuses:
    RELEASE = datetime(2026, 12, 9, 13, 0, tzinfo=UTC)

    def test_a_download_opens_at_its_second_and_not_before(
        self, app: Flask, ann: FlaskClient, travel: Traveller
    ) -> None:
        link = path(links(app)["download"])
        travel.move_to(self.RELEASE - timedelta(seconds=1))
        assert fetch(app, link).status_code == 403
        travel.move_to(self.RELEASE)
        answer = fetch(app, link)
        assert (answer.status_code, answer.data) == (200, b"Warm hands first.\n")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        part = fetch(app, link, Range="bytes=0-3")
        assert (part.status_code, part.data) == (206, b"Warm")
        assert fetch(app, link, If_None_Match=answer.headers["ETag"]).status_code == 304

    def test_the_button_on_her_page_records_that_she_took_it(
        self, app: Flask, ann: FlaskClient, travel: Traveller
    ) -> None:
        travel.move_to(self.RELEASE)
        page = f"/my/bonus/{public_id(app, Drop, 'sheet')}"
        with app.app_context():
            material = db.session.scalars(select(Material.id).where(Material.key == "sheet")).one()
        answer = post(ann, page, f"{page}/{material}")
        assert fetch(app, answer.location).data == b"Warm hands first.\n"
        with app.app_context():
            assert db.session.scalar(select(func.count()).select_from(Download)) == 1
        travel.shift(timedelta(hours=1, seconds=1))
        assert fetch(app, answer.location).status_code == 404, "a ticket is good for an hour"

    def test_a_surprise_gives_nothing_away(
        self, app: Flask, ann: FlaskClient, visitor: FlaskClient, travel: Traveller
    ) -> None:
        for page in (ann.get("/my"), visitor.get("/w/baby-massage")):
            assert "A sheet for parents" in page.text
            assert "A gift" not in page.text
            assert "surprise" in page.text.lower()
        travel.move_to(datetime(2026, 12, 12, 13, 0, tzinfo=UTC))
        assert "A gift" in ann.get("/my").text

    def test_after_leaving_nothing_opens_any_more(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        travel.move_to(self.RELEASE)
        registration = only_registration(app).public_id
        post(ann, f"/my/{registration}/cancel", f"/my/{registration}/cancel")
        assert fetch(app, path(links(app)["download"])).status_code == 404
        assert ann.get(f"/my/bonus/{public_id(app, Drop, 'sheet')}").status_code == 404


class TestLeavingAndMail:
    def test_cancelling_asks_first_and_can_be_undone(self, app: Flask, ann: FlaskClient) -> None:
        page = f"/my/{only_registration(app).public_id}/cancel"
        assert only_registration(app).state == "confirmed"
        post(ann, page, page)
        assert only_registration(app).state == "cancelled"
        post(ann, page, page.replace("/cancel", "/return"))
        assert only_registration(app).state == "confirmed"

    def test_one_click_unsubscribes_without_cookie_or_token_and_twice_is_once(
        self, app: Flask, ann: FlaskClient
    ) -> None:
        link = path(links(app)["unsubscribe"])
        for _ in range(2):
            answer = app.test_client().post(link, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
        registration = only_registration(app)
        assert registration.reminders_off_at == registration.bonuses_off_at == NOW
        assert registration.state == "confirmed"

    def test_the_unsubscribe_page_changes_nothing_until_pressed_and_can_undo(
        self, app: Flask, ann: FlaskClient
    ) -> None:
        link = path(links(app)["unsubscribe"])
        page = app.test_client().get(link)
        assert "ann@x.example" not in page.text
        assert only_registration(app).reminders_off_at is None
        app.test_client().post(link, data={})
        assert only_registration(app).reminders_off_at == NOW
        app.test_client().post(link, data={"reminders": "y", "bonuses": "y"})
        assert only_registration(app).reminders_off_at is None

    def test_a_lost_link_is_mailed_and_nobody_learns_who_is_known(self, app: Flask, ann: FlaskClient) -> None:
        answers = []
        for email in ("ann@x.example", "nobody@x.example"):
            client = app.test_client()
            answer = post(client, "/lost-link", "/lost-link", email=email)
            body = re.sub(r'value="[^"]{40,}"', "", answer.text.replace(email, ""))
            answers.append((answer.status_code, body))
        assert answers[0] == answers[1]
        assert len(outbox(app, kind="my_link")) == 1

    def test_three_lost_links_an_hour_are_enough(self, app: Flask, ann: FlaskClient, travel: Traveller) -> None:
        for _ in range(5):
            travel.shift(timedelta(minutes=1))
            assert post(app.test_client(), "/lost-link", "/lost-link", email="ann@x.example").status_code == 200
        assert len(outbox(app, kind="my_link")) == 3


class TestTheFeed:
    def url(self, ann: FlaskClient) -> str:
        post(ann, "/my", "/my/calendar")
        found = re.search(r"/cal/[^\"'&\s<]+\.ics", ann.get("/my").text)
        assert found
        return found[0]

    def test_it_answers_304_until_something_changes_and_holds_no_attendee(
        self, app: Flask, ann: FlaskClient
    ) -> None:
        url = self.url(ann)
        first = app.test_client().get(url)
        assert first.status_code == 200
        assert first.content_type == "text/calendar; charset=utf-8"
        assert b"ATTENDEE" not in first.data
        assert first.data.count(b"BEGIN:VEVENT") == 2
        assert app.test_client().get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304

    def test_it_can_be_ended_and_replaced_and_is_not_the_page_token(self, app: Flask, ann: FlaskClient) -> None:
        old = self.url(ann)
        assert app.test_client().get(old.replace("/cal/", "/me/").removesuffix(".ics")).status_code == 404
        new = self.url(ann)
        assert old != new
        assert app.test_client().get(old).status_code == 404
        assert app.test_client().get(new).status_code == 200
        post(ann, "/my", "/my/calendar/revoke")
        assert app.test_client().get(new).status_code == 404

    def test_it_empties_when_she_leaves(self, app: Flask, ann: FlaskClient) -> None:
        url = self.url(ann)
        page = f"/my/{only_registration(app).public_id}/cancel"
        post(ann, page, page)
        assert b"BEGIN:VEVENT" not in app.test_client().get(url).data


class TestEveryPage:
    def test_public_pages_set_no_cookie_and_every_answer_is_armoured(
        self, app: Flask, cohort: str, ann: FlaskClient
    ) -> None:
        session = public_id(app, Session, "week-1")
        pages = [
            "/",
            "/w/baby-massage",
            f"/join/{session}",
            "/w/baby-massage/cover.svg",
            "/nowhere",
            "/static/nowhere",
        ]
        for client in (app.test_client(), ann):
            for page in pages:
                answer = client.get(page)
                assert "Set-Cookie" not in answer.headers, page
                policy = answer.headers["Content-Security-Policy"]
                assert "unsafe-inline" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
                assert "Referrer-Policy" in answer.headers

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
    def test_a_foreign_host_is_refused_and_never_reaches_a_link(self, app: Flask, cohort: str, host: str) -> None:
        answer = app.test_client().get(
            "/w/baby-massage", headers={"Host": host, "X-Forwarded-Host": "evil.example"}
        )
        assert "evil.example" not in answer.text
        assert answer.status_code == 400

    def test_every_change_needs_a_token_except_one_click(self, app: Flask, ann: FlaskClient) -> None:
        ids = {
            "registration": "x",
            "session": "x",
            "drop": "x",
            "material": 1,
            "token": "x",
            "slug": "x",
            "cohort": "x",
        }
        before = contents(app)
        for rule in app.url_map.iter_rules():
            if "POST" not in (rule.methods or ()):
                continue
            _, url = rule.build({name: ids[name] for name in rule.arguments})
            answer = ann.post(url)
            assert answer.status_code in (400, 404), rule
            if answer.status_code == 404:
                assert rule.endpoint in ("unsubscribe.change", "sign_up.save"), rule
        assert contents(app) == before

    def test_the_debugger_is_nowhere(self, app: Flask, visitor: FlaskClient) -> None:
        assert visitor.get("/console").status_code == 404
        assert "debugger" not in visitor.get("/?__debugger__=yes").text.lower()

    def test_counting_ids_finds_nobody(self, app: Flask, ann: FlaskClient, visitor: FlaskClient) -> None:
        for number in range(1, 20):
            for rule in ("/me/{}", "/d/{}", "/files/{}", "/unsubscribe/{}", "/cal/{}.ics", "/join/{}", "/w/{}"):
                assert visitor.get(rule.format(number)).status_code == 404


def test_statements_of_her_page_do_not_grow_with_the_cohort(app: Flask, ann: FlaskClient) -> None:
    from sqlalchemy import event

    counted: list[str] = []
    with app.app_context():
        engine = db.engine
        registrations = db.session.scalar(select(func.count()).select_from(Registration))
    assert registrations == 1

    def count(*arguments: object) -> None:
        counted.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", count)
    try:
        ann.get("/my")
        few = len(counted)
        for number in range(30):
            sign_up(app, public_cohort(app), f"p{number}@x.example", network=str(number))
        counted.clear()
        ann.get("/my")
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(counted) == few


def public_cohort(app: Flask) -> str:
    from webinar_hub.models import Cohort

    with app.app_context():
        return db.session.scalars(select(Cohort.public_id)).one()
