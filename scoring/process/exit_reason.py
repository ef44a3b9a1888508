"""Says how a scorer died."""

import signal

from scoring.process.result import FailureCause


def describe_death(exit_code: int | None) -> tuple[FailureCause, str]:
    """Returns the cause and a sentence's beginning for a scorer that stopped answering.

    Args:
        exit_code: What `Popen.poll` says: a negative signal number, or None for one still running.
    """
    if exit_code is None:
        return FailureCause.CRASHED, "the scorer closed its connection to the host"
    if exit_code == -signal.SIGKILL:
        message = "the scorer was killed by SIGKILL, most likely for want of memory,"
        return FailureCause.OUT_OF_MEMORY, message
    if exit_code < 0:
        return FailureCause.CRASHED, f"the scorer crashed with {_signal_name(-exit_code)}"
    return FailureCause.EXITED, f"the scorer exited with code {exit_code}"


def _signal_name(number: int) -> str:
    try:
        found = signal.Signals(number)
    except ValueError:
        return f"signal {number}"
    return f"{found.name} ({signal.strsignal(number)})"
