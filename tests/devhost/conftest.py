"""One running host for all tests that do not need one of their own."""

from collections.abc import Iterator

import pytest

from tests.devhost.running import RunningHost, start_host, stop_host


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    running = start_host(tmp_path_factory.mktemp("host"))
    yield running
    stop_host(running)
