"""Keeps the state of a stack in the background, for `down` and for the command line."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devhost.stack.processes import ProcessId
from devhost.stack.signin import SignIn


@dataclass(frozen=True)
class StackState:
    """A stack that was started; `.local/stack.json`."""

    url: str
    host: str
    processes: dict[str, ProcessId]
    storage_connection_string: str
    logs: dict[str, str]

    def is_running(self) -> bool:
        """Tells whether all of its processes run."""
        return all(process.is_alive() for process in self.processes.values())


@dataclass(frozen=True)
class Registration:
    """The entry by which the command line finds a stack."""

    url: str
    pid: int
    root: str
    sign_in: SignIn


def write_state(path: Path, state: StackState) -> None:
    """Keeps a stack's state; only this user may read it."""
    _write_secret(path, asdict(state))


def _write_secret(path: Path, document: dict[str, Any]) -> None:
    """Writes a file that nobody else could ever read, not even for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)


def read_state(path: Path) -> StackState | None:
    """Reads a stack's state; None if there is none that can be read."""
    try:
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
        processes = kept.pop("processes")
        return StackState(processes={n: ProcessId(**p) for n, p in processes.items()}, **kept)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def registration_path(root: Path, name: str) -> Path:
    """Gives the file in the user's state folder by which the command line finds a stack."""
    return _state_home() / "stacks" / f"{_digest(root, name)}.json"


def scratch_path(root: Path, name: str) -> Path:
    """Gives a folder in the user's state folder for what a stack's app unpacks."""
    return _state_home() / "scratch" / _digest(root, name)


def write_registration(path: Path, registration: Registration) -> None:
    """Lets the command line find a stack; only this user may read how to sign in."""
    _write_secret(path, {**asdict(registration), "started_at": datetime.now(UTC).isoformat()})


def unregister(root: Path, name: str) -> None:
    """Removes what `register` wrote."""
    registration_path(root, name).unlink(missing_ok=True)


def _state_home() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "batchpoint"


def _digest(root: Path, name: str) -> str:
    return hashlib.sha256(f"{root}\n{name}".encode()).hexdigest()[:16]
