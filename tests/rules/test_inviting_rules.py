"""Lists as people paste them, access codes as they type them, and how often somebody is written to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webinar_hub.rules import access
from webinar_hub.rules.access import Code
from webinar_hub.rules.guest_list import as_text, read_guests, welcome
from webinar_hub.rules.invitation import Asked, may_be_reminded, next_mail, once_key, progress

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CODE = Code(1, "SPRING26", max_uses=2, uses=0, expires_at=None, ended_at=None, gives_back=False)


@pytest.mark.parametrize(
    ("line", "name", "email"),
    [
        ("Ann Lee <ann@x.example>", "Ann Lee", "ann@x.example"),
        ('"Lee, Ann" <ann@x.example>,', "Lee, Ann", "ann@x.example"),
        ("Ann Lee, ann@x.example", "Ann Lee", "ann@x.example"),
        ("ann@x.example, Ann Lee", "Ann Lee", "ann@x.example"),
        ("Ann Lee; ann@x.example;", "Ann Lee", "ann@x.example"),
        ("Ann\tLee\tann@x.example", "Ann Lee", "ann@x.example"),
        ("Ann Lee\tOTR/L\tann@x.example", "Ann Lee OTR/L", "ann@x.example"),
        ("Ann Lee ann@x.example", "Ann Lee", "ann@x.example"),
        ("  ann@x.example  ", "", "ann@x.example"),
        ("<ann@x.example>", "", "ann@x.example"),
        ("Ann Lee; <mailto:ann@x.example>", "Ann Lee", "ann@x.example"),
        ("“Ann Lee”,\u00a0ann@x.example.", "Ann Lee", "ann@x.example"),
        ("Zoë Müller-Þór <zoe@bücher.example>", "Zoë Müller-Þór", "zoe@bücher.example"),
    ],
)
def test_a_line_is_understood_in_its_usual_shapes(line: str, name: str, email: str) -> None:
    (guest,) = read_guests(line)
    assert (guest.name, guest.email, guest.problem) == (name, email, ""), guest
    assert guest.key


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("Ann Lee", "no e-mail address"),
        ("Ann Lee, ann@", "not an e-mail address"),
        ("ann@x.example, bea@x.example", "more than one address"),
        (f"{'A' * 130}, ann@x.example", "too long"),
    ],
)
def test_a_line_that_is_not_understood_says_so_and_is_kept(line: str, problem: str) -> None:
    (guest,) = read_guests(line)
    assert problem in guest.problem
    assert guest.remedy
    assert guest.typed == line
    assert welcome([guest]) == []


def test_a_whole_list_loses_nothing() -> None:
    text = (
        "Name, E-mail\r\nAnn Lee, ann@x.example\r\n\r\nBea <bea@x.example>, Cleo <cleo@x.example>\nann@X.example\n"
    )
    text += "Zoe"
    guests = read_guests(text)
    assert [guest.email for guest in welcome(guests)] == ["ann@x.example", "bea@x.example", "cleo@x.example"]
    heading, *_others, twice, nameless = guests
    assert "heading" in heading.note
    assert "line 2" in twice.note
    assert nameless.problem


@pytest.mark.parametrize(
    ("heading", "rows", "text"),
    [
        (("Name", "E-Mail"), [("Ann Lee", "ann@x.example")], "Ann Lee\tann@x.example"),
        (("First name", "Last name", "Email"), [("Ann", "Lee", "a@x.example")], "Ann Lee\ta@x.example"),
        (("Bea", "bea@x.example"), [("Ann", "ann@x.example")], "Bea\tbea@x.example\nAnn\tann@x.example"),
    ],
)
def test_a_table_becomes_lines(heading: tuple[str, ...], rows: list[tuple[str, ...]], text: str) -> None:
    assert as_text(heading, rows) == text


@pytest.mark.parametrize("typed", ["SPRING26", "spring26", " Spring 26 ", "spring-26", "spring–26", "SPRING_26"])
def test_a_code_is_known_however_it_is_typed(typed: str) -> None:
    assert access.meant(typed, [replace(CODE, id=2, code="OTHER"), CODE]) == CODE


@pytest.mark.parametrize("typed", ["SPRING2", "SPRING266", "", "ＳＰＲＩＮＧ27"])
def test_another_word_is_no_code(typed: str) -> None:
    assert access.meant(typed, [CODE]) is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"uses": 2}, "as often as"),
        ({"uses": 1}, ""),
        ({"expires_at": NOW}, "no longer valid"),
        ({"expires_at": NOW + timedelta(seconds=1)}, ""),
        ({"ended_at": NOW - timedelta(days=1)}, "no longer valid"),
    ],
)
def test_a_code_opens_until_it_is_ended_late_or_used_up(changes: dict[str, object], words: str) -> None:
    said = access.unusable_because(replace(CODE, **changes), NOW)  # type: ignore[arg-type]
    assert words in said if words else said == ""


@pytest.mark.parametrize(("typed", "is_fine"), [("AB 12", True), ("abc", False), ("50%", False), ("A" * 41, False)])
def test_what_can_be_a_code(typed: str, is_fine: bool) -> None:
    assert (access.problem_with(typed) == "") == is_fine


@pytest.mark.parametrize(
    ("asked", "may"),
    [
        (Asked("invited", 1, NOW - timedelta(days=1)), True),
        (Asked("invited", 1, NOW - timedelta(hours=23)), False),
        (Asked("invited", 3, NOW - timedelta(days=9)), False),
        (Asked("planned", 0, None), False),
        (Asked("declined", 1, NOW - timedelta(days=9)), False),
        (Asked("registered", 1, NOW - timedelta(days=9)), False),
    ],
)
def test_nobody_is_reminded_daily_or_for_ever(asked: Asked, may: bool) -> None:
    assert may_be_reminded(asked, NOW) == may


def test_one_reminder_comes_by_itself() -> None:
    assert next_mail(1, 5, NOW) == NOW + timedelta(days=5)
    assert next_mail(2, 5, NOW) is None
    assert next_mail(1, None, NOW) is None


@pytest.mark.parametrize(
    ("state", "place", "told"),
    [
        ("planned", None, "invited"),
        ("registered", "confirmed", "confirmed"),
        ("registered", "waitlisted", "waiting"),
        ("registered", "cancelled", "declined"),
        ("bounced", None, "bounced"),
    ],
)
def test_a_manager_is_told_how_far_somebody_is(state: str, place: str | None, told: str) -> None:
    assert progress(state, place) == told


def test_a_form_with_other_words_is_another_form() -> None:
    assert once_key("t", "a", "b") == once_key("t", "a", "b") != once_key("t", "a")
