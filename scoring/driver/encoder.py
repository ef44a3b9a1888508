"""The interface of an encoder: it writes rows in one output format.

Standard library only, Python 3.8: it runs in the scorer.
"""

# ruff: noqa: ANN401  what users' code and models take and return has no static type
from __future__ import annotations

from typing import Any, Sequence  # noqa: UP035  Python 3.8


class Encoder:
    """Writes what one mini-batch gave, which the app then joins with that of others, unread.

    Attributes:
        label: What users call the format.
    """

    label: str

    def encode_frame(self, frame: Any) -> bytes:
        """Writes the rows of a pandas DataFrame, without its index."""
        raise NotImplementedError

    def encode_array(self, array: Any) -> bytes:
        """Writes the rows of a numpy array of one or two dimensions."""
        raise NotImplementedError

    def encode_elements(self, elements: Any) -> bytes:
        """Writes a row for each element of a list or tuple.

        Raises:
            TypeError: An element has several dimensions.
        """
        raise NotImplementedError

    def encode_predictions(self, predictions: Sequence[Any], first_row: int) -> bytes:
        """Writes predictions with the columns `file`, `row` and the predictions' own.

        Args:
            predictions: Each a `Prediction`, in the order of their rows.
            first_row: The number of each file's first row.
        """
        raise NotImplementedError
