"""Environments are built, packed, fetched and kept."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from scoring.environments.build import Build, BuildError, IndexUnreachableError
from scoring.environments.environments import Environments
from scoring.environments.interpreters import NoPythonError, installed_pythons, own_python
from shared.environments.requirements import Requirements
from shared.errors import ConflictError
from shared.storage.memory.blobs import MemoryBlobStore
from tests.functional.environments.wheels import make_wheel

TINY = Requirements(packages=("tiny==1.0",))


def machine(blobs: MemoryBlobStore, folder: Path, minutes: float = 2) -> Environments:
    return Environments(blobs, folder, timedelta(minutes=minutes))


def imports(python: Path, module: str = "tiny") -> str:
    code = f"import {module}; print({module}.__version__)"
    return subprocess.run(
        [str(python), "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def packed(blobs: MemoryBlobStore) -> list[str]:
    return [blob.name for blob in blobs.list_page("batchpoint", "environments/").blobs]


def never_build(_: Build) -> Path:
    raise AssertionError("nothing was to be built")


def test_what_the_app_has_is_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Build, "run", never_build)
    here = machine(MemoryBlobStore(), tmp_path)
    met = Requirements("", ("packaging>=20", "pytest"))
    assert here.is_ready(met)
    assert here.python(met) == here.python(None) == Path(sys.executable)


def test_an_environment_is_built_once_and_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blobs = MemoryBlobStore()
    here = machine(blobs, tmp_path / "one")
    assert not here.is_ready(TINY)
    lines: list[str] = []

    python = here.python(TINY, lines.append)

    assert imports(python) == "1.0"
    assert any("+ tiny==1.0" in line for line in lines)
    (archive,) = packed(blobs)
    assert archive == f"environments/{python.parent.parent.name}.tar.zst"
    assert here.is_ready(TINY)
    monkeypatch.setattr(Build, "run", never_build)
    assert here.python(TINY) == python


def test_another_machine_unpacks_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    blobs = MemoryBlobStore()
    first = machine(blobs, tmp_path / "one").python(Requirements(packages=("tiny",)))
    monkeypatch.setattr(Build, "run", never_build)

    python = machine(blobs, tmp_path / "other").python(Requirements(packages=("tiny",)))

    assert python != first
    assert (imports(python), imports(python, "small")) == ("2.0", "1.5")
    program = str(python.with_name("tiny"))
    told = subprocess.run([program], capture_output=True, text=True, check=True)
    assert told.stdout == "2.0\n"
    assert Path(os.path.realpath(python)) == Path(os.path.realpath(sys.executable))


def test_files_are_hard_links_to_the_cache(tmp_path: Path):
    python = machine(MemoryBlobStore(), tmp_path).python(TINY)
    (module,) = python.parent.parent.glob("lib/python*/site-packages/tiny.py")
    assert module.stat().st_nlink > 1


def test_two_versions_are_there_side_by_side(tmp_path: Path):
    here = machine(MemoryBlobStore(), tmp_path)
    with ThreadPoolExecutor(2) as pool:
        wanted = [Requirements(packages=(f"tiny=={number}.0",)) for number in (1, 2)]
        old, new = pool.map(here.python, wanted)
    assert (imports(old), imports(new)) == ("1.0", "2.0")


def test_many_askers_share_one_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    built: list[Build] = []
    run = Build.run
    monkeypatch.setattr(Build, "run", lambda build: built.append(build) or run(build))
    here = machine(MemoryBlobStore(), tmp_path)
    with ThreadPoolExecutor(4) as pool:
        pythons = set(pool.map(lambda _: here.python(TINY), range(4)))
    assert (len(pythons), len(built)) == (1, 1)


def test_of_two_machines_that_build_the_same_the_first_decides(
    tmp_path: Path, wheels: Path, monkeypatch: pytest.MonkeyPatch
):
    blobs = MemoryBlobStore()
    any_tiny = Requirements(packages=("tiny",))
    run = Build.run

    def run_while_another_is_faster(build: Build) -> Path:
        made = run(build)
        monkeypatch.setattr(Build, "run", run)
        make_wheel(wheels, "tiny", "3.0")
        machine(blobs, tmp_path / "faster").python(any_tiny)
        return made

    monkeypatch.setattr(Build, "run", run_while_another_is_faster)
    python = machine(blobs, tmp_path / "slower").python(any_tiny)

    assert imports(python) == "3.0"
    assert len(packed(blobs)) == 1
    assert [path.name for path in (tmp_path / "slower/environments").iterdir()] == [
        python.parent.parent.name
    ]


def test_blocks_that_a_faster_one_made_void_are_no_error(tmp_path: Path):
    class Forgetting(MemoryBlobStore):
        """Takes the blob of somebody else when ours is about to be committed."""

        def commit_blocks(self, container: str, name: str, block_ids: object, **more: object):
            if self.info(container, name) is None:
                super().commit_blocks(container, name, block_ids, **more)  # type: ignore[arg-type]
            raise ConflictError("it is there")

    python = machine(Forgetting(), tmp_path).python(TINY)
    assert imports(python) == "1.0"


def test_a_half_unpacked_one_is_never_used(tmp_path: Path):
    blobs = MemoryBlobStore()
    machine(blobs, tmp_path / "one").python(TINY)
    (name,) = packed(blobs)
    whole = blobs.read("batchpoint", name)
    blobs.write("batchpoint", name, whole[: len(whole) // 2])
    other = machine(blobs, tmp_path / "other")

    with pytest.raises(Exception, match=r".+"):
        other.python(TINY)
    assert list((tmp_path / "other/environments").iterdir()) == []

    blobs.write("batchpoint", name, whole)
    assert imports(other.python(TINY)) == "1.0"


def test_a_removed_one_is_fetched_again(tmp_path: Path):
    here = machine(MemoryBlobStore(), tmp_path)
    python = here.python(TINY)
    python.unlink()
    assert imports(here.python(TINY)) == "1.0"


def test_what_was_not_used_for_a_day_is_removed(tmp_path: Path):
    here = machine(MemoryBlobStore(), tmp_path)
    old, used = here.python(TINY), here.python(Requirements(packages=("tiny==2.0",)))
    left = tmp_path / "environments" / "making-left"
    left.mkdir()
    two_days_ago = time.time() - 2 * 24 * 3600
    for folder in (old.parent.parent, used.parent.parent, left):
        os.utime(folder, (two_days_ago, two_days_ago))
    # A host that has been running for longer than a note of use holds.
    machine(MemoryBlobStore(), tmp_path).note_use(used)

    here.python(Requirements(packages=("small",)))

    assert (old.exists(), used.exists(), left.exists()) == (False, True, False)


@pytest.mark.parametrize(
    ("requirements", "reason"),
    [
        (Requirements(packages=("tiny==9.0",)), r"no version of tiny==9\.0"),
        (
            Requirements(packages=("cudatoolkit==11",), conda=("cudatoolkit",)),
            r"the conda package 'cudatoolkit' has no package of the same name",
        ),
        (Requirements(packages=("nowhere",)), r"cannot be installed: .*nowhere"),
        (Requirements(packages=("tiny==1.0", "tiny==2.0")), "your requirements are unsatisfiable"),
    ],
    ids=["version", "conda", "unknown", "contradiction"],
)
def test_what_cannot_be_built_is_named(tmp_path: Path, requirements: Requirements, reason: str):
    blobs = MemoryBlobStore()
    with pytest.raises(BuildError, match=reason) as caught:
        machine(blobs, tmp_path).python(requirements)
    assert not isinstance(caught.value, IndexUnreachableError)
    assert packed(blobs) == []


def test_an_environment_that_lacks_what_the_driver_needs_is_not_ready(tmp_path: Path, wheels: Path):
    for name in ("mlflow_skinny", "pandas"):
        make_wheel(wheels, name, "1.0")
    broken = Requirements(packages=("mlflow-skinny==1.0", "pandas==1.0"), is_mlflow=True)
    with pytest.raises(BuildError, match=r"'import mlflow\.pyfunc.*No module named 'mlflow'"):
        machine(MemoryBlobStore(), tmp_path).python(broken)


def test_an_index_that_does_not_answer_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://user:secret@127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    lines: list[str] = []
    with pytest.raises(IndexUnreachableError, match="does not answer") as caught:
        machine(MemoryBlobStore(), tmp_path).python(
            Requirements(packages=("nowhere",)), lines.append
        )
    assert "secret" not in "".join([caught.value.message, *lines])


def test_a_python_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(NoPythonError, match=r"needs Python 3\.7; found .*3\.\d+"):
        machine(MemoryBlobStore(), tmp_path).python(Requirements("==3.7.*"))


def test_another_python_is_used_where_there_is_one(tmp_path: Path):
    others = {python.minor for python in installed_pythons()} - {own_python().minor}
    usable = sorted(others & {"3.8", "3.9", "3.10", "3.12", "3.13"})
    if not usable:
        pytest.skip("there is no other Python on this machine")
    wanted = Requirements(f"=={usable[0]}.*", ("tiny==1.0",))
    python = machine(MemoryBlobStore(), tmp_path).python(wanted)
    assert imports(python) == "1.0"
    told = subprocess.run([str(python), "-V"], capture_output=True, text=True, check=True)
    assert told.stdout.split()[1].startswith(usable[0] + ".")


def source_package(folder: Path, setup: str) -> str:
    """A package that has to be built, and the requirement that names it."""
    folder.mkdir()
    (folder / "setup.py").write_text(f"{setup}\nfrom setuptools import setup\nsetup(name='src')\n")
    backend = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (folder / "pyproject.toml").write_text(backend)
    (folder / "backend.py").write_text(f"{setup}\nraise RuntimeError('no wheel')\n")
    return f"src @ {folder.as_uri()}"


def test_build_code_sees_no_setting_of_the_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AzureWebJobsStorage", "the secret")
    seen = tmp_path / "seen"
    line = source_package(
        tmp_path / "src", f"import os\nopen({str(seen)!r}, 'w').write(repr(dict(os.environ)))"
    )
    with pytest.raises(BuildError, match="no wheel"):
        machine(MemoryBlobStore(), tmp_path).python(Requirements(packages=(line,)))
    assert "UV_FIND_LINKS" in seen.read_text()
    assert "the secret" not in seen.read_text()


def test_a_build_that_takes_too_long_is_killed(tmp_path: Path):
    line = source_package(tmp_path / "src", "import time\ntime.sleep(600)")
    began = time.monotonic()
    with pytest.raises(BuildError, match="was not built within 3 seconds"):
        machine(MemoryBlobStore(), tmp_path, 0.05).python(Requirements(packages=(line,)))
    assert time.monotonic() - began < 60


def test_two_builds_at_once_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    guard, running, most = threading.Lock(), 0, 0
    run: Callable[[Build], Path] = Build.run

    def counted(build: Build) -> Path:
        nonlocal running, most
        with guard:
            running += 1
            most = max(most, running)
        try:
            return run(build)
        finally:
            with guard:
                running -= 1

    monkeypatch.setattr(Build, "run", counted)
    here = machine(MemoryBlobStore(), tmp_path)
    wanted = [Requirements(packages=(name,)) for name in ("tiny==1.0", "tiny==2.0", "small")]
    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(here.python, wanted))) == 3
    assert most <= 2
