"""Which answers of mail servers speak against an address, and when it is no longer written to."""

from datetime import UTC, datetime, timedelta

import pytest

from webinar_hub.rules.mail_events import (
    EventKind,
    bounce_of,
    bounce_of_words,
    named_delivery,
    refusal_of,
    status_in,
)
from webinar_hub.rules.suppression import Told, call_words, soft_bounces_since, suppression_reason

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("5.1.1", "bounced_hard"),
        ("5.1.10", "bounced_hard"),
        ("5.2.1", "bounced_hard"),
        ("5.4.4", "bounced_hard"),
        ("5.0.0", "bounced_hard"),
        ("", "bounced_hard"),
        ("5.2.2", "bounced_soft"),
        ("5.3.4", "bounced_soft"),
        ("5.4.7", "bounced_soft"),
        ("5.1.8", "bounced_soft"),
        ("5.5.0", "bounced_soft"),
        ("5.6.0", "blocked"),
        ("5.7.1", "blocked"),
        ("4.4.7", "bounced_soft"),
    ],
)
def test_a_full_mailbox_or_a_policy_is_no_fault_of_the_address(status: str, kind: str) -> None:
    assert bounce_of(status) == kind


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("550 5.1.1 no such user", "bounced_hard"),
        ("550 no such user", "bounced_hard"),
        ("554 rejected", "bounced_soft"),
        ("554 5.7.1 rejected as spam", "blocked"),
        ("552 5.2.2 mailbox full", "bounced_soft"),
        ("invalid address", None),
        ("451 try later", None),
        ("5500 what is this", None),
    ],
)
def test_what_a_mail_server_says_is_understood(reply: str, kind: str | None) -> None:
    assert bounce_of_words(reply) == kind


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("550 5.1.1 no such user", "bounced_hard"),
        ("550 5.2.1 closed", "bounced_hard"),
        ("552 5.2.2 mailbox full", "bounced_soft"),
        # These may be about us, and then everybody's mail is refused.
        ("550 5.1.8 your address has no such domain", None),
        ("553 sender address rejected", None),
        ("550 5.7.1 relaying denied", None),
        ("554 5.7.0 your network is blocked", None),
        ("535 5.7.8 wrong password", None),
        ("invalid address", None),
        ("451 4.7.1 try later", None),
        ("Cannot be composed: ValueError('5.1.1')", None),
    ],
)
def test_a_refusal_in_the_dialogue_is_understood(reply: str, kind: str | None) -> None:
    assert refusal_of(reply) == kind


@pytest.mark.parametrize("text", ["version 15.1.1", "10.5.1.1", "5.1.1.4", "5.1111.1", "6.1.1", ""])
def test_what_looks_like_a_status_is_none(text: str) -> None:
    assert status_in(text) == ""


def test_our_message_ids_hold_both_numbers_and_others_do_not() -> None:
    assert named_delivery("<42.1796482800000000@x.example>") == (42, 1796482800000000)
    for other in ("<42@x.example>", "<42.17@x.example>", "42.1796482800000000", "<a.1796482800000000@x>", ""):
        assert named_delivery(other) is None


def told(kind: EventKind, soft: int = 0, happened: datetime = NOW, lifted: datetime | None = None) -> str:
    return suppression_reason(Told(kind, happened, "550 5.1.1 no such user", soft, lifted))


def test_one_hard_bounce_one_complaint_or_three_soft_ones_stop_the_mails() -> None:
    assert told("bounced_hard") == "Her mail server refused the address: 550 5.1.1 no such user"
    assert told("complained") == "She marked a mail as spam."
    assert told("bounced_soft", 2) == ""
    assert told("bounced_soft", 3).startswith("3 mails in 14 days could not be delivered")
    assert [told(kind, 9) for kind in ("delivered", "deferred", "blocked", "unsubscribed")] == [""] * 4


def test_what_happened_before_the_address_was_declared_good_comes_too_late() -> None:
    assert told("bounced_hard", happened=NOW - timedelta(days=1), lifted=NOW) == ""
    assert told("bounced_hard", happened=NOW + timedelta(seconds=1), lifted=NOW) != ""
    assert soft_bounces_since(NOW, None) == NOW - timedelta(days=14)
    assert soft_bounces_since(NOW, NOW - timedelta(days=1)) == NOW - timedelta(days=1)
    assert soft_bounces_since(NOW, NOW - timedelta(days=30)) == NOW - timedelta(days=14)


def test_a_task_says_what_she_ought_to_know() -> None:
    moved = call_words("session_changed", "Cues", "Tue 8 December, 7:00 pm in New York")
    assert moved.endswith("“Cues” was moved and begins Tue 8 December, 7:00 pm in New York.")
    assert call_words("session_cancelled", "", "").endswith("The session was cancelled.")
    assert call_words("a kind of a later release", "", "").endswith("There is news about her place.")
