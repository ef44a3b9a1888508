"""`python -m devhost`: serves the function app of a folder until it is told to stop."""

import argparse
import asyncio
import errno
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from devhost import PORT_TAKEN
from devhost.app import AppError, Function, load_functions, load_settings
from devhost.app import FunctionApp as App
from devhost.host import Host, describe_routes
from devhost.host_json import read_host_json
from devhost.running import leave, set_up_logging
from devhost.workers.calls import Workers
from devhost.workers.local import LocalWorkers
from devhost.workers.processes import ProcessWorkers

_WORKERS = "FUNCTIONS_WORKER_PROCESS_COUNT"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the host; gives the exit code.

    It is 0 when told to stop, 1 when it could not start, and `PORT_TAKEN` when somebody else
    listens on its port.
    """
    options = _parse(arguments)
    set_up_logging(options.log_level)
    try:
        asyncio.run(_serve(options))
    except (AppError, OSError) as error:
        logging.getLogger("devhost").error("%s", error)  # noqa: TRY400 - the message says it all
        return PORT_TAKEN if getattr(error, "errno", None) == errno.EADDRINUSE else 1
    return 0


async def _serve(options: argparse.Namespace) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    folder, ready_file = Path(options.app).resolve(), options.ready_file
    ready_path = Path(ready_file).resolve() if ready_file else None
    load_settings(folder / options.settings)
    os.chdir(folder)
    async with _start_workers(folder, options) as (workers, functions):
        app = App(functions, read_host_json(folder, os.environ))
        host = Host(app, workers, options.host, options.port)
        try:
            await host.start()
            sys.stdout.write(
                f"{describe_routes(host.routes, host.url)}\nHost ready at {host.url}\n"
            )
            sys.stdout.flush()
            if ready_path is not None:
                _write_ready_file(ready_path, host.url)
            await stopping.wait()
        finally:
            await host.stop()


@asynccontextmanager
async def _start_workers(
    folder: Path, options: argparse.Namespace
) -> AsyncGenerator[tuple[Workers, Sequence[Function]], None]:
    """Starts as many workers as are wanted; the app sees their number in its environment."""
    count = options.workers or int(os.environ.get(_WORKERS) or 1)
    os.environ[_WORKERS] = str(count)
    if count == 1:
        functions = load_functions(folder)
        local = LocalWorkers(functions, asyncio.get_running_loop())
        try:
            yield local, [function.info for function in functions]
        finally:
            local.stop()
        return
    processes = ProcessWorkers(folder, count, options.log_level)
    try:
        yield processes, await processes.start()
    finally:
        await processes.stop()


def _write_ready_file(path: Path, url: str) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(json.dumps({"pid": os.getpid(), "url": url}), "utf-8")
    partial.replace(path)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m devhost", description=__doc__)
    parser.add_argument("--app", default=".", help="the folder with function_app.py (default: .)")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=7071, help="0 takes a free one (default: 7071)")
    parser.add_argument("--settings", default="local.settings.json", help="relative to the app")
    parser.add_argument("--workers", type=int, help=f"processes for the app (default: {_WORKERS})")
    parser.add_argument("--ready-file", help="gets {pid, url} as JSON when the host is ready")
    parser.add_argument("--log-level", default="INFO", type=str.upper, help="default: INFO")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    leave(main())
