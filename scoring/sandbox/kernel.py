"""Calls of the kernel that Python has no function for."""

import ctypes
import os

DUMPABLE = 4
NO_NEW_PRIVS = 38
SUBREAPER = 36


def libc() -> ctypes.CDLL:
    """Returns the C library, which notes errors for `checked`."""
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int) -> int:
    """Returns a call's result.

    Raises:
        OSError: The call failed.
    """
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def prctl(option: int, value: int) -> None:
    """Changes an attribute of this process or thread.

    Raises:
        OSError: The kernel refuses.
    """
    checked(libc().prctl(option, value, 0, 0, 0))
