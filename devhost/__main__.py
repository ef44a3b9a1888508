"""`python -m devhost`: serves the function app of a folder until it is told to stop."""

import argparse
import asyncio
import atexit
import errno
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from devhost import PORT_TAKEN
from devhost.app import AppError, load_app, load_settings
from devhost.host import Host, describe_routes


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the host; gives the exit code.

    It is 0 when told to stop, 1 when it could not start, and `PORT_TAKEN` when somebody else
    listens on its port.
    """
    options = _parse(arguments)
    _set_up_logging(options.log_level)
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
    host = Host(load_app(folder), options.host, options.port)
    try:
        await host.start()
        sys.stdout.write(f"{describe_routes(host.routes, host.url)}\nHost ready at {host.url}\n")
        sys.stdout.flush()
        if ready_path is not None:
            _write_ready_file(ready_path, host.url)
        await stopping.wait()
    finally:
        await host.stop()


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
    parser.add_argument("--ready-file", help="gets {pid, url} as JSON when the host is ready")
    parser.add_argument("--log-level", default="INFO", type=str.upper, help="default: INFO")
    return parser.parse_args(arguments)


def _set_up_logging(level: str) -> None:
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=level, format=form, datefmt="%H:%M:%S", stream=sys.stdout)
    for name in ("azure", "aiohttp", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))


def _leave(code: int) -> None:
    """Ends the process, whatever threads still run: an activity may have hours to go.

    The app's own exit handlers get a second, because they may have children to end.
    """
    run_exit_handlers = atexit._run_exitfuncs  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    handlers = threading.Thread(target=run_exit_handlers, daemon=True)
    handlers.start()
    handlers.join(1.0)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    _leave(main())
