"""The session, its registrant and the moments that the calendar tests share."""

from datetime import UTC, datetime

from webinar_hub.documents.ics import CalendarSession

HOST = "hub.example.org"
STAMPED_AT = datetime(2026, 2, 3, 9, 30, 15, tzinfo=UTC)

FEEDING = CalendarSession(
    public_id="ses_8Kd2",
    title="Feeding, week 2: the first spoon; and what then?",
    description="Bring a spoon.\r\n\r\nWe start on time, and end on time: sixty minutes, “no slides”.",
    starts_at=datetime(2026, 3, 6, 0, 0, tzinfo=UTC),
    ends_at=datetime(2026, 3, 6, 1, 0, tzinfo=UTC),
    url="https://hub.example.org/w/first-spoon",
    location="https://hub.example.org/w/first-spoon",
    organizer_name='Dr. Zoë "Zo" Lee, OT',
    organizer_email="webinars@hub.example.org",
    revision=1,
    created_at=datetime(2026, 1, 5, 8, 0, tzinfo=UTC),
    updated_at=datetime(2026, 2, 1, 17, 45, tzinfo=UTC),
    cancelled=False,
)
