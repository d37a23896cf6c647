"""A table somebody made with a spreadsheet, read: CSV in any usual encoding, or XLSX."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from webinar_hub.core.errors import Invalid

MOST_ROWS = 20_000
MOST_COLUMNS = 60
LONGEST_CELL = 500
# Excel may say that a sheet has a million rows, of which all but a few are blank.
MOST_BLANK = 1000
# An .xlsx is packed: one of a few kilobytes could unpack to gigabytes.
MOST_UNPACKED = 100_000_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "This is an Excel file of the old kind (.xls). Open it, save it as .xlsx or CSV"),
    (b"%PDF", "This is a PDF, and not a table. Save the table as .xlsx or CSV"),
)


@dataclass(frozen=True, slots=True)
class Table:
    """The first line, and the lines below it; each as long as the first, cells without blanks around them."""

    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_table(content: bytes) -> Table:
    """The table in a file. Raises Invalid("file") in words for whoever chose it."""
    if not content.strip():
        raise Invalid("file", "This file is empty. Choose the one with the people in it.")
    for begin, words in _OTHERS:
        if content.startswith(begin):
            raise Invalid("file", f"{words}, and choose that one.")
    lines = _sheet(content) if content.startswith(b"PK") else _csv(_text(content))
    return _table(lines)


def _table(lines: Iterable[list[str]]) -> Table:
    heading: list[str] = []
    rows: list[tuple[str, ...]] = []
    blank = 0
    for line in lines:
        if not heading:
            heading = _trimmed(line)
            # Blank lines above the heading stay as such, so that rows are called what the spreadsheet calls them.
            rows += [] if heading else [()]
            continue
        blank = 0 if any(line) else blank + 1
        if blank > MOST_BLANK:
            break
        cells = [cell[:LONGEST_CELL] for cell in line[: len(heading)]]
        rows.append(tuple(cells + [""] * (len(heading) - len(cells))))
        if len(rows) > MOST_ROWS and any(cells):
            raise Invalid("file", f"A file can have at most {MOST_ROWS:,} rows. Split it, and bring in the parts.")
    while rows and not any(rows[-1]):
        rows.pop()
    if not any(rows):
        raise Invalid("file", "There is nothing below the first line. It needs a heading, and one person a line.")
    return Table(tuple(heading), tuple(row or ("",) * len(heading) for row in rows))


def _trimmed(line: list[str]) -> list[str]:
    while line and not line[-1]:
        line = line[:-1]
    if len(line) > MOST_COLUMNS:
        raise Invalid(
            "file", f"That is more than {MOST_COLUMNS} columns. Keep those about the people, save, choose."
        )
    return [cell[:80] for cell in line]


def _text(content: bytes) -> str:
    """The text, in the encoding it says or shows; Windows' own where it is no Unicode."""
    said = next((name for begin, name in _BOMS if content.startswith(begin)), None)
    encodings = [said] if said else [*_utf_16_without_mark(content), "utf-8", "cp1252"]
    for name in encodings:
        try:
            text = content.decode(name)
        except UnicodeError:
            continue
        if "\x00" not in text:
            return text
    raise Invalid("file", "This file is not a table that can be read. Save it as .xlsx or as “CSV UTF-8”.")


def _utf_16_without_mark(content: bytes) -> Iterator[str]:
    begin = content[:2000]
    if begin[1::2].count(0) > len(begin) / 4:
        yield "utf-16-le"
    if begin[0::2].count(0) > len(begin) / 4:
        yield "utf-16-be"


def _csv(text: str) -> Iterator[list[str]]:
    first = text.partition("\n")[0]
    # Excel writes what the country's list separator is.
    comma = max(",;\t", key=first.count)
    try:
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=comma):
            yield [cell.strip() for cell in line]
    except csv.Error as error:
        raise Invalid("file", f"This CSV cannot be read: {error}. Save it again as .xlsx.") from error


def _sheet(content: bytes) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415  slow import

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
                raise Invalid(
                    "file", "This file is too large when it is unpacked. Save only the sheet that counts."
                )
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1):
            yield [_cell(value) for value in row]
        book.close()
    except Invalid:
        raise
    except Exception as error:  # a broken .xlsx fails in a hundred ways, and all of them mean the same
        raise Invalid(
            "file", "This Excel file cannot be read. Open it, save it again, or save it as CSV."
        ) from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
