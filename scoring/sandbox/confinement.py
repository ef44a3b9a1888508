"""What keeps scorers from the files of other deployments, where the system can do that."""

import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scoring.sandbox.confine import LEAST_VERSION, Order, landlock_version

logger = logging.getLogger(__name__)
_PROGRAM = Path(__file__).resolve().parent / "confine.py"
# Everybody makes files there, and so must a scorer's own libraries be able to.
_SHARED = (Path("/tmp"), Path("/dev/shm"))  # noqa: S108 - none is made here
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - as above


@dataclass(frozen=True)
class Confinement:
    """What a scorer may reach of the folder that holds all deployments' files.

    Attributes:
        scratch: That folder.
        own: The folders in it that are the deployment's.
        read: Folders in it that all scorers may read.
    """

    scratch: Path
    own: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()


def why_unconfined(scratch: Path) -> str | None:
    """Why scorers are not kept from each other's files; None if they are."""
    if landlock_version() < LEAST_VERSION:
        return "this system has no Landlock of version 3 (Linux 6.2) or newer that may be used"
    resolved = scratch.resolve()
    for shared in _SHARED:
        if resolved.is_relative_to(shared):
            return f"{scratch} lies in {shared}, where scorers make files of their own"
    return None


def find_confinement(scratch: Path, read: Sequence[Path]) -> Confinement | None:
    """What all scorers are confined by, None where they are not; the log says why."""
    reason = why_unconfined(scratch)
    if reason is None:
        return Confinement(scratch, read=tuple(read))
    logger.info("scorers are not kept from each other's files: %s", reason)
    return None


@dataclass(frozen=True)
class Launch:
    """How to start a program.

    Attributes:
        command: The program that is started, which may become another one.
        variables: Those that it gets.
        inherited: Descriptors that it has to inherit.
    """

    command: tuple[str, ...]
    variables: dict[str, str]
    inherited: tuple[int, ...] = ()

    def close(self) -> None:
        """Closes the descriptors, once it is started."""
        for descriptor in self.inherited:
            os.close(descriptor)


def confined(
    confinement: Confinement,
    command: Sequence[str],
    variables: dict[str, str],
    places: Sequence[Path],
    kept: Sequence[str],
) -> Launch:
    """Prepares to start a program that is confined before anything of it runs.

    Args:
        confinement: What it may reach.
        command: The program and its arguments.
        variables: Its environment variables.
        places: Further folders that are its own.
        kept: Which of the variables the confining program gets, too.
    """
    order = Order(
        command=command,
        variables=variables,
        closed=[str(confinement.scratch)],
        unlisted=[_SHARED_MEMORY],
        own=[str(path) for path in (*confinement.own, *places)],
        read=[str(path) for path in confinement.read],
    )
    descriptor = os.memfd_create("order")
    with os.fdopen(os.dup(descriptor), "w") as file:
        json.dump(asdict(order), file)
    os.lseek(descriptor, 0, os.SEEK_SET)
    # Nothing that a deployment brings may run before it is confined: no module of a PYTHONPATH, and
    # no library that a variable has preloaded.
    program = (sys.executable, "-IS", str(_PROGRAM), str(descriptor))
    return Launch(program, {name: variables[name] for name in kept}, (descriptor,))
