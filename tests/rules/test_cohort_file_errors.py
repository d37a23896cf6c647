"""Every mistake in a cohort file: all at once, each with its line and a remedy, and never another exception."""

import pytest
from cohort_texts import EXAMPLE, SMALL, changed, errors_of, only_error
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

FULL_OF_MISTAKES = """\
[webinar]
slug = "My Webinar"
titel = "x"
summary = 3
outcomes = ["", 4, "ok"]
agenda = [ {minutes = 5, title = "A"}, {title = "B", brake = true},
  ]
[webinar.next_step]
url = "www.example.org"
[presenters]
name = "x"
[cohort]
key = "a"
title = "t"
zone = "EST"
organizer_email = "noreply@x.org"
capacity = 0
enrolment_opens = 2026-12-01T09:00:00Z
enrolment_closes = "tomorrow"
late_join = "none"
[cohort.weekly]
first = 2026-03-01T02:30:00
weeks = 2
skip = [2026-03-02, "x"]
[[sessions]]
key = "a"
[[sessions]]
key = "a"
[[sessions]]
[[drops]]
title = "x"
after_session = "week-9"
[[drops.materials]]
file = "../x"
link = "https://u:p@example.org"
title = "y"
[[drops]]
title = "z"
note = "n"
[messages]
reminders = ["1 week", "soon", "1 week"]
[extra]
"""


def test_all_mistakes_are_listed_at_once_each_on_its_line() -> None:
    assert [(error.line, error.field) for error in errors_of(FULL_OF_MISTAKES)] == [
        (1, "webinar.title"),
        (2, "webinar.slug"),
        (3, "webinar.titel"),
        (4, "webinar.summary"),
        (5, "webinar.outcomes #1"),
        (5, "webinar.outcomes #2"),
        (6, "webinar.agenda #2.brake"),
        (6, "webinar.agenda #2.minutes"),
        (8, "webinar.next_step.text"),
        (9, "webinar.next_step.url"),
        (10, "presenters"),
        (12, "cohort.organizer_name"),
        (15, "cohort.zone"),
        (16, "cohort.organizer_email"),
        (17, "cohort.capacity"),
        (18, "cohort.enrolment_opens"),
        (19, "cohort.enrolment_closes"),
        (20, "cohort.late_join"),
        (24, "cohort.weekly.skip"),
        (24, "cohort.weekly.skip #2"),
        (28, "sessions #2.key"),
        (29, "sessions #3"),
        (32, "drops #1.after_session"),
        (33, "drops #1.materials #1"),
        (34, "drops #1.materials #1.file"),
        (35, "drops #1.materials #1.link"),
        (37, "drops #2"),
        (41, "messages.reminders"),
        (41, "messages.reminders #2"),
        (42, "extra"),
    ]


