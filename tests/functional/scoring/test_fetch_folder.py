"""Folders of Blob Storage come to this machine once, whole, and nowhere else."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from scoring.fetch_folder import fetch_folder
from shared.errors import InvalidError, NotFoundError
from shared.storage.memory.blobs import MemoryBlobStore


def test_a_folder_is_fetched_once(tmp_path):
    blobs = MemoryBlobStore()
    blobs.write("models", "m/1/MLmodel", b"one")
    blobs.write("models", "m/1/code/a.py", b"two")
    blobs.write("models", "m/10/other", b"no")
    folder = tmp_path / "cache" / "m"
    with ThreadPoolExecutor(4) as executor:
        calls = [executor.submit(fetch_folder, blobs, "models", "m/1", folder) for _ in range(8)]
    assert [call.result() for call in calls] == [None] * 8
    found = {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert found == {"MLmodel": b"one", "code/a.py": b"two"}
    blobs.delete("models", "m/1/MLmodel")
    fetch_folder(blobs, "models", "m/1/", folder)
    assert (folder / "MLmodel").read_bytes() == b"one"
    assert list(folder.parent.iterdir()) == [folder]


def test_a_name_that_leaves_the_folder_is_refused(tmp_path):
    blobs = MemoryBlobStore()
    blobs.write("models", "m//up", b"x")
    with pytest.raises(InvalidError, match="outside"):
        fetch_folder(blobs, "models", "m", tmp_path / "cache" / "m")
    assert list((tmp_path / "cache").iterdir()) == []


def test_nothing_there(tmp_path):
    with pytest.raises(NotFoundError):
        fetch_folder(MemoryBlobStore(), "models", "m", tmp_path / "m")
