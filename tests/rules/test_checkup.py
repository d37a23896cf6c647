"""What the figures of `webinar-hub doctor` mean."""

from datetime import date

import pytest

from webinar_hub.rules import checkup


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0.3, "ok"), (-1.9, "ok"), (2, "look"), (-5, "look"), (31, "broken")]
)
def test_clocks_apart(seconds: float, verdict: str) -> None:
    assert checkup.clock_skew(seconds).verdict == verdict


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("2026f", "ok"), ("2026.3", "ok"), ("2025d", "look"), ("2025b", "look"), ("2019c", "look"), ("", "look"),
     ("latest", "look")],
)  # fmt: skip
def test_the_age_of_the_zones(version: str, verdict: str) -> None:
    found = checkup.zones_age(version, date(2026, 11, 24), from_system=True)
    assert (found.verdict, bool(found.remedy)) == (verdict, verdict != "ok")


@pytest.mark.parametrize(
    ("free", "verdict"), [(5e9, "ok"), (1e9, "ok"), (5e8, "look"), (1e7, "broken"), (0, "broken")]
)
def test_room_on_the_disk(free: float, verdict: str) -> None:
    assert checkup.room(int(free), 10**11).verdict == verdict


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 5.1.1 <ann@x.example>: unknown", "the address does not exist"),
        ("552 5.2.2 over quota", "the mailbox is full or closed"),
        ("550-5.7.26 unauthenticated", "refused by policy: reputation, or SPF, DKIM, DMARC"),
        ("554 no", "the server refused it"),
        ("550 5.9.9 odd", "the server refused it"),
        ("451 4.7.1 later", "the server said “not now” for too long"),
        ("Cannot be composed: KeyError('x')", "it could not be composed"),
        ("", "of something else"),
    ],
)
def test_why_a_mail_failed(reply: str, reason: str) -> None:
    assert checkup.reason_of(reply) == reason


def test_failures_are_told_most_first_and_without_names() -> None:
    found = checkup.failures({"a": 1, "b": 3})
    assert found.words == "In the last 7 days 4 mails failed: 3 because b; 1 because a."
    assert checkup.failures({}).verdict == "ok"


def test_what_is_late_or_stuck() -> None:
    assert (checkup.overdue(0).verdict, checkup.overdue(3).verdict) == ("ok", "look")
    assert (checkup.stuck(0).verdict, checkup.stuck(3).verdict) == ("ok", "look")


def test_whom_to_call_is_told_where_somebody_waits() -> None:
    assert checkup.to_call(0).verdict == "ok"
    assert "1 task waits" in checkup.to_call(1).words
    assert "tasks list" in checkup.to_call(3).remedy
