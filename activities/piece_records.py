"""The record of a mini-batch that is a piece of a file: whose part it is, and which rows it has."""

from dataclasses import replace

from shared.inputs.piece_content import PieceRows
from shared.jobs.plan import Piece
from shared.jobs.records import FileFailure, MiniBatchRecord


def as_piece(record: MiniBatchRecord, piece: Piece, rows: PieceRows) -> MiniBatchRecord:
    """Makes a record count for a piece, and its failures name the rows that are missing.

    Args:
        record: What scoring the piece gave, as if it were a file.
        piece: Which piece.
        rows: Its rows, as far as they are known.
    """
    counts = replace(
        record.counts,
        files=int(piece.is_last),
        failed=int(bool(record.failures)),
        file=piece.file,
        piece=piece.index,
        first_row=rows.first,
        rows_in=rows.count,
    )
    where = f"{_rows_text(rows)} (piece {piece.index + 1} of {piece.of})"
    failures = tuple(
        FileFailure(failure.file, f"{where}: {failure.message}") for failure in record.failures
    )
    return replace(record, counts=counts, failures=failures)


def _rows_text(rows: PieceRows) -> str:
    if rows.first is None:
        return "some rows"
    if rows.count is None:
        return f"the rows from {rows.first} on"
    return f"the rows {rows.first} to {rows.first + rows.count - 1}"
