"""Views to render pages with: one webinar in New York, one person in Los Angeles, and everything in between."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from webinar_hub.documents.calendar_links import CalendarLinks
from webinar_hub.queries.views import (
    AgendaLine,
    CohortView,
    DropView,
    HomeView,
    JoinView,
    MaterialView,
    MyPageView,
    PersonView,
    PresenterView,
    RegistrationView,
    SessionView,
    UnsubscribeView,
    WebinarCard,
    WebinarView,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = datetime(2026, 3, 6, 0, 0, tzinfo=UTC)  # Thu 5 March, 7:00 pm in New York
UNLOCK = datetime(2026, 8, 11, 12, 0, tzinfo=UTC)  # Tue 11 August, 8:00 am in New York
HOSTILE = "<script>alert(1)</script> {{7*7}} ${7*7} [x](https://evil.example) \"'></a>"


def session(number: int = 1, **changes: Any) -> SessionView:
    starts_at = START + timedelta(weeks=number - 1)
    view = SessionView(
        id=number,
        public_id=f"session{number}",
        number=number,
        title=f"Evening {number}",
        summary="What we do that evening.",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        join_opens_at=starts_at - timedelta(minutes=15),
        state="upcoming",
    )
    return replace(view, **changes)


def material(number: int = 1, **changes: Any) -> MaterialView:
    view = MaterialView(number, f"Hand-out {number}", "Two pages.", "", "pdf", 181_000)
    return replace(view, **changes)


def drop(**changes: Any) -> DropView:
    view = DropView(
        id=1,
        public_id="drop1",
        title="The feeding cue card",
        note="One page for the **clinic wall**.",
        surprise=False,
        release_at=NOW - timedelta(days=1),
        released=True,
        materials=(material(), material(2, link="https://video.example/42", extension=None, size=None)),
    )
    return replace(view, **changes)


LOCKED = drop(public_id="drop2", title="The sleep plan", released=False, release_at=UNLOCK, materials=())
SURPRISE = drop(
    public_id="drop3",
    title="",
    note="",
    surprise=True,
    released=False,
    release_at=UNLOCK,
    materials=(),
)


def cohort(**changes: Any) -> CohortView:
    view = CohortView(
        public_id="cohort1",
        key="spring",
        title="Spring evenings",
        zone="America/New_York",
        sessions=(session(1), session(2)),
        next_session=session(1),
        drops=(drop(), LOCKED, SURPRISE),
        capacity=100,
        seats_left=7,
        closed_because="",
    )
    return replace(view, **changes)


def webinar(**changes: Any) -> WebinarView:
    view = WebinarView(
        slug="calm-hands",
        title="Calm hands",
        summary="Two evenings about touch.",
        description="We look at **touch**.",
        audience="Therapists",
        level="Introductory",
        credit="No CE credit.",
        outcomes=("Name four cues.",),
        agenda=(AgendaLine(50, "Practice", False), AgendaLine(10, "Break", True)),
        faq=(("Is it free?", "Yes."),),
        next_step_text="See the trainings.",
        next_step_url="https://blog.example/trainings",
        presenters=(PresenterView("Maria Toro", "OTR/L", "She teaches.", "Nothing to disclose but this."),),
        organizer_name="Little Hands",
        cohorts=(cohort(), cohort(public_id="cohort2", title="Autumn evenings", seats_left=None)),
        past_cohorts=(cohort(public_id="cohort0", title="Winter evenings", next_session=None),),
    )
    return replace(view, **changes)


def person(**changes: Any) -> PersonView:
    view = PersonView(
        1, "Ann Rivera", "ann@x.example", "America/Los_Angeles", "https://hub.example/cal/token.ics", False
    )
    return replace(view, **changes)


def registration(**changes: Any) -> RegistrationView:
    view = RegistrationView(
        id=1,
        public_id="registration1",
        state="confirmed",
        webinar_slug="calm-hands",
        webinar_title="Calm hands",
        organizer_name="Little Hands",
        organizer_email="hello@hands.example",
        cohort=cohort(),
        cohort_cancelled=False,
        wants_reminders=True,
        wants_bonuses=False,
        attended=frozenset({2}),
        next_step_text="",
        next_step_url="",
        declined=frozenset({1}),
    )
    return replace(view, **changes)


def my_page(**changes: Any) -> MyPageView:
    gone = registration(public_id="registration2", state="cancelled", cohort=cohort(public_id="cohort2"))
    return replace(MyPageView(person(), (registration(), gone)), **changes)


def door(**changes: Any) -> JoinView:
    view = JoinView(
        registration=registration(),
        session=session(),
        provider_name="YouTube",
        watch_url="https://video.example/live",
        embed_url="https://video.example/embed",
        frame_source="https://video.example",
        seconds_to_open=3600,
        joined=False,
    )
    return replace(view, **changes)


CALENDAR = CalendarLinks("https://g.example/", "https://o.example/", "https://m.example/", "https://y.example/")
HOME = HomeView(
    next_up=WebinarCard("calm-hands", "Calm hands", "Two evenings.", cohort()),
    webinars=(
        WebinarCard("calm-hands", "Calm hands", "Two evenings.", cohort()),
        WebinarCard("quiet-nights", "Quiet nights", "One evening.", None),
    ),
)
UNSUBSCRIBE = UnsubscribeView("Calm hands", "a…@x.example", True, True)
