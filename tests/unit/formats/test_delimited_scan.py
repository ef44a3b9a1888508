"""Ranges of files, looked through apart, must tell what one reader of the whole file finds."""

import csv
import io
import json
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.formats.delimited_scan import LOOK_AHEAD, Window, scan_range
from shared.formats.record_ranges import Dialect, Extent, RangeScan, locate

NASTY = st.text(alphabet='ab"",\n\r\t ;é1', max_size=8)


def window(data: bytes, start: int, end: int) -> Window:
    return Window(data[max(start - 1, 0) : end + LOOK_AHEAD], start, end, len(data))


def cut(data: bytes, cuts: list[int]) -> list[tuple[int, int]]:
    inner = {4 + cut % len(data) for cut in cuts}
    edges = [0, *sorted(edge for edge in inner if edge < len(data)), len(data)]
    return list(pairwise(edges))


def scans_of(data: bytes, cuts: list[int], dialect: Dialect) -> list[RangeScan]:
    return [scan_range(window(data, *edges), dialect) for edges in cut(data, cuts)]


def extents(data: bytes, cuts: list[int], dialect: Dialect) -> list[Extent]:
    scans = scans_of(data, cuts, dialect)
    found = [locate(scans, index, len(scans), len(data)) for index in range(len(scans))]
    assert None not in found
    return [extent for extent in found if extent is not None and not extent.is_empty]


def read_pieces(data: bytes, cuts: list[int], delimiter: str) -> list[list[str]]:
    """All rows by pandas, piece by piece, each under the file's first record."""
    rows: list[list[str]] = []
    for extent in extents(data, cuts, Dialect(delimiter)):
        head = data[: extent.second] if extent.before else b""
        found = read(head + data[extent.start : extent.end], delimiter)
        assert len(rows) == max(extent.before - 1, 0)
        if extent.records is not None:
            assert len(found) == extent.records - (0 if extent.before else 1)
        rows += found
    return rows


def read(data: bytes, delimiter: str) -> list[list[str]]:
    table = pd.read_csv(
        io.BytesIO(data),
        sep=delimiter,
        header=0,
        names=["x", "y", "z"],
        dtype=str,
        keep_default_na=False,
        index_col=False,
    )
    return table.to_numpy().tolist()


@st.composite
def tables(draw: st.DrawFn) -> tuple[bytes, str]:
    """A well-formed file of three columns, with whatever its values may hold."""
    delimiter = draw(st.sampled_from([",", "\t"]))
    rows = draw(st.lists(st.tuples(NASTY, NASTY, NASTY), min_size=1, max_size=12))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(["x", "y", "z"])
    for row in rows:
        writer.writerow(row)
        if draw(st.integers(0, 5)) == 0:
            text.write(draw(st.sampled_from(["", " ", "  "])) + end)
    data = text.getvalue().encode()
    if draw(st.booleans()):
        data = data.removesuffix(end.encode())
    if draw(st.booleans()):
        data = b"\xef\xbb\xbf" + data
    return data, delimiter


@settings(deadline=None, max_examples=50)
@given(tables(), st.lists(st.integers(0, 10_000), max_size=12))
def test_pieces_together_have_the_rows_of_the_whole_file(
    table: tuple[bytes, str], cuts: list[int]
) -> None:
    data, delimiter = table
    assert read_pieces(data, cuts, delimiter) == read(data, delimiter)


@settings(deadline=None, max_examples=50)
@given(st.text(alphabet='ab"",,\n\n\r ', max_size=60), st.lists(st.integers(0, 99), max_size=8))
def test_what_breaks_the_rules_is_never_cut_in_the_wrong_place(text: str, cuts: list[int]) -> None:
    data = ("x,y,z\n" + text).encode()
    parts = extents(data, cuts, Dialect(","))
    rows: list[list[str]] = []
    for part in parts:
        rows += records(data[part.start : part.end])
    assert rows == records(data)
    if all(len(row) != 1 for row in csv.reader(io.StringIO(data.decode(), newline=""))):
        assert [part.before for part in parts] == [
            len(records(data[: part.start])) for part in parts
        ]


def records(data: bytes) -> list[list[str]]:
    """Reads rows as the csv module does, except blank lines and blank single values."""
    found = csv.reader(io.StringIO(data.decode(), newline=""))
    return [row for row in found if len(row) > 1 or "".join(row).strip(" ")]


VALUES = st.dictionaries(st.text(max_size=4), st.text(max_size=6) | st.integers(), max_size=3)


@settings(deadline=None, max_examples=50)
@given(st.lists(VALUES, min_size=1, max_size=12), st.lists(st.integers(0, 999), max_size=8))
def test_json_lines(values: list[dict[str, object]], cuts: list[int]) -> None:
    ends = ["\n", "\r\n", "\n\n", "\n \t\n"]
    lines = [json.dumps(value) + ends[index % 4] for index, value in enumerate(values)]
    data = "".join(lines).encode()
    found: list[object] = []
    for extent in extents(data, cuts, Dialect(None)):
        assert extent.before == len(found)
        part = data[extent.start : extent.end].splitlines()
        found += [json.loads(line) for line in part if line.strip()]
    assert found == values


@settings(deadline=None, max_examples=50)
@given(tables(), st.lists(st.integers(0, 10_000), max_size=12))
def test_ranges_put_together_are_one_range(table: tuple[bytes, str], cuts: list[int]) -> None:
    data, delimiter = table
    scans = scans_of(data, cuts, Dialect(delimiter))
    together = scans[0]
    for scan in scans[1:]:
        together = together.then(scan)
    assert together == scan_range(window(data, 0, len(data)), Dialect(delimiter))
    assert RangeScan.decode(together.encode()) == together


@pytest.mark.parametrize("text", ['a,b\n1,"x\n', 'a,b\n1,x"y\n', "a,b\n1\r2,3\n", "a,b\n\0,3\n"])
def test_from_a_broken_record_on_the_file_is_one_piece(text: str) -> None:
    data = ("h,i\n1,2\n" * 10 + text + "3,4\n" * 20).encode()
    parts = extents(data, list(range(10, len(data), 9)), Dialect(","))
    assert parts[-1].end == len(data)
    assert parts[-1].start <= data.index(text.encode()) + 4
    assert len(parts) < 12
