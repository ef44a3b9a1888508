"""Frames between host and worker processes: a length of eight bytes, then a pickled value.

Both ends run the same code of the same user, over a socket that nobody else has.
"""

import asyncio
import pickle
import struct
from typing import Any

_LENGTH = struct.Struct("!Q")


def write_frame(value: object) -> bytes:
    """Packs a value."""
    content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(content)) + content


async def read_frame(reader: asyncio.StreamReader) -> Any:  # noqa: ANN401 - whatever was sent
    """Reads the next value.

    Raises:
        EOFError: The other end has closed the connection, or has died.
    """
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        return pickle.loads(await reader.readexactly(length))  # noqa: S301 - see above
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise EOFError from error
