"""Keeps scorers from the files of other deployments, where the system can do that."""

import json
import logging
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from scoring.sandbox.confine import MEMORY, PARENT, Files, Order
from scoring.sandbox.landlock import LEAST_VERSION, landlock_version
from scoring.sandbox.local_ports import local_ports

logger = logging.getLogger(__name__)
_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from scoring.sandbox import confine; confine.main()"
)
# Everybody makes files there, and so must a scorer's own libraries be able to.
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - none is made here
_SHARED = (Path("/tmp"), _SHARED_MEMORY)  # noqa: S108 - as above
PRIVATE_MEMORY = _SHARED_MEMORY / f"batchpoint-{uuid.uuid4().hex}"
"""The folder for a confined scorer's inputs, where it has shared memory of its own."""


@dataclass(frozen=True)
class Confinement:
    """Access of a scorer to the folder that holds all deployments' files.

    Attributes:
        scratch: That folder.
        own: The folders in it that are the deployment's.
        read: Folders in it that its scorers may read, and not change.
    """

    scratch: Path
    own: tuple[Path, ...] = ()
    read: tuple[Path, ...] = ()


def why_unconfined(scratch: Path) -> str | None:
    """Returns the reason that scorers are not kept from each other's files; None if they are."""
    if landlock_version() < LEAST_VERSION:
        return "this system has no Landlock of version 3 (Linux 6.2) or newer that may be used"
    resolved = scratch.resolve()
    for shared in _SHARED:
        if resolved.is_relative_to(shared):
            return f"{scratch} lies in {shared}, where scorers make files of their own"
    return None


def find_confinement(scratch: Path) -> Confinement | None:
    """Returns the confinement of all scorers; None where there is none, and the log says why."""
    reason = why_unconfined(scratch)
    if reason is None:
        return Confinement(scratch)
    logger.info("scorers are not kept from each other's files: %s", reason)
    return None


@dataclass(frozen=True)
class Program:
    """A program to start.

    Attributes:
        command: It and its arguments; `PARENT` stands for the process id of its parent.
        variables: All its environment variables.
        folder: Its working folder.
        confinement: What keeps it from files; None where nothing does.
        places: Further folders that are its own.
        limits: What the kernel lets it have, as `set_limits` takes it; None sets no limit.
    """

    command: Sequence[str]
    variables: Mapping[str, str]
    folder: Path
    confinement: Confinement | None = None
    places: Sequence[Path] = ()
    limits: Mapping[str, int | None] | None = None


@dataclass(frozen=True)
class Launch:
    """Command and environment that start a program.

    Attributes:
        command: The program that is started, which may become another one.
        variables: Those that it gets.
        inherited: Descriptors that it has to inherit.
        lifeline: What ends the program, and all that it started, when it is closed; None where the
            system has no such thing.
    """

    command: tuple[str, ...]
    variables: Mapping[str, str]
    inherited: tuple[int, ...] = ()
    lifeline: int | None = None

    def close(self) -> None:
        """Closes the descriptors that the program has inherited."""
        for descriptor in self.inherited:
            os.close(descriptor)


def prepare(program: Program, kept: Sequence[str] = ()) -> Launch:
    """Prepares to start a program that is confined before anything of it runs, and supervised.

    Args:
        program: What to start.
        kept: Which of the variables the supervisor gets, too.
    """
    if sys.platform != "linux":
        known = {PARENT: str(os.getpid()), MEMORY: ""}
        command = tuple(known.get(word, word) for word in program.command)
        return Launch(command, program.variables)
    descriptor = os.memfd_create("order")
    with os.fdopen(os.dup(descriptor), "w") as file:
        json.dump(asdict(_order(program)), file)
    os.lseek(descriptor, 0, os.SEEK_SET)
    ending, lifeline = os.pipe()
    # Nothing that a deployment brings may run before it is confined: no module of a PYTHONPATH, and
    # no library that a variable has preloaded.
    arguments = (str(descriptor), str(ending), str(os.getpid()))
    command = (sys.executable, "-IS", "-c", _START, str(_ROOT), *arguments)
    variables = {name: program.variables[name] for name in kept}
    return Launch(command, variables, (descriptor, ending), lifeline)


def _order(program: Program) -> Order:
    confinement = program.confinement
    files = confinement and Files(
        closed=str(confinement.scratch),
        unlisted=[str(_SHARED_MEMORY)],
        own=[str(path) for path in (*confinement.own, *program.places)],
        read=[str(path) for path in confinement.read],
        memory=str(PRIVATE_MEMORY),
    )
    return Order(
        command=program.command,
        variables=program.variables,
        folder=str(program.folder),
        files=files,
        refused_ports=sorted(local_ports()),
        limits=program.limits,
    )
