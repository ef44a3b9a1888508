"""The environments of deployments on this machine: the app's own, or built and unpacked ones.

An environment is named by its content. It is built once, packed to Blob Storage by whoever built it
first, and unpacked everywhere else. It is made in a folder aside and then renamed, so that a half
one is never used.
"""

import contextlib
import logging
import os
import sys
import sysconfig
import threading
import time
import uuid
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from scoring.disk_space import DiskFullError, check_space, is_small
from scoring.environments.archive import pack, unpack
from scoring.environments.build import (
    Build,
    BuildError,
    BuildFolder,
    Log,
    make_venv,
    run_logged,
)
from scoring.environments.build_variables import build_variables, uv_program
from scoring.environments.interpreters import (
    NoPythonError,
    Python,
    choose,
    installed_pythons,
    own_python,
)
from scoring.environments.own_environment import is_met
from scoring.process.remove_tree import remove_tree
from scoring.process.spec import ScorerLimits
from scoring.sandbox.confinement import Confinement, Program, why_unconfined
from shared.environments.blob_names import environment_blob
from shared.environments.requirements import Requirements
from shared.errors import ConflictError
from shared.storage.containers import SYSTEM_CONTAINER
from shared.storage.ports import BlobStore

logger = logging.getLogger(__name__)
_BUILDS_AT_ONCE = 2
_UNPACK_SECONDS = 60.0
_CLEAN_SECONDS = 300.0
_ASIDE = "making-"
_DAY = 24 * 3600.0
_CACHE_DAYS = 7
# An environment takes some four times what it is packed to, and the least one with what uv needs.
_UNPACKED = 4
_LEAST_BUILD = 128 * 2**20
# How stale the time of last use may be.
_USE_NOTED = 60.0


