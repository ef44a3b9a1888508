"""A piece of a file, as it is handed to a scorer."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class PieceFrame:
    """The bytes that make some records of a file a file of their own.

    Attributes:
        head: Goes before them: the file's first record, if that is not among them.
        tail: Goes behind them.
        before: How many records the file has before them, a header among them.
    """

    head: bytes = field(repr=False)
    tail: bytes = field(repr=False)
    before: int


@dataclass(frozen=True)
class PieceRows:
    """The rows of its file that a piece has.

    Attributes:
        first: The number of its first row, from 0; None where it is not known.
        count: How many they are; None where it is not known.
    """

    first: int | None = None
    count: int | None = None


@dataclass(frozen=True)
class PieceContent:
    """The records of a piece, and what belongs around them.

    Attributes:
        data: Its records.
        frame: What makes them a file.
        rows: Which rows they are.
    """

    data: bytes = field(repr=False)
    frame: PieceFrame
    rows: PieceRows
