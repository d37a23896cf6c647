"""A cohort file that can be used: what it says, what is filled in, and when everything happens."""

from datetime import date, datetime, time, timedelta
from importlib.resources import files

import pytest
from cohort_texts import EXAMPLE, SMALL, TEMPLATE, changed
from hypothesis import given
from hypothesis import strategies as st

from webinar_hub.rules.cohort_file import AfterSession, NextStep, read_cohort_file
from webinar_hub.rules.example_dates import example_cohort_text
from webinar_hub.rules.zones import to_utc


def wall(written: str) -> datetime:
    return datetime.fromisoformat(written)


def starts_of(text: str) -> list[datetime]:
    return [session.starts for session in read_cohort_file(text).sessions]


def test_a_small_file_gets_everything_else_filled_in() -> None:
    small = read_cohort_file(SMALL)
    assert small.webinar.credit == "No CE credit."
    assert small.cohort.capacity is None
    assert small.cohort.late_join == "all past drops"
    assert [(session.key, session.title, session.minutes) for session in small.sessions] == [
        ("week-1", "The first", 60),
        ("week-2", "Session 2", 60),
    ]
    assert small.messages.reminders == (
        timedelta(days=7),
        timedelta(days=1),
        timedelta(hours=1),
        timedelta(minutes=10),
    )
    assert small.messages.thank_you_after == timedelta(hours=1)
    assert (small.presenters, small.drops) == ((), ())


def test_the_example_says_what_its_words_say() -> None:
    example = read_cohort_file(EXAMPLE)
    assert [session.starts for session in example.sessions] == [
        wall(f"{day}T19:00") for day in ("2026-12-08", "2026-12-15", "2026-12-29", "2027-01-05")
    ]
    assert [drop.release for drop in example.drops[1:3]] == [wall("2026-12-10T08:00"), wall("2026-12-17T08:00")]
    assert example.drops[1].after == AfterSession(session_key="week-1", days=2, at=time(8))
    assert [drop.key for drop in example.drops if drop.surprise] == ["practice-week-surprise"]
    assert [presenter.credentials for presenter in example.presenters][1] == "PT, DPT"
    assert isinstance(example.webinar.next_step, NextStep)
    assert [item.title for item in example.webinar.agenda if item.is_break] == ["Stretch and sip"]
    assert sum(item.minutes for item in example.webinar.agenda) == example.sessions[0].minutes
    assert example.sessions[0].livestream_url == example.cohort.livestream_url
    assert example.sessions[3].livestream_url == "https://meet.example.org/tuesday-evenings"


def test_everything_the_example_hands_out_is_in_the_package() -> None:
    folder = files("webinar_hub.example")
    materials = [material for drop in read_cohort_file(EXAMPLE).drops for material in drop.materials]
    paths = [path for material in materials if (path := material.file or material.handout)]
    assert len(paths) == 6
    assert all(folder.joinpath(path).is_file() for path in paths)


@given(today=st.dates(min_value=date(2024, 1, 1), max_value=date(2060, 1, 1)))
def test_the_example_can_be_read_on_any_day(today: date) -> None:
    example = read_cohort_file(example_cohort_text(TEMPLATE, today))
    first = example.sessions[0].starts
    assert (first.strftime("%A"), first.time()) == ("Tuesday", time(19))
    assert 9 <= (first.date() - today).days <= 15
    assert example.cohort.enrolment_opens
    assert example.cohort.enrolment_opens.date() < today
    assert example.drops[0].release.date() < today
    surprise = next(drop for drop in example.drops if drop.surprise)
    assert example.sessions[1].starts < surprise.release < example.sessions[2].starts


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("America/New_York", "2026-03-03"),
        ("America/New_York", "2026-10-27"),
        ("Europe/Berlin", "2026-03-24"),
        ("Europe/Berlin", "2026-10-20"),
    ],
)
def test_weekly_sessions_stay_at_seven_over_a_clock_change(zone: str, first: str) -> None:
    text = changed("America/New_York", zone).replace("2026-12-08", first)
    before, after = starts_of(text)
    assert (before.time(), after.time()) == (time(19), time(19))
    assert abs(to_utc(after, zone) - to_utc(before, zone) - timedelta(weeks=1)) == timedelta(hours=1)


def test_a_skipped_date_makes_the_run_longer() -> None:
    assert starts_of(changed("weeks = 2", "weeks = 2\nskip = [2026-12-15]")) == [
        wall("2026-12-08T19:00"),
        wall("2026-12-22T19:00"),
    ]


