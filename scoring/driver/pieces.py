"""Reads a piece of a file: some of its records, which came without those before them.

Runs in the scorer, under Python 3.8 or newer and whatever pandas the environment has.
"""

from __future__ import annotations

import pandas as pd

from .signature import Signature
from .tables import has_header, read_table, unpack


def read_piece(
    name: str, before: int, parts: list[bytearray], signature: Signature
) -> tuple[pd.DataFrame, int]:
    """Returns the rows of a piece, and the number of the first of them in the file.

    Args:
        name: The file's name.
        before: How many records the file has before those of the piece, a header among them.
        parts: The file's first record, if the piece begins later; its records; what goes behind.
        signature: The model's.

    Raises:
        Unreadable: The format is unknown, or the content is not what the extension says.
    """
    head, data, tail = parts
    extension, _ = unpack(name, data)
    named, texts = signature.named, signature.text_columns
    if extension in (".csv", ".tsv"):
        is_header = has_header(extension, head or data, named)
        frame = read_table(extension, data, texts, named, head)
        return frame, max(before - int(is_header), 0)
    content = b"".join(parts) if head or tail else data
    return read_table(extension, content, texts, named), before
