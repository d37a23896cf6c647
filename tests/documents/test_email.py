"""Every kind of mail, read back by the standard library: structure, headers, links, invite."""

import base64
import re
from dataclasses import replace
from datetime import UTC, timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import email_examples as examples
import pytest
from email_examples import ANNA, COMPOSER, LETTERS, TEMPLATES, html_of, letter, read, recipient_of, text_of, written
from icalendar import Calendar

from webinar_hub.documents.email import Composer
from webinar_hub.documents.letters import KINDS, IncompleteLetter, UnknownKind

EACH_LETTER = pytest.mark.parametrize("name", LETTERS)
INVITING = [name for name, a_letter in LETTERS.items() if a_letter.calendar_method]
MAILED = [name for name, a_letter in LETTERS.items() if a_letter.topic != "service"]


class Seen(HTMLParser):
    """The links, pictures, elements and words of an HTML part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self._unseen = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        self._unseen += tag in ("style", "title")
        if tag == "a":
            self.links.add(str(attributes["href"]))

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.words += data


def test_every_kind_has_an_example_and_a_folder_of_templates() -> None:
    assert {a_letter.kind for a_letter in LETTERS.values()} == KINDS
    folders = {path.name for path in (TEMPLATES / "email").iterdir() if path.is_dir()}
    assert folders == KINDS
    for kind in KINDS:
        names = {path.name for path in (TEMPLATES / "email" / kind).iterdir()}
        assert names == {"subject.txt", "body.txt", "body.html"}


@EACH_LETTER
def test_the_bytes_are_a_message_as_rfc_5322_wants_it(name: str) -> None:
    content = written(LETTERS[name])
    assert content.isascii()
    assert content.endswith(b"\r\n")
    assert content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r")
    assert max(map(len, content.split(b"\r\n"))) <= 998
    head = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    # A line over 78 characters is one token behind its header's name, which cannot be folded.
    assert all(len(line) <= 78 or b" " not in line.partition(b": ")[2] for line in head)
    read(content)


@EACH_LETTER
def test_its_headers_say_who_what_and_why(name: str) -> None:
    a_letter = LETTERS[name]
    message = read(written(a_letter))
    assert len(message.keys()) == len(set(message.keys()))
    assert str(message["From"]) == "Mia Lindqvist <hello@hub.example>"
    assert str(message["Reply-To"]) == "Mia Lindqvist <mia@practice.example>"
    assert str(message["To"]) == "Anna Berg <anna.berg@clinic.example>"
    assert message["Subject"].strip()
    assert message["Date"].datetime == ANNA.composed_at.replace(microsecond=0)
    assert message["Message-ID"] == f"<{ANNA.message_id}>"
    assert message["X-Entity-Ref-ID"] == ANNA.key
    assert message["MIME-Version"] == "1.0"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert not {"Bcc", "Cc", "Return-Path", "Feedback-ID", "Precedence"} & set(message.keys())


def test_no_reply_to_where_the_organizer_is_the_sender() -> None:
    message = read(written(replace(LETTERS["live"], sender="")))
    assert message["From"].addresses[0].addr_spec == "mia@practice.example"
    assert "Reply-To" not in message


@EACH_LETTER
def test_reminders_and_bonuses_can_be_ended_with_one_click_and_the_others_not(name: str) -> None:
    message = read(written(LETTERS[name]))
    parts = text_of(message), html_of(message)
    if name in MAILED:
        assert message["List-Unsubscribe"] == f"<{ANNA.unsubscribe_link}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert message["List-Id"] == "<infant-massage.hub.example>"
        assert all(ANNA.unsubscribe_link in part for part in parts)
        # One click ends both kinds, so each of them says so.
        told = "asked for news" if LETTERS[name].topic == "news" else "reminders and bonus mails"
        assert all(told in " ".join(part.split()) for part in parts)
    else:
        assert not [header for header in message.keys() if header.startswith("List-")]  # noqa: SIM118  repeats count
        assert not any("nsubscribe" in part for part in parts)


@EACH_LETTER
def test_its_parts_come_in_the_order_of_rfc_6047(name: str) -> None:
    content_types = [part.get_content_type() for part in read(written(LETTERS[name])).walk()]
    alternative = ["multipart/alternative", "text/plain", "text/html"]
    if name in INVITING:
        assert content_types == ["multipart/mixed", *alternative, "text/calendar", "application/ics"]
    else:
        assert content_types == alternative


@pytest.mark.parametrize("name", INVITING)
def test_the_invite_is_hers_alone_and_attached_in_the_same_bytes(name: str) -> None:
    a_letter = LETTERS[name]
    content = written(a_letter)
    *_, inline, attached = read(content).walk()
    assert inline.get_content_type() == "text/calendar"
    assert inline["Content-Type"].params == {"method": a_letter.calendar_method, "charset": "utf-8"}
    assert inline["Content-Disposition"] is None
    assert attached.get_filename() == "invite.ics"
    assert inline.get_payload(decode=True) == attached.get_payload(decode=True)
    encoded = inline.get_payload().split()
    assert max(map(len, encoded)) <= 76
    calendar = Calendar.from_ical(base64.b64decode("".join(encoded)))
    (event,) = calendar.events
    assert calendar["METHOD"] == a_letter.calendar_method
    assert event["UID"] == "5e551011aabbccdd.ab12cd34ef56ab78@hub.example"
    assert event["ATTENDEE"] == "mailto:anna.berg@clinic.example"
    assert event["SEQUENCE"] == recipient_of(a_letter).calendar_revision
    assert event["DTSTAMP"].dt == ANNA.composed_at
    assert content.count(b"BEGIN:VCALENDAR") == 0


@EACH_LETTER
def test_the_text_has_every_link_of_the_html_and_both_say_the_same(name: str) -> None:
    message = read(written(LETTERS[name]))
    html, text = Seen(html_of(message)), text_of(message)
    assert html.links == set(re.findall(r"https?://[^\s)]+", text))
    # What a stranger may have typed is not repeated to somebody who never asked.
    hello = "Hello," if name == "prove" else "Hello Anna Berg,"
    for spoken in (hello, "Mia Lindqvist", "You get this mail because"):
        assert spoken in html.words
        assert spoken in text
    times = re.compile(r"\w{3} \d+ \w+, \d+:\d\d [ap]m in New York: \d+:\d\d [ap]m for you")
    assert set(times.findall(text)) == set(times.findall(html.words.partition("Hello Anna Berg,")[2]))


@EACH_LETTER
def test_every_link_is_https_on_the_hub_or_chosen_by_the_organizer_and_names_nobody(name: str) -> None:
    seen = Seen(html_of(read(written(LETTERS[name]))))
    sources = {str(attributes["src"]) for tag, attributes in seen.elements if tag == "img"}
    for url in seen.links | sources:
        parts = urlsplit(url)
        assert parts.scheme == "https"
        assert parts.hostname in ("hub.example", "practice.example")
        assert "@" not in url
        assert "%40" not in url


@EACH_LETTER
def test_the_html_is_small_quiet_and_accessible(name: str) -> None:
    html = html_of(read(written(LETTERS[name])))
    seen = Seen(html)
    tags = [tag for tag, _ in seen.elements]
    assert len(html.encode()) < 30_000
    assert seen.elements[0] == ("html", {"lang": "en"})
    assert not {"script", "form", "iframe", "object", "link", "base"} & set(tags)
    assert not [key for _, attributes in seen.elements for key in attributes if key.startswith("on")]
    assert {attributes["role"] for tag, attributes in seen.elements if tag == "table"} == {"presentation"}
    for tag, attributes in seen.elements:
        if tag == "img":
            # The cover only: a picture of one pixel would spy on her.
            expected = {"src": "https://hub.example/w/infant-massage/cover.png", "width": "600", "height": "315"}
            assert {key: attributes[key] for key in expected} == expected
            assert attributes["alt"] == ""
    assert tags.count("h1") == 1
    assert "prefers-color-scheme: dark" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert seen.words.strip().partition("\n")[0]  # the preheader, first of all


@EACH_LETTER
def test_nothing_unfilled_is_left(name: str) -> None:
    message = read(written(LETTERS[name]))
    for words in (str(message["Subject"]), text_of(message), html_of(message)):
        assert not re.search(r"\{\{|\}\}|\{%|None|Undefined|&amp;amp;|[\ue000-\uf8ff]", words)


def test_a_person_without_a_name_is_greeted_without_one() -> None:
    message = read(written(LETTERS["live"], name=""))
    assert "Hello," in text_of(message)
    assert "Hello," in html_of(message)
    assert str(message["To"]) == "anna.berg@clinic.example"


def test_the_same_facts_give_the_same_bytes_from_any_composer() -> None:
    other = Composer(TEMPLATES)
    for a_letter in LETTERS.values():
        assert other.compose(replace(a_letter), recipient_of(a_letter)) == written(a_letter)


def test_equal_letters_are_rendered_once_and_changed_ones_anew(tmp_path: Path) -> None:
    composer = Composer(TEMPLATES)
    first = LETTERS["reminder_a_day_before"]
    old = composer.compose(first, recipient_of(first))
    composer.compose(replace(first), recipient_of(first, name="Bo", email="bo@clinic.example"))
    assert composer.rendered_letters() == 1
    moved = replace(examples.SESSION, starts_at=examples.START + timedelta(minutes=30), revision=1)
    changed = replace(first, session=moved)
    assert "7:30 pm in New York" in text_of(read(composer.compose(changed, recipient_of(changed))))
    assert composer.rendered_letters() == 2
    assert composer.compose(first, recipient_of(first)) == old


def test_boundaries_differ_between_messages_and_not_between_attempts() -> None:
    a_letter = LETTERS["reminder_a_day_before"]
    ids = ("1@hub.example", "1@hub.example", "2@hub.example")
    assert len({read(written(a_letter, message_id=message_id)).get_boundary() for message_id in ids}) == 2


def test_times_are_told_in_her_own_zone() -> None:
    in_berlin = replace(LETTERS["reminder_a_day_before"], recipient_zone="Europe/Berlin")
    at_home = replace(LETTERS["reminder_a_day_before"], recipient_zone="America/New_York")
    assert "Thu 5 March, 7:00 pm in New York: Fri 6 March, 1:00 am for you" in text_of(read(written(in_berlin)))
    assert "Thu 5 March, 7:00 pm in New York\n" in text_of(read(written(at_home))).replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("lead", "spoken"),
    [
        (timedelta(weeks=1), "In 1 week: "),
        (timedelta(days=2), "In 2 days: "),
        (timedelta(days=1), "Tomorrow: "),
        (timedelta(hours=18), "Tomorrow: "),  # 10 pm to 4 pm
        (timedelta(hours=12), "In 12 hours: "),  # 4 am, the same day
        (timedelta(hours=1), "In 1 hour: "),
        (timedelta(minutes=10), "In 10 minutes: "),
    ],
)
def test_a_reminder_says_how_long_it_is_till_then(lead: timedelta, spoken: str) -> None:
    message = read(written(letter("reminder", lead=lead, topic="reminders", **examples.ABOUT_SESSION)))
    assert message["Subject"].startswith(spoken)


def test_a_session_without_a_title_of_its_own_is_named_by_its_webinar() -> None:
    a_letter = replace(LETTERS["live"], session_title="Session 2")
    subjects = [read(written(replace(a_letter, language=tongue)))["Subject"] for tongue in ("en", "es")]
    assert subjects[0] == "We are live: Infant massage for therapists, session 2"
    assert subjects[1].endswith("Infant massage for therapists, sesión 2")


def test_a_drop_has_a_personal_link_for_each_material() -> None:
    with pytest.raises(ValueError, match="one link for each material"):
        COMPOSER.compose(LETTERS["drop"], replace(ANNA, downloads=("https://hub.example/d/only-one",)))


def test_a_surprise_is_announced_as_one() -> None:
    assert read(written(LETTERS["drop_as_a_surprise"]))["Subject"] == "A surprise for you: A lullaby"
    assert read(written(LETTERS["drop"]))["Subject"] == "Your bonus: Legs and feet"


def test_a_long_subject_and_key_are_folded_or_whole() -> None:
    title = "A very long title about the hands of therapists " * 4
    a_letter = replace(LETTERS["live"], session_title=title.strip())
    content = written(a_letter, key="k" * 200, message_id="m" * 100 + "@hub.example")
    message = read(content)
    assert message["Subject"] == f"We are live: {title.strip()}"
    assert message["X-Entity-Ref-ID"] == "k" * 200


def test_a_kind_without_templates_is_unknown() -> None:
    with pytest.raises(UnknownKind) as raised:
        letter("fax")
    assert isinstance(raised.value, KeyError)


@pytest.mark.parametrize(
    ("kind", "facts", "missing"),
    [
        ("reminder", {}, "session, session_title, lead"),
        ("drop", {"drop_title": "Legs"}, "drop_public_id"),
        ("cohort_cancelled", {"calendar_method": "CANCEL"}, "session"),
    ],
)
def test_a_letter_without_its_kinds_facts_is_refused(kind: str, facts: dict[str, str], missing: str) -> None:
    with pytest.raises(IncompleteLetter, match=missing):
        letter(kind, **facts)


def test_a_cancellation_needs_a_revision_above_the_invites() -> None:
    with pytest.raises(ValueError, match="revision"):
        written(LETTERS["session_cancelled"], calendar_revision=0)


def test_composed_at_is_the_date_in_utc() -> None:
    content = written(LETTERS["live"], composed_at=ANNA.composed_at.astimezone(UTC))
    assert b"\r\nDate: Thu, 05 Mar 2026 00:00:03 +0000\r\n" in content
