"""Mails that come back are understood by their fields, whatever the language and however broken they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.documents.returned_examples import (
    AUTOMATIC,
    BOUNCES,
    BY_THE_BOOK,
    FOR_PEOPLE,
    OURS,
    RETURN,
    Example,
    calendar_reply,
    complaint,
)
from webinar_hub.documents.returned import Bounce, CalendarReply, Complaint, read_returned


@pytest.mark.parametrize("example", BOUNCES.values(), ids=BOUNCES)
def test_a_bounce_is_understood(example: Example) -> None:
    returned = read_returned(example.content)
    assert isinstance(returned.news, Bounce)
    assert returned.news.kind == example.kind
    assert example.detail in returned.news.detail
    assert RETURN in returned.recipients


@pytest.mark.parametrize("name", ["german", "qmail", "exim", "no boundary", "bare line feeds"])
def test_it_holds_our_message_id(name: str) -> None:
    assert OURS in read_returned(BOUNCES[name].content).message_ids


def test_what_only_looks_like_ours_is_told_apart_by_name() -> None:
    returned = read_returned(BY_THE_BOOK)
    assert returned.name == "<bounce-1@mx.example>"
    assert returned.reference == "session:1:reminder:-PT1H:registration:2"
    nameless = read_returned(BY_THE_BOOK.replace(b"Message-ID: <bounce-1", b"X-Other: <bounce-1"))
    assert len(nameless.name) == 64


@pytest.mark.parametrize("content", AUTOMATIC.values(), ids=AUTOMATIC)
def test_what_a_machine_says_in_somebodys_absence_is_no_news(content: bytes) -> None:
    returned = read_returned(content)
    assert returned.news is None
    assert returned.automatic


@pytest.mark.parametrize("content", FOR_PEOPLE.values(), ids=FOR_PEOPLE)
def test_what_people_write_is_for_people(content: bytes) -> None:
    returned = read_returned(content)
    assert returned.news is None
    assert not returned.automatic


def test_a_complaint_is_understood_and_its_opposite_is_none() -> None:
    assert read_returned(complaint()).news == Complaint("abuse")
    assert RETURN in read_returned(complaint()).text
    assert read_returned(complaint("not-spam")).news is None


def test_an_answer_of_a_calendar_is_understood() -> None:
    (reply,) = replies(calendar_reply(sequence=3, attendee="MAILTO:ann%2Bx@x.example"))
    assert (reply.answer, reply.sequence, reply.attendee) == ("declined", 3, "ann+x@x.example")
    assert reply.uid == "0123456789abcdef.fedcba9876543210@webinar-hub"
    assert reply.stamped_at.isoformat() == "2026-11-23T15:00:00+00:00"
    assert replies(calendar_reply(sequence=None))[0].sequence == 0


@pytest.mark.parametrize(
    "content",
    [
        calendar_reply(method="REQUEST"),
        calendar_reply(method="COUNTER"),
        calendar_reply(answer="NEEDS-ACTION"),
        calendar_reply(answer="DELEGATED"),
        calendar_reply(attendee="ann@x.example"),
        calendar_reply(attendee="mailto:a@x.example\r\nATTENDEE;PARTSTAT=DECLINED:mailto:b@x.example"),
        calendar_reply(stamp="20261123T150000"),
        calendar_reply(stamp="20261123"),
        calendar_reply(stamp="never"),
        calendar_reply(uid="\r\nBEGIN:VEVENT"),
    ],
)
def test_what_is_no_answer_of_one_attendee_is_none(content: bytes) -> None:
    assert replies(content) == ()


def replies(content: bytes) -> tuple[CalendarReply, ...]:
    news = read_returned(content).news
    assert not isinstance(news, Bounce | Complaint)
    return news or ()


@given(st.binary(max_size=2000))
def test_no_bytes_raise_anything(content: bytes) -> None:
    read_returned(content)


@given(st.data())
def test_no_damage_to_a_real_mail_raises_anything(data: st.DataObject) -> None:
    mail = data.draw(st.sampled_from([BY_THE_BOOK, calendar_reply(), complaint(), BOUNCES["japanese"].content]))
    start = data.draw(st.integers(0, len(mail)))
    end = data.draw(st.integers(start, len(mail)))
    read_returned(mail[:start] + data.draw(st.binary(max_size=50)) + mail[end:])


def test_parts_within_parts_without_end_are_not_followed() -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level) for level in range(3000)
    )
    assert read_returned(nested).news is None
