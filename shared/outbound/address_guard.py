"""Which addresses the app may connect to on behalf of a caller.

A URL that a caller names must not reach what only the app's machine can: itself, its network, and
the platform's metadata service. What counts is the address that is really connected to, so that a
name which resolves to something else the second time gains nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from shared.errors import ErrorDetail, InvalidError

NOT_ALLOWED = "AddressNotAllowed"
SETTING = "BATCHPOINT_ALLOWED_HOSTS"
_HOST = re.compile(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?|\[[0-9a-f:.]+\]")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# A public address by its number, but the platform's own: DNS, health and extensions of Azure.
# https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
_PLATFORM = ipaddress.ip_address("168.63.129.16")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True)
class AllowedHosts:
    """What may be connected to though its address is not public.

    Attributes:
        hosts: Names or addresses in lower case, each alone or with `:PORT`.
        networks: All addresses in them.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @staticmethod
    def read(text: str) -> "AllowedHosts":
        """Reads the setting: hosts, hosts with a port, and networks, with `,` between.

        Raises:
            InvalidError: One of them is none of these.
        """
        hosts: set[str] = set()
        networks: list[Network] = []
        for part in filter(None, (part.strip().lower() for part in text.split(","))):
            if "/" in part:
                networks.append(_network(part))
            elif _is_host(part):
                hosts.add(part)
            else:
                raise _refused(part)
        return AllowedHosts(frozenset(hosts), tuple(networks))

    def plus(self, *hosts: str) -> "AllowedHosts":
        """The same with some hosts more."""
        return AllowedHosts(self.hosts | {host.lower() for host in hosts}, self.networks)

    def has_host(self, host: str, port: int) -> bool:
        """Whether a host is named, for all its ports or for this one."""
        name = host.lower().rstrip(".")
        shown = f"[{name}]" if ":" in name else name
        return shown in self.hosts or f"{shown}:{port}" in self.hosts

    def has_address(self, address: Address) -> bool:
        """Whether an address lies in one of the networks."""
        return any(address in network for network in self.networks)


def _is_host(part: str) -> bool:
    host, colon, port = part.rpartition(":") if not part.endswith("]") else (part, "", "")
    if not colon:
        host, port = part, "1"
    return _HOST.fullmatch(host) is not None and port.isdecimal() and 0 < int(port) < 2**16


def _network(part: str) -> Network:
    try:
        return ipaddress.ip_network(part)
    except ValueError as error:
        raise _refused(part) from error


def _refused(part: str) -> InvalidError:
    message = f"{part!r} is neither HOST, HOST:PORT nor a network such as 10.1.0.0/16"
    return InvalidError(f"{SETTING}: {message}", details=[ErrorDetail(message, SETTING)])


def is_public(address: Address) -> bool:
    """Whether an address is one of the internet's, also if another one is wrapped in it."""
    inner = _wrapped(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and not address.is_multicast and address != _PLATFORM


def _wrapped(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 address leads to, by one of the ways of getting there."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


class AddressGuard:
    """Resolves hosts to addresses that may be connected to."""

    def __init__(self, allowed: AllowedHosts | None = None) -> None:
        self._allowed = allowed or AllowedHosts()

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Gives the addresses of a host, all of which may be connected to.

        Args:
            host: A name, or an address without brackets.
            port: Of TCP.

        Raises:
            InvalidError: One of its addresses is not for callers.
            OSError: The name does not resolve.
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(item[4][0]) for item in found))
        if not self._allowed.has_host(host, port):
            for text in addresses:
                self._check(ipaddress.ip_address(text.partition("%")[0]), host)
        return addresses

    def _check(self, address: Address, host: str) -> None:
        if is_public(address) or self._allowed.has_address(address):
            return
        raise InvalidError(
            f"'{host}' is no public address, and is not read for a caller; an administrator may "
            f"name it in {SETTING}",
            code=NOT_ALLOWED,
        )
