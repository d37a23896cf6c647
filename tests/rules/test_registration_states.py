"""The ways of a registration: every state with every step, the drawing, and when a seat can be offered."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinar_hub.rules.places import (
    ENTRANCES,
    FOLLOWS,
    GONE,
    HOLDS_SEAT,
    HOPES,
    LAST_OFFER,
    WORDS,
    IllegalStep,
    State,
    Step,
    first_stop,
    following,
    may_be_told,
    offer_end,
)
from webinar_hub.rules.registration import CohortFacts, closed_because, line_only

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
DRAWING = Path(__file__).parents[2] / "docs" / "registration-states.md"
HOUR = timedelta(hours=1)


def test_only_what_is_drawn_follows() -> None:
    for state, step, wanted in product(State, Step, State):
        if wanted in FOLLOWS.get((state, step), frozenset()):
            assert following(state, step, wanted) is wanted
        else:
            with pytest.raises(IllegalStep) as refused:
                following(state, step, wanted)
            assert (refused.value.state, refused.value.step, refused.value.status) == (state, step, 409)


def test_the_drawing_is_the_table() -> None:
    """Each arrow of the drawing, `pending --> confirmed : approve`, and no other."""
    text = DRAWING.read_text(encoding="utf-8")
    arrows = re.findall(r"^\s*(\S+) --> (\w+) : (.+)$", text, flags=re.MULTILINE)
    drawn = {(start, step.strip(), end) for start, end, step in arrows if start != "[*]"}
    assert drawn == {(s.value, step.value, end.value) for (s, step), ends in FOLLOWS.items() for end in ends}
    entrances = {end for start, end, _ in arrows if start == "[*]"}
    assert entrances == {state.value for state in ENTRANCES}
    for state in State:
        assert re.search(rf"^\| {state.value} \|", text, flags=re.MULTILINE), f"{state} is not explained"


def test_nobody_is_stuck_and_every_state_can_be_reached() -> None:
    reached = set(ENTRANCES).union(*FOLLOWS.values())
    assert reached == set(State)
    assert {state for state, _ in FOLLOWS} == set(State)
    assert set(WORDS) == set(State)
    assert HOPES | GONE | {State.CONFIRMED} == set(State)
    assert not HOPES & GONE
    assert HOLDS_SEAT.isdisjoint(GONE)


def test_an_offer_takes_no_more_than_a_quarter_of_what_is_left() -> None:
    far, near = NOW + timedelta(days=30), NOW + 4 * HOUR
    assert offer_end([far], 720, NOW) == NOW + 12 * HOUR
    assert offer_end([near, far], 720, NOW) == NOW + HOUR
    assert offer_end([NOW + LAST_OFFER], 720, NOW) == NOW + LAST_OFFER / 4
    assert offer_end([NOW + LAST_OFFER - timedelta(seconds=1)], 720, NOW) is None
    # A session that begins at once is no chance; the next one is.
    assert offer_end([NOW + timedelta(minutes=5), far], 60, NOW) == NOW + HOUR
    assert offer_end([], 720, NOW) is None


@given(st.lists(st.integers(-10_000, 100_000), max_size=6), st.integers(1, 20_000))
def test_an_offer_ends_before_the_chance_it_is_for(minutes: list[int], held: int) -> None:
    starts = [NOW + timedelta(minutes=one) for one in minutes]
    until = offer_end(starts, held, NOW)
    chances = [start for start in starts if start - NOW >= LAST_OFFER]
    assert (until is None) == (not chances)
    if until is not None:
        assert NOW < until <= NOW + timedelta(minutes=held)
        assert until - NOW <= (min(chances) - NOW) / 4


def test_what_she_has_shown_comes_before_what_is_decided() -> None:
    asked = {"proves_address": True, "needs_approval": True}
    assert first_stop(**asked, proven=False, approved=False) is State.UNPROVEN
    assert first_stop(**asked, proven=True, approved=False) is State.PENDING
    assert first_stop(**asked, proven=True, approved=True) is None
    assert first_stop(proves_address=False, needs_approval=False, proven=False, approved=False) is None


def facts(**changes: object) -> CohortFacts:
    known: dict[str, object] = {
        "state": "open", "enrolment_opens_at": None, "enrolment_closes_at": None, "last_end": NOW + 25 * HOUR,
        "seats_left": 0, "has_waitlist": True, "last_start": NOW + 24 * HOUR,
    }  # fmt: skip
    return CohortFacts(**known | changes)  # type: ignore[arg-type]


def test_a_full_cohort_with_a_waitlist_is_open_for_the_line_only() -> None:
    assert closed_because(facts(), NOW) == ""
    assert line_only(facts(), NOW)
    assert not line_only(facts(seats_left=1), NOW)
    assert closed_because(facts(has_waitlist=False), NOW) == "This cohort is full."
    # Closed for sign-ups, it is a form for the line while it is full, and closed while it is not.
    assert line_only(facts(enrolment_closes_at=NOW), NOW)
    assert closed_because(facts(enrolment_closes_at=NOW, seats_left=3), NOW) == "Sign-up has closed."
    # Nobody joins a line in which no seat can be offered any more.
    late = facts(last_start=NOW + timedelta(minutes=14))
    assert closed_because(late, NOW) == "This cohort is full."
    assert closed_because(facts(state="cancelled"), NOW) == "This cohort was cancelled."


@pytest.mark.parametrize(
    "kind", ["confirmation", "invite", "reminder", "live", "drop", "thank_you", "session_added"]
)
def test_only_who_has_a_place_is_sent_what_belongs_to_it(kind: str) -> None:
    assert [state for state in State if may_be_told(kind, state)] == [State.CONFIRMED]


def test_a_mail_about_the_way_is_sent_only_while_it_is_so() -> None:
    assert [state for state in State if may_be_told("offer", state)] == [State.OFFERED]
    assert [state for state in State if may_be_told("waitlisted", state)] == [State.WAITLISTED]
    assert all(may_be_told("cohort_cancelled", state) for state in State)
    assert [state for state in State if not may_be_told("my_link", state)] == [State.UNPROVEN]
    assert may_be_told("something new", State.PENDING)
    assert not may_be_told("something new", State.CANCELLED)
