"""Pieces of Parquet files against pyarrow, which wrote them."""

import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shared.formats.parquet import (
    MAGIC,
    TAIL_BYTES,
    NotSplittableError,
    chosen,
    footer_of,
    footer_size,
    read_footer,
)
from shared.formats.thrift import read_struct, write_struct

TABLE = pa.table(
    {
        "number": pa.array([*range(999), None]),
        "text": [f"value {n % 7}" for n in range(1000)],
        "list": [[n, n + 1] for n in range(1000)],
        "struct": [{"a": n, "b": {"c": str(n)}} for n in range(1000)],
        "flag": [n % 3 == 0 for n in range(1000)],
    }
)


def written(**options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(TABLE, sink, **{"row_group_size": 70, **options})
    return sink.getvalue()


def piece(data: bytes, start: int, end: int) -> tuple[bytes | None, int]:
    """The file of one piece (None: it has no row groups), and its first row's number."""
    size = footer_size(data[-TAIL_BYTES:])
    footer = read_footer(data[-size:])
    numbers = chosen(footer, start, end)
    if not numbers:
        return None, 0
    groups = [footer.groups[number] for number in numbers]
    body = data[min(g.start for g in groups) : max(g.end for g in groups)]
    return MAGIC + body + footer_of(footer, numbers), groups[0].before


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zstd", "use_dictionary": False},
        {"write_page_index": True, "data_page_version": "2.0"},
        {"row_group_size": 5000},
        {"store_schema": False, "write_statistics": False},
    ],
    ids=["plain", "zstd", "page-index", "one-group", "bare"],
)
@pytest.mark.parametrize("count", [1, 3, 40])
def test_pieces_together_have_all_rows(options: dict[str, Any], count: int) -> None:
    data = written(**options)
    rows: list[Any] = []
    for index in range(count):
        start, end = len(data) * index // count, len(data) * (index + 1) // count
        part, before = piece(data, start, end)
        if part is None:
            continue
        assert before == len(rows)
        read = pq.read_table(io.BytesIO(part))
        assert read.schema.equals(TABLE.schema)
        rows += read.to_pylist()
    assert rows == TABLE.to_pylist()


def test_a_footer_is_written_as_it_was_read() -> None:
    data = written()
    size = footer_size(data[-TAIL_BYTES:])
    footer = data[-size:-TAIL_BYTES]
    assert write_struct(read_struct(footer)) == footer


@pytest.mark.parametrize("data", [b"", b"PAR1", b"a,b\n1,2\n", b"\x10\0\0\0PARE"])
def test_what_is_no_parquet_is_refused(data: bytes) -> None:
    with pytest.raises(NotSplittableError):
        footer_size(data[-TAIL_BYTES:])


@pytest.mark.parametrize("footer", [b"", b"\xff" * 40, b"\x15\x04\x19", b"\0"])
def test_a_broken_footer_is_refused(footer: bytes) -> None:
    with pytest.raises(NotSplittableError):
        read_footer(footer + len(footer).to_bytes(4, "little") + MAGIC)
