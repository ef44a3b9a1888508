"""Work that does not fit the disk is refused, and the message says so."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from scoring import disk_space
from scoring.disk_space import DiskFullError, check_space, is_small
from scoring.environments.build import BuildError
from shared.environments.requirements import Requirements
from shared.storage.memory.blobs import MemoryBlobStore
from tests.functional.environments.test_environments import machine

GIB = 2**30
TINY = Requirements(packages=("tiny==1.0",))


def have_disk(monkeypatch: pytest.MonkeyPatch, *, total: int, free: int) -> None:
    usage = SimpleNamespace(total=total, used=total - free, free=free)
    fake = SimpleNamespace(disk_usage=lambda _: usage)
    monkeypatch.setattr(disk_space, "shutil", fake)


def test_what_fits_is_let_through(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    have_disk(monkeypatch, total=GIB, free=100 * 2**20)
    check_space(tmp_path, 36 * 2**20, "it")
    with pytest.raises(DiskFullError) as caught:
        check_space(tmp_path, 37 * 2**20, "'models/large'")
    for part in ("'models/large' takes 37 MiB", "36 MiB", "BATCHPOINT_SCRATCH_FOLDER", "Dedicated"):
        assert part in caught.value.message


def test_an_environment_that_does_not_fit_is_not_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    here = machine(MemoryBlobStore(), tmp_path / "one")
    have_disk(monkeypatch, total=GIB, free=100 * 2**20)
    with pytest.raises(BuildError, match="a plan that has one") as caught:
        here.python(TINY)
    assert caught.value.code == "DiskFull"


def test_a_small_disk_keeps_no_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("UV_CACHE_DIR")
    here = machine(MemoryBlobStore(), tmp_path / "one")
    have_disk(monkeypatch, total=GIB, free=GIB // 2)
    python = here.python(TINY)
    assert python.exists()
    kept = list((tmp_path / "one").rglob("packages/*"))
    assert [path.name for path in kept] == [".begun"]
    assert is_small(tmp_path)
    have_disk(monkeypatch, total=16 * GIB, free=GIB)
    assert not is_small(tmp_path)


def test_a_real_disk_is_looked_at(tmp_path: Path):
    with pytest.raises(DiskFullError):
        check_space(tmp_path, shutil.disk_usage(tmp_path).total, "all of it")
