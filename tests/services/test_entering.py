"""Access codes and invitations as they let people in: counted right, also where many come at once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update
from time_machine import Traveller

from tests.building import KEY, given_cohort, sign_up
from tests.counting import counting
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict, HubError, TooMany
from webinar_hub.models import AccessCode, CodeUse, Cohort, Invitation, InvitationList, Person, Registration
from webinar_hub.rules import access
from webinar_hub.rules.guest_list import read_guests
from webinar_hub.rules.protection import PROOF_LASTS
from webinar_hub.services import access_codes, entering, groups, invitations, proving, registrations
from webinar_hub.services.access_codes import NewCode
from webinar_hub.services.entering import Ticket
from webinar_hub.services.voice import Voice


@pytest.fixture
def cohort(app: Flask, tmp_path: object, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)  # type: ignore[arg-type]


def given_code(app: Flask, code: str = "SPRING26", max_uses: int | None = None, **more: object) -> int:
    with app.app_context(), transaction():
        wanted = NewCode(code, "spring", max_uses, **more)  # type: ignore[arg-type]
        return access_codes.make(KEY, wanted, actor="organizer:1", now=clock.now())


def come(app: Flask, cohort: str, email: str, ticket: Ticket, network: str = "192.0.2.1") -> str:
    """Sign up as the web does; "" or the words of the refusal."""
    form = registrations.SignUp("Robin", email, "OT", "America/New_York", "", "/", ticket=ticket)
    with app.app_context():
        try:
            with transaction():
                return registrations.sign_up(cohort, form, network=network, per_network=500, now=clock.now())
        except HubError as refused:
            return refused.message


def uses(app: Flask) -> tuple[int, int]:
    """What is counted, and what is written down."""
    with app.app_context():
        counted = sum(db.session.scalars(select(AccessCode.uses)))
        return counted, len(db.session.scalars(select(CodeUse).where(CodeUse.given_back_at.is_(None))).all())


def people(app: Flask) -> int:
    with app.app_context():
        return len(db.session.scalars(select(Registration).where(Registration.state == "confirmed")).all())


def needs_code(app: Flask) -> None:
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().needs_code = True


def cancel(app: Flask, email: str) -> None:
    with app.app_context(), transaction():
        whose = select(Person.id).where(Person.email == email).scalar_subquery()
        row = db.session.scalars(select(Registration).where(Registration.person_id == whose)).one()
        registrations.leave(row, actor="person:1", now=clock.now())


def test_the_last_use_goes_to_one_of_eight(app: Flask, cohort: str) -> None:
    given_code(app, max_uses=3)
    needs_code(app)
    for number in range(2):
        assert come(app, cohort, f"first{number}@x.example", Ticket("spring-26")) == ""
    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(lambda n: come(app, cohort, f"p{n}@x.example", Ticket("SPRING26")), range(8)))
    assert answers == {"": 1, access.used_up(): 7}
    assert uses(app) == (3, 3)
    assert people(app) == 3


def test_a_code_costs_one_use_for_each_person_and_is_the_same_for_everybody(app: Flask, cohort: str) -> None:
    given_code(app, max_uses=1)
    needs_code(app)
    with counting(app) as statements:
        assert come(app, cohort, "ann@x.example", Ticket("SPRING26")) == ""
    first = len(statements)
    for _ in range(3):
        # She is told what a stranger is told (A20), and it costs no second use.
        assert come(app, cohort, "ann@x.example", Ticket("SPRING26")) == access.used_up()
    assert come(app, cohort, "bea@x.example", Ticket("SPRING26")) == access.used_up()
    assert come(app, cohort, "bea@x.example", Ticket("WINTER26")) == access.unknown()
    assert come(app, cohort, "bea@x.example", Ticket()) == access.wanted()
    assert uses(app) == (1, 1)
    for number in range(30):
        given_code(app, f"MORE{number}")
    with counting(app) as statements:
        assert come(app, cohort, "bea@x.example", Ticket("MORE7")) == ""
    assert len(statements) == first <= 15


@pytest.mark.parametrize("gives_back", [True, False])
def test_a_use_comes_back_only_where_the_organizer_says_so(app: Flask, cohort: str, gives_back: bool) -> None:
    given_code(app, max_uses=1, gives_back=gives_back)
    needs_code(app)
    assert come(app, cohort, "ann@x.example", Ticket("SPRING26")) == ""
    cancel(app, "ann@x.example")
    answer = come(app, cohort, "bea@x.example", Ticket("SPRING26"))
    assert answer == ("" if gives_back else access.used_up())
    assert uses(app) == (1, 1)
    if not gives_back:
        return
    # Ann comes back: the use is Bea's now.
    assert come(app, cohort, "ann@x.example", Ticket("SPRING26")) == access.used_up()
    cancel(app, "bea@x.example")
    assert come(app, cohort, "ann@x.example", Ticket("SPRING26")) == ""
    assert uses(app) == (1, 1)


def test_codes_end_expire_and_are_not_guessed(app: Flask, cohort: str, travel: Traveller) -> None:
    ended = given_code(app, "ENDED")
    given_code(app, "LATE", expires_at=clock.now() + timedelta(hours=1))
    needs_code(app)
    with app.app_context(), transaction():
        access_codes.end(KEY, ended, actor="organizer:1", now=clock.now())
        access_codes.end(KEY, ended, actor="organizer:1", now=clock.now())
    assert "no longer valid" in come(app, cohort, "ann@x.example", Ticket("ENDED"))
    for number in range(access.TRIES_PER_HOUR):
        assert come(app, cohort, "ann@x.example", Ticket(f"GUESS{number}")) == access.unknown()
    # From now on not even the right one is heard from this network, so that a guess says nothing.
    assert "Too many tries" in come(app, cohort, "ann@x.example", Ticket("LATE"))
    assert come(app, cohort, "ann@x.example", Ticket("LATE"), network="198.51.100.7") == ""
    travel.shift(timedelta(hours=1, seconds=1))
    assert "no longer valid" in come(app, cohort, "bea@x.example", Ticket("LATE"))
    with app.app_context(), pytest.raises(HubError, match="has or had this code"), transaction():
        access_codes.make(KEY, NewCode("l-a-t-e"), actor="organizer:1", now=clock.now())


def test_where_no_code_is_needed_a_stale_one_keeps_nobody_out(app: Flask, cohort: str) -> None:
    given_code(app, max_uses=1)
    for number in range(access.TRIES_PER_HOUR + 5):
        assert come(app, cohort, f"p{number}@x.example", Ticket(("SPRING26", "TYPO")[number % 2])) == ""
    assert uses(app) == (1, 1)


def test_a_plain_sign_up_pays_nothing_for_codes(app: Flask, cohort: str) -> None:
    with counting(app) as statements:
        sign_up(app, cohort, "ann@x.example")
    assert not [one for one in statements if "FROM access_codes" in one or "FROM invitation" in one]


def test_an_invitation_lets_in_where_a_code_is_needed(app: Flask, cohort: str) -> None:
    needs_code(app)
    wanted = invitations.NewList("token", "Spring", read_guests("ann@x.example\nbea@x.example"))
    for _ in range(2):
        with app.app_context(), transaction():
            invitations.invite(KEY, wanted, actor="organizer:1", now=clock.now())
    with app.app_context():
        ann, bea = db.session.scalars(select(Invitation).order_by(Invitation.id)).all()
    assert come(app, cohort, "ann@x.example", Ticket(invitation=(ann.id, "wrong"))) == access.wanted()
    with ThreadPoolExecutor(4) as pool:
        hers = Ticket(invitation=(ann.id, ann.nonce))
        answers = Counter(pool.map(lambda n: come(app, cohort, f"other{n}@x.example", hers), range(4)))
    # Passed on to others it lets one of them in, and nobody after that.
    assert answers == {"": 1, access.taken_up(): 3}
    with app.app_context(), transaction():
        invitations.end_list(KEY, bea.list_id, "organizer", actor="organizer:1", now=clock.now())
    assert come(app, cohort, "bea@x.example", Ticket(invitation=(bea.id, bea.nonce))) == access.wanted()
    with app.app_context():
        assert [row.state for row in db.session.scalars(select(Invitation).order_by(Invitation.id))] == [
            "registered",
            "withdrawn",
        ]


def test_who_comes_by_her_own_invitation_has_shown_that_the_address_is_hers(app: Flask, cohort: str) -> None:
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().proves_address = True
    wanted = invitations.NewList("token", "Spring", read_guests("ann@x.example\nbea@x.example"))
    with app.app_context(), transaction():
        invitations.invite(KEY, wanted, actor="organizer:1", now=clock.now())
    with app.app_context():
        ann, bea = (Ticket(invitation=(i.id, i.nonce)) for i in db.session.scalars(select(Invitation)))
    assert come(app, cohort, "Ann@x.example", ann) == ""
    assert come(app, cohort, "another@x.example", bea) == ""
    with app.app_context():
        rows = db.session.execute(
            select(Registration.state, Person.proven_at).join(Person).order_by(Registration.id)
        ).all()
    assert [(state, at is not None) for state, at in rows] == [("confirmed", True), ("unproven", False)]
    # Nor is she asked when she returns, although nobody has ever written down that she showed it.
    cancel(app, "Ann@x.example")
    with app.app_context(), transaction():
        db.session.execute(update(Person).values(proven_at=None))
    assert come(app, cohort, "ann@x.example", ann) == ""
    with app.app_context():
        assert db.session.scalars(select(Registration.state).order_by(Registration.id)).first() == "confirmed"


def test_who_never_showed_that_the_address_is_hers_leaves_code_and_invitation_as_they_were(
    app: Flask, cohort: str, travel: Traveller
) -> None:
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().proves_address = True
        wanted = invitations.NewList("token", "Spring", read_guests("ann@x.example"))
        invitations.invite(KEY, wanted, actor="organizer:1", now=clock.now())
    given_code(app, max_uses=2)
    with app.app_context():
        ann = db.session.scalars(select(Invitation)).one()
    assert come(app, cohort, "another@x.example", Ticket(invitation=(ann.id, ann.nonce))) == ""
    assert come(app, cohort, "bea@x.example", Ticket("SPRING26")) == ""
    assert uses(app) == (1, 1)
    travel.shift(PROOF_LASTS)
    with app.app_context(), transaction():
        assert proving.forget_unproven(clock.now()) == 2
    assert uses(app) == (0, 0)
    with app.app_context():
        ann = db.session.scalars(select(Invitation)).one()
    assert (ann.state, ann.answered_at, ann.registration_id) == ("invited", None, None)


def test_who_comes_back_takes_a_use_again_or_is_told_that_none_is_left(app: Flask, cohort: str) -> None:
    given_code(app, max_uses=1, gives_back=True)
    needs_code(app)
    assert come(app, cohort, "ann@x.example", Ticket("SPRING26")) == ""
    cancel(app, "ann@x.example")
    assert come(app, cohort, "bea@x.example", Ticket("SPRING26")) == ""
    with app.app_context():
        ann = db.session.scalars(select(Registration).order_by(Registration.id)).first()
    assert ann is not None

    def back() -> str:
        with app.app_context(), transaction():
            return registrations.come_back(ann.person_id, ann.public_id, now=clock.now())

    with pytest.raises(Conflict):
        back()
    with app.app_context(), transaction():
        db.session.execute(update(AccessCode).values(max_uses=2))
    assert back() == "confirmed"
    assert uses(app) == (2, 2)


def _sign_up_group(app: Flask, cohort: str, voice: Voice) -> str:
    with app.app_context():
        try:
            with transaction():
                groups.sign_up(
                    cohort,
                    groups.Manager("Dana", "dana@clinic.example"),
                    read_guests("ann@x.example\nbea@x.example"),
                    form_token="one form",
                    webinar="baby-massage",
                    voice=voice,
                    network="192.0.2.1",
                    now=clock.now(),
                )
        except (Conflict, TooMany) as refused:
            return refused.message
    return ""


def test_a_group_confirmed_eight_times_at_once_is_one_group(app: Flask, cohort: str) -> None:
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().group_hold_hours = 24
        voice: Voice = app.extensions["voice"]()
    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(lambda work: work(), [partial(_sign_up_group, app, cohort, voice)] * 8))
    assert answers == {""}
    with app.app_context():
        assert len(db.session.scalars(select(InvitationList)).all()) == 1
        assert len(db.session.scalars(select(Invitation)).all()) == 2
        assert db.session.scalars(select(Cohort.seats_taken)).one() == 2


def test_a_seat_that_is_held_is_hers_although_others_come_before_her_at_the_same_moment(
    app: Flask, cohort: str
) -> None:
    with app.app_context(), transaction():
        row = db.session.scalars(select(Cohort)).one()
        row.group_hold_hours, row.capacity, row.has_waitlist = 24, 3, True
        voice: Voice = app.extensions["voice"]()
    assert _sign_up_group(app, cohort, voice) == ""
    with app.app_context():
        ann = db.session.scalars(select(Invitation).where(Invitation.email_key == "ann@x.example")).one()
    tickets = {"cleo": Ticket(), "dina": Ticket(), "ann": Ticket(invitation=(ann.id, ann.nonce))}
    with app.app_context(), transaction():
        for name, ticket in tickets.items():
            form = registrations.SignUp(name, f"{name}@x.example", "OT", "", "", "/", ticket=ticket)
            registrations.sign_up(cohort, form, network="192.0.2.1", per_network=500, now=clock.now())
    with app.app_context():
        rows = db.session.execute(select(Person.name, Registration.state).join(Registration))
        assert {name: state for name, state in rows} == {
            "cleo": "confirmed", "dina": "waitlisted", "ann": "confirmed",
        }  # fmt: skip


def test_the_plain_way_is_the_plain_way() -> None:
    assert not entering.NO_TICKET
    assert Ticket(code="x")
    assert Ticket(invitation=(1, "n"))
