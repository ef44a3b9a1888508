"""Names of all sorts stay in their folder, and none is lost or taken for another."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from scoring.process.input_paths import input_paths, relative_path
from shared.errors import BatchpointError, InvalidError
from shared.storage.blob_rules import check_blob
from shared.uris import file_path, normal_path, parse_datastore_uri
from tests.fuzz.test_fuzz_documents import FUZZ

PARTS = st.sampled_from(
    [
        *("..", ".", "", "a", "b", "a.csv", "con", "C:", "~", "-rf", "$(id)", "%2e%2e", "..%2f"),
        *("a\nb", "a\x00b", "\\", "..\\..", "a\u202eb", "é", "e\u0301", "😀", " ", "x" * 300, "."),
        *("x" * 255, "ä" * 127, "ä" * 128, "\ud800", "*", "a:b", ".0", ".1", "=1+1|cmd"),
    ]
)
NAMES = st.one_of(
    st.lists(PARTS, min_size=1, max_size=6).map("/".join),
    st.text(max_size=40),
    PARTS.map(lambda part: f"/{part}"),
)


@given(name=NAMES)
@FUZZ
def test_a_path_that_is_taken_stays_below_its_folder(name: str, tried: Callable[[], None]):
    tried()
    for check in (normal_path, file_path):
        with contextlib.suppress(InvalidError):
            taken = check(name)
            assert os.path.normpath(f"/root/{taken}" if taken else "/root") == (
                f"/root/{taken}" if taken else "/root"
            )
            assert not taken.startswith("/")
            assert "\x00" not in taken
            assert "\n" not in taken
    with contextlib.suppress(BatchpointError):
        place = parse_datastore_uri(f"azureml://datastores/d/paths/{name}")
        assert ".." not in place.path.split("/")
    with contextlib.suppress(InvalidError):
        check_blob("container", name)
        assert not {".", ".."} & set(name.split("/"))


@given(names=st.lists(NAMES, min_size=1, max_size=8))
@FUZZ
def test_inputs_become_files_of_their_folder(
    names: list[str], tmp_path_factory: object, tried: Callable[[], None]
):
    tried()
    paths = input_paths(names)
    assert len(paths) == len(set(paths)) == len(names)
    for path in paths:
        assert path == relative_path(path), path
        assert os.path.normpath(f"/root/{path}") == f"/root/{path}"
        assert all(len(part.encode("utf-8", "surrogatepass")) <= 255 for part in path.split("/"))
    # No file is where another one needs a folder.
    parents = {str(parent) for path in paths for parent in Path(path).parents}
    assert not parents & set(paths)
