"""Reads greyscale PNG files; the scorer has no image library, and this needs none."""

import struct
import zlib
from pathlib import Path

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def read_grey(path: str) -> np.ndarray:
    """Reads an image of 8 bits a pixel that is not interlaced and has unfiltered rows.

    Returns:
        Grey values from 0 to 255, in the shape (height, width).

    Raises:
        ValueError: The file is something else.
    """
    data = Path(path).read_bytes()
    if not data.startswith(_SIGNATURE):
        raise ValueError(f"{Path(path).name} is not a PNG file")
    header, packed = b"", b""
    place = len(_SIGNATURE)
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        content = data[place + 8 : place + 8 + length]
        header = content if kind == b"IHDR" else header
        packed += content if kind == b"IDAT" else b""
        place += 12 + length
    width, height, *form = struct.unpack(">IIBBBBB", header)
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    if form != [8, 0, 0, 0, 0] or rows.shape[1] != width + 1 or rows[:, 0].any():
        raise ValueError(f"{Path(path).name} is not a plain greyscale PNG file")
    return rows[:, 1:]
