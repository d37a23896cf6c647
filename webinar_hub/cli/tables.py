"""Tables on a terminal: aligned, and with nothing in them that could move the cursor (`names.plain_name`)."""

from collections.abc import Sequence

from webinar_hub.documents.names import plain_name


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, widest: int = 60) -> list[str]:
    """The rows under their head, each column as wide as its longest cell; a cell longer than `widest` is cut."""
    cells = [[_cut(plain_name(cell), widest) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *cells)
    ]


def _cut(text: str, widest: int) -> str:
    return text if len(text) <= widest else text[: widest - 1] + "…"
