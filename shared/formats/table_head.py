"""The beginning of a file as a table to look at."""

from dataclasses import dataclass

READ_BYTES = 96 * 1024
CELL_CHARACTERS = 1000


@dataclass(frozen=True)
class TableHead:
    """The first rows of a file.

    Attributes:
        columns: The names of its columns; None where rows stand under none.
        rows: The rows; a cell holds at most `CELL_CHARACTERS` characters.
        is_whole: True if these are all rows of the file.
    """

    columns: tuple[str, ...] | None
    rows: tuple[tuple[str, ...], ...]
    is_whole: bool


def text_head(data: bytes, size: int) -> TableHead:
    """Returns the lines of a text, each as the only cell of a row.

    Args:
        data: The beginning of the file.
        size: The size of the file in bytes.
    """
    lines = whole_lines(data, size)
    rows = tuple((line.rstrip("\r\n")[:CELL_CHARACTERS],) for line in lines)
    return TableHead(None, rows, len(data) >= size)


def whole_lines(data: bytes, size: int) -> list[str]:
    """Returns the lines, with their ends, but for one that is cut off in the middle."""
    lines = data.decode("utf-8", "replace").splitlines(keepends=True)
    if len(data) < size and len(lines) > 1:
        lines.pop()
    return lines
