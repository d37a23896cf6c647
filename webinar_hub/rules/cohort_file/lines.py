"""On which line of a TOML text each key stands, which tomllib does not tell; values are read in table.py."""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

KeyPath = tuple[str | int, ...]
"""Where a value stands: ("sessions", 2, "starts") is `starts` in the third [[sessions]]."""

_DEEPEST = 12
_LONGEST_LIST = 1_000
"""Beyond this depth and this length nothing is read, so nobody asks for its line; noting it would take minutes."""

_SPACE = re.compile(r"[ \t]*+")
_SPACE_AND_COMMENTS = re.compile(r"(?:[ \t\n]++|#[^\n]*+)*+")
_KEY_PART = re.compile(r"""[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'""")
_STRING = re.compile(
    r'''"""(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*+"{3,5}'''
    r"""|'''(?:[^']|'{1,2}(?!'))*+'{3,5}"""
    r"""|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'"""
)
_PLAIN_VALUE = re.compile(r"[^\s,\]}#]++(?: \d\d:[^\s,\]}#]++)?+")


def lines_of_keys(text: str) -> dict[KeyPath, int]:
    """Return the line (from 1) of every table, key and list entry in `text`, which must be valid TOML.

    A table or key that is opened more than once counts where it stands first; one that is only implied counts
    where its first part stands. What is nested deeper or listed longer than anybody reads is left out.
    Raises RecursionError for a text nested as deeply as no person writes.
    """
    scanner = _Scanner(text.replace("\r\n", "\n"))
    scanner.scan()
    for path, line in list(scanner.lines.items()):
        for length in range(1, len(path)):
            scanner.lines.setdefault(path[:length], line)
    return scanner.lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of `path`, or of the nearest table around it that is written down, or 1."""
    for length in range(len(path), 0, -1):
        found = lines.get(path[:length])
        if found is not None:
            return found
    return 1


class _Scanner:
    """Walks once over a valid TOML text and notes where keys stand; values are skipped, not understood."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.lines: dict[KeyPath, int] = {}
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._table: KeyPath = ()
        self._entries: dict[KeyPath, int] = {}

    def scan(self) -> None:
        self._skip(_SPACE_AND_COMMENTS)
        while self.position < len(self.text):
            if self._at("[["):
                self._array_table_header()
            elif self._at("["):
                self._table_header()
            else:
                self._key_and_value(self._table)
            self._skip(_SPACE_AND_COMMENTS)

    def _table_header(self) -> None:
        start = self.position
        self.position += 1
        self._table = self._resolve(self._key())
        self._note(self._table, start)
        self.position += 1

    def _array_table_header(self) -> None:
        start = self.position
        self.position += 2
        name = self._key()
        array = (*self._resolve(name[:-1]), name[-1])
        self._entries[array] = self._entries.get(array, -1) + 1
        self._note(array, start)
        self._table = (*array, self._entries[array])
        self._note(self._table, start)
        self.position += 2

    def _resolve(self, name: KeyPath) -> KeyPath:
        """Return where a header's name leads: through a list of tables it means the entry opened last."""
        path: KeyPath = ()
        for part in name:
            path = (*path, part)
            if path in self._entries:
                path = (*path, self._entries[path])
        return path

    def _key_and_value(self, table: KeyPath) -> None:
        start = self.position
        name = self._key()
        for length in range(1, len(name) + 1):
            self._note((*table, *name[:length]), start)
        self.position += 1
        self._skip(_SPACE)
        self._value((*table, *name))

    def _key(self) -> KeyPath:
        """Read a dotted key and leave the position on whatever follows it."""
        parts: list[str | int] = []
        while True:
            self._skip(_SPACE)
            parts.append(_plain_key(self._skip(_KEY_PART)))
            self._skip(_SPACE)
            if not self._at("."):
                return tuple(parts)
            self.position += 1

    def _value(self, path: KeyPath) -> None:
        if self._at("["):
            self._list(path)
        elif self._at("{"):
            self._inline_table(path)
        elif self._at('"') or self._at("'"):
            self._skip(_STRING)
        else:
            self._skip(_PLAIN_VALUE)

    def _list(self, path: KeyPath) -> None:
        self.position += 1
        self._skip(_SPACE_AND_COMMENTS)
        entry = 0
        while not self._at("]"):
            self._note((*path, entry), self.position)
            self._value((*path, entry))
            entry += 1
            self._skip_comma()
        self.position += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.position += 1
        self._skip(_SPACE_AND_COMMENTS)
        while not self._at("}"):
            self._key_and_value(path)
            self._skip_comma()
        self.position += 1

    def _skip_comma(self) -> None:
        self._skip(_SPACE_AND_COMMENTS)
        if self._at(","):
            self.position += 1
            self._skip(_SPACE_AND_COMMENTS)

    def _at(self, sign: str) -> bool:
        return self.text.startswith(sign, self.position)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.position)
        if match is None:
            # Only a text that tomllib refuses comes here; stopping beats running round for ever.
            raise ValueError(f"Not TOML at character {self.position}.")
        self.position = match.end()
        return match.group()

    def _note(self, path: KeyPath, position: int) -> None:
        entry = path[-1]
        if len(path) > _DEEPEST or (isinstance(entry, int) and entry >= _LONGEST_LIST):
            return
        self.lines.setdefault(path, bisect_right(self._newlines, position - 1) + 1)


def _plain_key(written: str) -> str:
    if written[0] not in "\"'":
        return written
    return str(tomllib.loads(f"key = {written}")["key"])
