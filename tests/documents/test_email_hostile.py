"""Names and titles made to break out of a mail: RELIABILITY.md's A01, A02, A25, A26 and A33, for every kind."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from email_examples import LETTERS, TEMPLATES, html_of, letter, read, recipient_of, text_of, written
from icalendar import Calendar
from test_email import Seen

from webinar_hub.documents.email import Composer
from webinar_hub.documents.names import BREAK, inert, plain_name
from webinar_hub.documents.slots import NAME, UNSUBSCRIBE

TEMPLATE_CODE = ["{{7*7}}", "${7*7}", "%(x)s", "{0.__class__}", "{% raw %}", "#{7*7}", "<%= 7*7 %>"]
MARKUP = ["<script>alert(1)</script>", "[click](javascript:alert(1))", '"><img src=x onerror=alert(1)>', "**bold**"]
LINE_ENDS = [f"Ann{end}Bcc: v@y.example" for end in ("\r\n", "\n", "\r", "\u2028", "\x85", "\x00", "\x0b")]
UNICODE = ["😀" * 120, "مريم الأحمد", "李小龍", "\u202emoc.live\u202c", "\ud800Ann", "👩‍👧‍👦 Ann", "ﬁ" * 100]
LINKS = ["https://evil.example", "http:evil.example/x", "//evil.example", "www.evil.example", "a@b.example"]
LINKS += ["evil.com", "tel:5551234", "https://localhost/x"]
ENCODED_WORDS = ["=?utf-8?q?Bcc=3A?=", "=?utf-8?b?DQpCY2M6IHZAeS5leGFtcGxl?="]
SLOTS = [NAME, UNSUBSCRIBE]
HOSTILE = [*TEMPLATE_CODE, *MARKUP, *LINE_ENDS, *UNICODE, *LINKS, *ENCODED_WORDS, *SLOTS, "\ufeff", "\\", '"']
HEADERS = {
    *("From", "Reply-To", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted"),
    *("X-Entity-Ref-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post"),
    *("Content-Language", "Content-Type"),
}
# What mail programs turn into a link.
AUTO_LINK = re.compile(r"\w:\S|www\.|\w\.(?:example|com)|\w@\w|//\w")


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("letter_name", ["reminder_a_day_before", "my_link"])
def test_a_hostile_name_stays_a_name(letter_name: str, name: str) -> None:
    a_letter = LETTERS[letter_name]
    honest, hostile = read(written(a_letter)), read(written(a_letter, name=name))
    assert honest.keys() == hostile.keys()
    assert set(hostile.keys()) <= HEADERS
    assert [address.addr_spec for address in hostile["To"].addresses] == ["anna.berg@clinic.example"]
    assert Seen(html_of(hostile)).links == Seen(html_of(honest)).links
    tags = [[tag for tag, _ in Seen(html_of(message)).elements] for message in (honest, hostile)]
    assert tags[0] == tags[1]
    shown = inert(name)
    assert f"Hello {shown}," in text_of(hostile) or not shown
    assert f"Hello {shown}," in Seen(html_of(hostile)).words or not shown
    assert "49" not in text_of(hostile).partition("\n\n")[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_one_line_of_the_invite(name: str) -> None:
    *_, attached = read(written(LETTERS["invite"], name=name)).walk()
    content = attached.get_payload(decode=True)
    (event,) = Calendar.from_ical(content).events
    assert event["ATTENDEE"] == "mailto:anna.berg@clinic.example"
    assert content.count(b"\r\nATTENDEE") == 1
    assert "BCC" not in event


@pytest.mark.parametrize("link", LINKS)
def test_a_name_like_a_link_is_not_even_auto_linked(link: str) -> None:
    message = read(written(LETTERS["my_link"], name=f"Ann {link}"))
    for words in (text_of(message), Seen(html_of(message)).words):
        greeting = next(line for line in words.splitlines() if line.startswith("Hello"))
        assert BREAK in greeting
        assert not AUTO_LINK.search(greeting)


@pytest.mark.parametrize("name", ["Anna Berg", "J. R. Ewing-Smith", "O'Neill, Dr.", "Zoë", "مريم", "Anna: Berg"])
def test_an_honest_name_is_left_alone(name: str) -> None:
    assert inert(name) == plain_name(name) == name


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("  Ann \t Lee ", "Ann Lee"),
        ("Ann\r\nLee", "Ann Lee"),
        ("\u202eAnn\u202c", "Ann"),
        ("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeffAnn", "Ann"),
        ("Ann\u2029Lee\x7f", "Ann Lee"),
        ("\r\n", ""),
    ],
)
def test_a_plain_name_is_one_line(typed: str, shown: str) -> None:
    assert plain_name(typed) == shown


@pytest.mark.parametrize("title", [title for title in HOSTILE if title not in SLOTS] + [f"Legs{NAME}{UNSUBSCRIBE}"])
@pytest.mark.parametrize("letter_name", ["confirmation", "reminder_a_day_before", "drop", "session_changed"])
def test_an_organizers_words_are_words(letter_name: str, title: str) -> None:
    honest = LETTERS[letter_name]
    session = honest.session and replace(honest.session, title=title, location=title)
    hostile = replace(
        honest,
        webinar_title=title,
        cohort_title=title,
        session=session,
        session_title=honest.session_title and title,
        drop_title=honest.drop_title and title,
        drop_note=title,
        note=title,
        organizer_name=title,
        sessions=tuple(replace(one, title=title) for one in honest.sessions),
        materials=tuple(replace(one, title=title, description=title) for one in honest.materials),
    )
    message = read(written(hostile))
    assert message.keys() == read(written(honest)).keys()
    assert [address.addr_spec for address in message["From"].addresses] == ["hello@hub.example"]
    seen = Seen(html_of(message))
    assert "script" not in {tag for tag, _ in seen.elements}
    pictures = {attributes["src"] for tag, attributes in seen.elements if tag == "img"}
    assert pictures <= {"https://hub.example/w/infant-massage/cover.png"}
    assert [key for _, attributes in seen.elements for key in attributes if key.startswith("on")] == []
    assert all(link.startswith("https://hub.example/") for link in seen.links)
    # Nothing of hers stands where an organizer typed a slot.
    assert text_of(message).count("Anna Berg") == 1
    if honest.calendar_method:
        *_, attached = message.walk()
        assert len(Calendar.from_ical(attached.get_payload(decode=True)).events) == 1


def test_a_hostile_address_is_refused() -> None:
    for end in ("\r\nBcc: v@y.example", "\u2028", "\x00", ", v@y.example", "\n"):
        address = f"a@x.example{end}"
        with pytest.raises(ValueError, match="not an address"):
            written(LETTERS["my_link"], email=address)


def test_a_hostile_key_or_message_id_is_refused() -> None:
    for own in ({"key": "a\r\nBcc: v@y.example"}, {"message_id": "a@x>\r\nBcc: v"}, {"message_id": "a b@x"}):
        with pytest.raises(ValueError, match="not a token"):
            written(LETTERS["my_link"], **own)


@pytest.mark.parametrize("name", [*HOSTILE, "Zoë Größe", "Anna"])
def test_a_name_in_a_subject_is_one_line_of_it(tmp_path: Path, name: str) -> None:
    shutil.copytree(TEMPLATES / "email", tmp_path / "email")
    (tmp_path / "email" / "my_link" / "subject.txt").write_text("Here it is{{ you.name }}: your link")
    a_letter = letter("my_link")
    message = read(Composer(tmp_path).compose(a_letter, recipient_of(a_letter, name=name)))
    assert set(message.keys()) <= HEADERS
    spoken = f" {inert(name)}" if inert(name) else ""
    assert " ".join(message["Subject"].split()) == " ".join(f"Here it is{spoken}: your link".split())
    assert message.get_all("To") == [message["To"]]
