"""Cuts Parquet files by row groups: a new footer under the old bytes, nothing is decoded.

A row group belongs to the piece whose range its middle lies in. Field numbers are those of
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift

pyarrow reads footers, but writes none of some row groups with other offsets, for which each field
of the footer is needed as it was; and the app, unlike its scorers, starts without pyarrow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from shared.formats import thrift
from shared.formats.input_format import NotSplittableError, ReadRange, Section
from shared.formats.thrift import Field, NotThriftError, Struct

MAGIC = b"PAR1"
TAIL_BYTES = 8
_ROWS, _GROUPS = 3, 4
_GROUP_COLUMNS, _GROUP_ROWS, _GROUP_OFFSET = 1, 3, 5
_COLUMN_FILE, _COLUMN_OFFSET, _COLUMN_DATA = 1, 2, 3
_COLUMN_INDEXES = (4, 5, 6, 7)
_COLUMN_ENCRYPTED = (8, 9)
_DATA_SIZE, _DATA_PAGES, _INDEX_PAGES, _DICTIONARY_PAGES = 7, 9, 10, 11
_DATA_BLOOM = (14, 15)


@dataclass(frozen=True)
class RowGroup:
    """Place and content of a row group.

    Attributes:
        start: Its first byte in the file.
        end: The byte after its last.
        rows: How many rows it has.
        before: How many rows the file has before it.
    """

    start: int
    end: int
    rows: int
    before: int

    @property
    def middle(self) -> int:
        """The byte that decides which piece it belongs to."""
        return (self.start + self.end) // 2


@dataclass(frozen=True)
class Footer:
    """A file's footer: its struct, and its row groups in their order."""

    struct: Struct
    groups: tuple[RowGroup, ...]

    def section(self, start: int, end: int) -> Section | None:
        """Returns the row groups of the piece of a range of bytes, None if it has none.

        Raises:
            NotSplittableError: The groups do not lie in the file in their order.
        """
        numbers = chosen(self, start, end)
        if not numbers:
            return None
        groups = [self.groups[number] for number in numbers]
        return Section(
            head=MAGIC,
            start=min(group.start for group in groups),
            end=max(group.end for group in groups),
            tail=footer_of(self, numbers),
            before=groups[0].before,
            rows=sum(group.rows for group in groups),
        )


def read_index(read: ReadRange, size: int) -> Footer:
    """Reads the footer of a file.

    Args:
        read: Reads bytes of the file.
        size: The size of the file in bytes.

    Raises:
        NotSplittableError: It cannot be read, or says that columns are encrypted or elsewhere.
    """
    start = size - footer_size(read(max(size - TAIL_BYTES, 0), size))
    if start < 0:
        raise NotSplittableError("has a footer that is longer than the file")
    return read_footer(read(start, size))


def footer_size(tail: bytes) -> int:
    """The bytes of the footer, with its length and magic, as the file's last 8 bytes say.

    Raises:
        NotSplittableError: They are not the end of a Parquet file with a footer to be read.
    """
    if len(tail) != TAIL_BYTES or tail[4:] != MAGIC:
        raise NotSplittableError("does not end as a Parquet file does")
    return int.from_bytes(tail[:4], "little") + TAIL_BYTES


def read_footer(data: bytes) -> Footer:
    """Reads a footer with its length and magic.

    Raises:
        NotSplittableError: It cannot be read, or says that columns are encrypted or elsewhere.
    """
    try:
        struct = thrift.read_struct(data[:-TAIL_BYTES])
        groups: list[RowGroup] = []
        before = 0
        for group in _structs(struct[_GROUPS]):
            start, end = _span(group)
            rows = _integer(group[_GROUP_ROWS])
            groups.append(RowGroup(start, end, rows, before))
            before += rows
    except (NotThriftError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise NotSplittableError(f"has a footer that cannot be read: {error}") from error
    return Footer(struct, tuple(groups))


def chosen(footer: Footer, start: int, end: int) -> range:
    """The numbers of the row groups of a piece: those whose middle lies in a range of bytes.

    Raises:
        NotSplittableError: The groups do not lie in the file in their order.
    """
    middles = [group.middle for group in footer.groups]
    if middles != sorted(middles):
        raise NotSplittableError("has row groups that do not lie in their order")
    first = sum(middle < start for middle in middles)
    return range(first, first + sum(start <= middle < end for middle in middles))


def footer_of(footer: Footer, groups: Sequence[int]) -> bytes:
    """The footer of a file that has some of the row groups alone, directly behind its magic.

    Args:
        footer: Of the whole file.
        groups: Numbers of neighboring groups, at least one.
    """
    shift = len(MAGIC) - min(footer.groups[number].start for number in groups)
    kept = [
        _moved(group, shift)
        for number, group in enumerate(_structs(footer.struct[_GROUPS]))
        if number in groups
    ]
    rows = sum(footer.groups[number].rows for number in groups)
    struct = {
        **footer.struct,
        _ROWS: Field(thrift.I64, rows),
        _GROUPS: Field(thrift.LIST, thrift.Sequence(thrift.STRUCT, [*kept])),
    }
    data = thrift.write_struct(struct)
    return data + len(data).to_bytes(4, "little") + MAGIC


def _span(group: Struct) -> tuple[int, int]:
    starts: list[int] = []
    ends: list[int] = []
    for column in _structs(group[_GROUP_COLUMNS]):
        if _COLUMN_FILE in column or any(key in column for key in _COLUMN_ENCRYPTED):
            raise ValueError("columns are encrypted, or in other files")
        data = _struct(column[_COLUMN_DATA])
        pages = [_integer(data[_DATA_PAGES])]
        # Some writers say 0 where there is no dictionary.
        dictionary = _integer(data[_DICTIONARY_PAGES]) if _DICTIONARY_PAGES in data else 0
        starts.append(min([*pages, dictionary] if dictionary else pages))
        ends.append(starts[-1] + _integer(data[_DATA_SIZE]))
    return min(starts), max(ends)


def _moved(group: Struct, shift: int) -> Struct:
    columns: list[thrift.Thing] = []
    for column in _structs(group[_GROUP_COLUMNS]):
        kept = {key: field for key, field in column.items() if key not in _COLUMN_INDEXES}
        data = _shifted(
            {k: v for k, v in _struct(column[_COLUMN_DATA]).items() if k not in _DATA_BLOOM},
            (_DATA_PAGES, _INDEX_PAGES, _DICTIONARY_PAGES),
            shift,
        )
        kept[_COLUMN_DATA] = Field(thrift.STRUCT, data)
        columns.append(_shifted(kept, (_COLUMN_OFFSET,), shift))
    listed = Field(thrift.LIST, thrift.Sequence(thrift.STRUCT, columns))
    return _shifted({**group, _GROUP_COLUMNS: listed}, (_GROUP_OFFSET,), shift)


def _shifted(struct: Struct, keys: Sequence[int], shift: int) -> Struct:
    """The struct with some offsets moved; 0 stands for none and stays."""
    moved = dict(struct)
    for key in keys:
        if key in moved and moved[key].value:
            moved[key] = Field(moved[key].kind, _integer(moved[key]) + shift)
    return moved


def _integer(field: Field) -> int:
    return cast("int", field.value)


def _struct(field: Field) -> Struct:
    return cast("Struct", field.value)


def _structs(field: Field) -> list[Struct]:
    return cast("list[Struct]", cast("thrift.Sequence", field.value).items)
