"""Returns the user of the process at the other end of a local connection; None if unknown.

Linux lists all TCP sockets with the users that own them.
https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html
"""

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTENING = "0A"
_ROOT = 0
Place = tuple[str, int]


def is_ours(peer: Place, own: Place) -> bool:
    """True if a connection comes from a process of this user, or of root.

    Args:
        peer: Address and port that it comes from.
        own: Address and port that it arrived at.
    """
    ends = (_written(peer), _written(own))
    return any(
        _is_trusted(user) for user, local, remote, _ in _sockets() if (local, remote) == ends
    )


def may_be_served_by_us(port: int) -> bool:
    """True if it is this user, or root, who listens on a port; taken for so where nobody tells."""
    if not _TABLES[0].is_file():
        return True
    users = [
        user
        for user, local, _, state in _sockets()
        if state == _LISTENING and int(local.rpartition(":")[2], 16) == port
    ]
    return bool(users) and all(_is_trusted(user) for user in users)


def _is_trusted(user: int) -> bool:
    return user in (os.getuid(), _ROOT)


def _sockets() -> Iterator[tuple[int, str, str, str]]:
    """User, own end, other end and state of each socket; none where the system does not tell."""
    for table in _TABLES:
        try:
            lines = table.read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            yield int(fields[7]), _short(fields[1]), _short(fields[2]), fields[3]


def _short(end: str) -> str:
    """An end as for IPv4, where an IPv6 socket has it mapped."""
    address, _, port = end.partition(":")
    mapped = address.removeprefix("0000000000000000FFFF0000")
    return f"{mapped}:{port}"


def _written(place: Place) -> str:
    # The kernel writes the address as a number in the machine's own byte order.
    (number,) = struct.unpack("=I", socket.inet_aton(place[0]))
    return f"{number:08X}:{place[1]:04X}"