def test_a_moved_session_takes_its_drop_with_it() -> None:
    drop = '\n[[drops]]\ntitle = "d"\nnote = "n"\nafter_session = "week-1"\ndays = 1\nat = 08:00:00\n'
    assert read_cohort_file(SMALL + drop).drops[0].release == wall("2026-12-09T08:00")
    moved = read_cohort_file(SMALL + "starts = 2026-12-10T18:30:00\nminutes = 90\n" + drop)
    assert moved.sessions[0].starts == wall("2026-12-10T18:30")
    assert moved.sessions[0].minutes == 90
    assert moved.sessions[1].starts == wall("2026-12-15T19:00")
    assert moved.drops[0].release == wall("2026-12-11T08:00")


def test_a_drop_without_a_time_of_day_opens_when_the_session_ends() -> None:
    drop = '\n[[drops]]\ntitle = "d"\nnote = "n"\nafter_session = "week-1"\n'
    assert read_cohort_file(SMALL + drop).drops[0].release == wall("2026-12-08T20:00")


def test_sessions_need_no_weekly_rule() -> None:
    text = changed("[cohort.weekly]\nfirst = 2026-12-08T19:00:00\nweeks = 2\n", "")
    text += (
        'starts = 2026-12-08T19:00:00\n[[sessions]]\nkey = "extra"\nstarts = 2026-12-01T12:00:00\nminutes = 30\n'
    )
    assert [(session.key, session.starts) for session in read_cohort_file(text).sessions] == [
        ("week-1", wall("2026-12-08T19:00")),
        ("extra", wall("2026-12-01T12:00")),
    ]


def test_a_session_beyond_the_rule_may_bring_its_own_start() -> None:
    extra = '[[sessions]]\n[[sessions]]\ntitle = "Extra"\nstarts = 2026-12-17T12:00:00\n'
    assert starts_of(SMALL + extra)[2] == wall("2026-12-17T12:00")


def test_a_cancelled_session_is_in_nobodys_way() -> None:
    text = SMALL + "cancelled = true\n[[sessions]]\nstarts = 2026-12-08T19:30:00\n"
    assert [session.cancelled for session in read_cohort_file(text).sessions] == [True, False]


def test_reminders_are_read_and_put_in_order() -> None:
    text = SMALL + '[messages]\nreminders = ["30 minutes", "2 weeks"]\nthank_you_after = "1 day"\nlive = false\n'
    messages = read_cohort_file(text).messages
    assert messages.reminders == (timedelta(weeks=2), timedelta(minutes=30))
    assert (messages.thank_you_after, messages.live) == (timedelta(days=1), False)
    assert read_cohort_file(SMALL + "[messages]\nreminders = []\n").messages.reminders == ()


def test_keys_that_nobody_wrote_come_from_the_file_name() -> None:
    drop = '[[drops]]\ntitle = "d"\nreleases = 2026-12-01T08:00:00\n'
    drop += '[[drops.materials]]\ntitle = "t"\nfile = "m/Cue Log.csv"\n'
    drop += '[[drops.materials]]\ntitle = "Übung für zwei"\nlink = "https://example.org/a.b"\n'
    (read,) = read_cohort_file(SMALL + drop).drops
    assert [material.key for material in read.materials] == ["cue-log", "ubung-fur-zwei"]


def test_the_importer_can_name_the_line_of_a_missing_file() -> None:
    example = read_cohort_file(EXAMPLE)
    line = EXAMPLE.split("\n").index('handout = "materials/goal-worksheet.md"') + 1
    assert example.line_of("drops", 4, "materials", 0, "handout") == line
    error = example.error_at("drops", 4, "materials", 0, "handout", message="There is no such file.")
    assert (error.line, error.field) == (line, "drops #5.materials #1.handout")


def test_windows_line_ends_and_a_byte_order_mark_make_no_difference() -> None:
    assert read_cohort_file("\ufeff" + EXAMPLE.replace("\n", "\r\n")) == read_cohort_file(EXAMPLE)


def test_the_domain_of_the_organizer_is_written_as_mail_servers_do() -> None:
    text = changed("rosa@example.org", "Rosa@BÜCHER.example")
    assert read_cohort_file(text).cohort.organizer_email == "Rosa@xn--bcher-kva.example"
