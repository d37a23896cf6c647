"""Cohort files for the tests: the example that ships, a small one, and a way to change one line of it."""

from datetime import date
from importlib.resources import files

from webinar_hub.rules.cohort_file import CohortFileErrors, FileError, read_cohort_file
from webinar_hub.rules.example_dates import example_cohort_text

TEMPLATE = files("webinar_hub.example").joinpath("cohort.toml").read_text(encoding="utf-8")
EXAMPLE = example_cohort_text(TEMPLATE, date(2026, 11, 23))

SMALL = """\
[webinar]
slug = "small"
title = "A small webinar"
summary = "One sentence."

[cohort]
key = "winter"
title = "Winter"
zone = "America/New_York"
organizer_name = "Rosa"
organizer_email = "rosa@example.org"

[cohort.weekly]
first = 2026-12-08T19:00:00
weeks = 2

[[sessions]]
title = "The first"
"""


def changed(old: str, new: str, text: str = SMALL) -> str:
    assert text.count(old) == 1, f"{old!r} is there {text.count(old)} times"
    return text.replace(old, new)


def errors_of(text: str) -> tuple[FileError, ...]:
    try:
        read_cohort_file(text)
    except CohortFileErrors as refusal:
        errors = refusal.errors
    else:
        return ()
    assert errors
    assert list(errors) == sorted(errors, key=lambda error: error.line)
    return errors


def only_error(text: str) -> FileError:
    errors = errors_of(text)
    assert len(errors) == 1, errors
    return errors[0]
