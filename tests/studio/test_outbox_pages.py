"""The outbox in the studio: what is shown, to whom, and what can be done by hand."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tests.building import KEY, given_cohort, outbox, sign_up
from tests.counting import counting
from tests.dns_server import dns_server
from tests.studio.forms import press
from tests.studio.staff import given_staff, signed_in
from webinar_hub.adapters.dns import Dns
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.documents.notices import Words
from webinar_hub.models import AuditEntry, Delivery
from webinar_hub.queries import demo
from webinar_hub.queries import outbox as queries
from webinar_hub.rules.outbox_filter import Wanted
from webinar_hub.rules.staff import Role
from webinar_hub.services import notices
from webinar_hub.services.notices import Envelope

PAGE = "/studio/messages"
OTHER = {'key = "january"': 'key = "june"', 'slug = "baby-massage"': 'slug = "feeding"'}


def given_notice(app: Flask) -> None:
    with app.app_context(), transaction():
        envelope = Envelope(to_email="ida@littlehands.example", to_name="Ida", from_email="hub@x.example")
        notices.write("digest", envelope, Words("Your morning", "Good morning.", "<p>x</p>"), now=clock.now())


def become(app: Flask, state: str, *, reply: str = "", **where: object) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(Delivery).filter_by(**where).values(state=state, reply=reply))


def test_nothing_has_been_written_yet(owner: FlaskClient) -> None:
    assert "Nothing has been written yet" in owner.get(PAGE).text


def test_registrants_and_staff_are_listed_with_reasons(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    given_notice(app)
    become(app, "failed", reply="550 5.1.1 no such user", kind="confirmation")
    page = owner.get(PAGE).text
    assert "ann@x.example" in page
    assert "ida@littlehands.example" in page
    assert "Your morning" in page
    assert "550 5.1.1 no such user" in page
    one = owner.get(f"{PAGE}/{outbox(app, kind='confirmation')[0].id}").text
    assert "The mail server refused it for good" in one
    assert "webinar-hub outbox" not in one
    told = owner.get(f"{PAGE}/{outbox(app, kind='notice')[0].id}").text
    assert "It goes to Ida" in told


def test_filters_narrow_the_list_and_stay(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    given_notice(app)
    assert "bea@x.example" not in owner.get(f"{PAGE}?email=Ann@X.example").text.replace("value=", "")
    assert "ann@x.example" not in owner.get(f"{PAGE}?kind=notice").text
    assert "ida@littlehands.example" not in owner.get(f"{PAGE}?cohort={KEY}").text
    assert "No such message" in owner.get(f"{PAGE}?state=failed").text
    assert "ida@" in owner.get(f"{PAGE}?email=ida@littlehands.example&since=1d").text
    assert owner.get(f"{PAGE}?email=nobody@x.example").status_code == 422
    assert owner.get(f"{PAGE}?cohort=nope").status_code == 422
    assert owner.get(f"{PAGE}?state=%00&since=x&before=99999999999999&kind='").status_code == 200


def test_whoever_has_one_webinar_sees_its_mails_and_no_others(app: Flask, cohort: str, tmp_path: Path) -> None:
    sign_up(app, cohort)
    sign_up(app, given_cohort(app, tmp_path, OTHER), "bea@x.example", "Bea Moss")
    given_notice(app)
    hers = signed_in(app, given_staff(app, Role.ORGANIZER, slug="baby-massage"))
    page = hers.get(PAGE).text
    assert "ann@x.example" in page
    assert "bea@x.example" not in page
    assert "ida@" not in page
    assert "june" not in page
    become(app, "failed")
    for delivery in outbox(app)[1:]:
        assert hers.get(f"{PAGE}/{delivery.id}").status_code == 404
        assert press(hers, hers.get(PAGE), f"{PAGE}/{delivery.id}/retry").status_code == 404
        assert hers.get(f"{PAGE}/{delivery.id}/cancel").status_code == 404
        assert press(hers, hers.get(PAGE), f"{PAGE}/{delivery.id}/cancel").status_code == 404
    press(hers, hers.get(f"{PAGE}/retry-failed"), f"{PAGE}/retry-failed", through="1000")
    assert [delivery.state for delivery in outbox(app)] == ["queued", "failed", "failed"]


def test_one_is_retried_and_cancelled(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    become(app, "failed")
    number = outbox(app)[0].id
    page = owner.get(f"{PAGE}/{number}")
    assert press(owner, page, f"{PAGE}/{number}/retry").status_code == 303
    assert outbox(app)[0].state == "queued"
    assert press(owner, page, f"{PAGE}/{number}/retry").status_code == 409
    asked = owner.get(f"{PAGE}/{number}/cancel")
    assert "One person misses it" in asked.text
    assert outbox(app)[0].state == "queued"
    assert press(owner, asked, f"{PAGE}/{number}/cancel").status_code == 303
    assert outbox(app)[0].state == "cancelled"
    with app.app_context():
        actions = [entry.action for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert actions[-2:] == ["delivery.retried", "delivery.cancelled"]


def test_all_failed_are_retried_after_they_were_counted(app: Flask, owner: FlaskClient, cohort: str) -> None:
    for number in range(3):
        sign_up(app, cohort, f"p{number}@x.example")
    become(app, "failed")
    asked = owner.get(f"{PAGE}/retry-failed?cohort={KEY}")
    assert "Send 3 failed mails again?" in asked.text
    # One that fails between the question and the answer has not been counted, and stays.
    sign_up(app, cohort, "late@x.example")
    become(app, "failed", id=outbox(app)[-1].id)
    assert press(owner, asked, f"{PAGE}/retry-failed").status_code == 303
    assert [delivery.state for delivery in outbox(app)] == ["queued", "queued", "queued", "failed"]
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "deliveries.retried")).one()
    assert entry.detail == {"number": 3, "cohort": KEY}


def test_older_ones_are_on_the_next_page(app: Flask, owner: FlaskClient, cohort: str) -> None:
    for _ in range(60):
        given_notice(app)
    first = owner.get(PAGE).text
    assert first.count("ida@littlehands.example</a>") == 50
    oldest = min(row.id for row in outbox(app)) + 10
    second = owner.get(f"{PAGE}?before={oldest}").text
    assert f"before={oldest}" in first
    assert second.count("ida@littlehands.example</a>") == 10


@pytest.mark.parametrize("mails", [1, 3, 300])
def test_the_page_costs_the_same_however_many_there_are(app: Flask, owner: FlaskClient, mails: int) -> None:
    with app.app_context(), transaction():
        envelope = Envelope(to_email="ida@littlehands.example", from_email="hub@x.example")
        for _ in range(mails):
            notices.write("digest", envelope, Words("Your morning", "x", "<p>x</p>"), now=clock.now())
    owner.get(PAGE)
    with counting(app) as statements:
        owner.get(PAGE)
    assert len([one for one in statements if one.startswith("SELECT")]) <= 7


def test_what_the_dns_says_of_the_sender_is_told(
    app: Flask, owner: FlaskClient, cohort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = {"littlehands.example": ["v=spf1 include:mail.example ~all"]}
    with dns_server(records) as server:
        monkeypatch.setattr("webinar_hub.adapters.checkup.Dns", lambda _, **options: Dns(server, **options))
        page = owner.get(f"{PAGE}/sender").text
    assert "says which servers may send for it" in page
    assert "has no DMARC record" in page
    assert "broken" in page


def test_mails_to_staff_are_shown_by_the_command_and_told_of_by_the_demo(app: Flask, cohort: str) -> None:
    given_notice(app)
    with app.app_context():
        (line,) = queries.lines(Wanted(), 10)
        assert (line.kind, line.about, line.email) == ("notice", "Your morning", "i…@littlehands.example")
        facts = queries.facts(str(line.id))
        assert (facts.email, facts.name, facts.cohort) == ("ida@littlehands.example", "Ida", "")
        assert queries.counts(Wanted(email="IDA@littlehands.example"))["queued"] == 1
    with app.app_context(), transaction():
        later = clock.now() + timedelta(minutes=1)
        db.session.execute(update(Delivery).values(due_at=later))
    with app.app_context():
        thing = demo.next_thing(clock.now())
        assert thing is not None
        assert (thing.at, thing.zone) == (later, "America/New_York")