class Environments:
    """Finds, fetches or builds environments; all methods may be called from any thread.

    Args:
        blobs: Where packed ones are kept.
        scratch_folder: Where they are unpacked.
        build_timeout: For one build; shorter than the host's `functionTimeout`.
        limits: What the kernel lets each program of a build have.

    Attributes:
        folder: What holds them all.
    """

    def __init__(
        self,
        blobs: BlobStore,
        scratch_folder: Path,
        build_timeout: timedelta,
        limits: ScorerLimits | None = None,
    ) -> None:
        self._blobs = blobs
        self.folder = scratch_folder / "environments"
        self._cache = scratch_folder / "packages"
        self._timeout = build_timeout
        self._limits = limits or ScorerLimits()
        is_confined = why_unconfined(scratch_folder) is None
        self._confinement = Confinement(scratch_folder) if is_confined else None
        self._builds = threading.Semaphore(_BUILDS_AT_ONCE)
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._used: dict[Path, float] = {}

    def is_ready(self, requirements: Requirements) -> bool:
        """True if nothing has to be built for these requirements.

        Raises:
            StorageError: Storage did not serve.
        """
        if is_met(requirements):
            return True
        try:
            key = _key(requirements, _choose(requirements))
        except NoPythonError:
            return False
        return self._blobs.info(SYSTEM_CONTAINER, environment_blob(key)) is not None

    def python(self, requirements: Requirements | None, log: Log = logger.info) -> Path:
        """The interpreter that has what is required, made now if it is not there.

        Args:
            requirements: None for the app's own environment.
            log: Gets what happens on the way, line by line.

        Raises:
            NoPythonError: No Python of this machine is as wanted.
            BuildError: It cannot be built.
            IndexUnreachableError: It may be built later.
            StorageError: Storage did not serve; worth a retry.
        """
        if requirements is None or is_met(requirements):
            log("the app's own environment has all that is required; nothing is built")
            return Path(sys.executable)
        chosen = _choose(requirements)
        key = _key(requirements, chosen)
        found = self.folder / key
        with self._lock(key):
            if not _is_whole(found):
                with self._aside() as aside:
                    made = self._make(requirements, chosen, key, aside, log)
                    _publish(made, found)
                self._evict()
            else:
                log(f"the environment {key} is on this machine already")
        python = found / "bin" / "python"
        self.note_use(python)
        return python

    def note_use(self, python: Path) -> None:
        """Keeps an environment from being evicted for another day."""
        folder = python.parent.parent
        now = time.monotonic()
        if folder.parent == self.folder and now - self._used.get(folder, -_DAY) > _USE_NOTED:
            self._used[folder] = now
            with contextlib.suppress(OSError):
                os.utime(folder)

    def _make(
        self, requirements: Requirements, python: Python, key: str, aside: Path, log: Log
    ) -> Path:
        blob = environment_blob(key)
        packed = self._blobs.info(SYSTEM_CONTAINER, blob)
        if packed is not None:
            _check_space(aside, _UNPACKED * packed.size, f"the environment {key}")
            return self._fetch(python, key, aside / "fetched", log)
        with self._builds:
            _check_space(aside, _LEAST_BUILD, f"building the environment {key}")
            log(f"building the environment {key} with Python {python.version} ({python.path})")
            if self._confinement is None:
                self._empty_old_cache()
            started = time.monotonic()
            cache = aside / "packages" if is_small(aside) else self._cache
            folder = BuildFolder(aside, self._confinement, cache)
            made = Build(requirements, python, folder, self._limits, self._timeout, log).run()
            log(f"built in {time.monotonic() - started:.1f} seconds; packing it")
        try:
            pack(made, self._blobs, SYSTEM_CONTAINER, blob)
        except ConflictError:
            log("another instance was faster; its environment is used, so that both use one")
            return self._fetch(python, key, aside / "fetched", log)
        log(f"packed as {blob}")
        return made

    def _fetch(self, python: Python, key: str, folder: Path, log: Log) -> Path:
        log(f"fetching the environment {key}, which is built already")
        variables = build_variables(os.environ)
        make_venv(
            python,
            folder,
            lambda command: run_logged(
                Program(command, variables, folder.parent), _UNPACK_SECONDS, log
            ),
        )
        unpack(folder, self._blobs, SYSTEM_CONTAINER, environment_blob(key))
        return folder

    @contextmanager
    def _aside(self) -> Generator[Path]:
        self.folder.mkdir(parents=True, exist_ok=True)
        aside = self.folder / f"{_ASIDE}{uuid.uuid4().hex}"
        aside.mkdir()
        try:
            yield aside
        finally:
            remove_tree(aside)

    @contextmanager
    def _lock(self, key: str) -> Generator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            yield

    def _evict(self) -> None:
        """Removes what was not used for a day, and what killed hosts left half made."""
        for folder in self.folder.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime < _DAY:
                    continue
                going = folder.with_name(f"{_ASIDE}{uuid.uuid4().hex}")
                folder.rename(going)
                remove_tree(going)

    def _empty_old_cache(self) -> None:
        """Empties uv's cache once a week, if it is the app's own; what was built is packed."""
        begun = self._cache / ".begun"
        with contextlib.suppress(OSError):
            if begun.exists() and time.time() - begun.stat().st_mtime > _CACHE_DAYS * _DAY:
                command = [uv_program(), "cache", "clean", "--cache-dir", str(self._cache)]
                program = Program(command, build_variables(os.environ), self.folder)
                run_logged(program, _CLEAN_SECONDS, logger.info)
            self._cache.mkdir(parents=True, exist_ok=True)
            if not begun.exists():
                begun.touch()


def _choose(requirements: Requirements) -> Python:
    own = own_python()
    try:
        return choose(requirements.python, [own])
    except NoPythonError:
        return choose(requirements.python, installed_pythons())


def _key(requirements: Requirements, python: Python) -> str:
    libc = os.confstr("CS_GNU_LIBC_VERSION") if sys.platform == "linux" else ""
    return requirements.key(python.minor, f"{sysconfig.get_platform()} {libc}")


def _check_space(folder: Path, needed: int, what: str) -> None:
    try:
        check_space(folder, needed, what)
    except DiskFullError as error:
        raise BuildError(error.message, code=error.code) from error


def _is_whole(folder: Path) -> bool:
    return (folder / "bin" / "python").exists()


def _publish(made: Path, target: Path) -> None:
    if target.exists():
        # Its interpreter is gone, or another process was faster.
        if _is_whole(target):
            return
        remove_tree(target)
    try:
        made.rename(target)
    except OSError as error:
        if not _is_whole(target):
            raise BuildError(f"the environment cannot be put into place: {error}") from error
