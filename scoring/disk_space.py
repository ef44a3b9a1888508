"""Looks whether what is built or fetched fits the disk, before the disk is full.

Flex Consumption gives an instance 0.8 GB for temporary files, other plans 11 GB and more:
https://learn.microsoft.com/azure/azure-functions/functions-scale#service-limits
"""

import shutil
from pathlib import Path

from shared.errors import UnavailableError

_MIB = 2**20
# A file system that is filled to its last byte stops everything else on the machine.
_RESERVE = 64 * _MIB


class DiskFullError(UnavailableError):
    """There is no room on this machine's disk; the message says for what."""

    code = "DiskFull"


def check_space(folder: Path, needed: int, what: str) -> None:
    """Looks whether a folder's disk has room.

    Args:
        folder: A folder that exists.
        needed: Bytes that will be written there.
        what: What they are, for the message.

    Raises:
        DiskFullError: There is not that much room.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + _RESERVE:
        raise DiskFullError(
            f"{what} takes {-(-needed // _MIB)} MiB of disk, and {max(0, free - _RESERVE) // _MIB} "
            f"MiB of '{folder}' are free; free some, set BATCHPOINT_SCRATCH_FOLDER to a larger "
            "disk, or take a plan that has one, such as Dedicated or Premium"
        )


def is_small(folder: Path) -> bool:
    """True if a folder's disk is too small to keep packages for later builds."""
    return shutil.disk_usage(folder).total < 4 * 2**30
