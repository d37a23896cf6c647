"""Whatever people type, an invite stays one event for one person, and two other readers read the text back."""

from dataclasses import replace
from datetime import timedelta

import pytest
import vobject
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from tests.documents.calendar_examples import FEEDING, STAMPED_AT
from tests.documents.strict_calendar import violations
from webinar_hub.documents.calendar_text import person_name, plain_line, plain_paragraphs, title_line, with_link
from webinar_hub.documents.ics import CalendarEntry, calendar_feed, shared_invite
from webinar_hub.documents.ics_reading import invites_in_words

ATTACKS = [
    "x\r\nATTENDEE:mailto:eve@example.org",
    "x\nEND:VEVENT\nBEGIN:VEVENT\nUID:evil",
    "x\r\n END:VEVENT\r\nEND:VCALENDAR\r\n",
    "x\u2028ATTENDEE:mailto:eve@example.org\u2029\x85\x0b\x0cEND:VEVENT",
    '";RSVP=FALSE:mailto:eve@example.org',
    "\\",
    "\\;\\,\\n\\N C:\\New\\new^n^'^^",
    "a\x00b\x1b[31m\x7f",
    "\ufeff\ud800",
    "<a href=https://evil.example>click</a><script>alert(1)</script>",
    "שלום \u202eevil\u202c مرحبا",
    "🦷" * 40,
    "e\u0301👩‍👩‍👧‍👦" * 20,
    "\t \t",
    "",
]
pieces = st.one_of(st.sampled_from(ATTACKS), st.text(), st.text(st.characters(codec=None), max_size=12))
typed = st.lists(pieces, max_size=4).map("".join)
thorough = settings(max_examples=150, deadline=None)


def invite(title, description, name):
    session = replace(FEEDING, title=title, description=description, location=title, organizer_name=name)
    return shared_invite(session, "REQUEST").for_attendee(
        uid="ses.reg@hub.example.org", name=name, email="ann@example.org", revision=1, stamped_at=STAMPED_AT
    )


@thorough
@given(title=typed, description=typed, name=typed)
@example(*ATTACKS[:3])
@example(ATTACKS[6], ATTACKS[6], ATTACKS[4])
def test_every_text_keeps_every_rule_and_is_one_event_for_one_person(title, description, name):
    content = invite(title, description, name)
    assert violations(content) == []
    [words] = invites_in_words(content)
    spoken = person_name(name)
    assert words.attendee == (f"{spoken} <ann@example.org>" if spoken else "ann@example.org")
    assert (words.starts_at, words.ends_at, words.status) == (FEEDING.starts_at, FEEDING.ends_at, "CONFIRMED")


@thorough
@given(title=typed, description=typed, name=typed)
def test_icalendar_reads_the_text_back(title, description, name):
    [event] = Calendar.from_ical(invite(title, description, name)).events
    assert str(event["SUMMARY"]) == title_line(title)
    assert str(event["DESCRIPTION"]) == with_link(description, FEEDING.url)
    assert str(event.get("LOCATION", "")) == plain_line(title)
    assert event["ATTENDEE"].params.get("CN", "") == person_name(name)
    assert event["ORGANIZER"].params.get("CN", "") == person_name(name)


@thorough
@given(title=typed, description=typed, name=typed)
def test_vobject_reads_the_text_back(title, description, name):
    calendar = vobject.readOne(invite(title, description, name).decode())
    [event] = calendar.vevent_list
    [attendee] = event.attendee_list
    assert event.summary.value == title_line(title)
    assert event.description.value == with_link(description, FEEDING.url)
    assert attendee.value == "mailto:ann@example.org"
    assert attendee.params.get("CN", [""]) == [person_name(name)]


@pytest.mark.parametrize("shift", range(80))
def test_a_line_is_never_folded_inside_a_character(shift):
    content = invite("x" * shift + "🦷é" * 40, "y" * shift + "\U0010ffff\n" * 30, "z" * shift + "ß€" * 30)
    assert violations(content) == []
    assert invites_in_words(content)[0].title == "x" * shift + "🦷é" * 40


@thorough
@given(name=typed, description=typed)
def test_the_name_of_a_feed_is_harmless_too(name, description):
    session = replace(FEEDING, title=name)
    content = calendar_feed(
        [CalendarEntry(session, "ses@hub.example.org", 1)],
        name=name or "Webinars",
        description=description,
        refresh=timedelta(minutes=90),
    )
    assert violations(content) == []


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], exclude_characters="<:"), min_size=1))
def test_text_without_controls_and_markup_is_left_as_it_is(text):
    assert plain_paragraphs(f"a{text}b") == f"a{text}b"


def test_line_ends_of_every_kind_are_one_and_paragraphs_stay():
    assert plain_paragraphs("a \r\nb\rc\u2028d\x85e\n\n\nf\n") == "a\nb\nc\nd\ne\n\n\nf"
    assert plain_line(" a\r\n\tb  c ") == "a b c"


def test_markup_is_shown_and_opens_nothing():
    assert plain_paragraphs("1 < 2, <3 and <b>bold</b>") == "1 < 2, <3 and < b>bold< /b>"


def test_text_holds_no_mark_a_careless_reader_could_take_for_the_end_of_an_event():
    assert plain_paragraphs("a\nEND:VEVENT\nbegin:vevent") == "a\nEND: VEVENT\nbegin: vevent"
    assert plain_paragraphs("Begin: very early; the end:\n8 pm") == "Begin: very early; the end:\n8 pm"


def test_a_name_holds_nothing_that_ends_a_parameter():
    assert person_name('Ann "Zo" Lee;RSVP=FALSE\\ ^x\r\ny') == "Ann 'Zo' Lee,RSVP=FALSE/ x y"


def test_the_address_of_the_page_is_named_once():
    assert with_link("See https://h.example/w now", "https://h.example/w") == "See https://h.example/w now"
    assert with_link("", "https://h.example/w") == "https://h.example/w"
