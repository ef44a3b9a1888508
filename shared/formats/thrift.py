"""Reads and writes Thrift's compact protocol without a schema, as far as Parquet's footers go.

A struct is a mapping of field ids to values that know their types, so that what is not understood
is written back as it was. The protocol:
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

thrift and thriftpy2 read by a schema, and drop the fields that a newer Parquet adds to it.
"""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
_INTEGERS = (I16, I32, I64)
_SHORT_LIST = 15


@dataclass
class Sequence:
    """A list or a set: the type of its elements, and these."""

    element: int
    items: "list[Thing]"


class Field(NamedTuple):
    """A value with its type."""

    kind: int
    value: "Thing"


Struct = dict[int, Field]
Thing: TypeAlias = "bool | int | bytes | Sequence | Struct"


class NotThriftError(ValueError):
    """The bytes are no struct that this module can read."""


def read_struct(data: bytes) -> Struct:
    """Reads one struct.

    Raises:
        NotThriftError: It is none, or has maps, which Parquet's footers do not.
    """
    try:
        return _Reader(data).struct()
    except (IndexError, RecursionError) as error:
        raise NotThriftError("ends too early") from error


def write_struct(struct: Struct) -> bytes:
    """Writes what `read_struct` read, or what was made like it."""
    out = bytearray()
    _write_fields(out, struct)
    return bytes(out)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def struct(self) -> Struct:
        fields: Struct = {}
        last = 0
        while head := self._byte():
            kind, delta = head & 15, head >> 4
            last = last + delta if delta else _unzigzag(self._varint())
            fields[last] = Field(kind, kind == TRUE if kind in (TRUE, FALSE) else self._value(kind))
        return fields

    def _value(self, kind: int) -> Thing:
        if kind in _INTEGERS:
            return _unzigzag(self._varint())
        if kind == BINARY:
            return self._take(self._varint())
        if kind == STRUCT:
            return self.struct()
        if kind in (LIST, SET):
            return self._sequence()
        if kind in (TRUE, FALSE, BYTE):
            return self._byte()
        if kind == DOUBLE:
            return self._take(8)
        raise NotThriftError(f"a value is of the type {kind}")

    def _sequence(self) -> Sequence:
        head = self._byte()
        count = self._varint() if head >> 4 == _SHORT_LIST else head >> 4
        element = head & 15
        return Sequence(element, [self._value(element) for _ in range(count)])

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _take(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._data):
            raise NotThriftError("ends too early")
        return self._data[self._at - count : self._at]


def _write_fields(out: bytearray, struct: Struct) -> None:
    last = 0
    for number in sorted(struct):
        kind, value = struct[number]
        if kind in (TRUE, FALSE):
            kind = TRUE if value else FALSE
        delta = number - last
        if 0 < delta <= _SHORT_LIST:
            out.append(delta << 4 | kind)
        else:
            out.append(kind)
            _write_varint(out, _zigzag(number))
        last = number
        if kind not in (TRUE, FALSE):
            _write_value(out, kind, value)
    out.append(0)


def _write_value(out: bytearray, kind: int, value: Thing) -> None:
    if isinstance(value, Sequence):
        count = len(value.items)
        out.append(min(count, _SHORT_LIST) << 4 | value.element)
        if count >= _SHORT_LIST:
            _write_varint(out, count)
        for item in value.items:
            _write_value(out, value.element, item)
    elif isinstance(value, dict):
        _write_fields(out, value)
    elif isinstance(value, bytes):
        if kind == BINARY:
            _write_varint(out, len(value))
        out += value
    elif kind in _INTEGERS:
        _write_varint(out, _zigzag(value))
    else:
        out.append(value)


def _write_varint(out: bytearray, value: int) -> None:
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def _zigzag(value: int) -> int:
    return value << 1 if value >= 0 else (-value << 1) - 1


def _unzigzag(value: int) -> int:
    return value >> 1 if value & 1 == 0 else -(value >> 1) - 1
