"""`python -m demo`: both parts on a stack of their own, which is gone at the end."""

import argparse
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from types import FrameType

from demo import cancer, digits
from demo.checks import DemoError
from demo.commands import Commands, say
from demo.material import prepare
from devhost.stack import LocalStack, StackError
from devhost.stack.functions_host import choose_host

ROOT = Path(__file__).resolve().parents[1]
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Runs the demo; gives the exit code."""
    parser = argparse.ArgumentParser("scripts/demo", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="end the stack at Enter, not at once")
    stay: bool = parser.parse_args().stay
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    try:
        with tempfile.TemporaryDirectory(prefix="batchpoint-demo-") as folder:
            _run(Path(folder), stay=stay)
    except (DemoError, StackError) as error:
        say(f"The demo failed: {error}")
        return 1
    return 0


def _run(folder: Path, *, stay: bool) -> None:
    started = time.monotonic()
    work = folder / "work"
    shutil.copytree(prepare(), work)
    temporary = folder / "tmp"
    temporary.mkdir()
    kind, why = choose_host()
    stack = LocalStack(ROOT, folder / "stack", settings={"TMPDIR": str(temporary)}, kind=kind)
    say(f"Starting Azurite and {kind} ({why}).")
    with stack:
        say(f"The stack answers at {stack.url} after {time.monotonic() - started:.1f} s.")
        commands = Commands(stack.environment, work)
        scored = {part.NAME: part.run(commands) for part in (cancer, digits)}
        say("")
        for name, result in scored.items():
            say(f"{name}: accuracy {result.accuracy:.3f} on what the model had not seen")
        say(f"Done in {time.monotonic() - started:.1f} s.")
        page = [result.page for result in scored.values()][-1]
        if stay:
            say(f"\nThe last job in the studio: {page}")
            input("Enter ends the stack. ")
            return
    say("\nNothing is left running; with --stay the stack stays up, to look at the last job.")
    say(f"Its page in the studio: {page}")


def _interrupt(number: int, _frame: FrameType | None) -> None:
    # Once is enough: what stops the stack and removes its files must not be interrupted too.
    for other in _SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
