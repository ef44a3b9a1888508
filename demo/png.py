"""Writes greyscale images as PNG files (https://www.w3.org/TR/png/), without an image library."""

import struct
import zlib


def encode_grey(pixels: bytes, width: int, height: int) -> bytes:
    """Encodes an image of one byte a pixel, row by row."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    # Each row starts with the number of its filter: 0 leaves it as it is.
    rows = (b"\0" + pixels[start : start + width] for start in range(0, width * height, width))
    data = zlib.compress(b"".join(rows))
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
