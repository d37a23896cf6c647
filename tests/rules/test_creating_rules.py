"""Rules of creating: clashes, patterns without dates, stages of a cohort, what credit needs, public holidays."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from webinar_hub.rules import publishing
from webinar_hub.rules.clash import Slot, clashes, presenter_keys, room_key
from webinar_hub.rules.cohort_file import AgendaItem
from webinar_hub.rules.life_cycle import stage
from webinar_hub.rules.program import (
    DatedDrop,
    DatedSession,
    from_json,
    laid_out,
    overlapping,
    pattern_of,
    to_json,
)
from webinar_hub.rules.public_holidays import country_of, holidays_among

NOON = datetime(2026, 12, 8, 12, tzinfo=UTC)


def slot(number: int, start: int, end: int, *, who: str = "", room: str = "") -> Slot:
    """A session from and to so many minutes after noon."""
    starts, ends = NOON + timedelta(minutes=start), NOON + timedelta(minutes=end)
    return Slot(
        number, f"c{number}", f"C{number}", "", "UTC", starts, ends, presenter_keys(who, ""), room_key(room)
    )


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        (slot(1, 0, 60, who="Ann"), slot(2, 30, 90, who="ann "), "Ann teaches both"),
        (slot(1, 0, 60, who="Ann"), slot(2, 60, 90, who="Ann"), ""),
        (slot(1, 0, 60, who="Ann"), slot(2, 30, 90, who="Bea"), ""),
        (slot(1, 0, 60, room="https://Z.us/j/1/"), slot(2, 59, 90, room="http://z.us/j/1"), "both use the same"),
        (slot(1, 0, 60, room="https://z.us/j/1"), slot(2, 59, 90, room="https://z.us/j/1?pwd=2"), ""),
        (slot(1, 0, 60), slot(2, 0, 60), ""),
    ],
)
def test_two_want_the_same(first: Slot, second: Slot, found: str) -> None:
    both = clashes([second, first])
    assert bool(both) == bool(found)
    assert all(found in clash.because for clash in both)


def test_a_long_session_clashes_with_each_that_begins_during_it() -> None:
    day = [slot(1, 0, 600, who="Ann"), *(slot(n, n * 60, n * 60 + 30, who="Ann") for n in range(2, 6))]
    assert [(c.first.session_id, c.second.session_id) for c in clashes(day)] == [(1, n) for n in range(2, 6)]


def test_a_presenter_is_known_by_address_or_name() -> None:
    assert set(presenter_keys("Ann  Lee", "A@x.example")) == {"ann lee", "a@x.example"}


SESSIONS = [
    DatedSession("a", "A", "", "", datetime(2026, 12, 10, 19), 60),
    DatedSession("b", "B", "", "", datetime(2026, 12, 22, 19), 60),
    DatedSession("c", "C", "", "", datetime(2026, 12, 24, 9), 60),
]
DROPS = [
    DatedDrop("w", "W", "", False, datetime(2026, 12, 3, 8), "", 0, None, ()),
    DatedDrop("d", "D", "n", True, datetime(2026, 12, 25, 8), "b", 3, time(8), (4, 5)),
    DatedDrop("e", "E", "", False, datetime(2026, 12, 24, 10), "c", 0, None, ()),
]


def test_a_pattern_laid_out_where_it_came_from_is_what_it_was() -> None:
    laid = laid_out(pattern_of(SESSIONS, DROPS), date(2026, 12, 10))
    assert [at for _, at in laid.sessions] == [session.starts for session in SESSIONS]
    assert [at for _, at in laid.drops] == [drop.release for drop in DROPS]


def test_a_pattern_says_weeks_and_days() -> None:
    words = [session.words for session in pattern_of(SESSIONS, []).sessions]
    assert words == ["Week 1, Thursday", "Week 3, Tuesday", "Week 3, Thursday"]


def test_a_skipped_day_carries_all_that_follows() -> None:
    laid = laid_out(pattern_of(SESSIONS, DROPS), date(2026, 12, 10), {date(2026, 12, 22)})
    assert [f"{at:%m-%d}" for _, at in laid.sessions] == ["12-10", "12-29", "12-31"]
    assert [f"{at:%m-%d}" for _, at in laid.drops] == ["12-03", "01-01", "12-31"]


def test_another_hour_is_for_those_who_had_the_first_ones() -> None:
    laid = laid_out(pattern_of(SESSIONS, []), date(2026, 12, 10), at=time(18))
    assert [at.hour for _, at in laid.sessions] == [18, 18, 9]


def test_a_pattern_survives_the_database() -> None:
    pattern = pattern_of(SESSIONS, DROPS)
    assert from_json(*to_json(pattern)) == pattern


def test_a_pattern_needs_a_session_and_none_in_another() -> None:
    with pytest.raises(ValueError, match="no session"):
        pattern_of([], [])
    close = [SESSIONS[0], DatedSession("x", "X", "", "", datetime(2026, 12, 10, 19, 59), 60)]
    assert '"X" would start while "A" is still running' in overlapping(pattern_of(close, []))
    assert overlapping(pattern_of(SESSIONS, [])) == ""


@pytest.mark.parametrize(
    ("state", "archived", "now", "found"),
    [
        ("draft", False, 0, "draft"),
        ("open", False, 0, "open"),
        ("open", False, 90, "running"),
        ("open", False, 180, "completed"),
        ("cancelled", False, 180, "cancelled"),
        ("open", True, 180, "archived"),
        ("cancelled", True, 0, "archived"),
    ],
)
def test_the_stages_of_a_cohort(state: str, archived: bool, now: int, found: str) -> None:
    first, last = NOON + timedelta(minutes=60), NOON + timedelta(minutes=180)
    moment = NOON + timedelta(minutes=now)
    assert stage(state, archived=archived, first_start=first, last_end=last, now=moment) == found


def test_without_a_session_it_waits() -> None:
    assert stage("open", archived=False, first_start=None, last_end=None, now=NOON) == "open"


@pytest.mark.parametrize(
    ("words", "gives"),
    [("", False), ("No CE credit.", False), ("no CE credit is given", False), ("1 hour (AOTA)", True)],
)
def test_what_promises_credit(words: str, gives: bool) -> None:
    assert publishing.gives_credit(words) is gives


def test_breaks_are_no_contact_time() -> None:
    agenda = [AgendaItem(50, "Teach", False), AgendaItem(10, "Pause", True), AgendaItem(40, "Ask", False)]
    assert publishing.contact_words(publishing.contact_minutes(agenda)) == "1.5 contact hours (90 minutes)"
    assert publishing.contact_words(60) == "1 contact hour (60 minutes)"


@pytest.mark.parametrize("part", ["outcomes", "level", "agenda", "presenters", "bio", "disclosure", "other"])
def test_a_ce_event_refuses_with_any_part_missing(part: str) -> None:
    presenter = publishing.PresenterFacts(
        "Ann", "" if part == "bio" else "x", "" if part == "disclosure" else "x", "" if part == "other" else "x"
    )
    facts = publishing.PublishFacts(
        title="T",
        credit="1 hour",
        outcomes=[] if part == "outcomes" else ["x"],
        level="" if part == "level" else "x",
        agenda=[AgendaItem(60, "x", part == "agenda")],
        presenters=[] if part == "presenters" else [presenter],
        organizer_name="O",
        organizer_email="o@x.example",
        sessions_ahead=1,
    )
    assert len(publishing.missing(facts)) == 1


def test_holidays_are_those_of_the_zones_country() -> None:
    days = [date(2026, 11, 26), date(2026, 12, 25), date(2026, 12, 26)]
    assert [h.day for h in holidays_among(days, "America/Chicago")] == days[:2]
    assert [h.day for h in holidays_among(days, "Europe/Berlin")] == days[1:]
    assert holidays_among(days, "UTC") == []
    assert (country_of("Asia/Kolkata"), country_of("Etc/GMT+5")) == ("IN", "")
