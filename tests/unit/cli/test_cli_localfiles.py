from pathlib import Path

import pytest

from batchpoint.errors import BatchpointError
from batchpoint.forms.documents import read_document
from batchpoint.forms.local_paths import Replacements, rewrite_asset, rewrite_endpoint
from batchpoint.transfer.local_files import plan_upload

REPLACE = Replacements(lambda path, target: f"up:{path}", lambda path, target: f"in:{path}")


def names(*paths: Path) -> list[str]:
    return [file.name for file in plan_upload(paths).files]


def test_folders_keep_their_name_and_hidden_files(tmp_path):
    for name in ["m/.hidden", "m/sub/b", "m/a", "m/__pycache__/c", "m/.git/config"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert names(tmp_path / "m") == ["m/.hidden", "m/a", "m/sub/b"]
    assert names(tmp_path / "m/a", tmp_path / "m/sub") == ["a", "sub/b"]
    assert plan_upload([tmp_path / "m"]).root == "m"
    assert plan_upload([tmp_path / "m/sub/.."]).root == "m"
    assert plan_upload([tmp_path / "m/a", tmp_path / "m/sub"]).root == ""
    with pytest.raises(BatchpointError, match="would both be uploaded as 'a'"):
        names(tmp_path / "m/a", tmp_path / "m/a")


def test_empty_and_missing_folders_are_errors(tmp_path):
    (tmp_path / "empty/sub").mkdir(parents=True)
    with pytest.raises(BatchpointError, match="holds no files"):
        names(tmp_path / "empty")
    with pytest.raises(BatchpointError, match="there is no file or folder"):
        names(tmp_path / "nowhere")


def test_links_stay_in_their_folder(tmp_path):
    folder = tmp_path / "m"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_text("x")
    (tmp_path / "secret").write_text("s")
    (folder / "b").symlink_to("a")
    assert names(folder) == ["m/a", "m/b"]
    (folder / "sub/up").symlink_to("..")
    with pytest.raises(BatchpointError, match="leads back"):
        names(folder)
    (folder / "sub/up").unlink()
    (folder / "out").symlink_to("../secret")
    with pytest.raises(BatchpointError, match="leads out of the folder"):
        names(folder)


def test_paths_are_rewritten_in_both_forms():
    document = {
        "deployments": {
            "a": {
                "model": {"name": "m", "path": "./m"},
                "code_configuration": {"code": "src", "scoring_script": "s.py"},
                "environment": {"conda_file": "file:env.yml", "image": "i"},
            },
            "b": {"model": "azureml:m:1", "environment": {"conda_file": {"name": "x"}}},
            "c": {"model": {"path": "azureml://datastores/d/paths/p"}},
        }
    }
    result = rewrite_endpoint(document, Path("base"), REPLACE)["deployments"]
    assert result["a"] == {
        "model": {"name": "m", "path": "up:base/m"},
        "code_configuration": {"code": {"path": "up:base/src"}, "scoring_script": "s.py"},
        "environment": {"conda_file": "in:base/env.yml", "image": "i"},
    }
    assert result["b"] == document["deployments"]["b"]
    assert result["c"] == document["deployments"]["c"]
    assert document["deployments"]["a"]["model"]["path"] == "./m"


def test_paths_of_the_2021_form_of_data_are_rewritten():
    document = {"name": "d", "paths": [{"folder": "./d"}, {"file": "https://h/x"}, "odd"]}
    assert rewrite_asset(document, Path("base"), REPLACE) == {
        "name": "d",
        "paths": [{"folder": "up:base/d"}, {"file": "https://h/x"}, "odd"],
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: [", "e.yml:3:1: "),
        ("a: 1\na: 2\n", "e.yml:2:1: the key 'a' occurs twice"),
        ("- a\n", "must hold a mapping"),
        ("\x00", "cannot be read as YAML"),
        ("a: !!python/object:os.system {}", "e.yml:1:4: "),
    ],
)
def test_yaml_errors_name_the_place(tmp_path, text, message):
    path = tmp_path / "e.yml"
    path.write_text(text)
    with pytest.raises(BatchpointError) as caught:
        read_document(path)
    assert message in str(caught.value)


def test_yaml_dates_stay_text(tmp_path):
    path = tmp_path / "e.yml"
    path.write_text("version: 2021-09-01")
    assert read_document(path) == {"version": "2021-09-01"}
