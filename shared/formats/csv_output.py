"""The output format CSV, in UTF-8; lines end with LF."""

import codecs
import csv
import io
from collections.abc import Sequence

from shared.formats.input_format import ReadRange
from shared.formats.output_format import Columns
from shared.formats.table_head import (
    CELL_CHARACTERS,
    READ_BYTES,
    TableHead,
    text_head,
    whole_lines,
)

_CHUNK = 1024 * 1024


class CsvOutput:
    """Output files of CSV: a header, where there are columns, then the rows of all mini-batches."""

    name = "csv"
    extension = ".csv"
    content_type = "text/csv; charset=utf-8"

    def common_columns(self, parts: Sequence[tuple[str, Columns]]) -> tuple[Columns, str | None]:
        """Finds the one header of rows from several places; all have to have the same."""
        if not parts:
            return None, None
        first_place, columns = parts[0]
        for place, others in parts[1:]:
            if others != columns:
                return columns, (
                    f"{place} returned {_columns_text(others)}, but {first_place} "
                    f"{_columns_text(columns)}; run() must return the same columns each time"
                )
        return columns, None

    def header(self, columns: Columns) -> bytes:
        """Returns the names of the columns as a line."""
        if columns is None:
            return b""
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(columns)
        return text.getvalue().encode()

    def can_be(self, rows: bytearray, row_count: int) -> bool:
        """True if bytes are so many whole rows: each ends, and a cell may have line ends, too."""
        return (
            row_count <= rows.count(b"\n")
            and rows.endswith(b"\n")
            and rows.count(b'"') % 2 == 0
            and _is_utf_8(rows)
        )

    def join(self, parts: Sequence[bytes]) -> bytes:
        """Joins rows of neighbors."""
        return b"".join(parts)

    def read_head(self, read: ReadRange, size: int, *, has_header: bool) -> TableHead:
        """Reads the first rows; a file that is no CSV gives its lines instead."""
        data = read(0, min(size, READ_BYTES)) if size else b""
        try:
            table = csv.reader(io.StringIO("".join(whole_lines(data, size))))
            rows = tuple(tuple(cell[:CELL_CHARACTERS] for cell in row) for row in table)
        except csv.Error:
            # A script may have written anything under this name.
            rows = text_head(data, size).rows
        columns = rows[0] if rows and has_header else None
        return TableHead(columns, rows if columns is None else rows[1:], len(data) >= size)


def _is_utf_8(data: bytearray) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(data)
    try:
        for start in range(0, len(data), _CHUNK):
            decoder.decode(view[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _columns_text(columns: tuple[str, ...] | None) -> str:
    return "rows without columns" if columns is None else f"the columns {', '.join(columns)}"
