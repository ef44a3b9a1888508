"""Set-up and end of the host's process and of its workers."""

import atexit
import ctypes
import logging
import os
import signal
import sys
import threading
from typing import NoReturn

_PR_SET_PDEATHSIG = 1


def set_up_logging(level: str) -> None:
    """Logs to standard output; libraries of the host itself only from warnings on."""
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=level, format=form, datefmt="%H:%M:%S", stream=sys.stdout)
    for name in ("aiohttp", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))


def end_with_parent() -> None:
    """Has this process killed when its parent ends, however that ends; on Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def leave(code: int) -> NoReturn:
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
