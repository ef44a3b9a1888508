"""Loads a scoring script and calls its `init()` and `run(mini_batch)`.

Standard library only, Python 3.8: it runs in the scorer.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from io import FileIO
from pathlib import Path
from types import ModuleType
from typing import Any

from .encoder import Encoder
from .rows import Rows, to_rows

# Room that is left to others: Docker gives a container 64 MiB of shared memory by default.
_SPARE = 32 * 1024 * 1024


class Script:
    """A loaded scoring script, whose `init()` has run.

    Args:
        code_dir: The folder from which modules import, as they do from the script's own folder.
        name: The path of the script in that folder.

    Raises:
        FileNotFoundError: There is no such script.
        TypeError: The script has no `run`.
    """

    def __init__(self, code_dir: Path, name: str) -> None:
        path = code_dir / name
        if not path.is_file():
            raise FileNotFoundError(f"the scoring script {name} is not in the code folder")
        for folder in (str(code_dir), str(path.parent)):
            if folder not in sys.path:
                sys.path.insert(0, folder)
        module = _load(path)
        self._run = getattr(module, "run", None)
        if not callable(self._run):
            raise TypeError(f"the scoring script {name} has no function run(mini_batch)")
        init = getattr(module, "init", None)
        if callable(init):
            init()

    def score(
        self, header: dict[str, Any], payloads: list[bytearray], encoder: Encoder
    ) -> tuple[Rows, list[Any]]:
        """Writes the inputs to files, calls `run()`, and says which inputs it left out."""
        size = sum(len(payload) for payload in payloads)
        folder = _inputs_folder(size, header["inputs_dir"], header["memory_dir"])
        try:
            # A piece of a file comes in parts, which are one file together.
            contents = [payloads] if "piece" in header else [[payload] for payload in payloads]
            paths = _write_inputs(folder, header["paths"], contents)
            rows = to_rows(self._run(paths), encoder)  # pyright: ignore[reportOptionalCall]
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return rows, _left_out(header["names"], rows.row_count)


def _load(path: Path) -> ModuleType:
    # Under its own name, so that what it defines can be pickled, unless that would hide a module.
    name = path.stem if path.stem not in sys.modules else "scoring_script_" + path.stem
    spec = importlib.util.spec_from_file_location(name, str(path))
    if spec is None or spec.loader is None:
        raise ImportError(f"the scoring script {path.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _inputs_folder(size: int, disk: str, memory: str) -> Path:
    """Returns the folder to write inputs to: in memory if there is such a place, with room."""
    try:
        found = os.statvfs(memory) if memory else None
    except OSError:
        found = None
    if found is None or found.f_bavail * found.f_frsize <= 2 * size + _SPARE:
        return Path(disk)
    return Path(memory) / "inputs"


def _write_inputs(folder: Path, paths: list[str], contents: list[list[bytearray]]) -> list[str]:
    # Without pathlib: it takes as long as the writing, where files are many and small.
    written: list[str] = []
    made: set[str] = set()
    for index, relative in enumerate(paths):
        path = f"{folder}/{relative}"
        parent = path.rpartition("/")[0]
        if parent not in made:
            os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - as above
            made.add(parent)
        with open(path, "wb", buffering=0) as file:  # noqa: PTH123 - as above
            for part in contents[index]:
                _write(file, part)
        written.append(path)
    return written


def _write(file: FileIO, data: bytearray) -> None:
    rest = memoryview(data)
    while rest:
        # One call writes 2 GiB at most.
        rest = rest[file.write(rest) :]


def _left_out(names: list[str], results: int) -> list[Any]:
    missing = len(names) - results
    if missing <= 0:
        return []
    if not results:
        return [{"file": name, "message": "run() returned no result for it"} for name in names]
    message = f"run() returned {results} results for {len(names)} files"
    return [{"file": None, "message": message}] * missing
