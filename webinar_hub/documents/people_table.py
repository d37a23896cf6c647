"""People as a table for spreadsheets, written line by line: CSV or XLSX, safe to open (FEATURES E2)."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from tempfile import TemporaryFile
from typing import IO

COLUMNS: Mapping[str, str] = {
    "name": "Name",
    "email": "E-mail",
    "profession": "Profession",
    "zone": "Time zone",
    "webinar": "Webinar",
    "cohort": "Cohort",
    "state": "State",
    "registered": "Registered (UTC)",
    "cancelled": "Cancelled (UTC)",
    "joined": "Sessions joined",
    "downloads": "Downloads",
    "mail": "Mail",
    "tags": "Tags",
}
"""Each column that can be chosen, in its order, with its heading."""

# A spreadsheet takes what begins so for a formula, which may call programs or send cells elsewhere.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | int


def safe(cell: Cell) -> Cell:
    """The cell so that no spreadsheet computes it: an apostrophe goes before what begins like a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def csv_lines(heading: Sequence[str], rows: Iterable[Sequence[Cell]], *, bom: bool) -> Iterator[bytes]:
    """The file in pieces. With `bom` Excel sees that it is UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if bom:
        buffer.write("\ufeff")
    writer.writerow([safe(words) for words in heading])
    for row in rows:
        writer.writerow([safe(cell) for cell in row])
        if buffer.tell() > 32_000:
            yield _emptied(buffer)
    yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def xlsx_file(heading: Sequence[str], rows: Iterable[Sequence[Cell]]) -> IO[bytes]:
    """The whole file, on disk, at its beginning; memory does not grow with the rows."""
    import xlsxwriter  # noqa: PLC0415  slow import

    file = TemporaryFile()  # noqa: SIM115  whoever sends it closes it
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False,
    }  # fmt: skip
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet("People")
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, words in enumerate(heading):
            sheet.set_column(column, column, 22)
            sheet.write_string(0, column, words, bold)
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, int):
                    sheet.write_number(number, column, cell)
                else:
                    sheet.write_string(number, column, str(safe(cell)))
    file.seek(0)
    return file
