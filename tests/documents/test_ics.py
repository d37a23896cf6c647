"""What our calendar objects hold, compared whole with files, and checked rule by rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.documents.calendar_examples import FEEDING, HOST, STAMPED_AT
from tests.documents.strict_calendar import unfolded, violations
from webinar_hub.documents.ics import (
    CalendarEntry,
    calendar_feed,
    calendar_file,
    public_uid,
    session_uid,
    shared_invite,
)
from webinar_hub.documents.ics_reading import invites_in_words

SNAPSHOTS = Path(__file__).parent / "snapshots"
UID = session_uid("ses_8Kd2", "reg_Qx71", HOST)
SECOND = replace(
    FEEDING,
    public_id="ses_9La3",
    title="Feeding, week 3",
    starts_at=datetime(2026, 3, 12, 23, 0, tzinfo=UTC),  # 7 pm in New York again, after the change to summer time
    ends_at=datetime(2026, 3, 13, 0, 0, tzinfo=UTC),
    cancelled=True,
    revision=4,
)
ENTRIES = [
    CalendarEntry(FEEDING, public_uid("ses_8Kd2", HOST), 1),
    CalendarEntry(SECOND, public_uid("ses_9La3", HOST), 4),
]


def invite(session=FEEDING, method="REQUEST", **changes):
    person = {"uid": UID, "name": "Ann Lee", "email": "ann@example.org", "revision": 2, "stamped_at": STAMPED_AT}
    return shared_invite(session, method).for_attendee(**{**person, **changes})


def feed(entries=ENTRIES):
    return calendar_feed(
        entries, name="Ann's webinars", description="All live sessions", refresh=timedelta(hours=1)
    )


@pytest.mark.parametrize(
    ("snapshot", "content"),
    [
        ("request.ics", invite(name="Ann-Charlotte Müller-Lüdenscheidt; née Özdemir", email="ann+x@example.org")),
        ("cancel.ics", invite(replace(FEEDING, cancelled=True), "CANCEL", revision=3)),
        ("feed.ics", feed()),
        ("download.ics", calendar_file(ENTRIES, stamped_at=STAMPED_AT, name="The first spoon")),
    ],
)
def test_an_object_is_this_file_byte_for_byte_and_keeps_every_rule(snapshot, content):
    assert content == (SNAPSHOTS / snapshot).read_bytes()
    assert violations(content) == []


@pytest.mark.parametrize(
    ("written", "broken"),
    [
        (b"\r\nUID", b"\nUID"),
        (b"\r\nUID", b"\r\n\r\nUID"),
        (b"SUMMARY:", b"SUMMARY:\x0b"),
        (b"week 2", b"week" + 60 * b" 2"),
        (b"\\;", b";"),
        (b"Z\r\nSEQUENCE", b"\r\nSEQUENCE"),
        (b"STATUS:CONFIRMED\r\n", b""),
        (b"STATUS:CONFIRMED", b"STATUS:CANCELLED"),
        (b"ORGANIZER;CN=", b"ATTENDEE:mailto:eve@example.org\r\nORGANIZER;CN="),
        (b"END:VALARM\r\n", b""),
        (b"mailto:ann@", b"mailto:Ann <ann>@"),
        (b"METHOD:REQUEST", b"METHOD:CANCEL"),
        ("Zoë".encode(), b"Zo\xc3\r\n \xab"),
        (b"END:VEVENT\r\n", b"END:VEVENT\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\n"),
    ],
)
def test_the_strict_reader_sees_a_broken_object(written, broken):
    """Otherwise the tests that find nothing wrong would say nothing."""
    content = invite()
    assert violations(content) == []
    assert written in content
    assert violations(content.replace(written, broken, 1))


def test_a_moved_session_is_a_request_of_the_same_uid_with_new_times():
    moved = replace(
        FEEDING,
        starts_at=FEEDING.starts_at + timedelta(days=7),
        ends_at=FEEDING.ends_at + timedelta(days=7),
        updated_at=STAMPED_AT,
    )
    [before], [after] = invites_in_words(invite()), invites_in_words(invite(moved, revision=3))
    assert after == replace(
        before,
        starts_at=datetime(2026, 3, 13, tzinfo=UTC),
        ends_at=datetime(2026, 3, 13, 1, tzinfo=UTC),
        revision=3,
    )


def test_times_of_any_zone_are_written_in_utc():
    new_york = timezone(timedelta(hours=-5))
    same = replace(
        FEEDING, starts_at=FEEDING.starts_at.astimezone(new_york), ends_at=FEEDING.ends_at.astimezone(new_york)
    )
    assert invite(same, stamped_at=STAMPED_AT.astimezone(new_york)) == invite()


@pytest.mark.parametrize("field", ["starts_at", "ends_at", "created_at", "updated_at"])
def test_a_moment_without_zone_is_refused(field):
    with pytest.raises(ValueError, match="without zone"):
        replace(FEEDING, **{field: getattr(FEEDING, field).replace(tzinfo=None)})
    with pytest.raises(ValueError, match="without zone"):
        invite(stamped_at=STAMPED_AT.replace(tzinfo=None))


def test_a_session_that_ends_when_it_starts_is_refused():
    with pytest.raises(ValueError, match="ends after"):
        replace(FEEDING, ends_at=FEEDING.starts_at)


def test_a_cancelled_session_cannot_be_requested_and_a_cancel_needs_a_revision():
    with pytest.raises(ValueError, match="only be sent as CANCEL"):
        shared_invite(replace(FEEDING, cancelled=True), "REQUEST")
    with pytest.raises(ValueError, match="revision above"):
        invite(method="CANCEL", revision=0)


def test_one_person_can_be_cancelled_while_the_session_goes_on():
    content = invite(method="CANCEL", revision=2)
    assert violations(content) == []
    assert invites_in_words(content)[0].status == "CANCELLED"


def test_an_invite_shows_one_registrant_and_no_other():
    shared = shared_invite(FEEDING, "REQUEST")
    person = {"uid": UID, "revision": 0, "stamped_at": STAMPED_AT}
    shared.for_attendee(name="Ann", email="ann@example.org", **person)
    bea = shared.for_attendee(name="Bea", email="bea@example.org", **person)
    assert b"ann@" not in bea
    assert [line for line in unfolded(bea) if "bea@" in line] == [
        "ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN=Bea:mailto:bea@example.org"
    ]


@pytest.mark.parametrize(
    ("email", "written"),
    [
        ("o'neil+tag_1.x-y@example.org", "mailto:o'neil+tag_1.x-y@example.org"),
        ("50%?a=b&c#d@example.org", "mailto:50%25%3Fa%3Db%26c%23d@example.org"),
        ("zoë@example.org", "mailto:zo%C3%AB@example.org"),
    ],
)
def test_an_address_is_a_uri_and_is_read_back_as_it_was(email, written):
    content = invite(name="", email=email)
    assert any(line.endswith(f"RSVP=TRUE:{written}") for line in unfolded(content))
    assert invites_in_words(content)[0].attendee == email


def test_uids_are_stable_distinct_and_at_most_255_octets():
    assert session_uid("s1", "r1", "Hub.Example.org") == "s1.r1@hub.example.org"
    assert public_uid("s1", HOST) == "s1@hub.example.org"
    assert session_uid("a-b", "c", HOST) != session_uid("a", "b-c", HOST)
    long = session_uid("s" * 120, "r" * 120, "h" * 60)
    assert len(long) <= 255
    assert long == session_uid("s" * 120, "r" * 120, "h" * 60)
    assert long != session_uid("s" * 120, "r" * 119 + "q", "h" * 60)


@pytest.mark.parametrize(
    "parts", [("s 1", "r", HOST), ("s", "r\r\n", HOST), ("", "r", HOST), ("s", "r", "hüb.example")]
)
def test_a_uid_of_other_characters_is_refused(parts):
    with pytest.raises(ValueError, match="no UID"):
        session_uid(*parts)


def test_the_feed_changes_only_when_a_session_does():
    assert feed() == feed(list(reversed(ENTRIES)))
    edited = replace(FEEDING, title="Feeding, again", updated_at=STAMPED_AT)
    assert feed([replace(ENTRIES[0], session=edited), ENTRIES[1]]) != feed()
    assert violations(feed([])) == []


def test_a_cancelled_session_stays_in_the_feed_says_so_and_does_not_ring():
    first, second = invites_in_words(calendar_file(ENTRIES, stamped_at=STAMPED_AT, name="x"))
    assert (first.status, first.title) == ("CONFIRMED", FEEDING.title)
    assert (second.status, second.title) == ("CANCELLED", "Cancelled: Feeding, week 3")
    assert calendar_file(ENTRIES, stamped_at=STAMPED_AT, name="x").count(b"BEGIN:VALARM") == 1


def test_an_invite_in_words_is_all_that_was_written():
    [words] = invites_in_words(invite())
    assert words.method == "REQUEST"
    assert (words.title, words.starts_at, words.ends_at) == (FEEDING.title, FEEDING.starts_at, FEEDING.ends_at)
    assert (words.revision, words.uid, words.status) == (2, "ses_8Kd2.reg_Qx71@hub.example.org", "CONFIRMED")
    assert words.organizer == "Dr. Zoë 'Zo' Lee, OT <webinars@hub.example.org>"
    assert words.attendee == "Ann Lee <ann@example.org>"
    assert (words.location, words.url) == (FEEDING.location, FEEDING.url)
    assert words.description.splitlines() == [
        "Bring a spoon.",
        "",
        "We start on time, and end on time: sixty minutes, “no slides”.",
        "",
        "https://hub.example.org/w/first-spoon",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        b"BEGIN:VCALENDAR\r\n",
        invite().replace(b"UID:", b"X-UID:"),
        invite().replace(b"DTEND:", b"X-DTEND:"),
        invite().replace(b"DTSTART:20260306T000000Z", b"DTSTART;VALUE=DATE:20260306"),
        invite().replace(b"DTSTART:20260306T000000Z", b"DTSTART:soon"),
        invite().replace(b"SEQUENCE:2", b"SEQUENCE:two"),
        invite() + invite(),
    ],
)
def test_what_is_no_calendar_object_is_refused(content):
    with pytest.raises(ValueError, match=r".+"):
        invites_in_words(content)
