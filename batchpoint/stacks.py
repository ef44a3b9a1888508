"""Finds the service to talk to: named by the user, or the newest local stack."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from batchpoint.errors import BatchpointError


@dataclass(frozen=True)
class LocalSignIn:
    """Issues tokens from a local stack's own issuer.

    Attributes:
        token_url: Where it gives them.
        client_id: What to say there.
        client_secret: What only this user can read.
        scope: What to ask for.
    """

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str


@dataclass(frozen=True)
class LocalStack:
    """A stack that `scripts/up` has started."""

    url: str
    pid: int
    started_at: datetime
    sign_in: LocalSignIn | None = None


def find_service(environment: Mapping[str, str], url: str | None = None) -> str:
    """The address of the service.

    Args:
        environment: Environment variables.
        url: What the command line says.

    Raises:
        BatchpointError: Nothing names one and no local stack runs.
    """
    named = url or environment.get("BATCHPOINT_URL")
    if named:
        return named
    running = [stack for stack in _stacks(state_folder(environment)) if _alive(stack.pid)]
    if not running:
        raise BatchpointError(
            "no batchpoint service is known: start a local one with scripts/up, or set "
            "BATCHPOINT_URL to the address of one"
        )
    return max(running, key=lambda stack: stack.started_at).url


def find_sign_in(environment: Mapping[str, str], url: str) -> LocalSignIn | None:
    """Returns the sign-in of the local stack at an address; None if none is registered there."""
    base = _base(url)
    stacks = _stacks(state_folder(environment))
    there = [stack for stack in stacks if _base(stack.url) == base and _alive(stack.pid)]
    return max(there, key=lambda stack: stack.started_at).sign_in if there else None


def _base(url: str) -> str:
    return url.rstrip("/").removesuffix("/api").replace("//localhost", "//127.0.0.1").lower()


def state_folder(environment: Mapping[str, str]) -> Path:
    """The folder where local stacks register, one JSON file each."""
    state = environment.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local/state") / "batchpoint/stacks"


def _stacks(folder: Path) -> Iterator[LocalStack]:
    for file in folder.glob("*.json"):
        try:
            entry = json.loads(file.read_text(encoding="utf-8"))
            started = datetime.fromisoformat(entry["started_at"])
            aware = started if started.tzinfo else started.replace(tzinfo=UTC)
            sign_in = LocalSignIn(**entry["sign_in"]) if "sign_in" in entry else None
            yield LocalStack(str(entry["url"]), int(entry["pid"]), aware, sign_in)
        except (OSError, ValueError, KeyError, TypeError):
            # A stack that is being started or stopped right now is none yet, or no more.
            continue


def _alive(pid: int) -> bool:
    if os.name == "nt":
        # There, signal 0 is no question: it would end the process.
        return True
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return pid > 0