COHORT_LINE, FIRST_LINE, SESSION_LINE = 6, 14, 17
AT_THE_END = len(SMALL.splitlines()) + 1
DROP = '[[drops]]\ntitle = "d"\nnote = "n"\n'


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('"small"', '"../etc"', 2, 'such as "etc"'),
        ('"A small webinar"', '""', 3, "empty"),
        ('"A small webinar"', '"' + "x" * 151 + '"', 3, "151 characters long; at most 150"),
        ('"A small webinar"', '"a\\u0000b"', 3, "invisible control character"),
        ('"A small webinar"', '"a\\u202Eb"', 3, "invisible control character"),
        ('"A small webinar"', '"a\\nb"', 3, "one line"),
        ('"A small webinar"', '"a\\u2028b"', 3, "invisible control character"),
        ('"One sentence."', '["One"]', 4, "quotation marks"),
        ('"winter"', '"Winter 2026"', 7, 'such as "winter-2026"'),
        ('"America/New_York"', '"New York"', 9, "Did you mean America/New_York?"),
        ('"America/New_York"', '"../../etc/passwd"', 9, "continent and city"),
        ('"rosa@example.org"', '"rosa"', 11, "no e-mail address"),
        ('"rosa@example.org"', '"a@x.org\\r\\nBcc: v@y.org"', 11, "one line"),
        ('"rosa@example.org"', '"no-reply@example.org"', 11, "somebody reads"),
        ("2026-12-08T19:00:00", "2026-03-08T02:30:00", FIRST_LINE, "does not exist in New York"),
        ("2026-12-08T19:00:00", "2026-03-01T02:30:00", FIRST_LINE, "2:30 am on 8 March 2026 does not exist"),
        ("2026-12-08T19:00:00", "2026-12-08", FIRST_LINE, "date, T and time"),
        ("2026-12-08T19:00:00", '"2026-12-08T19:00:00"', FIRST_LINE, "without quotation marks"),
        ("2026-12-08T19:00:00", "2026-12-08T19:00:00-05:00", FIRST_LINE, "Leave out"),
        ("2026-12-08T19:00:00", "2026-12-08T19:00:30", FIRST_LINE, "whole minutes"),
        ("2026-12-08T19:00:00", "0026-12-08T19:00:00", FIRST_LINE, "year"),
        ("weeks = 2", "weeks = 0", 15, "between 1 and 104"),
        ("weeks = 2", "weeks = true", 15, "whole number without quotation marks: weeks = 1"),
        ("weeks = 2", 'weeks = "6"', 15, "whole number without quotation marks: weeks = 6"),
        ("weeks = 2", "weeks = 6.0", 15, "whole number without quotation marks: weeks = 6"),
        ("weeks = 2", 'weeks = "six"', 15, "whole number without quotation marks: weeks = 1"),
        ("weeks = 2", "weeks = 2\nminutes = 4", 16, "between 5 and 1,440"),
        ("weeks = 2", "weeks = 2\nskip = [2026-12-29]", 16, "No session falls on 29 December 2026"),
        ("weeks = 2", "weeks = 2\nskipp = [2026-12-15]", 16, "Did you mean skip?"),
        ("[[sessions]]", "[sessions]", SESSION_LINE, "[[sessions]]"),
        ("[[sessions]]", '[[sessions]]\nkey = "week-2"', 18, "gets by itself"),
        (
            "[[sessions]]",
            "[[sessions]]\nstarts = 2026-12-15T19:30:00",
            18,
            'At this time "Session 2" is still running',
        ),
        ("[[sessions]]", "[[sessions]]\nstarts = 2026-03-08T02:30:00", 18, "Choose 3:00 am or later"),
        ("[[sessions]]", "[[sessions]]\nlivestream_url = 'ftp://x.org'", 18, "https://"),
        ("[[sessions]]", "[[sessions]]\nlivestream_url = 'javascript:alert(1)'", 18, "https://"),
        ("[[sessions]]", "[[sessions]]\nlivestream_url = 'https://me:pw@x.org'", 18, "user name"),
        ("[[sessions]]", "[[sessions]]\nlivestream_url = 'https://x .org'", 18, "no web address"),
        ("[[sessions]]", "[[sessions]]\nlivestream_url = 'https://[::1'", 18, "no web address"),
        ("[[sessions]]", "[[sessions]]\nlivestream_url = 'https://x.org:99999/'", 18, "no web address"),
        ("[[sessions]]", "[[sessions]]\nlivestream_url = 'https://youtube'", 18, "domain"),
        ("[cohort]", "[cohort]\nenrolment_opens = 2026-03-08T02:30:00", 7, "does not exist"),
        (
            "[cohort]",
            "[cohort]\nenrolment_opens = 2026-12-02T09:00:00\nenrolment_closes = 2026-12-01T09:00:00",
            8,
            "closes before it opens",
        ),
    ],
)
def test_one_mistake_is_one_error_on_its_line(old: str, new: str, line: int, words: str) -> None:
    errors = errors_of(changed(old, new))
    assert (errors[0].line, len(errors)) == (line, 1), errors
    assert words in errors[0].message


