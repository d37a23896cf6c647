"""The line of every key, in every way TOML lets people lay out the same values."""

import tomllib
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from webinar_hub.rules.cohort_file.lines import KeyPath, line_of, lines_of_keys

LAYOUTS = '''\
# a remark with [brackets] and "quotes"
title = "one"   # [not.a.table]
"quoted key" = 1
'literal.key' = 2
dotted.deep . key = true

[webinar]
text = """
[fake]
key = "not a key"
ends with two quotes"" and then three"""
literal = \'\'\'
[[fake]]
\'\'\'
list = [ 1, # one ]
  "two ] ,",
  [3, 4],
  { inner = "x", other.deep = [1,
     2] },
]
moment = 1979-05-27 07:32:00
after = 1

[[sessions]]
name = "a"
[sessions.place]
room = 1
[[sessions.people]]
who = "x"
[[sessions.people]]
who = "y"

[[sessions]] # second
name = "b"
[[ "sessions" . people ]]
who = "z"
[a.b.c]
d = 1
[a]
e = 2
'''

EXPECTED: dict[KeyPath, int] = {
    ("title",): 2,
    ("quoted key",): 3,
    ("literal.key",): 4,
    ("dotted",): 5,
    ("dotted", "deep", "key"): 5,
    ("webinar",): 7,
    ("webinar", "text"): 8,
    ("webinar", "literal"): 12,
    ("webinar", "list"): 15,
    ("webinar", "list", 0): 15,
    ("webinar", "list", 1): 16,
    ("webinar", "list", 2, 1): 17,
    ("webinar", "list", 3): 18,
    ("webinar", "list", 3, "inner"): 18,
    ("webinar", "list", 3, "other", "deep", 1): 19,
    ("webinar", "moment"): 21,
    ("webinar", "after"): 22,
    ("sessions",): 24,
    ("sessions", 0): 24,
    ("sessions", 0, "place", "room"): 27,
    ("sessions", 0, "people", 0, "who"): 29,
    ("sessions", 0, "people", 1): 30,
    ("sessions", 1): 33,
    ("sessions", 1, "name"): 34,
    ("sessions", 1, "people", 0, "who"): 36,
    ("a", "b", "c", "d"): 38,
    ("a", "b"): 37,
    ("a",): 39,
    ("a", "e"): 40,
}


def paths_of(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths_of(inner, (*path, key))
    if isinstance(value, list):
        for position, inner in enumerate(value):
            yield from paths_of(inner, (*path, position))


def test_every_layout_of_toml() -> None:
    lines = lines_of_keys(LAYOUTS)
    assert {path: lines.get(path) for path in EXPECTED} == EXPECTED


def test_exactly_the_keys_that_tomllib_finds_are_found() -> None:
    assert set(lines_of_keys(LAYOUTS)) == set(paths_of(tomllib.loads(LAYOUTS)))


def test_windows_line_ends_count_as_one_line() -> None:
    assert lines_of_keys(LAYOUTS.replace("\n", "\r\n")) == lines_of_keys(LAYOUTS)


def test_a_missing_key_is_on_the_line_of_its_table_and_a_missing_table_on_the_first() -> None:
    lines = lines_of_keys(LAYOUTS)
    assert line_of(lines, ("sessions", 1, "people", 0, "missing")) == 35
    assert line_of(lines, ("nothing", "at", "all")) == 1


KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True),
    st.text(alphabet='ab ."#]\\é', min_size=0, max_size=4).map(
        lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    ),
)
MOMENTS = ["2026-12-08T19:00:00", "2026-12-08 19:00:00", "2026-12-08", "08:00:00"]
VALUES = st.recursive(
    st.sampled_from(
        [
            *MOMENTS,
            "1",
            "-2.5e3",
            "true",
            '"a # ] } , = b"',
            "'c:\\d'",
            '"""x\n[y]\n"""',
            "'''\n'q'\n'''",
            '""""two""""',
            "inf",
            '"\\""',
            "''",
        ]
    ),
    lambda inner: st.lists(st.tuples(inner, st.sampled_from(["", " ", "\n", " # no ]\n"])), max_size=4).map(
        lambda entries: "[" + "".join(f"{space}{value}{space}," for value, space in entries) + "]"
    ),
    max_leaves=6,
)


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """A document of tables in lists whose lines are known because they are counted while it is written."""
    text, lines = "", {}
    for position in range(draw(st.integers(0, 4))):
        text += draw(st.sampled_from(["", "\n", "# [[t]]\n", " \t"]))
        lines[("t", position)] = text.count("\n") + 1
        text += "[[ t ]]\n"
        for number, key in enumerate(draw(st.lists(KEYS, max_size=4))):
            name = f"k{number}"
            lines[("t", position, name)] = text.count("\n") + 1
            text += f"{name} = {draw(VALUES)}" + draw(st.sampled_from(["\n", " # x = 1\n", "\n\n"]))
            lines[("t", position, f"d{number}")] = text.count("\n") + 1
            text += f"d{number}.{key} = {draw(VALUES)}\n"
    return text, lines


@settings(max_examples=300, deadline=None)
@given(document=documents())
def test_any_layout_of_values_keeps_the_lines(document: tuple[str, dict[KeyPath, int]]) -> None:
    text, lines = document
    values = tomllib.loads(text)
    found = lines_of_keys(text)
    assert {path: found.get(path) for path in lines} == lines
    assert set(found) == set(paths_of(values))
