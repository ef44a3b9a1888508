"""`python -m tests.devhost.random_orchestrations`: runs random orchestrations on a host."""

import argparse
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from devhost.stack import Azurite
from devhost.stack.functions_host import FunctionsHost, choose_host
from devhost.stack.processes import free_port
from tests.devhost.random_orchestrations.programs import Program, make_program
from tests.devhost.random_orchestrations.reference import expected

APP = Path(__file__).parent / "app"
ENDED = {"Completed", "Failed", "Terminated"}
AT_ONCE = 16
SECONDS = 120.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs them; gives 0 if all were right."""
    options = _parse(arguments)
    kind, _ = choose_host(options.host)
    with tempfile.TemporaryDirectory(prefix="random-orchestrations-") as name:
        folder = Path(name)
        (folder / "calls").mkdir()
        with Azurite(folder / "azurite") as azurite:
            host = FunctionsHost(APP, folder / "host.log", kind=kind, workers=options.workers)
            settings = {
                "AzureWebJobsStorage": azurite.connection_string,
                "FUNCTIONS_WORKER_RUNTIME": "python",
                "CALLS_FOLDER": str(folder / "calls"),
            }
            host.start(free_port(), settings)
            try:
                wrong = _run(host.url, options.count, options.seed)
            finally:
                host.stop()
                _say(_remarks(host.log))
    return 1 if wrong else 0


def _run(url: str, count: int, seed: int) -> int:
    started, wrong = time.monotonic(), 0
    programs = {f"{seed}-{n}": make_program(Random(f"{seed}-{n}")) for n in range(count)}
    waiting, running = list(programs), list[str]()
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            running.append(waiting.pop())
            _ask("PUT", f"{url}/api/runs/{running[-1]}", _input(running[-1], programs))
        for run, status in [(run, _ask("GET", f"{url}/api/runs/{run}")) for run in running]:
            if status["runtimeStatus"] in ENDED:
                running.remove(run)
                wrong += not _is_right(run, programs[run], status)
        if time.monotonic() - started > SECONDS + count:
            _say(f"not ended: {running}")
            return wrong + len(running)
        time.sleep(0.05)
    seconds = time.monotonic() - started
    _say(f"{count} random orchestrations: {count - wrong} right, {wrong} wrong, {seconds:.1f} s")
    return wrong


def _is_right(run: str, program: Program, status: dict[str, Any]) -> bool:
    ended = status["runtimeStatus"]
    got = ended, status["output"] if ended == "Completed" else None
    if got == expected(program):
        return True
    _say(f"WRONG {run}: {got}, not {expected(program)}\n{json.dumps(program)}")
    return False


def _input(run: str, programs: dict[str, Program]) -> dict[str, Any]:
    return {"run": run, "program": programs[run], "results": []}


def _ask(method: str, url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        text = response.read()
    return json.loads(text) if method == "GET" else text


def _remarks(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").splitlines()
    return "\n".join(line for line in lines if "Orchestrator " in line and "WARNING" in line)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n" if text else "")
    sys.stdout.flush()


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.devhost.random_orchestrations")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--host", choices=["devhost", "func"], default="devhost")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, help="processes for the app")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
