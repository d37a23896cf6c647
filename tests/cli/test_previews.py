"""What an organizer is shown before a file is applied: every field of it that changed, in her own words."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from flask import Flask
from time_machine import Traveller

from tests.building import COHORT, given_cohort
from webinar_hub.cli import importing
from webinar_hub.cli.printing import change_lines
from webinar_hub.rules.cohort_file import CohortFile, read_cohort_file

# For each field of the file: a change of it, as text before and after, and what the preview must say then.
NEXT_STEP = '[webinar.next_step]\ntext = "Go on"\nurl = "https://x.example/on"\n\n[[presenters]]'
FAQ = '[[webinar.faq]]\nquestion = "Free?"\nanswer = "Yes."\n\n[[presenters]]'
QUESTION = (
    '[[questions]]\nkind = "one choice"\nlabel = "Hospital or clinic?"\nchoices = ["A", "B"]\n\n[[presenters]]'
)
COHORT_END, SESSION, DROP = "capacity = 50", 'title = "Cues"', 'title = "A gift"\n'
CODE = '[[cohort.codes]]\ncode = "spring 26"\n'
MESSAGES = '[[drops]]\nkey = "sheet"'
OWN = 'after_session = "week-1"\ndays = 1\nat = 08:00:00'
FIELDS = {
    "webinar.slug": ('slug = "baby-massage"', 'slug = "baby"', "/w/baby"),
    "webinar.title": ('title = "Baby massage & you"', 'title = "Babies"', "webinar title"),
    "webinar.summary": ("Four evenings.", "Five evenings.", "becomes: Five evenings."),
    "webinar.description": ("Come as you *are*.", "Come.", "becomes: Come."),
    "webinar.audience": ("outcomes =", 'audience = "OTs"\noutcomes =', "webinar audience: OTs"),
    "webinar.level": ("outcomes =", 'level = "New"\noutcomes =', "webinar level: New"),
    "webinar.outcomes": ('["Read cues"]', '["Read cues", "Wait"]', "becomes: Read cues; Wait"),
    "webinar.agenda.minutes": ("minutes = 50", "minutes = 45", "45 minutes Practice; 10 minutes Pause (break)"),
    "webinar.agenda.title": ('title = "Pause"', 'title = "Tea"', "10 minutes Tea (break)"),
    "webinar.agenda.is_break": (", break = true", "", "becomes: 50 minutes Practice; 10 minutes Pause"),
    "webinar.credit": ("outcomes =", 'credit = "1 CE"\noutcomes =', "becomes: 1 CE"),
    "webinar.faq.question": ("[[presenters]]", FAQ, "webinar questions: Free? Yes."),
    "webinar.faq.answer": ("[[presenters]]", FAQ, "webinar questions: Free? Yes."),
    "webinar.next_step.text": ("[[presenters]]", NEXT_STEP, "webinar next step: Go on https://x.example/on"),
    "webinar.next_step.url": ("[[presenters]]", NEXT_STEP, "webinar next step: Go on https://x.example/on"),
    "presenters.name": ('name = "Mara Lind"\ncred', 'name = "Mara"\ncred', "becomes: Mara, OTR/L"),
    "presenters.credentials": ("OTR/L", "OTD", "becomes: Mara Lind, OTD"),
    "presenters.bio": ("Works with babies.", "Works.", "presenter 1 bio"),
    "presenters.disclosure_other": (
        'disclosure = "None."', 'disclosure = "None."\ndisclosure_other = "On a board."', "On a board."
    ),
    "presenters.email": (
        'disclosure = "None."', 'disclosure = "None."\nemail = "ida@x.example"', "ida@x.example"
    ),
    "presenters.disclosure": ('disclosure = "None."', 'disclosure = "Some."', "becomes: Some."),
    "cohort.title": ('title = "Tuesday evenings"', 'title = "Evenings"', "becomes: Evenings"),
    "cohort.zone": ('zone = "America/New_York"', 'zone = "America/Toronto"', "becomes: America/Toronto"),
    "cohort.organizer_name": ('organizer_name = "Mara Lind"', 'organizer_name = "Mo"', ": Mo <mara@"),
    "cohort.organizer_email": ("mara@", "mo@", "Mara Lind <mo@littlehands.example>"),
    "cohort.declined_frees_seat": (
        "capacity = 50\n",
        "capacity = 50\ndeclined_frees_seat = true\n",
        "gives the place back",
    ),
    "cohort.has_waitlist": ("capacity = 50\n", "capacity = 50\nhas_waitlist = true\n", "+ waitlist: yes"),
    "cohort.offer_minutes": (
        "capacity = 50\n", "capacity = 50\nhas_waitlist = true\noffer_minutes = 60\n", "is held for: 1 hour"
    ),
    "cohort.proves_address": (
        "capacity = 50\n", "capacity = 50\nproves_address = true\n", "before anything else is sent"
    ),
    "cohort.asks_credit": ("capacity = 50\n", "capacity = 50\nasks_credit = true\n", "of whoever wants CE credit"),
    "asked": ("[[presenters]]", QUESTION, "+ question 1: Hospital or clinic?"),
    "cohort.needs_approval": (
        "capacity = 50\n", "capacity = 50\nneeds_approval = true\n", "the organizer decides on everybody: yes"
    ),
    "cohort.approval_again": (
        "capacity = 50\n", "capacity = 50\napproval_again = true\n", "decides again after a change: yes"
    ),
    "cohort.changes_close": (
        COHORT_END, f"{COHORT_END}\nchanges_close = 2026-12-01T08:00:00",
        "changes are possible until: Tue 1 December 2026, 8:00 am",
    ),
    "cohort.capacity": ("capacity = 50\n", "", "becomes: no limit"),
    "cohort.enrolment_opens": (
        COHORT_END, f"{COHORT_END}\nenrolment_opens = 2026-11-01T01:30:00",
        "sign-up opens: Sun 1 November 2026, 1:30 am (before the clocks go back)",
    ),
    "cohort.enrolment_closes": (
        COHORT_END, f"{COHORT_END}\nenrolment_closes = 2026-12-01T08:00:00",
        "sign-up closes: Tue 1 December 2026, 8:00 am",
    ),
    "cohort.late_join": (COHORT_END, f'{COHORT_END}\nlate_join = "from now on"', "becomes: from now on"),
    "cohort.host_url": (
        'capacity = 50', 'capacity = 50\nhost_url = "https://meet.example.org/host"', "https://meet.example.org/host"
    ),
    "webinar.visibility": ("outcomes =", 'visibility = "unlisted"\noutcomes =', "whoever has its address"),
    "cohort.needs_code": (COHORT_END, f"{COHORT_END}\nneeds_code = true", "needs a code or an invitation: yes"),
    "cohort.takes_groups": (COHORT_END, f"{COHORT_END}\ntakes_groups = false", "becomes: no"),
    "cohort.group_hold_hours": (COHORT_END, f"{COHORT_END}\ngroup_hold_hours = 48", "seats are kept for: 2 days"),
    "cohort.codes.code": (MESSAGES, f"{CODE}\n{MESSAGES}", "access code SPRING26: any number of people"),
    "cohort.codes.label": (MESSAGES, f'{CODE}label = "News"\n{MESSAGES}', "access code SPRING26: News"),
    "cohort.codes.max_uses": (MESSAGES, f"{CODE}max_uses = 9\n{MESSAGES}", "at most 9 people"),
    "cohort.codes.expires": (MESSAGES, f"{CODE}expires = 2026-12-01T08:00:00\n{MESSAGES}", "until Tue 1 December"),
    "cohort.codes.gives_back": (MESSAGES, f"{CODE}gives_back = true\n{MESSAGES}", "uses come back"),
    "cohort.livestream_url": ("example.org/room", "example.org/hall", "becomes: https://meet.example.org/hall"),
    "sessions.title": (SESSION, 'title = "Reading cues"', "session week-1 title"),
    "sessions.summary": (SESSION, f'{SESSION}\nsummary = "Slowly."', "session week-1 summary: Slowly."),
    "sessions.starts": (SESSION, f"{SESSION}\nstarts = 2026-12-09T19:00:00", "Wed 9 December 2026, 7:00 pm"),
    "sessions.minutes": (SESSION, f"{SESSION}\nminutes = 90", "Tue 8 December 2026, 7:00 pm, 90 minutes"),
    "sessions.livestream_url": (SESSION, f'{SESSION}\nlivestream_url = "https://x.example/1"', "https://x.example/1"),
    "sessions.cancelled": (SESSION, f"{SESSION}\ncancelled = true", "session week-1 cancelled: yes"),
    "drops.title": (DROP, 'title = "Two gifts"\n', "bonus gift title"),
    "drops.note": ("Print it.", "Keep it.", "becomes: Keep it."),
    "drops.surprise": ("surprise = true\n", "", "- bonus gift surprise: yes"),
    "drops.release": ("2026-12-12T08:00:00", "2026-12-13T08:00:00", "becomes: Sun 13 December 2026, 8:00 am"),
    "drops.after.session_key": (
        'after_session = "week-1"\ndays = 1', 'after_session = "week-2"\ndays = 1',
        "becomes: session week-2, 1 day later, at 8:00 am",
    ),
    # The same moment by another rule: what follows from it shows only when the session moves.
    "drops.after.days": (
        'after_session = "week-1"\ndays = 1\nat = 08:00:00', "releases = 2026-12-09T08:00:00",
        "- bonus sheet follows: session week-1, 1 day later, at 8:00 am",
    ),
    "drops.after.at": ("at = 08:00:00\n", "", "becomes: session week-1, 1 day later, at the hour it ends"),
    "drops.own.days": (OWN, "days_after_enrolment = 3", "becomes: 3 days after each one came in"),
    "drops.own.at": (OWN, "days_after_enrolment = 3\nat = 08:00:00", "3 days after each one came in, at 8:00 am"),
    "drops.own.also_past": (OWN, "days_after_enrolment = 3\nalso_past = true", "reaches who is past it: yes"),
    "drops.materials.title": ('title = "The gift"', 'title = "A gift"', "bonus gift material gift"),
    "drops.materials.description": (
        'title = "The gift"', 'title = "The gift"\ndescription = "Songs."', "The gift; Songs.; https://",
    ),
    "drops.materials.file": ('file = "sheet.txt"', 'file = "other.txt"', "becomes: The sheet; version 2"),
    "drops.materials.handout": ('file = "sheet.txt"', 'handout = "sheet.md"', "becomes: The sheet; version 2"),
    "drops.materials.link": ("example/gift", "example/song", "becomes: The gift; https://littlehands.example/song"),
    "messages.reminders": (
        MESSAGES, f'[messages]\nreminders = ["1 day", "2 hours"]\n\n{MESSAGES}',
        "becomes: 1 day before, 2 hours before",
    ),
    "messages.live": (MESSAGES, f"[messages]\nlive = false\n\n{MESSAGES}", "becomes: no"),
    "messages.thank_you": (MESSAGES, f"[messages]\nthank_you = false\n\n{MESSAGES}", "becomes: no"),
    "messages.thank_you_after": (
        MESSAGES, f'[messages]\nthank_you_after = "1 day"\n\n{MESSAGES}', "becomes: 1 day after the end",
    ),
    "messages.welcome_note": (MESSAGES, f'[messages]\nwelcome_note = "Hi."\n\n{MESSAGES}', "welcome note: Hi."),
    "messages.hours.bonus_at": (MESSAGES, f"[messages]\nbonus_at = 08:00:00\n\n{MESSAGES}", "bonuses at 8:00 am"),
    "messages.hours.opens": (MESSAGES, f"[messages]\nwrite_from = 08:00:00\n\n{MESSAGES}", "from 8:00 am to"),
    "messages.hours.closes": (MESSAGES, f"[messages]\nwrite_until = 20:00:00\n\n{MESSAGES}", "to 8:00 pm"),
    "messages.hours.weekdays_only": (
        MESSAGES,
        f"[messages]\nweekdays_only = true\n\n{MESSAGES}",
        "on weekdays only",
    ),
    "messages.thank_you_note": (
        MESSAGES, f'[messages]\nthank_you_note = "Bye."\n\n{MESSAGES}', "thank-you note: Bye.",
    ),
}  # fmt: skip
# By these a cohort, session, bonus and material is known again: with another one it is another thing.
NAMES = {"cohort.key", "sessions.key", "drops.key", "drops.materials.key"}


def all_fields(kind: type, path: str = "") -> Iterator[str]:
    for name, hint in get_type_hints(kind).items():
        parts = [part for part in (hint, *get_args(hint)) if is_dataclass(part)]
        if parts:
            yield from all_fields(parts[0], f"{path}{name}.")  # type: ignore[arg-type]
        elif name != "lines":
            yield f"{path}{name}"


def shown(app: Flask, folder: Path, text: str) -> list[str]:
    return change_lines(importing.preview(app, read_cohort_file(text), folder).changes)


@pytest.mark.parametrize("field", FIELDS)
def test_a_change_of_any_field_is_shown(app: Flask, tmp_path: Path, travel: Traveller, field: str) -> None:
    given_cohort(app, tmp_path)
    (tmp_path / "other.txt").write_text("Cold hands last.\n")
    (tmp_path / "sheet.md").write_text("Warm hands first.\n")
    old, new, said = FIELDS[field]
    assert COHORT.count(old) == 1
    lines = shown(app, tmp_path, COHORT.replace(old, new))
    assert any(said in line for line in lines), lines


def test_no_field_was_forgotten_here() -> None:
    assert len(fields(CohortFile)) > 1
    assert set(all_fields(CohortFile)) - NAMES == set(FIELDS)


def test_a_new_cohort_is_told_in_words_and_without_what_is_empty(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    (tmp_path / "sheet.txt").write_text("Warm hands first.\n")
    lines = shown(app, tmp_path, COHORT.replace("capacity = 50\n", "").replace('"None."', '"Nothing."'))
    assert "  + seats: no limit" in lines
    assert "  + mail: thank-you: Tue 15 December 2026, 9:00 pm" in lines
    for raw in (": None", "[]", "{", "UTC", "2026-12", ":reminder:", "PT1H"):
        assert not [line for line in lines if raw in line], raw
    assert not [line for line in lines if line.endswith((":", ": "))]


def test_the_order_of_materials_is_shown(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    song = '[[drops.materials]]\nkey = "song"\ntitle = "A song"\nlink = "https://x.example/song"\n'
    gift = COHORT[COHORT.rindex("[[drops.materials]]") :]
    given_cohort(app, tmp_path, {gift: gift + song})
    lines = shown(app, tmp_path, COHORT.replace(gift, song + gift))
    assert "  ~ bonus gift order: gift, song" in lines


def test_of_a_time_that_comes_twice_the_preview_says_which_is_meant(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    given_cohort(app, tmp_path)
    twice = COHORT.replace('title = "Cues"', 'title = "Cues"\nstarts = 2027-11-07T01:30:00')
    lines = shown(app, tmp_path, twice)
    assert any("Sun 7 November 2027, 1:30 am (before the clocks go back), 60 minutes" in line for line in lines)
