"""How carefully somebody is let in, decided from counters and moments alone."""

from datetime import UTC, datetime, timedelta

import pytest

from webinar_hub.rules import protection
from webinar_hub.rules.protection import Counters

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize(
    ("cohort", "house", "attacked", "works"),
    [
        ("", "never", True, False),
        ("", "attack", False, False),
        ("", "attack", True, True),
        ("", "always", False, True),
        ("never", "always", True, False),
        ("attack", "never", True, True),
        ("attack", "always", False, False),
        ("always", "never", False, True),
    ],
)
def test_the_cohorts_own_switch_wins(cohort: str, house: str, attacked: bool, works: bool) -> None:
    assert protection.works_first(cohort, house, attacked=attacked) is works


@pytest.mark.parametrize(
    ("sign_ups", "refusals", "is_attack"),
    [(0, 0, False), (1199, 29, False), (1200, 0, True), (0, 30, True), (5000, 500, True)],
)
def test_an_attack_is_many_refusals_or_a_crowd_no_mailing_brings(
    sign_ups: int, refusals: int, is_attack: bool
) -> None:
    assert bool(protection.attack(Counters(sign_ups, refusals), per_network=300)) is is_attack


def test_an_installation_that_takes_nobody_in_is_not_under_attack() -> None:
    assert protection.attack(Counters(0, 0), per_network=0) == ""


@pytest.mark.parametrize(
    ("seconds", "quick", "old"), [(0, True, False), (1.9, True, False), (2, False, False), (86401, False, True)]
)
def test_a_form_takes_two_seconds_and_no_whole_day(seconds: float, quick: bool, old: bool) -> None:
    back = NOW + timedelta(seconds=seconds)
    assert (protection.too_quick(NOW, back, least=2), protection.too_old(NOW, back)) == (quick, old)


@pytest.mark.parametrize(
    ("minutes", "may"), [(-61, False), (-60, True), (-1, True), (0, True), (59, True), (60, False)]
)
def test_the_browser_goes_in_within_the_hour_and_while_it_is_live(minutes: int, may: bool) -> None:
    assert protection.may_go_in_directly(NOW, NOW + 60 * MINUTE, NOW + minutes * MINUTE) is may
