import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from fake_service import FakeService, register, serve

from batchpoint.cli import cli
from batchpoint.console.session import Host

Run = Callable[..., Result]


@pytest.fixture
def service() -> Iterator[FakeService]:
    fake = FakeService()
    server = serve(fake)
    yield fake
    server.shutdown()
    server.server_close()


@pytest.fixture
def opened() -> list[str]:
    return []


@pytest.fixture
def run(
    service: FakeService,
    opened: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    """Runs the command line in `tmp_path` against the fake service; time passes at no cost."""
    monkeypatch.chdir(tmp_path)
    state = tmp_path_factory.mktemp("state")
    register(state, service)
    ticks = itertools.count(step=10.0)

    def run_command(*args: str, code: int = 0, **environment: str) -> Result:
        host = Host(
            sleep=lambda _: None,
            clock=lambda: next(ticks),
            open_browser=lambda url: bool(opened.append(url)) or True,
            environment={
                "BATCHPOINT_URL": service.url,
                "XDG_STATE_HOME": str(state),
                **environment,
            },
        )
        result = CliRunner().invoke(cli, list(args), obj=host)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return run_command


@pytest.fixture
def run_json(run: Run) -> Callable[..., object]:
    return lambda *args, **environment: json.loads(run(*args, **environment).stdout)
