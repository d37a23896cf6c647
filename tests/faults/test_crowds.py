"""Many at once: double clicks, and more people than seats (F25, F26)."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from figures import Figures
from hub_processes import until
from newcomers import crowd
from seeding import DAY, KEY, Hub
from smtp_server import SmtpServer
from sqlalchemy import func, select, update

from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict, TooMany
from webinar_hub.models import Cohort, Person, Registration
from webinar_hub.queries import lines
from webinar_hub.services import registrations, sessions


def sign_up(hub: Hub, cohort: str, email: str) -> str:
    """Sign up as the web does; "" or the words of the refusal."""
    form = registrations.SignUp("Robin", email, "OT", "America/New_York", "", "/")
    with hub.app.app_context():
        try:
            with transaction():
                return registrations.sign_up(cohort, form, network="192.0.2.1", per_network=1000, now=clock.now())
        except (Conflict, TooMany) as refused:
            return refused.message


def at_once(tasks: Sequence[Callable[[], str]]) -> Counter[str]:
    """Do everything at the same time; how often which answer came. Any error fails the test."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return Counter(pool.map(lambda task: task(), tasks))


def seats(hub: Hub, number: int) -> None:
    """Let the cohort have so many seats."""
    with hub.app.app_context(), transaction() as session:
        session.execute(update(Cohort).values(capacity=number))


def confirmed(hub: Hub) -> int:
    """How many have a place."""
    with hub.looking():
        statement = select(func.count()).where(Registration.state == "confirmed")
        return db.session.scalar(statement) or 0


def test_forty_double_clicks_are_one_registration_and_one_confirmation(
    hub: Hub, smtp: SmtpServer, figures: Figures
) -> None:
    """F25: beyond thirty tries in an hour the address is told to wait, which changes nothing either."""
    cohort = hub.cohort_public_id()
    answers = at_once([lambda: sign_up(hub, cohort, "ann@example.net")] * 40)
    assert answers[""] == registrations.SIGN_UPS_PER_ADDRESS
    assert all(answer.startswith("Too many tries") for answer in answers if answer)
    with hub.working():
        until(hub.settled)
    with hub.looking():
        assert db.session.scalar(select(func.count()).select_from(Person)) == 1
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 1
    assert [row.state for row in hub.deliveries(kind="confirmation")] == ["sent"]
    # The confirmation carries the first session, one more invite the second.
    assert len(smtp.stored) == 2
    figures.note_mails("F25", "40 double clicks at once", hub, [smtp])
    hub.check_invariants()


def test_sixty_people_on_twenty_seats(hub: Hub, figures: Figures) -> None:
    """F26: twenty come in, forty read that it is full."""
    cohort = hub.cohort_public_id()
    seats(hub, 20)
    answers = at_once([lambda n=n: sign_up(hub, cohort, f"ann{n}@example.net") for n in range(60)])
    assert answers == {"": 20, "This cohort is full.": 40}
    assert confirmed(hub) == 20
    figures.note("F26", "60 people, 20 seats", lost=20 - confirmed(hub), repeated=0)
    assert len(hub.deliveries(kind="confirmation")) == 20
    with hub.looking():
        # Whoever was turned away has left no trace.
        assert db.session.scalar(select(func.count()).select_from(Registration)) == 20


def test_two_hundred_at_once_on_fifty_seats_over_four_processes(hub: Hub, figures: Figures) -> None:
    """F26, FEATURES A4: fifty have a seat, the others are waitlisted in one order, and nobody sees an error."""
    cohort = hub.cohort_public_id()
    with hub.app.app_context(), transaction() as session:
        session.execute(update(Cohort).values(capacity=50, has_waitlist=True))
    assert crowd(hub.environment, cohort, people=200, processes=4) == {"": 200}
    with hub.looking():
        states = dict(
            db.session.execute(select(Registration.state, func.count()).group_by(Registration.state)).all()
        )
        numbers = lines.positions(db.session.scalars(select(Registration.id)).all())
    assert states == {"confirmed": 50, "waitlisted": 150}
    assert sorted(numbers.values()) == list(range(1, 151))
    assert len(hub.deliveries(kind="confirmation")) == 50
    assert len(hub.deliveries(kind="waitlisted")) == 150
    figures.note("F26", "200 people, 50 seats, 4 processes", lost=50 - confirmed(hub), repeated=0)
    with hub.looking():
        assert db.session.scalar(select(Cohort.seats_taken)) == 50


def test_coming_leaving_and_moving_the_session_at_once(hub: Hub, smtp: SmtpServer) -> None:
    """F26: seats are counted right however people come and go, also while the organizer changes the cohort."""
    cohort = hub.cohort_public_id()
    guests = hub.people(10)
    seats(hub, 20)
    comers = [lambda n=n: sign_up(hub, cohort, f"ann{n}@example.net") for n in range(30)]
    leavers = [lambda email=email: leave(hub, email) for email in guests]
    movers = [lambda days=days: move(hub, days) for days in range(1, 5)]
    answers = at_once([*comers[:15], *leavers[:5], *movers, *comers[15:], *leavers[5:]])
    assert answers.keys() <= {"", "This cohort is full."}
    assert 10 <= confirmed(hub) <= 20
    with hub.working():
        until(hub.settled)
    hub.check_invariants()


def leave(hub: Hub, email: str) -> str:
    """Give a place back."""
    with hub.app.app_context(), transaction():
        row = db.session.scalars(
            select(Registration).join(Person, Person.id == Registration.person_id).where(Person.email == email)
        ).one()
        registrations.cancel(row.person_id, row.public_id, now=clock.now())
    return ""


def move(hub: Hub, days: int) -> str:
    """Move the first session."""
    with hub.app.app_context(), transaction():
        cohort, session = sessions.find(KEY, "week-1")
        later = (session.starts_at + days * DAY / 4).replace(tzinfo=None, minute=0)
        sessions.reschedule(cohort, session, later, 60, actor="test", now=clock.now())
    return ""
