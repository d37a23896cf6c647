"""Personal links: what they open, for whom, and for how long."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.building import given_cohort, only_person, only_registration, sign_up
from tests.studio.staff import given_staff, signed_in
from tests.web.visiting import STARTS, contents, links, path, post, public_id, token
from webinar_hub.core.db import db
from webinar_hub.models import Drop, Person, Session


class TestPersonalLinks:
    def test_the_token_leaves_the_address_at_once(self, app: Flask, ann: FlaskClient) -> None:
        answer = ann.get(path(links(app)["join"]))
        assert answer.status_code == 303
        assert answer.location.startswith("/my/join/")
        page = ann.get("/my")
        assert page.headers["Cache-Control"] == "private, no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "Cookie" in page.headers["Vary"]

    def test_an_organizer_who_opens_one_stays_signed_in(self, app: Flask, ann: FlaskClient) -> None:
        mara = signed_in(app, given_staff(app))
        mara.get("/studio/today")
        with mara.session_transaction() as session:
            session["something of before"] = "x"
        assert mara.get(path(links(app)["me"])).status_code == 303
        assert mara.get("/my").status_code == 200
        assert mara.get("/studio/today").status_code == 200
        with mara.session_transaction() as session:
            assert "something of before" not in session
        assert post(mara, "/my", "/my/leave").status_code == 303
        assert mara.get("/my").status_code == 403
        assert mara.get("/studio/today").status_code == 200

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
            f"/my/{registration}/transfer",
            *("/my/preferences", "/my/address"),
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
        csrf = token(client.get("/my"))
        # By the first thing she does she shows that her address is hers.
        client.post("/my/preferences", data={"csrf_token": csrf})
        before = contents(app)
        for page in (f"/my/join/{session}", f"/my/bonus/{drop}", f"/my/{hers}/cancel", f"/my/{hers}/transfer"):
            assert client.get(page).status_code == 404, page
        for to in (
            f"/my/join/{session}",
            f"/my/bonus/{drop}/1",
            f"/my/{hers}/cancel",
            f"/my/{hers}/return",
            f"/my/{hers}/transfer",
            f"/my/{hers}/transfer/take-back",
        ):
            sent = {"csrf_token": csrf, "name": "Dora", "email": "dora@x.example", "once": "x"}
            assert client.post(to, data=sent).status_code == 404, to
        client.post("/my/preferences", data={"csrf_token": csrf, "place": hers})
        assert contents(app) == before

    def test_a_stranger_with_a_token_of_her_own_changes_nothing(
        self, app: Flask, cohort: str, ann: FlaskClient, visitor: FlaskClient
    ) -> None:
        hers = only_registration(app).public_id
        session, drop = public_id(app, Session, "week-1"), public_id(app, Drop, "sheet")
        csrf = token(visitor.get("/lost-link"))
        before = contents(app)
        for to in (
            *("/my/details", "/my/preferences", "/my/calendar", "/my/calendar/revoke"),
            *("/my/address", "/my/address/again", "/my/address/take-back"),
            *(f"/my/{hers}/cancel", f"/my/{hers}/return"),
            *(f"/my/{hers}/transfer", f"/my/{hers}/transfer/take-back"),
            *(f"/my/join/{session}", f"/my/bonus/{drop}/1"),
        ):
            answer = visitor.post(to, data={"csrf_token": csrf, "name": "X", "zone": "UTC", "news": "y"})
            assert answer.status_code == 403, to
            assert "Ann" not in answer.text
        assert contents(app) == before

    def test_she_corrects_her_name_profession_and_zone(self, app: Flask, ann: FlaskClient) -> None:
        answer = post(
            ann, "/my/preferences", "/my/details", name="  Ann  Rivera ", profession="PT", zone="Europe/Berlin"
        )
        assert answer.location == "/my/preferences"
        person = only_person(app)
        assert (person.name, person.profession, person.zone) == ("Ann Rivera", "PT", "Europe/Berlin")
        page = ann.get("/my").text
        assert "Hello, Ann Rivera" in page
        assert "Times are shown for Berlin" in page

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"name": ""}, "Write your name"),
            ({"name": "Ann\r\nBcc: v@y.example"}, "invisible character"),
            ({"zone": "Mars/Olympus"}, "Choose your time zone from the list."),
        ],
    )
    def test_wrong_details_are_named_and_change_nothing(
        self, app: Flask, ann: FlaskClient, wrong: dict[str, str], words: str
    ) -> None:
        before = contents(app)
        answer = post(
            ann, "/my/preferences", "/my/details", **{"name": "Ann Rivera", "zone": "Europe/Berlin"} | wrong
        )
        assert answer.status_code == 400
        assert words in answer.text
        assert contents(app) == before

    def test_details_without_a_zone_change_nothing(self, app: Flask, ann: FlaskClient) -> None:
        before = contents(app)
        assert post(ann, "/my/preferences", "/my/details", name="Ann Rivera").status_code in (400, 422)
        assert contents(app) == before
