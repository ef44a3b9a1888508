"""Looks through a range of a delimited file, or of JSON lines, at the speed of memory.

The rules are those of RFC 4180, which all readers share: a quote opens at the beginning of a value
and closes at its end, two of them in quotes stand for one, and a record ends with LF or CR LF
outside of quotes. What breaks them is reported, never guessed at. Blank lines are those that pandas
skips.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.formats.record_ranges import KEPT_STARTS, Case, Dialect, RangeScan

# What must be read beyond a range: a line that is blank for longer is called broken.
LOOK_AHEAD = 4096
_BOM = b"\xef\xbb\xbf"
_LF, _CR, _QUOTE, _NUL = b"\n"[0], b"\r"[0], b'"'[0], 0
_BLANK_BYTES = b" \t\n\v\f\r"

Positions = NDArray[np.intp]


@dataclass(frozen=True)
class Window:
    """The bytes of a range with its neighborhood.

    Attributes:
        data: From one byte before the range (where there is one) to `LOOK_AHEAD` bytes behind it,
            or the end of the file.
        start: Where the range begins in the file.
        end: Where it ends.
        size: The size of the file.
    """

    data: bytes
    start: int
    end: int
    size: int

    @property
    def base(self) -> int:
        """Position in the file at which `data` begins."""
        return max(self.start - 1, 0)


def scan_range(window: Window, dialect: Dialect) -> RangeScan:
    """Tells what a range holds, in either case of how it begins."""
    return _Scan(window, dialect).run()


class _Scan:
    """Works on positions in the window; only what is kept becomes a position in the file."""

    def __init__(self, window: Window, dialect: Dialect) -> None:
        self._window = window
        self._dialect = dialect
        self._bytes = np.frombuffer(window.data, np.uint8)
        self._first = window.start - window.base
        self._last = window.end - window.base
        # A byte order mark is no part of the first value.
        self._origin = 3 if window.start == 0 and window.data[:3] == _BOM else 0
        none = np.empty(0, np.intp)
        self._quotes = none if dialect.delimiter is None else self._positions(_QUOTE)

    def run(self) -> RangeScan:
        starts = self._record_starts()
        inside = self._is_inside(starts)
        ends = self._alone(_CR)
        cr_inside = self._is_inside(ends)
        nul = self._positions(_NUL)[:1]
        cases: list[Case] = []
        for begins_inside in (False, True):
            outside = inside if begins_inside else ~inside
            broken = [nul, ends[cr_inside if begins_inside else ~cr_inside][:1]]
            broken += self._misplaced(begins_inside)
            cases.append(self._case(starts[outside], np.concatenate(broken)))
        return RangeScan(bool(len(self._quotes) % 2), *cases)

    def _positions(self, byte: int) -> Positions:
        part = self._bytes[self._first : self._last]
        return np.flatnonzero(part == byte) + self._first

    def _record_starts(self) -> Positions:
        """Behind each line break, in quotes or not: what may be the first byte of a record."""
        begin = self._first - 1 if self._first else 0
        breaks = np.flatnonzero(self._bytes[begin : self._last - 1] == _LF) + begin + 1
        if self._window.start == 0 and self._origin < self._last:
            breaks = np.concatenate([np.array([self._origin], np.intp), breaks])
        return breaks

    def _alone(self, byte: int) -> Positions:
        found = self._positions(byte)
        return found[self._next_to(found, _LF) != _LF] if len(found) else found

    def _next_to(self, positions: Positions, beyond: int) -> NDArray[np.uint8]:
        """The bytes behind some positions; the file's end counts as a line break."""
        following = np.append(self._bytes, np.uint8(beyond)) if self._at_end() else self._bytes
        return following[positions + 1]

    def _at_end(self) -> bool:
        return self._last == len(self._bytes)

    def _is_inside(self, positions: Positions) -> NDArray[np.bool_]:
        """True if the quotes of the range that come before a position are odd in number."""
        if not len(self._quotes):
            return np.zeros(len(positions), np.bool_)
        return np.searchsorted(self._quotes, positions) % 2 == 1

    def _misplaced(self, begins_inside: bool) -> list[Positions]:
        """The first opening and closing quotes that stand where none may."""
        if self._dialect.delimiter is None or not len(self._quotes):
            return []
        delimiter = self._dialect.delimiter.encode()
        opening = self._quotes[1 if begins_inside else 0 :: 2]
        closing = self._quotes[0 if begins_inside else 1 :: 2]
        opens = _table(delimiter + b'\n"')[self._bytes[opening - 1]]
        if self._window.start == 0:
            opens |= opening == self._origin
        closes = _table(delimiter + b'\r\n"')[self._next_to(closing, _LF)]
        return [opening[~opens][:1], closing[~closes][:1]]

    def _case(self, starts: Positions, broken: Positions) -> Case:
        data, base = self._window.data, self._window.base
        suspects = starts[_table(_BLANK_BYTES)[self._bytes[starts]]] if len(starts) else starts
        blank: list[int] = []
        pattern = re.compile(self._dialect.blank)
        for position in suspects.tolist():
            found = pattern.match(data, position)
            if found is None:
                continue
            if found.end() == len(data) and not data.endswith(b"\n") and not self._whole():
                broken = np.append(broken, position)
            blank.append(position)
        kept = np.setdiff1d(starts, blank, assume_unique=True) if blank else starts
        first = int(broken.min()) + base if len(broken) else None
        at = tuple(int(position) + base for position in kept[:KEPT_STARTS])
        return Case(len(kept), at, first)

    def _whole(self) -> bool:
        return self._window.base + len(self._window.data) >= self._window.size


def _table(members: bytes) -> NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    table[list(members)] = True
    return table
