"""One letter of each kind, and Anna in California who gets them; the snapshots next door are made of these."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from webinar_hub.documents.email import Composer
from webinar_hub.documents.ics import CalendarSession
from webinar_hub.documents.letters import Letter, LetterDrop, LetterMaterial, LetterSession, Recipient

TEMPLATES = Path(__file__).parents[2] / "templates"
COMPOSER = Composer(TEMPLATES)

START = datetime(2026, 3, 6, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = timedelta(weeks=1)

SESSION = CalendarSession(
    public_id="5e551011aabbccdd",
    title="Hands that listen: reading a baby's signals",
    description="Bring a doll or a rolled-up towel.",
    starts_at=START,
    ends_at=START + HOUR,
    url="https://hub.example/join/5e551011aabbccdd",
    location="Online",
    organizer_name="Mia Lindqvist",
    organizer_email="mia@practice.example",
    revision=0,
    created_at=START - 4 * WEEK,
    updated_at=START - 4 * WEEK,
    cancelled=False,
)
TITLES = ("Hands that listen: reading a baby's signals", "Colic and calm: what helps", "Questions & cases")
SESSIONS = tuple(
    LetterSession(title, START + number * WEEK, START + number * WEEK + HOUR) for number, title in enumerate(TITLES)
)
MATERIALS = (
    LetterMaterial(7, "Stroke by stroke: the leg sequence", "Two pages for beside the mat.", "", "pdf", 1_240_000),
    LetterMaterial(9, "Lullaby for slow hands", "", "", "mp3", 640_000),
    LetterMaterial(11, "A film about pressure", "Eight minutes.", "https://films.example/pressure", "", 0),
)
OWN_WORDS = (
    "Hello {name},\n\nwe meet in **another room**. Everything is on [your page]({my_page}).\n\n"
    "- {cohort}\n- write to {organizer}\n\nBraces \\{like these\\} stay.\n"
)
NOTE = (
    "Before we meet, please read [the first chapter](https://practice.example/chapter-1).\n\n"
    "Then bring:\n\n- a **doll** or a rolled-up towel\n- a soft blanket\n"
)

ANNA = Recipient(
    name="Anna Berg",
    email="anna.berg@clinic.example",
    key="session:12:reminder:-P1D:registration:77",
    message_id="d41d8cd98f00b204e9800998@hub.example",
    composed_at=datetime(2026, 3, 5, 0, 0, 3, tzinfo=UTC),
    me_link="https://hub.example/me/WzQyLCJrM3ZQd0Q1b0p6YyJd.5b9Qm1nXr4QyM2bZbq6Jx1Jxq8V0oGq6cQm1XfQb2sE",
    unsubscribe_link="https://hub.example/unsubscribe/WzQyLCJrMyJd.Yq6Jx1Jxq8V0oGq6cQm1XfQb2sE",
    registration_public_id="ab12cd34ef56ab78",
    calendar_revision=0,
    offer_link="https://hub.example/offer/WzQyLCJrMyJd.Yq6Jx1Jxq8V0oGq6cQm1XfQb2sE",
)


def letter(kind: str, **facts: Any) -> Letter:
    """A letter about Mia's cohort in New York to somebody in California; `facts` are the kind's own."""
    shared: dict[str, Any] = {
        "webinar_slug": "infant-massage",
        "webinar_title": "Infant massage for therapists",
        "cohort_title": "Spring 2026",
        "cohort_zone": "America/New_York",
        "recipient_zone": "America/Los_Angeles",
        "organizer_name": "Mia Lindqvist",
        "organizer_email": "mia@practice.example",
        "sender": "hello@hub.example",
        "base_url": "https://hub.example",
        "host": "hub.example",
    }
    return Letter(kind=kind, **shared | facts)


ABOUT_SESSION: dict[str, Any] = {"session": SESSION, "session_title": SESSION.title}
INVITING: dict[str, Any] = ABOUT_SESSION | {"calendar_method": "REQUEST"}
CANCELLING: dict[str, Any] = ABOUT_SESSION | {"calendar_method": "CANCEL"}

LETTERS: dict[str, Letter] = {
    "confirmation": letter("confirmation", sessions=SESSIONS, note=NOTE, **INVITING),
    "confirmation_at_the_last_hour": letter(
        "confirmation", sessions=SESSIONS[:1], lead=timedelta(days=1), **INVITING
    ),
    "invite": letter("invite", session_number=2, session_count=3, **INVITING),
    "reminder_a_week_before": letter("reminder", lead=WEEK, topic="reminders", **INVITING),
    "reminder_a_day_before": letter("reminder", lead=timedelta(days=1), topic="reminders", **INVITING),
    "reminder_an_hour_before": letter("reminder", lead=HOUR, topic="reminders", **ABOUT_SESSION),
    "live": letter("live", topic="reminders", **ABOUT_SESSION),
    "drop": letter(
        "drop",
        drop_public_id="d409d409d409d409",
        drop_title="Legs and feet",
        drop_note="For the *evening* after your first practice.",
        materials=MATERIALS,
        topic="bonuses",
    ),
    "drop_as_a_surprise": letter(
        "drop",
        drop_public_id="d409d409d409d410",
        drop_title="A lullaby",
        surprise=True,
        materials=MATERIALS[1:2],
        topic="bonuses",
    ),
    "catch_up": letter(
        "catch_up",
        topic="bonuses",
        drops=(
            LetterDrop("d1", "A sheet for parents", False),
            LetterDrop("d2", "Lullabies & <other> songs", True),
        ),
    ),
    "thank_you": letter(
        "thank_you",
        note="Your questions made this course better.",
        next_step_text="Book the two-day practice",
        next_step_url="https://practice.example/two-days",
        topic="reminders",
    ),
    "session_changed": letter("session_changed", old_starts_at=START - timedelta(days=1), **INVITING),
    "session_cancelled": letter("session_cancelled", **CANCELLING),
    "session_added": letter("session_added", **INVITING),
    "cohort_cancelled": letter("cohort_cancelled", **CANCELLING),
    "registration_cancelled": letter("registration_cancelled", **CANCELLING),
    "arranged": letter("arranged", note="An interpreter joins you: she is pinned beside the picture."),
    "calendar_cancel": letter("calendar_cancel", **CANCELLING),
    "announcement": letter("announcement", own_subject="A change of room for {webinar}", own_words=OWN_WORDS),
    "announcement_of_news": letter(
        "announcement", own_subject="Two new evenings", own_words="Hello {name},\n\nwe go on!", topic="news"
    ),
    "reminder_in_her_own_words": letter(
        "reminder",
        lead=HOUR,
        topic="reminders",
        own_subject="{time_left}: {session} & you",
        own_words="Hello {name},\n\n{name}, {time_left} we begin: **{session}**, {when}.\n\n"
        "[Come in]({join_link}), or: {join_link}",
        **ABOUT_SESSION,
    ),
    "prove": letter("prove"),
    "my_link": letter("my_link", webinar_slug="", webinar_title="", cohort_title=""),
    "waitlisted": letter("waitlisted", position=3, sessions=SESSIONS),
    "offer": letter("offer", until=START - timedelta(days=2), sessions=SESSIONS),
    "offer_over": letter("offer_over"),
    "applied": letter("applied", sessions=SESSIONS),
    "applied_again": letter("applied", seat_kept=True, sessions=SESSIONS),
    "declined": letter("declined", reason="This run is for paediatric therapists only."),
    "declined_without_a_reason": letter("declined"),
    "waitlist_left": letter("waitlist_left"),
    "waitlist_over": letter("waitlist_over"),
}


def recipient_of(a_letter: Letter, **own: Any) -> Recipient:
    """Anna, with a link for each material, and above revision 0 when something is taken back."""
    links = tuple(f"https://hub.example/d/token-{material.id}" for material in a_letter.materials)
    revision = 1 if a_letter.calendar_method == "CANCEL" else 0
    return replace(ANNA, **{"downloads": links, "calendar_revision": revision} | own)


def written(a_letter: Letter, **own: Any) -> bytes:
    """The mail of this letter to Anna, or to somebody who differs from her in `own`."""
    return COMPOSER.compose(a_letter, recipient_of(a_letter, **own))


def read(content: bytes) -> EmailMessage:
    """A mail as the standard library understands it; a defect anywhere is an error."""
    message = message_from_bytes(content, policy=default)
    for part in message.walk():
        assert not part.defects
        assert not [defect for header in part.values() for defect in getattr(header, "defects", ())]
    return message  # type: ignore[return-value]


def text_of(message: EmailMessage) -> str:
    """The text part."""
    return str(message.get_body(("plain",)).get_content())


def html_of(message: EmailMessage) -> str:
    """The HTML part."""
    return str(message.get_body(("html",)).get_content())
