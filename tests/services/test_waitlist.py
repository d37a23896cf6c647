"""Seats, the line for them, offers that are held and end, and what organizers decide."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select, update
from time_machine import Traveller

from tests.building import NOW, sign_up
from tests.counting import counting
from tests.delivering import Post, deliver, read
from tests.waiting import (
    STAFF,
    come,
    done,
    leave,
    row,
    seats,
    small,
    standing,
    waiting_mails,
    with_row,
)
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict
from webinar_hub.models import AuditEntry, Cohort, Delivery, Person, Registration
from webinar_hub.queries import lines
from webinar_hub.rules.places import IllegalStep, State
from webinar_hub.services import approvals, people, people_merging, places, registrations, sessions, settling

HOUR = timedelta(hours=1)


def turn(app: Flask) -> list[int]:
    """What the clock does: the cohorts in which something was due."""
    with app.app_context():
        due = lines.due(clock.now())
    for cohort in due:
        done(app, lambda cohort=cohort: places.turn(cohort, now=clock.now()))  # type: ignore[misc]
    return due


def cohort_id(app: Flask) -> int:
    with app.app_context():
        return db.session.scalars(select(Cohort.id)).one()


def test_the_way_from_the_line_to_a_seat(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    """Full: a number on the waitlist; a seat is free: it is held; she accepts: invites. Nothing else before."""
    cohort = small(app, tmp_path)
    come(app, cohort, "ann", "bea", "cleo", "dina")
    assert standing(app) == {"ann": "confirmed", "bea": "confirmed", "cleo": "waitlisted", "dina": "waitlisted"}
    post = Post()
    deliver(app, post)
    mails = {envelope.recipient: read(envelope) for envelope in post.tried}
    assert "number 2 on the waitlist" in mails["dina@x.example"].text
    assert not mails["dina@x.example"].invites
    assert not mails["cleo@x.example"].invites

    leave(app, "ann")
    assert standing(app)["cleo"] == "offered"
    assert row(app, "cleo").offer_until == NOW + 12 * HOUR
    assert seats(app) == 2
    # The seat is held: whoever comes now stands behind those who wait.
    come(app, cohort, "eva")
    assert standing(app)["eva"] == "waitlisted"
    post = Post()
    deliver(app, post)
    offer = next(read(one) for one in post.tried if one.recipient == "cleo@x.example")
    assert "/offer/" in offer.text
    assert not offer.invites

    assert with_row(app, "cleo", lambda hers: settling.accept(hers, now=clock.now()))
    assert with_row(app, "cleo", lambda hers: settling.accept(hers, now=clock.now())), "twice is once"
    assert standing(app)["cleo"] == "confirmed"
    assert seats(app) == 2
    post = Post()
    deliver(app, post)
    mine = [read(one) for one in post.tried if one.recipient == "cleo@x.example"]
    assert [invite.method for mail in mine for invite in mail.invites] == ["REQUEST", "REQUEST"]


def test_an_offer_that_runs_out_goes_on_and_leaves_a_way_back(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "ann", "bea", "cleo")
    leave(app, "ann")
    with app.app_context():
        assert lines.next_end() == NOW + 12 * HOUR
    travel.shift(11 * HOUR)
    assert turn(app) == []
    travel.shift(HOUR)
    assert len(turn(app)) == 1
    assert standing(app) == {"ann": "cancelled", "bea": "cancelled", "cleo": "offered"}
    assert waiting_mails(app, "bea") == ["offer_over"]
    assert seats(app) == 1
    # Too late on the mail's link, whether or not the clock has been by: the next one is asked.
    travel.shift(13 * HOUR)
    come(app, cohort, "dina")
    assert not with_row(app, "cleo", lambda hers: settling.accept(hers, now=clock.now()))
    assert standing(app) == {"ann": "cancelled", "bea": "cancelled", "cleo": "cancelled", "dina": "offered"}
    # She comes back by her page, at the end of the waitlist.
    hers = row(app, "bea")
    back = done(app, lambda: registrations.come_back(hers.person_id, hers.public_id, now=clock.now()))
    assert back is State.WAITLISTED
    assert waiting_mails(app, "bea") == ["waitlisted"]
    assert with_row(app, "dina", lambda hers: settling.decline_offer(hers, now=clock.now()))
    assert standing(app)["bea"] == "offered"
    assert seats(app) == 1


def test_near_the_start_offers_are_short_and_then_the_line_closes(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "ann", "bea", "cleo")
    last = datetime(2026, 12, 16, 0, 0, tzinfo=UTC)
    travel.move_to(last - 2 * HOUR)
    leave(app, "ann")
    assert row(app, "bea").offer_until == last - 1.5 * HOUR
    travel.move_to(last - timedelta(minutes=14))
    assert len(turn(app)) == 1
    assert standing(app) == {"ann": "cancelled", "bea": "cancelled", "cleo": "cancelled"}
    assert waiting_mails(app, "cleo")[-1:] == ["waitlist_over"]
    assert seats(app) == 0
    assert turn(app) == [], "a closed line is left alone"


def test_a_seat_that_was_passed_over_is_found_by_the_clock(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "ann", "bea")
    with app.app_context(), transaction() as session:
        session.execute(update(Cohort).values(capacity=2))
    assert len(turn(app)) == 1
    assert standing(app)["bea"] == "offered"
    assert turn(app) == []


def test_who_waits_is_told_that_the_cohort_is_cancelled_and_has_nothing_taken_out(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "ann", "bea")
    deliver(app, Post())
    done(app, lambda: sessions.cancel_cohort(sessions.find_cohort("january"), actor=STAFF, now=clock.now()))
    post = Post()
    deliver(app, post)
    told = {one.recipient: read(one) for one in post.tried}
    assert "will not take place" in told["bea@x.example"].text
    assert not told["bea@x.example"].invites
    assert [invite.method for invite in told["ann@x.example"].invites] == ["CANCEL"]
    assert turn(app) == []


def test_an_organizer_decides_with_a_reason_and_again(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    cohort = small(app, tmp_path, seats=2, needs_approval=True, approval_again=True)
    come(app, cohort, "ann", "bea", "cleo", "dina")
    assert set(standing(app).values()) == {"pending"}
    assert seats(app) == 0
    assert waiting_mails(app, "ann") == ["applied"]
    who = [row(app, name).id for name in ("ann", "bea", "cleo")]
    landed = done(app, lambda: approvals.approve_all(cohort_id(app), who, actor=STAFF, now=clock.now()))
    assert landed == (2, 1)
    assert standing(app)["cleo"] == "waitlisted", "first come, first served"
    done(app, lambda: approvals.decline(row(app, "dina").id, "  For\npaediatrics only. ", actor=STAFF, now=NOW))
    assert row(app, "dina").reason == "For paediatrics only."
    with pytest.raises(IllegalStep):
        done(app, lambda: approvals.decline(row(app, "ann").id, "", actor=STAFF, now=NOW))
    post = Post()
    deliver(app, post)
    said = {one.recipient: read(one).text for one in post.tried}
    assert "For paediatrics only." in said["dina@x.example"]

    # She edits: her seat is kept, and nobody on the waitlist is asked.
    assert with_row(app, "ann", lambda hers: settling.review_again(hers, clock.now()))
    assert standing(app)["ann"] == "pending"
    assert seats(app) == 2
    post = Post()
    deliver(app, post)
    assert "Your seat is kept for you meanwhile" in read(post.tried[-1]).text
    done(app, lambda: approvals.approve(row(app, "ann").id, actor=STAFF, now=clock.now()))
    assert (standing(app)["ann"], seats(app)) == ("confirmed", 2)
    deliver(app, Post())
    assert with_row(app, "ann", lambda hers: settling.review_again(hers, clock.now()))
    done(app, lambda: approvals.decline(row(app, "ann").id, "", actor=STAFF, now=clock.now()))
    assert (standing(app)["cleo"], seats(app)) == ("offered", 2)
    post = Post()
    deliver(app, post)
    mine = [read(one) for one in post.tried if one.recipient == "ann@x.example"]
    assert [invite.method for mail in mine for invite in mail.invites] == ["CANCEL", "CANCEL"]


def test_without_a_line_nobody_is_approved_into_nothing(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    cohort = small(app, tmp_path, seats=1, needs_approval=True, has_waitlist=False)
    come(app, cohort, "ann", "bea")
    who = [row(app, name).id for name in ("ann", "bea")]
    with pytest.raises(Conflict, match="taken"):
        done(app, lambda: approvals.approve_all(cohort_id(app), who, actor=STAFF, now=clock.now()))
    assert set(standing(app).values()) == {"pending"}, "all or none"


def test_an_organizer_leads_the_line(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "ann", "bea", "cleo", "dina")
    done(app, lambda: approvals.to_front(row(app, "dina").id, actor=STAFF, now=clock.now()))
    with app.app_context():
        numbers = lines.positions([row(app, name).id for name in ("ann", "bea", "cleo", "dina")])
    assert list(numbers.values()).count(1) == 1
    assert numbers[row(app, "dina").id] == 1
    assert row(app, "ann").id not in numbers
    leave(app, "ann")
    assert standing(app)["dina"] == "offered"
    done(app, lambda: approvals.take_back(row(app, "dina").id, actor=STAFF, now=clock.now()))
    assert (standing(app)["dina"], standing(app)["bea"], seats(app)) == ("waitlisted", "offered", 1)
    with pytest.raises(Conflict, match="taken or held"):
        done(app, lambda: approvals.offer_now(row(app, "cleo").id, actor=STAFF, now=clock.now()))
    with app.app_context(), transaction() as session:
        session.execute(update(Cohort).values(capacity=2))
    done(app, lambda: approvals.offer_now(row(app, "cleo").id, actor=STAFF, now=clock.now()))
    assert (standing(app)["cleo"], standing(app)["dina"], seats(app)) == ("offered", "waitlisted", 2)
    done(app, lambda: approvals.remove(row(app, "dina").id, actor=STAFF, now=clock.now()))
    assert waiting_mails(app, "dina") == ["waitlist_left"]
    # Adding her by hand takes the seat that is held for her, and no second one.
    done(app, lambda: people.add(
        "january", people.Added("Cleo", "cleo@x.example", "OT", ""), tell=True, actor=STAFF, now=clock.now()
    ))  # fmt: skip
    assert (standing(app)["cleo"], seats(app)) == ("confirmed", 2)
    with app.app_context():
        actions = set(db.session.scalars(select(AuditEntry.action).where(AuditEntry.actor == STAFF)))
    assert actions >= {
        f"registration.{what}" for what in ("moved_to_front", "offered", "offer_taken_back", "added")
    }


def test_a_proven_address_lands_where_there_is_room(
    app: Flask, tmp_path: Path, travel: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = small(app, tmp_path, seats=1, proves_address=True)
    come(app, cohort, "ann", "bea")
    assert set(standing(app).values()) == {"unproven"}
    assert waiting_mails(app, "ann") == ["prove"]
    assert seats(app) == 0
    assert with_row(app, "bea", lambda hers: settling.settle_in(hers, now=clock.now())) is State.CONFIRMED
    assert with_row(app, "ann", lambda hers: settling.settle_in(hers, now=clock.now())) is State.WAITLISTED
    assert (waiting_mails(app, "bea"), waiting_mails(app, "ann")) == (["confirmation"], ["waitlisted"])
    said: list[tuple[str, str, str]] = []
    log = SimpleNamespace(warning=lambda event, **more: said.append((event, more["state"], more["step"])))
    monkeypatch.setattr(places, "log", log)
    with pytest.raises(IllegalStep):
        with_row(app, "bea", lambda hers: places.go(hers, places.Step.PROVE, State.CONFIRMED, now=clock.now()))
    assert said == [("illegal step", "confirmed", "prove")]


def test_a_merged_person_keeps_her_place_in_the_line(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "ann", "old")
    travel.shift(HOUR)
    come(app, cohort, "bea", "new")
    leave(app, "new")
    travel.shift(HOUR)
    with app.app_context():
        ids = {p.email.partition("@")[0]: p.id for p in db.session.scalars(select(Person))}
    done(app, lambda: people_merging.merge(ids["new"], ids["old"], actor=STAFF, now=clock.now()))
    assert (standing(app)["new"], standing(app)["old"]) == ("waitlisted", "cancelled")
    leave(app, "ann")
    assert standing(app)["new"] == "offered", "she waited longer than Bea"


def test_signing_up_again_says_where_she_stands_and_changes_nothing(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "ann", "bea")
    sign_up(app, cohort, "bea@x.example")
    assert waiting_mails(app, "bea") == ["waitlisted"], "not twice within ten minutes"
    travel.shift(timedelta(minutes=11))
    sign_up(app, cohort, "bea@x.example")
    assert waiting_mails(app, "bea") == ["waitlisted", "waitlisted"]
    assert (standing(app)["bea"], seats(app)) == ("waitlisted", 1)
    # A reminder that was written before she stood here is not sent.
    with app.app_context(), transaction() as session:
        session.execute(update(Delivery).where(Delivery.kind == "waitlisted").values(kind="confirmation"))
    post = Post()
    deliver(app, post)
    assert {one.recipient for one in post.tried} == {"ann@x.example"}


@pytest.mark.parametrize("free", [True, False])
def test_what_a_sign_up_costs_where_there_is_a_line(
    app: Flask, tmp_path: Path, travel: Traveller, free: bool
) -> None:
    """With a seat no statement more than anywhere; without one a fixed number, however many wait."""
    cohort = small(app, tmp_path, seats=40 if free else 1)
    costs = []
    for waiting in (1, 5, 20):
        come(app, cohort, *(f"p{waiting}-{n}" for n in range(waiting)))
        with counting(app) as statements:
            sign_up(app, cohort, f"ann{waiting}@x.example", network=f"198.51.100.{waiting}")
        costs.append(len(statements))
    assert len(set(costs)) == 1
    assert costs[0] <= 9


def test_an_edit_that_is_approved_leaves_her_first_day_here(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    come(app, small(app, tmp_path, needs_approval=True, approval_again=True), "ann")
    done(app, lambda: approvals.approve(row(app, "ann").id, actor=STAFF, now=clock.now()))
    came = row(app, "ann").registered_at
    travel.shift(timedelta(days=3))
    assert with_row(app, "ann", lambda hers: settling.review_again(hers, clock.now()))
    done(app, lambda: approvals.approve(row(app, "ann").id, actor=STAFF, now=clock.now()))
    assert (row(app, "ann").state, row(app, "ann").registered_at, seats(app)) == ("confirmed", came, 1)


def test_where_more_seats_than_people_have_come_meanwhile_only_theirs_are_taken(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    come(app, small(app, tmp_path, seats=5), "ann", "bea")
    with app.app_context(), transaction() as session:
        session.execute(update(Cohort).values(seats_taken=0))
        cohort, came = session.scalars(select(Cohort.id)).one(), [row(app, name).id for name in ("ann", "bea")]
        places.share_out(cohort, came, now=clock.now())
    assert (seats(app), standing(app)) == (2, {"ann": "confirmed", "bea": "confirmed"})


@pytest.mark.parametrize("state", ["unproven", "pending"])
def test_a_merged_person_loses_no_place_and_no_seat(app: Flask, tmp_path: Path, state: str) -> None:
    """An unproven place brings nothing over; a seat that is kept is hers, and no stranger's."""
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "old", "new", "bea")
    leave(app, "new")
    with app.app_context():
        ids = {p.email.partition("@")[0]: p.id for p in db.session.scalars(select(Person))}
    with app.app_context(), transaction() as session:
        kept = state == "pending"
        session.execute(
            update(Registration).where(Registration.person_id == ids["old"]).values(state=state, seat_kept=kept)
        )
        if not kept:
            session.execute(update(Cohort).values(seats_taken=0))
    done(app, lambda: people_merging.merge(ids["new"], ids["old"], actor=STAFF, now=clock.now()))
    assert standing(app)["old"] == "cancelled"
    assert standing(app)["new"] == ("pending" if kept else "cancelled")
    assert (standing(app)["bea"], seats(app)) == ("waitlisted", 1 if kept else 0)
