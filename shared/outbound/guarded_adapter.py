"""Connections that are made to checked addresses alone, whatever the name means a moment later."""

import logging
import socket
from collections.abc import Callable
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from shared.outbound.address_guard import AddressGuard
from shared.outbound.deadline import Deadline

ADDRESSES_TRIED = 4
# What it logs at a finer level has whole URLs, whose queries may hold signatures; a warning of
# headers that cannot be read has one too.
logging.getLogger("urllib3").setLevel(logging.INFO)
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class GuardedAdapter(HTTPAdapter):
    """The door through which requests for callers leave; each new connection is checked."""

    def __init__(
        self, guard: AddressGuard, pool_maxsize: int, deadline: Deadline | None = None
    ) -> None:
        """Makes the pools.

        Args:
            guard: Says which addresses may be connected to.
            pool_maxsize: How many idle connections to a host are kept.
            deadline: When to shut all connections; None for an adapter that lasts.
        """
        self._guard = guard
        self._deadline = deadline
        super().__init__(pool_maxsize=pool_maxsize)

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,
        **options: Any,  # noqa: ANN401 - as requests has it
    ) -> None:
        """Makes the pools, whose connections ask the guard."""
        manager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **options)
        manager.pool_classes_by_scheme = _pools(self._guard, self._deadline)
        self.poolmanager = manager


def _pools(guard: AddressGuard, deadline: Deadline | None) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, guard, deadline, super()._new_conn)

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, guard, deadline, super()._new_conn)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain  # pyright: ignore[reportAssignmentType] - only more than it was

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted  # pyright: ignore[reportAssignmentType]

    return {"http": PlainPool, "https": EncryptedPool}


def _connect(
    connection: Any,  # noqa: ANN401 - of either scheme
    guard: AddressGuard,
    deadline: Deadline | None,
    connect: Callable[[], socket.socket],
) -> socket.socket:
    """Connects to one of the host's addresses; its name stays what certificates are checked for."""
    name = cast("str", connection._dns_host)  # noqa: SLF001 - what urllib3 resolves, and nothing else
    try:
        addresses = guard.resolve(name.strip("[]"), connection.port)
    except (OSError, UnicodeError) as error:
        raise NameResolutionError(name, connection, cast("socket.gaierror", error)) from error
    failure: ConnectTimeoutError | None = None
    for address in addresses[:ADDRESSES_TRIED]:
        if deadline is not None and deadline.is_over:
            break
        connection._dns_host = address  # noqa: SLF001
        try:
            connected = connect()
        except ConnectTimeoutError as error:
            failure = error
        else:
            if deadline is not None:
                deadline.watch(connected)
            return connected
        finally:
            connection._dns_host = name  # noqa: SLF001
    raise failure or NewConnectionError(connection, f"{name} has no address")
