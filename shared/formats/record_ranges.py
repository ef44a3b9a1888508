"""Scans of ranges of a file, and the pieces of records that follow from them.

Whether a line break ends a record depends on whether it is in quotes, and that on all quotes before
it. So a range is looked through for both cases at once, without its predecessors; put together from
the file's beginning, the ranges tell which case it was. Positions are bytes from the file's start.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

KEPT_STARTS = 2


@dataclass(frozen=True)
class Dialect:
    """Form of the records; `delimiter` is None for JSON lines, which have no quoted line breaks."""

    delimiter: str | None = ","

    @property
    def blank(self) -> bytes:
        """Returns a regular expression for a blank line, from its first byte on."""
        if self.delimiter is None:
            return rb"[ \t\v\f]*\r?(?:\n|\Z)"
        return rb"[ ]*\r?(?:\n|\Z)" if self.delimiter == "\t" else rb"[ \t]*\r?(?:\n|\Z)"


@dataclass(frozen=True)
class Case:
    """Records of a range that begins outside of quotes, or inside.

    Attributes:
        records: How many records begin in it; blank lines are none.
        starts: Where the first of them begin, two at most.
        broken: Where something is that readers take differently: a quote in the middle of a value,
            a carriage return alone, a null byte. None if there is nothing of that kind.
    """

    records: int = 0
    starts: tuple[int, ...] = ()
    broken: int | None = None

    def then(self, other: "Case") -> "Case":
        """Joins the scans of two neighboring ranges."""
        starts = (self.starts + other.starts)[:KEPT_STARTS]
        broken = other.broken if self.broken is None else self.broken
        return Case(self.records + other.records, starts, broken)


@dataclass(frozen=True)
class RangeScan:
    """Records of a range of a file in either case, and whether its quotes are odd in number."""

    odd: bool = False
    outside: Case = Case()
    inside: Case = Case()

    def case(self, *, inside: bool) -> Case:
        """Returns the range's records, once it is known how it begins."""
        return self.inside if inside else self.outside

    def then(self, other: "RangeScan") -> "RangeScan":
        """Joins the scans of two neighboring ranges."""
        return RangeScan(
            self.odd != other.odd,
            self.outside.then(other.case(inside=self.odd)),
            self.inside.then(other.case(inside=not self.odd)),
        )

    def encode(self) -> str:
        """Writes the scan as compact JSON."""
        cases = [[case.records, case.starts, case.broken] for case in (self.outside, self.inside)]
        return json.dumps([self.odd, *cases], separators=(",", ":"))

    @staticmethod
    def decode(text: str) -> "RangeScan":
        """Reads what `encode` wrote."""
        odd, *cases = json.loads(text)
        outside, inside = (Case(case[0], tuple(case[1]), case[2]) for case in cases)
        return RangeScan(odd, outside, inside)


@dataclass(frozen=True)
class Extent:
    """The records of one piece.

    Attributes:
        start: Where they begin; equal to `end` where the piece has none.
        end: Where they end.
        before: How many records the file has before them.
        records: How many they are; None where it is not known.
        second: Where the file's second record begins: the first one, which may be the header,
            ends there. None where no record lies before these.
    """

    start: int
    end: int
    before: int = 0
    records: int | None = 0
    second: int | None = None

    @property
    def is_empty(self) -> bool:
        """True if the piece has no records."""
        return self.start == self.end


EMPTY = Extent(0, 0)


def locate(scans: Sequence[RangeScan], index: int, of: int, size: int) -> Extent | None:
    """Finds the records of one piece of a file.

    From where something is broken, the rest of the file is read as one: by the piece whose
    record it is in. The pieces after that have nothing.

    Args:
        scans: Those of the file's pieces from the first one on, as many as there are.
        index: Which piece.
        of: How many pieces the file has.
        size: The size of the file in bytes.

    Returns:
        Its records, None if more scans are needed to tell.
    """
    if index >= len(scans):
        return None
    inside, before = False, Case()
    for scan in scans[:index]:
        before = before.then(scan.case(inside=inside))
        inside ^= scan.odd
    case = scans[index].case(inside=inside)
    start = 0 if index == 0 else next(iter(case.starts), size)
    broken = size if case.broken is None else case.broken
    if before.broken is not None or start == size or broken < start:
        return EMPTY
    second = before.then(case).starts[1] if before.records else None
    if case.broken is not None:
        return Extent(start, size, before.records, None, second)
    inside ^= scans[index].odd
    end, is_broken = _end(scans[index + 1 :], size, inside=inside, all_there=len(scans) == of)
    if end is not None and not case.starts and end < size:
        # Blank lines before the first record: whoever has that one reads the file's beginning.
        return EMPTY
    records = None if is_broken else case.records
    return None if end is None else Extent(start, end, before.records, records, second)


def _end(
    following: Sequence[RangeScan], size: int, *, inside: bool, all_there: bool
) -> tuple[int | None, bool]:
    """Returns the end of the last record before ranges (None: beyond them), and if it is broken."""
    for scan in following:
        case = scan.case(inside=inside)
        first = next(iter(case.starts), None)
        if case.broken is not None and (first is None or case.broken < first):
            return size, True
        if first is not None:
            return first, False
        inside ^= scan.odd
    return (size if all_there else None), False
