"""Decides which addresses the app may connect to on behalf of a caller.

A URL that a caller names must not reach what only the app's machine can: itself, its network, and
the platform's metadata service. What counts is the address that is really connected to, so that a
name which resolves to something else the second time gains nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.errors import ErrorDetail, InvalidError

NOT_ALLOWED = "AddressNotAllowed"
SETTING = "BATCHPOINT_ALLOWED_HOSTS"
_HOST = re.compile(r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?|\[[0-9a-f:.]+\]")
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# Lists of its own, for those of Python differ from version to version.
# https://www.iana.org/assignments/iana-ipv4-special-registry
_NOT_PUBLIC = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        # Public by its number, but the platform's own: DNS, health and extensions of Azure.
        # https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
        "168.63.129.16/32",
    )
)
# All that is given out to the internet, and what of that is not for it.
# https://www.iana.org/assignments/iana-ipv6-special-registry
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NOT_GLOBAL = tuple(
    ipaddress.IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20")
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# The middle of an address that leads to the IPv4 address at its end (ISATAP, RFC 5214).
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


@dataclass(frozen=True)
class AllowedHosts:
    """Hosts that may be connected to though their addresses are not public.

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
        """True if a host is named, for all its ports or for this one."""
        name = host.lower().rstrip(".")
        shown = f"[{name}]" if ":" in name else name
        return shown in self.hosts or f"{shown}:{port}" in self.hosts

    def has_address(self, address: Address) -> bool:
        """True if an address lies in one of the networks."""
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
    """True if an address is one of the internet's, also by what is wrapped in it."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in _NOT_PUBLIC)
    inner = address.ipv4_mapped or (_last(address) if address in _NAT64 else None)
    if inner is not None:
        return is_public(inner)
    if address not in _GLOBAL_UNICAST or any(address in network for network in _NOT_GLOBAL):
        return False
    return all(is_public(wrapped) for wrapped in _wrapped(address))


def _wrapped(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses to which an IPv6 address may lead."""
    if address.sixtofour is not None:
        yield address.sixtofour
    if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
        yield _last(address)


def _last(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


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
