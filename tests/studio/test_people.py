"""Lists of people, and what is done with them: who sees whom, how they are found, what it costs."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select

from tests.building import KEY, outbox, sign_up
from tests.counting import counting
from tests.people import Person as Somebody
from tests.people import mails_to, send_what_is_due
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, Cohort, Delivery, Person, PersonNote, PersonTag, Registration
from webinar_hub.rules.staff import Role

LIST = f"/studio/cohorts/{KEY}/people"


@pytest.fixture(autouse=True)
def _without_tokens(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def given_people(app: Flask, cohort: str, number: int) -> None:
    for n in range(number):
        sign_up(app, cohort, f"p{n}@x.example", f"Person Number{n:03}", network=f"192.0.2.{n % 200}")


def registration_of(app: Flask, email: str) -> Registration:
    with app.app_context():
        return db.session.scalars(
            select(Registration)
            .join(Person, Person.id == Registration.person_id)
            .where(Person.email_key == email)
            .order_by(Registration.id.desc())
        ).first()  # type: ignore[return-value]


def raise_seats(app: Flask) -> None:
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().capacity = 1000


@pytest.mark.parametrize("address", ["/studio/people", LIST])
def test_a_page_costs_the_same_for_one_and_for_three_hundred(
    app: Flask, cohort: str, owner: FlaskClient, address: str
) -> None:
    raise_seats(app)
    costs = []
    for number in (1, 3, 300):
        given_people(app, cohort, number)
        with counting(app) as statements:
            assert owner.get(f"{address}?words=person").status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1] == costs[2] <= 14, costs


def test_pages_follow_each_other_without_a_gap(app: Flask, cohort: str, owner: FlaskClient) -> None:
    raise_seats(app)
    given_people(app, cohort, 120)
    for address in ("/studio/people", LIST):
        for order in ("newest", "oldest", "name"):
            seen, where = [], f"{address}?order={order}"
            while where:
                page = owner.get(where).text
                seen += [line for line in page.split("Choose Person Number")[1:]]
                following = page.partition('rel="next" href="')[2].partition('"')[0]
                where = following.replace("&amp;", "&")
            assert len(seen) == 120, (address, order)


@pytest.mark.parametrize(
    ("words", "found"),
    [("ann", 1), ("LEE", 1), ("zoe ang", 1), ("x.example", 2), ("nobody", 0), ("nn", 0), ("ann@x.example", 1)],
)
def test_people_are_found_by_the_beginnings_of_words(
    app: Flask, cohort: str, owner: FlaskClient, words: str, found: int
) -> None:
    sign_up(app, cohort, "ann@x.example", "Ann Lee")
    sign_up(app, cohort, "zoe@x.example", "Zoë Ångström")
    for address in ("/studio/people", LIST):
        page = owner.get(address, query_string={"words": words}).text
        assert page.count('aria-label="Choose ') == found


@pytest.mark.parametrize(
    "cursor", ["x", "WyIyMDI2Il0=", "bnVsbA==", "W10=", "WzFd", "WyJhIiwgMV0=", "W251bGwsIDFd"]
)
def test_a_cursor_made_by_hand_is_the_beginning(app: Flask, cohort: str, owner: FlaskClient, cursor: str) -> None:
    for address in ("/studio/people", LIST):
        for order in ("newest", "name"):
            assert owner.get(address, query_string={"after": cursor, "order": order}).status_code == 200


def test_every_filter_answers(app: Flask, cohort: str, owner: FlaskClient) -> None:
    sign_up(app, cohort, "ann@x.example", "Ann Lee")
    with app.app_context(), transaction():
        db.session.scalars(select(Person)).one().suppressed_at = clock.now()
    finds = {
        "state=confirmed": 1, "state=cancelled": 0, "profession=OT": 1, "profession=PT": 0, "attended=yes": 0,
        "attended=no": 1, "downloaded=yes": 0, "downloaded=no": 1, "mail=stopped": 1, "mail=bounced": 0,
        "tag=x": 0, "declined=yes": 0, "since=2026-11-23": 1, "until=2026-11-22": 0, "since=2026-02-30": 1,
    }  # fmt: skip
    for address in ("/studio/people", LIST):
        for query, number in finds.items():
            page = owner.get(f"{address}?{query}").text
            assert page.count('aria-label="Choose Ann Lee"') == number, (address, query)
    assert "There is no such day" in owner.get(f"{LIST}?since=2026-02-30").text


def test_a_desk_of_another_webinar_sees_nobody(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    with app.app_context(), transaction():
        from webinar_hub.models import Webinar

        made = {"title": "", "summary": "", "description": "", "credit": "", "created_at": clock.now()}
        db.session.add(Webinar(slug="other", **made))
    client = signed_in(app, given_staff(app, Role.DESK, slug="other"))
    assert "Ann Lee" not in client.get("/studio/people").text
    person = registration_of(app, "ann@x.example").person_id
    assert client.get(f"/studio/people/{person}").status_code == 404
    for what in ("note", "tag", "untag", "lift"):
        assert client.post(f"/studio/people/{person}/{what}").status_code == 404
    assert client.post("/studio/people/bulk", data={"action": "tag", "word": "x", "who": person}).status_code == 303
    with app.app_context():
        assert db.session.scalars(select(PersonTag)).all() == []
    export = client.post("/studio/people/export", data={"all": "yes", "column": ["email"], "format": "csv"})
    assert b"ann@x.example" not in export.data


def test_whoever_only_reads_changes_nothing(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    place = registration_of(app, "ann@x.example")
    client = signed_in(app, given_staff(app, Role.READER))
    assert "Ann Lee" in client.get("/studio/people").text
    for path in (
        f"{place.person_id}/note", f"{place.person_id}/tag", f"{place.person_id}/merge",
        f"{place.person_id}/places/{place.id}/cancel", f"{place.person_id}/mails/1/resend", "bulk",
    ):  # fmt: skip
        assert client.post(f"/studio/people/{path}").status_code == 403, path
    for path in ("add", "bulk", "import"):
        assert client.post(f"{LIST}/{path}").status_code == 403, path


def test_adding_by_hand_mails_only_if_it_is_ticked(app: Flask, cohort: str, owner: FlaskClient) -> None:
    form = {"name": "Bea Moss", "email": "bea@x.example", "profession": "PT", "zone": "America/Chicago"}
    assert owner.post(f"{LIST}/add", data=form).status_code == 303
    assert outbox(app) == []
    assert owner.post(f"{LIST}/add", data=form | {"email": "c@x.example", "tell": "y"}).status_code == 303
    assert [mail.kind for mail in outbox(app)] == ["confirmation"]
    again = owner.post(f"{LIST}/add", data=form | {"name": "Kept As Typed"})
    assert again.status_code == 409
    assert "Kept As Typed" in again.text
    wrong = owner.post(f"{LIST}/add", data=form | {"email": "nobody"})
    assert wrong.status_code == 400
    assert "like name@example.com" in wrong.text
    with app.app_context():
        assert db.session.scalars(select(Cohort.seats_taken)).one() == 2


def test_a_cancelled_place_is_told_only_if_wished(app: Flask, cohort: str, owner: FlaskClient) -> None:
    for email, tell, kinds in (
        ("a@x.example", {"tell": "on"}, ["registration_cancelled"]),
        ("b@x.example", {}, []),
    ):
        sign_up(app, cohort, email)
        place = registration_of(app, email)
        address = f"/studio/people/{place.person_id}/places/{place.id}/cancel"
        assert "2 sessions" in owner.get(address).text
        assert owner.post(address, data=tell).status_code == 303
        with app.app_context():
            assert db.session.get_one(Registration, place.id).state == "cancelled"
        mails = [mail for mail in outbox(app) if mail.registration_id == place.id]
        assert [mail.kind for mail in mails if mail.state == "queued"] == kinds
        assert [mail.state for mail in mails if mail.kind == "confirmation"] == ["cancelled"]
    with app.app_context():
        actors = db.session.scalars(
            select(AuditEntry.actor).where(AuditEntry.action == "registration.cancelled")
        ).all()
    assert {actor.partition(":")[0] for actor in actors} == {"organizer"}


def test_a_note_and_a_tag_stand_in_her_story(app: Flask, cohort: str, owner: FlaskClient) -> None:
    sign_up(app, cohort)
    person = registration_of(app, "ann@x.example").person_id
    assert owner.post(f"/studio/people/{person}/note", data={"text": "Wants <b>captions</b>"}).status_code == 303
    assert owner.post(f"/studio/people/{person}/tag", data={"word": "Needs  Captions"}).status_code == 303
    page = owner.get(f"/studio/people/{person}").text
    assert "Wants &lt;b&gt;captions" in page
    assert "needs captions" in page
    assert "by Mara Lind" in page
    assert "Ann Lee" in owner.get(f"{LIST}?tag=needs+captions").text
    empty = owner.post(f"/studio/people/{person}/note", data={"text": " "})
    assert (empty.status_code, "Write the note first" in empty.text) == (422, True)
    assert owner.post(f"/studio/people/{person}/untag", data={"word": "needs captions"}).status_code == 303
    assert "Ann Lee" not in owner.get(f"{LIST}?tag=needs+captions").text.partition('id="people"')[2]


def test_many_are_counted_first_and_then_tagged_linked_and_cancelled(
    app: Flask, cohort: str, owner: FlaskClient
) -> None:
    given_people(app, cohort, 4)
    send_what_is_due(app)
    bulk = f"{LIST}/bulk"
    page = owner.get(bulk, query_string={"action": "tag", "all": "yes", "words": "number00"}).text
    assert "4 people" in page
    assert owner.post(bulk, data={"action": "tag", "all": "yes", "word": "vip"}).status_code == 303
    one = registration_of(app, "p1@x.example")
    assert "1 person" in owner.get(bulk, query_string={"action": "link", "who": one.id}).text
    owner.post(bulk, data={"action": "link", "who": one.id})
    assert [mail.registration_id for mail in outbox(app, kind="my_link")] == [one.id]
    assert owner.post(bulk, data={"action": "cancel", "who": one.id, "tell": "on"}).status_code == 303
    assert len(outbox(app, kind="registration_cancelled")) == 1
    with app.app_context():
        assert len(db.session.scalars(select(PersonTag).where(PersonTag.word == "vip")).all()) == 4
        assert db.session.scalars(select(Cohort.seats_taken)).one() == 3
    nothing = owner.post(bulk, data={"action": "tag", "all": "yes", "word": " "})
    assert nothing.status_code == 422
    assert "Write a word" in nothing.text


def test_a_view_is_saved_shared_and_deleted_by_its_owner_only(app: Flask, cohort: str, owner: FlaskClient) -> None:
    saved = owner.post(f"{LIST}/views", data={"name": "Gone", "state": "cancelled", "shared": "on"})
    assert "state=cancelled" in saved.headers["Location"]
    other = signed_in(app, given_staff(app, Role.READER, email="r@x.example"))
    assert "Gone" in other.get(LIST).text
    assert "Gone" not in other.get("/studio/people").text
    assert other.post("/studio/people/views/1/delete").status_code == 404
    unnamed = owner.post(f"{LIST}/views", data={"name": " ", "state": "cancelled"})
    assert (unnamed.status_code, "Give the view a name" in unnamed.text) == (422, True)
    assert owner.post("/studio/people/views/1/delete").status_code == 303
    assert "Gone" not in owner.get(LIST).text


def test_resending_sends_the_same_again_and_refuses_what_is_not_so(
    app: Flask, cohort: str, owner: FlaskClient
) -> None:
    sign_up(app, cohort)
    send_what_is_due(app)
    place = registration_of(app, "ann@x.example")
    ann = Somebody("Ann Lee", "ann@x.example")
    first, invite = outbox(app, kind="confirmation")[0], outbox(app, kind="invite")[0]
    send_what_is_due(app)
    before = len(mails_to(app, ann))
    address = f"/studio/people/{place.person_id}/mails/{{}}/resend"
    for mail in (first, invite):
        assert owner.post(address.format(mail.id)).status_code == 303
    send_what_is_due(app)
    send_what_is_due(app)
    mails = mails_to(app, ann)
    # The confirmation's invites have gone out before: nothing follows a second time.
    assert len(mails) == before + 2
    assert owner.post(address.format(99)).status_code == 404
    owner.post(f"/studio/people/{place.person_id}/places/{place.id}/cancel", data={"tell": "on"})
    refused = owner.post(address.format(first.id))
    assert (refused.status_code, "Her place is cancelled" in refused.text) == (409, True)


def test_a_story_costs_the_same_however_long_it_is(app: Flask, cohort: str, owner: FlaskClient) -> None:
    sign_up(app, cohort)
    place = registration_of(app, "ann@x.example")
    costs = []
    for rows in (1, 3, 300):
        with app.app_context(), transaction() as session:
            note = {"person_id": place.person_id, "author": "Mara Lind", "text": "Hm.", "written_at": clock.now()}
            session.execute(insert(PersonNote), [note] * rows)
            mail = {"kind": "reminder", "registration_id": place.id, "created_at": clock.now()}
            session.execute(
                insert(Delivery), [mail | {"key": f"{rows}:{n}", "due_at": clock.now()} for n in range(rows)]
            )
        with counting(app) as statements:
            assert owner.get(f"/studio/people/{place.person_id}").status_code == 200
        costs.append(len(statements))
    assert costs[0] == costs[1] == costs[2] <= 31, costs


def test_only_those_with_a_place_are_counted_for_losing_it(app: Flask, cohort: str, owner: FlaskClient) -> None:
    given_people(app, cohort, 3)
    gone = registration_of(app, "p1@x.example")
    owner.post(f"{LIST}/bulk", data={"action": "cancel", "who": gone.id})
    page = owner.get(f"{LIST}/bulk?action=cancel&all=yes").text
    assert "Cancel the places of 2 people?" in page
    assert "Nobody is chosen" in owner.get(f"{LIST}/bulk?action=move&who={gone.id}").text
    export = owner.get(f"{LIST}/bulk?action=export&who={gone.id}", follow_redirects=True).text
    assert "Export 1 line" in export
    assert f'name="who" value="{gone.id}"' in export


def test_a_story_has_pages_without_gap_or_double(app: Flask, cohort: str, owner: FlaskClient) -> None:
    sign_up(app, cohort)
    person = registration_of(app, "ann@x.example").person_id
    # All at one moment, which a cursor of moments alone would lose.
    for n in range(95):
        owner.post(f"/studio/people/{person}/note", data={"text": f"<{n}>"})
    seen, where = "", f"/studio/people/{person}"
    for _ in range(6):
        page = owner.get(where).text if where else ""
        seen += page
        where = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert [seen.count(f"&lt;{n}&gt;") for n in range(95)] == [1] * 95


def test_moments_before_and_after(app: Flask, cohort: str, owner: FlaskClient, travel: object) -> None:
    sign_up(app, cohort)
    travel.shift(timedelta(days=1))  # type: ignore[attr-defined]
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    page = owner.get(LIST).text
    assert page.index("Bea Moss") < page.index("Ann Lee")