@pytest.mark.parametrize(
    ("added", "line", "words"),
    [
        ('[[drops]]\ntitle = "d"\nreleases = 2026-12-10T08:00:00\n', 0, "empty"),
        (DROP, 0, "no moment yet"),
        (DROP + 'releases = 2026-12-10T08:00:00\nafter_session = "week-1"\n', 3, "two moments"),
        (DROP + "releases = 2026-12-10T08:00:00\ndays = 2\n", 4, "counts from a session"),
        (DROP + 'after_session = "week-9"\n', 3, "The keys are: week-1, week-2."),
        (DROP + 'after_session = "week-1"\nat = 08:00:00\n', 4, "before the session ends at 8:00 pm"),
        (DROP + 'after_session = "week-1"\nat = "8 am"\n', 4, "08:00:00"),
        (DROP + 'after_session = "week-1"\ndays = -1\n', 4, "between 0 and 366"),
        (DROP + "releases = 2027-03-14T02:30:00\n", 3, "does not exist in New York"),
        (
            DROP
            + 'key = "week-1"\nreleases = 2026-12-10T08:00:00\n'
            + DROP
            + 'key = "week-1"\nreleases = 2026-12-10T08:00:00\n',
            8,
            "already used on line 22",
        ),
        ('[messages]\nreminders = ["9 weeks"]\n', 1, "8 weeks"),
        ('[messages]\nreminders = ["1 fortnight"]\n', 1, "a number and a unit"),
        ('[messages]\nlive = "yes"\n', 1, "live = true or live = false"),
        ('[messages]\nthank_you_after = "soon"\n', 1, "a number and a unit"),
        ("[[presenters]]\nbio = 'b'\n", 0, 'name = "..."'),
    ],
)
def test_mistakes_in_drops_and_messages(added: str, line: int, words: str) -> None:
    error = only_error(SMALL + added)
    assert error.line == AT_THE_END + line
    assert words in error.message


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("", "exactly one"),
        ('file = "a.csv"\nlink = "https://example.org"', "exactly one"),
        ('file = "/etc/passwd"', "from where this cohort file is"),
        ('file = "C:/x.csv"', "from where this cohort file is"),
        ('file = "~/x.csv"', "from where this cohort file is"),
        ('file = "a/../../x.csv"', "beside this cohort file"),
        ('file = "./x.csv"', "beside this cohort file"),
        ('file = "a//x.csv"', "beside this cohort file"),
        ("file = 'a\\x.csv'", "Write / between folders"),
        ('file = "a\\u0000.csv"', "control character"),
        ('handout = "a.pdf"', "Use file ="),
        ('link = "//example.org"', "https://"),
    ],
)
def test_where_a_material_may_come_from(source: str, words: str) -> None:
    drop = DROP + "releases = 2026-12-10T08:00:00\n[[drops.materials]]\ntitle = 't'\n" + source
    error = only_error(SMALL + drop)
    assert words in error.message
    assert error.line >= AT_THE_END + 4


def test_more_sessions_than_weeks_and_none_at_all() -> None:
    error = only_error(SMALL + "[[sessions]]\n[[sessions]]\n")
    assert (error.line, error.field) == (AT_THE_END + 1, "sessions #3")
    assert "makes 2 sessions" in error.message
    rule = "\n[cohort.weekly]\nfirst = 2026-12-08T19:00:00\nweeks = 2\n"
    assert "starts = 2026-12-08T19:00:00" in only_error(changed(rule, "")).message
    nothing = only_error(changed(rule + '\n[[sessions]]\ntitle = "The first"\n', ""))
    assert (nothing.line, nothing.message[:25]) == (COHORT_LINE, "There is no session yet. ")


def test_a_broken_rule_is_not_blamed_on_every_session() -> None:
    assert only_error(changed("weeks = 2", 'weeks = "two"') + "[[sessions]]\n[[sessions]]\n").line == 15


