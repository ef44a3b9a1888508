"""Files of a script are collected without following links, whatever it does meanwhile."""

import os
import socket
from pathlib import Path

import pytest

from scoring import output_folder as module
from scoring.output_folder import OutputFolder, output_folder
from scoring.process.remove_tree import remove_tree
from scoring.process.result import FailureCause, ScorerError


def collected(folder: OutputFolder) -> dict[str, bytes]:
    return {file.name: b"".join(file.blocks()) for file in folder.files()}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    folder = tmp_path / "secret"
    folder.mkdir()
    (folder / "weights").write_text("canary")
    return folder


def test_regular_files_of_all_folders_are_found(tmp_path):
    with output_folder(tmp_path) as folder:
        (folder.path / "b/c").mkdir(parents=True)
        (folder.path / "b/c/deep").write_bytes(b"x" * (module.BLOCK + 1))
        (folder.path / "b/empty").touch()
        (folder.path / "a").write_text("a")
        found = collected(folder)
    assert list(found) == ["a", "b/c/deep", "b/empty"]
    assert len(found["b/c/deep"]) == module.BLOCK + 1
    assert list(tmp_path.iterdir()) == []


def test_links_pipes_and_sockets_are_left_out(tmp_path, secret):
    with output_folder(tmp_path) as folder:
        (folder.path / "file").symlink_to(secret / "weights")
        (folder.path / "folder").symlink_to(secret)
        (folder.path / "loop").symlink_to("loop")
        os.mkfifo(folder.path / "pipe")
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(folder.path / "s"))
        assert collected(folder) == {}


def test_a_link_in_place_of_the_folder_itself(tmp_path, secret):
    with output_folder(tmp_path) as folder:
        (folder.path / "mine").write_text("mine")
        folder.path.rename(tmp_path / "moved")
        folder.path.symlink_to(secret)
        assert collected(folder) == {"mine": b"mine"}
    assert (secret / "weights").read_text() == "canary"
    assert not folder.path.is_symlink()


def test_a_folder_that_becomes_a_link_while_it_is_read(tmp_path, secret):
    with output_folder(tmp_path) as folder:
        (folder.path / "a").write_text("a")
        for name in ("m", "z"):
            (folder.path / name).mkdir()
            (folder.path / name / "weights").write_text("mine")
        found: dict[str, bytes] = {}
        for file in folder.files():
            found[file.name] = b"".join(file.blocks())
            if file.name == "a":
                (folder.path / "z").rename(folder.path / ".gone")
                (folder.path / "z").symlink_to(secret)
                (folder.path / "m/weights").unlink()
                (folder.path / "m/weights").symlink_to(secret / "weights")
    assert found == {"a": b"a"}


def test_a_file_that_grows_is_read_as_far_as_it_was(tmp_path):
    with output_folder(tmp_path) as folder:
        (folder.path / "a").write_text("a")
        for file in folder.files():
            (folder.path / "a").write_text("a" * 100)
            assert b"".join(file.blocks()) == b"a"


@pytest.mark.parametrize(
    "name", [b"a\nb", b"a\\b", b"\x1b[2J", b"a\xff", "a\u202eb".encode()], ids=repr
)
def test_a_name_that_no_output_has_is_told(tmp_path, name):
    with output_folder(tmp_path) as folder:
        Path(os.fsdecode(os.fsencode(folder.path) + b"/" + name)).touch()
        with pytest.raises(ScorerError, match="a name that no output can have") as caught:
            collected(folder)
    assert caught.value.cause is FailureCause.RAISED
    assert caught.value.message.isprintable()
    assert caught.value.message.isascii()


def test_what_is_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_FILES", 2)
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    monkeypatch.setattr(module, "MAX_DEPTH", 2)
    with output_folder(tmp_path) as folder:
        for name in "abc":
            (folder.path / name).touch()
        with pytest.raises(ScorerError, match="more than 2 files"):
            collected(folder)
    with output_folder(tmp_path) as folder:
        with (folder.path / "sparse").open("wb") as file:
            file.truncate(2**40)
        with pytest.raises(ScorerError, match="100 bytes"):
            collected(folder)
    with output_folder(tmp_path) as folder:
        (folder.path / "1/2/3").mkdir(parents=True)
        with pytest.raises(ScorerError, match="more than 2 others"):
            collected(folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_its_script_made_unreadable(tmp_path):
    with output_folder(tmp_path) as folder:
        (folder.path / "a").touch(mode=0o200)
        with pytest.raises(ScorerError, match="cannot be read"):
            collected(folder)


def test_a_tree_of_any_depth_is_removed(tmp_path, secret):
    top = tmp_path / "top"
    top.mkdir()
    (top / "link").symlink_to(secret)
    (top / "closed/inner").mkdir(parents=True)
    (top / "closed/inner/file").touch()
    (top / "closed/inner").chmod(0)
    (top / "closed").chmod(0o500)
    here = os.open(top, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove_tree(top)
    assert not top.exists()
    assert (secret / "weights").exists()
    link = tmp_path / "link"
    link.symlink_to(secret)
    remove_tree(link)
    assert not link.is_symlink()
    assert (secret / "weights").exists()
    remove_tree(tmp_path / "missing")
