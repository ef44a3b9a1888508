"""Writes rows as CSV.

Standard library only, Python 3.8: it runs in the scorer.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

from typing import Any, Sequence  # noqa: UP035  Python 3.8

from .csv_text import cells, encoded, frame_text, lines
from .encoder import Encoder


class CsvEncoder(Encoder):
    """Writes CSV without a header."""

    label = "CSV"

    def encode_frame(self, frame: Any) -> bytes:
        """Writes the rows of a pandas DataFrame, without its index."""
        return encoded(frame_text(frame))

    def encode_array(self, array: Any) -> bytes:
        """Writes the rows of a numpy array of one or two dimensions."""
        return encoded(lines(cells(array)))

    def encode_elements(self, elements: Any) -> bytes:
        """Writes a row for each element of a list or tuple.

        Raises:
            TypeError: An element has several dimensions.
        """
        return encoded(lines(elements))

    def encode_predictions(self, predictions: Sequence[Any], first_row: int) -> bytes:
        """Writes predictions with the columns `file`, `row` and the predictions' own."""
        from .csv_predictions import text_of  # noqa: PLC0415  needs pandas, which scripts may not

        return encoded("".join([text_of(part, first_row) for part in predictions]))
