"""Usage of the machine."""

from pathlib import Path

import pytest

from shared.machine import scorers_that_fit, usable_cores, usable_memory

MIB = 2**20


@pytest.mark.parametrize(
    ("mib", "most", "fit"),
    [(512, 1, 1), (2048, 2, 2), (4096, 4, 4), (4096, 16, 7), (256, 2, 1), (65536, 16, 16)],
)
def test_scorers_fit_into_small_and_large_instances(mib: int, most: int, fit: int):
    assert scorers_that_fit(mib * MIB, most) == fit


def test_where_memory_is_not_known_cores_decide():
    assert scorers_that_fit(None, 8) == 8


@pytest.mark.parametrize(("quota", "cores"), [("50000 100000", 1), ("100000 100000", 1)])
def test_a_containers_quota_bounds_the_cores(tmp_path: Path, quota: str, cores: int):
    (tmp_path / "cpu.max").write_text(quota)
    assert usable_cores(tmp_path) == cores


@pytest.mark.parametrize("limit", ["max 100000", None])
def test_without_a_quota_all_cores_count(tmp_path: Path, limit: str | None):
    if limit is not None:
        (tmp_path / "cpu.max").write_text(limit)
    assert usable_cores(tmp_path) >= 1


@pytest.mark.parametrize("name", ["memory.max", "memory/memory.limit_in_bytes"])
def test_a_containers_limit_bounds_the_memory(tmp_path: Path, name: str):
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:        8000000 kB\nMemFree:  1 kB\n")
    assert usable_memory(tmp_path, meminfo) == 8_000_000 * 1024
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(f"{2048 * MIB}\n")
    assert usable_memory(tmp_path, meminfo) == 2048 * MIB


def test_where_nobody_tells_memory_is_not_known(tmp_path: Path):
    assert usable_memory(tmp_path, tmp_path / "meminfo") is None
