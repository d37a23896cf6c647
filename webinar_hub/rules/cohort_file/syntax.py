"""TOML text to plain values, or the one place where it stops being TOML; what they mean is read in reading.py."""

import re
import tomllib

from webinar_hub.rules.cohort_file.parts import CohortFileErrors, FileError

LONGEST_FILE = 1_000_000
"""Bytes; a cohort file is a few thousand, so anything longer is a mistake."""

_POSITION = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")

# What people really write, tried in this order on the line where reading stopped.
_SLIPS = (
    (
        re.compile("[“”„‘’«»]"),
        'The quotation marks are curly, as a word processor makes them. Type straight ones: "like this".',
    ),
    (
        re.compile(r"\d\d?:\d\d(?![:\d])"),
        "A time needs its seconds and two digits for the hour: 08:00:00, or 2026-12-08T19:00:00 with a date.",
    ),
    (
        re.compile(r"\d{1,2}[./]\d{1,2}[./]\d{2,4}"),
        "Write a date as year-month-day: 2026-12-08.",
    ),
    (
        re.compile(r"=\s*(?:yes|no|on|off|True|False|TRUE|FALSE)\s*(?:#.*)?$"),
        "Write true or false, in small letters and without quotation marks.",
    ),
)

_MESSAGES = (
    ("Expected '=' after a key", "An equals sign is missing: write name = value."),
    ("Cannot overwrite a value", "This name is already written further up. Keep one of the two."),
    ("Cannot declare", "This heading is already there further up. Keep one, or write it in [[double brackets]]."),
    ("Cannot mutate immutable", "This adds to something that was already closed. Keep it all in one place."),
    ("Cannot redefine", "This heading is already there further up. Keep one of the two."),
    ("Unclosed array", "The list does not end: a comma between two entries or the closing ] is missing."),
    ("Unclosed inline table", "The { does not end: a comma between two entries or the closing } is missing."),
    ("Unterminated string", 'A text does not end: its closing quotation mark (" or """) is missing.'),
    ("Expected \"'", "A text does not end: its closing quotation mark is missing."),
    ("Unescaped '\\'", "A backslash means something special here. Write / instead, or \\\\ for one backslash."),
    ("Invalid hex value", "A backslash means something special here. Write \\\\ for one backslash."),
    ("Illegal character '\\n'", 'The text runs on to the next line. Close it with ", or use """ on both sides.'),
    ("Illegal character", "There is an invisible character on this line. Delete the line and type it again."),
    ("Expected ']'", "The heading does not end: its closing ] is missing."),
    ("Duplicate inline table key", "The same name is written twice between { and }. Keep one of the two."),
    ("Invalid initial character for a key part", "Between { and } everything stays on one line."),
    ("Invalid statement", 'I cannot read this line. Write name = "value", [heading], or # before a remark.'),
    ("Expected newline", "There is something left over after the value. Put one thing on a line, text in quotes."),
    ("Invalid value", 'I cannot read this value. Put text in quotation marks: name = "value".'),
    ("Invalid date", "There is no such date. Write year-month-day: 2026-12-08."),
)

_ENDLESS_NAME = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){50}""")
"""Fifty names joined by dots: no person writes them, and tomllib takes minutes over some hundred thousand."""


def parse(text: str) -> dict[str, object]:
    """Return the values of the TOML text (one leading byte order mark is fine).

    Raises CohortFileErrors with exactly one error: the first place that is not TOML, or a file too long.
    """
    if len(text) > LONGEST_FILE or len(text.encode("utf-8", "surrogatepass")) > LONGEST_FILE:
        raise _error(1, "The file is longer than 1 MB. A cohort file holds text only: name pictures and files.")
    endless = _ENDLESS_NAME.search(text)
    if endless:
        raise _error(text.count("\n", 0, endless.start()) + 1, "There are too many dots between names here.")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _at_position(text, str(error)) from error
    except RecursionError as error:
        raise _error(1, "Brackets are nested far too deeply.") from error
    except ValueError as error:
        # tomllib lets Python's own refusal of numbers with thousands of digits through.
        raise _error(_line_of_long_number(text), "This number is far too long.") from error


def _at_position(text: str, complaint: str) -> CohortFileErrors:
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    position = _POSITION.search(complaint)
    written = position.group(1) if position else None
    number = min(int(written), len(lines)) if written else len(lines)
    return _error(number, _words(lines[number - 1], complaint))


def _words(line: str, complaint: str) -> str:
    unreadable = complaint.startswith(("Invalid value", "Expected newline", "Invalid statement", "Unclosed"))
    if unreadable:
        for slip, words in _SLIPS:
            if slip.search(line):
                return words
    for beginning, words in _MESSAGES:
        if complaint.startswith(beginning):
            return words
    return "I cannot read this line. Compare it with the example file."


def _line_of_long_number(text: str) -> int:
    found = re.search(r"\d{1000}|\d[\d_]{1000}", text)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _error(line: int, message: str) -> CohortFileErrors:
    return CohortFileErrors((FileError(line=line, field="", message=message),))
