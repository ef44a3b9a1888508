"""A gzipped input unpacks to a bounded size."""

import gzip

import pytest

from scoring.driver import tables
from scoring.driver.reader import Unreadable
from scoring.driver.tables import unpack

LIMIT = 4096


@pytest.fixture(autouse=True)
def _small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tables.MAX_UNPACKED == 2**30
    monkeypatch.setattr(tables, "MAX_UNPACKED", LIMIT)


def test_up_to_the_limit() -> None:
    assert unpack("a.CSV.gz", gzip.compress(b"x" * LIMIT)) == (".csv", b"x" * LIMIT)


@pytest.mark.parametrize("members", [1, 3], ids=["one member", "several members"])
def test_a_bomb_is_refused_with_the_reason(members: int) -> None:
    bomb = gzip.compress(b"\0" * (LIMIT + 1)) * members
    assert len(bomb) < 200
    with pytest.raises(Unreadable, match=f"unpacks to more than {LIMIT} bytes"):
        unpack("a.csv.gz", bomb)


def test_many_small_members_are_one_file() -> None:
    data = gzip.compress(b"\0" * 100) * 100
    with pytest.raises(Unreadable, match="unpacks to more than"):
        unpack("a.csv.gz", data)


def test_the_size_in_the_file_is_not_believed() -> None:
    bomb = bytearray(gzip.compress(b"\0" * (LIMIT + 1)))
    bomb[-4:] = (1).to_bytes(4, "little")
    with pytest.raises(Unreadable):
        unpack("a.csv.gz", bytes(bomb))
