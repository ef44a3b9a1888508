"""`python -m devhost.stack up|down|status`: the local stack in the background."""

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devhost.stack.azurite import REPOSITORY, Azurite
from devhost.stack.functions_host import FunctionsHost, choose_host
from devhost.stack.local import start_together
from devhost.stack.processes import StackError, free_port, identify
from devhost.stack.signin import IssuerProcess
from devhost.stack.state import (
    Registration,
    StackState,
    read_state,
    registration_path,
    scratch_path,
    unregister,
    write_registration,
    write_state,
)


@dataclass(frozen=True)
class Options:
    """The command line's options."""

    command: str
    root: Path
    name: str
    folder: Path
    port: int
    health: str
    page: str
    host: str
    workers: int | None
    fresh: bool
    url_only: bool

    @property
    def state_file(self) -> Path:
        """The file that keeps the stack's state."""
        return self.folder / "stack.json"

    @property
    def scratch(self) -> Path:
        """The folder for what the app unpacks; Core Tools want it outside of the app's own."""
        if self.host == "func":
            return scratch_path(self.root, self.name)
        return self.folder / "scratch"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; gives the exit code."""
    options = _parse(arguments)
    try:
        return {"up": _up, "down": _down, "status": _status}[options.command](options)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _up(options: Options) -> int:
    running = read_state(options.state_file)
    if running is not None and running.is_running():
        _say(f"The stack is already running at {running.url} ({running.host}).")
        _say(f"Studio: {running.url}{options.page}")
        return 0
    _end(options, running)
    started = time.monotonic()
    if options.fresh:
        for folder in (options.folder / "azurite", options.scratch):
            shutil.rmtree(folder, ignore_errors=True)
    issuer = IssuerProcess(options.folder / "logs" / "issuer.log", detach=True)
    state = _start(options, issuer)
    write_state(options.state_file, state)
    pid = state.processes["host"].pid
    registration = Registration(state.url, pid, str(options.root), issuer.sign_in)
    write_registration(registration_path(options.root, options.name), registration)
    _say(f"Ready at {state.url} after {time.monotonic() - started:.1f} s.")
    _say(f"Studio: {state.url}{options.page}")
    _say(f"Logs: {', '.join(state.logs.values())}")
    return 0


def _start(options: Options, issuer: IssuerProcess) -> StackState:
    logs = options.folder / "logs"
    kind, why = choose_host(options.host)
    _say(f"Starting Azurite and {kind} ({why}).")
    azurite = Azurite(options.folder / "azurite", log=logs / "azurite.log", detach=True)
    options.scratch.mkdir(parents=True, exist_ok=True)
    host = FunctionsHost(
        options.root,
        logs / "host.log",
        kind=kind,
        health=options.health,
        workers=options.workers,
    )
    # What the app unpacks goes with the data that it was made of.
    temporary = {"TMPDIR": str(options.scratch)}
    try:
        start_together(azurite, issuer, host, free_port(options.port), temporary, detach=True)
        children = {"host": host.process, "issuer": issuer.process, "azurite": azurite.process}
        processes = {n: identify(child.pid) for n, child in children.items() if child is not None}
    except BaseException:
        host.stop()
        issuer.stop()
        azurite.stop()
        raise
    return StackState(
        url=host.url,
        host=kind,
        processes=processes,
        storage_connection_string=azurite.connection_string,
        logs={
            "azurite": str(azurite.log),
            "issuer": str(issuer.log),
            "host": str(host.log),
        },
    )


def _down(options: Options) -> int:
    running = read_state(options.state_file)
    was_running = running is not None and any(p.is_alive() for p in running.processes.values())
    _end(options, running)
    _say("Stopped." if was_running else "The stack is not running.")
    return 0


def _end(options: Options, state: StackState | None) -> None:
    if state is not None:
        # The host goes first, so that it can still write to its storage.
        for process in state.processes.values():
            process.stop()
    unregister(options.root, options.name)
    options.state_file.unlink(missing_ok=True)


def _status(options: Options) -> int:
    state = read_state(options.state_file)
    if state is None or not state.is_running():
        _say("The stack is not running.")
        return 1
    if options.url_only:
        _say(state.url)
        return 0
    _say(f"{state.host} runs at {state.url}; logs: {', '.join(state.logs.values())}")
    return 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _parse(arguments: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser("python -m devhost.stack", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "status"])
    parser.add_argument("--root", type=Path, default=REPOSITORY, help="the function app's folder")
    parser.add_argument("--name", default="default", help="tells several stacks of it apart")
    parser.add_argument("--state-dir", type=Path, help="default: .local in the app's folder")
    parser.add_argument("--port", type=int, default=7071, help="taken if free (default: 7071)")
    parser.add_argument("--health", default="/api/health", help="answers 200 once the app serves")
    parser.add_argument("--page", default="/api/studio/", help="what to open in a browser")
    parser.add_argument("--host", choices=["auto", "func", "devhost"], default="auto")
    parser.add_argument("--workers", type=int, help="processes for the app (default: 1)")
    parser.add_argument("--fresh", action="store_true", help="remove all data first")
    parser.add_argument("--url", action="store_true", help="status: print the address only")
    given = parser.parse_args(arguments)
    root = given.root.resolve()
    folder = given.state_dir or root / ".local"
    folder = (folder if given.name == "default" else folder / given.name).resolve()
    return Options(
        command=given.command,
        root=root,
        name=given.name,
        folder=folder,
        port=given.port,
        health=given.health,
        page=given.page,
        host=given.host,
        workers=given.workers,
        fresh=given.fresh,
        url_only=given.url,
    )


if __name__ == "__main__":
    sys.exit(main())
