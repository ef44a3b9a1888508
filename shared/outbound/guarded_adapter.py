"""Connections that are made to checked addresses alone, whatever the name means a moment later."""

import socket
from typing import Any, cast

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NameResolutionError, NewConnectionError

from shared.outbound.address_guard import AddressGuard


class GuardedAdapter(HTTPAdapter):
    """The door through which requests for callers leave; each new connection is checked."""

    def __init__(self, guard: AddressGuard, pool_maxsize: int) -> None:
        self._guard = guard
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
        manager.pool_classes_by_scheme = _pools(self._guard)
        self.poolmanager = manager


def _pools(guard: AddressGuard) -> dict[str, Any]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, guard, super()._new_conn)

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, guard, super()._new_conn)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain  # pyright: ignore[reportAssignmentType] - only more than it was

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted  # pyright: ignore[reportAssignmentType]

    return {"http": PlainPool, "https": EncryptedPool}


def _connect(connection: Any, guard: AddressGuard, connect: Any) -> socket.socket:  # noqa: ANN401
    """Connects to one of the host's addresses; its name stays what certificates are checked for."""
    name = cast("str", connection._dns_host)  # noqa: SLF001 - what urllib3 resolves, and nothing else
    try:
        addresses = guard.resolve(name.strip("[]"), connection.port)
    except OSError as error:
        raise NameResolutionError(name, connection, cast("socket.gaierror", error)) from error
    failure: NewConnectionError | None = None
    for address in addresses:
        connection._dns_host = address  # noqa: SLF001
        try:
            return cast("socket.socket", connect())
        except NewConnectionError as error:
            failure = error
        finally:
            connection._dns_host = name  # noqa: SLF001
    raise failure or NewConnectionError(connection, f"{name} has no address")
