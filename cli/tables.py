"""Tables of what was found in a graph: plain text, aligned by the width of each character. Pure."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from comfy import Found, ordered, shown_value
from comfy.printable import printable

MAX_CELL = 60  # columns
GAP = "  "
BY_A_RUN = "(by a run)"
FOUND_HEADER = ("value", "place", "how", "now")

Row = Sequence[str | Sequence[str]]
"""The cells of a row; one with several texts takes as many lines."""


def found_table(found: Mapping[str, Found]) -> str:
    """The table of what was found: value, place, how it was found, and what stands there now."""
    rows = [_found_row(name, found[name]) for name in ordered(found)]
    return format_table(FOUND_HEADER, rows)


def format_table(header: Sequence[str], rows: Sequence[Row]) -> str:
    """A table without borders; cells are made printable and cut to MAX_CELL columns."""
    lines = [tuple(header), *(line for row in rows for line in _lines_of(row))]
    cells = [[_cut(printable(cell)) for cell in line] for line in lines]
    widths = [max(map(width_of, column)) for column in zip(*cells, strict=True)]
    return "\n".join(_joined(line, widths) for line in cells)


def width_of(text: str) -> int:
    """The columns that a terminal needs for a text: two for most of Chinese, none for combining marks."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _found_row(name: str, found: Found) -> Row:
    now = BY_A_RUN if found.value is None else shown_value(found.value)
    return (name, list(map(str, found.places)), found.how, now)


def _lines_of(row: Row) -> Iterator[Sequence[str]]:
    cells = [[each] if isinstance(each, str) else list(each) or [""] for each in row]
    for line in range(max(map(len, cells))):
        yield tuple(cell[line] if line < len(cell) else "" for cell in cells)


def _cut(text: str) -> str:
    if width_of(text) <= MAX_CELL:
        return text
    kept, columns = "", 1
    for character in text:
        columns += _columns(character)
        if columns > MAX_CELL:
            break
        kept += character
    return f"{kept}…"


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - width_of(cell)) for cell, width in zip(cells, widths, strict=True))
    return GAP.join(padded).rstrip()