def test_a_broken_zone_is_not_blamed_on_every_date() -> None:
    text = changed("America/New_York", "America/Nowhere").replace("2026-12-08", "2026-03-08")
    assert only_error(text + DROP + 'after_session = "week-1"\n').field == "cohort.zone"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ('"A small webinar"', "A small webinar", 3, "quotation marks"),
        ('"A small webinar"', "“A small webinar”", 3, "curly"),
        ('"A small webinar"', '"A small webinar', 3, "next line"),
        ('"A small webinar"', '"C:\\webinar"', 3, "backslash"),
        ("2026-12-08T19:00:00", "2026-12-08T19:00", FIRST_LINE, "needs its seconds"),
        ("2026-12-08T19:00:00", "12/08/2026", FIRST_LINE, "year-month-day"),
        ("weeks = 2", "weeks = 2\nskip = [2026-12-15", SESSION_LINE + 1, "The list does not end"),
        ("weeks = 2", "weeks 2", 15, "equals sign"),
        ("weeks = 2", "weeks = 2\nweeks = 3", 16, "already written"),
        ("weeks = 2", "weeks = two", 15, "quotation marks"),
        ("weeks = 2", "weeks = " + "9" * 5000, 15, "too long"),
        ("weeks = 2", "weeks = " + "[" * 5000, 1, "too deeply"),
        ("[cohort]", "[cohort", 6, "closing ]"),
        ("[cohort]", "[webinar]", 6, "already there"),
        ("[[sessions]]", ": sessions", SESSION_LINE, "cannot read this line"),
        ("[[sessions]]", "live = yes", SESSION_LINE, "true or false"),
    ],
)
def test_what_is_no_toml_is_said_in_plain_words(old: str, new: str, line: int, words: str) -> None:
    error = only_error(changed(old, new))
    assert (error.line, error.field) == (line, "")
    assert words in error.message


def test_a_file_over_one_megabyte_is_refused() -> None:
    assert "1 MB" in only_error(SMALL + "# " + "ü" * 500_000).message
    assert errors_of(SMALL + "# " + "u" * 900_000) == ()


def test_a_list_without_end_is_refused() -> None:
    assert (
        "At most 200" in only_error(changed("weeks = 2", "weeks = 2\nskip = [" + "2026-12-15," * 201 + "]")).message
    )


PIECES = [
    *EXAMPLE.split("\n"),
    "[",
    "]",
    "[[",
    "{",
    "}",
    '"',
    '"""',
    "'''",
    "\\",
    "=",
    ".",
    "#",
    "\x00",
    "\r",
    "\ud800",
]
PIECES += ["[cohort]", "[[cohort]]", "[sessions]", "sessions = 1", "drops = [[]]", "webinar = []", "a.b.c = {}"]
PIECES += ["starts = 2026-03-08T02:30:00", "first = 9999-12-31T23:59:00", "at = 23:59:59.9", "skip = 1979-05-27"]
PIECES += ["weeks = 104", "minutes = nan", "days = 366", "capacity = 99999999999999999999999", "zone = 'UTC'"]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(
        st.tuples(st.integers(0, EXAMPLE.count("\n")), st.integers(0, 2), st.sampled_from(PIECES)), max_size=6
    )
)
def test_an_example_with_lines_lost_or_swapped_is_read_or_refused(changes: list[tuple[int, int, str]]) -> None:
    lines = EXAMPLE.split("\n")
    for position, lost, piece in changes:
        lines[position : position + lost] = [piece]
    checked_errors("\n".join(lines))


@settings(max_examples=400, deadline=None)
@given(
    cut=st.integers(0, len(SMALL)),
    lost=st.integers(0, 12),
    added=st.one_of(st.text(max_size=8), st.sampled_from(PIECES)),
)
@example(cut=len(SMALL), lost=0, added="\ud800 = 1")
@example(cut=0, lost=len(SMALL), added="")
def test_a_small_file_with_anything_in_it_is_read_or_refused(cut: int, lost: int, added: str) -> None:
    checked_errors(SMALL[:cut] + added + SMALL[cut + lost :])


@settings(max_examples=150, deadline=None)
@given(text=st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    checked_errors(text)


def checked_errors(text: str) -> None:
    """Reading raises nothing but CohortFileErrors, whose lines exist and whose words can be shown and stored."""
    for error in errors_of(text):
        assert 1 <= error.line <= text.count("\n") + 1
        assert error.message
        assert error.message[-1] in '.?"})]' or error.message[-1].isalnum()
        assert len(error.message) < 400 or "The keys are" in error.message
