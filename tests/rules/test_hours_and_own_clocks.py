"""At which hour a mail leaves, and when a bonus opens to somebody who came late or has a clock of her own."""

from datetime import UTC, datetime, time, timedelta

import pytest

from webinar_hub.rules.delivery import registered_before
from webinar_hub.rules.hours import AT_ITS_MOMENT, Hours, can_wait, chosen, leaves
from webinar_hub.rules.own_clock import DropClock, OwnClock, clocks, opens_to, own_messages

NEW_YORK = "America/New_York"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def at(text: str) -> datetime:
    """A moment of 2026 in UTC: "11-24 20:00"."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


DAYTIME = Hours(opens=8 * 60, closes=20 * 60)
WEEKDAYS = Hours(weekdays_only=True)
EIGHT = Hours(bonus_at=8 * 60)


@pytest.mark.parametrize(
    ("hours", "due", "moment"),
    [
        (Hours(), "11-24 03:00", "11-24 03:00"),
        (DAYTIME, "11-24 15:00", "11-24 15:00"),
        # 22:00 in New York waits for 8:00, and so does 3:00.
        (DAYTIME, "11-25 03:00", "11-25 13:00"),
        (DAYTIME, "11-24 08:00", "11-24 13:00"),
        # The window ends at 20:00 sharp.
        (DAYTIME, "11-25 00:59", "11-25 00:59"),
        (DAYTIME, "11-25 01:00", "11-25 13:00"),
        (EIGHT, "11-24 13:00", "11-24 13:00"),
        (EIGHT, "11-24 13:01", "11-25 13:00"),
        # Saturday 28 and Sunday 29 November are left out, where she is.
        (WEEKDAYS, "11-28 15:00", "11-30 05:00"),
        (WEEKDAYS, "11-28 04:59", "11-28 04:59"),
        (Hours(9 * 60, 8 * 60, 20 * 60, True), "11-27 15:00", "11-30 13:00"),
        # The clock goes forward on 8 March at 2:00: half past two is half past three then.
        (Hours(bonus_at=2 * 60 + 30), "03-08 05:00", "03-08 07:30"),
        # It goes back on 1 November at 2:00: half past one is the first of the two.
        (Hours(bonus_at=60 + 30), "11-01 04:30", "11-01 05:30"),
        (DAYTIME, "03-08 05:00", "03-08 12:00"),
        (DAYTIME, "11-01 05:00", "11-01 13:00"),
    ],
)
def test_a_mail_waits_for_its_readers_hour(hours: Hours, due: str, moment: str) -> None:
    found = leaves(hours, NEW_YORK, due_at=at(due), expires_at=None, is_bonus=True, now=at(due))
    assert found == at(moment)


def test_an_hour_for_bonuses_is_for_bonuses_alone() -> None:
    due = at("11-24 13:01")
    assert leaves(EIGHT, NEW_YORK, due_at=due, expires_at=None, is_bonus=False, now=due) == due


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        # A reminder that would wait until its session began goes out the evening before, or not at all.
        ("11-27 12:00", "11-28 00:59"),
        ("11-28 01:00", None),
    ],
)
def test_no_window_pushes_a_mail_past_its_sense(now: str, moment: str | None) -> None:
    hours = Hours(opens=8 * 60, closes=20 * 60, weekdays_only=True)
    found = leaves(
        hours, NEW_YORK, due_at=at("11-28 15:00"), expires_at=at("11-30 13:00"), is_bonus=False, now=at(now)
    )
    assert found == (at(moment) if moment else None)


def test_an_hour_that_comes_too_late_is_given_up_before_the_mail_is() -> None:
    due = at("11-24 14:00")
    found = leaves(EIGHT, NEW_YORK, due_at=due, expires_at=due + HOUR, is_bonus=True, now=due)
    assert found == due


def test_every_window_lets_something_out_whatever_is_chosen() -> None:
    due = at("11-28 15:00")
    for opens in range(0, 1440, 97):
        for closes in range(opens + 1, 1441, 113):
            for weekdays_only in (False, True):
                found = leaves(
                    Hours(480, opens, closes, weekdays_only), "Asia/Kolkata",
                    due_at=due, expires_at=None, is_bonus=True, now=due,
                )  # fmt: skip
                assert found is not None
                assert due <= found <= due + 5 * DAY


def test_what_is_urgent_does_not_wait() -> None:
    assert not any(can_wait(kind, None) for kind in ("confirmation", "session_changed", "live", "announcement"))
    assert not can_wait("reminder", HOUR)
    assert not can_wait("reminder", 10 * MINUTE)
    assert all(can_wait(kind, DAY) for kind in ("reminder", "drop", "news"))


def test_her_own_choice_goes_before_the_cohorts() -> None:
    hers = {"bonus_at": None, "opens": None, "closes": None, "weekdays_only": None}
    of_cohort = Hours(480, 480, 1200, True)
    assert chosen(of_cohort, **hers) == of_cohort
    assert chosen(of_cohort, **hers | {"bonus_at": AT_ITS_MOMENT}).bonus_at is None
    assert chosen(of_cohort, **hers | {"opens": 0, "closes": 1440, "weekdays_only": False}) == Hours(480)


@pytest.mark.parametrize(
    ("clock", "came", "opens"),
    [
        (OwnClock(3, None, NEW_YORK), "11-24 15:07", "11-27 15:07"),
        (OwnClock(1, time(8), NEW_YORK), "11-24 15:07", "11-25 13:00"),
        # Late in the evening in New York it is tomorrow in London already; hers is the cohort's calendar.
        (OwnClock(1, time(8), NEW_YORK), "11-25 03:00", "11-25 13:00"),
        (OwnClock(1, time(2, 30), NEW_YORK), "03-07 15:00", "03-08 07:30"),
    ],
)
def test_a_clock_of_her_own(clock: OwnClock, came: str, opens: str) -> None:
    assert clock.opens(at(came)) == at(opens)
    # Who came a moment later than the border is not yet meant, and everybody before it is.
    border = clock.came_before(at(opens))
    assert at(came) < border
    assert clock.opens(border) > at(opens)
    assert clock.opens(border - timedelta.resolution) <= at(opens)
    assert clock.came_before(at(opens) - MINUTE) <= at(came)


def drops(*releases: str) -> dict[int, DropClock]:
    return {n: DropClock(at(release), NEW_YORK, n) for n, release in enumerate(releases)}


def test_whoever_comes_late_gets_the_past_as_the_cohort_says() -> None:
    came, past = at("11-24 15:00"), drops("11-03 13:00", "11-10 14:00", "11-24 15:00", "12-01 13:00")
    opened = {
        policy: [opens_to(drop, late_join=policy, came=came) for drop in past.values()]
        for policy in ("all past drops", "from now on", "one per day")
    }
    ahead = [at("11-24 15:00"), at("12-01 13:00")]
    assert opened["all past drops"] == [at("11-03 13:00"), at("11-10 14:00"), *ahead]
    assert opened["from now on"] == [None, None, *ahead]
    assert opened["one per day"] == [at("11-25 13:00"), at("11-26 14:00"), *ahead]


def test_a_bonus_on_her_own_clock_does_not_wait_in_line_and_leaves_out_who_is_past_it() -> None:
    class Stored:
        def __init__(self, id: int, release: str, days: int | None = None) -> None:
            self.id, self.release_at, self.zone, self.enrolment_days = id, at(release), NEW_YORK, days
            self.enrolment_at, self.enrolled_from = ("08:00:00", at("11-20 05:00")) if days else ("", None)

    found = clocks([Stored(7, "11-10 13:00"), Stored(8, "11-01 13:00", 2), Stored(9, "11-03 13:00")])
    assert [found[id_].place for id_ in (9, 7)] == [0, 1]
    assert opens_to(found[8], late_join="from now on", came=at("11-24 15:00")) == at("11-26 13:00")
    assert opens_to(found[8], late_join="from now on", came=at("11-19 15:00")) is None
    assert [message.key for message in own_messages(found, "from now on")] == ["drop:8:own"]
    assert {message.key for message in own_messages(found, "one per day")} == {
        "drop:8:own",
        "drop:7:late",
        "drop:9:late",
    }


def test_two_reminders_near_each_other_and_her_sign_up_are_one() -> None:
    starts = at("11-24 20:00")
    hour, ten = starts - HOUR, starts - 10 * MINUTE
    # An hour before: not to whoever gets the last one within two hours of her sign-up.
    assert registered_before("reminder", hour, HOUR, ten) == ten - 2 * HOUR
    assert registered_before("reminder", ten, 10 * MINUTE, starts) == ten - 10 * MINUTE
    assert registered_before("reminder", starts - DAY, DAY, hour) == starts - DAY - 2 * HOUR
