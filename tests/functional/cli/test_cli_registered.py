import pytest

BASE = "azureml://datastores/workspaceblobstore/paths/LocalUpload"


def test_compute(run, run_json, service):
    created = run_json(
        "compute", "create", "--name", "cpu-cluster", "--type", "AmlCompute",
        "--min-instances", "0", "--max-instances", "5",
    )  # fmt: skip
    assert created == {
        "name": "cpu-cluster", "type": "AmlCompute", "min_instances": 0, "max_instances": 5,
    }  # fmt: skip
    assert run_json("compute", "show", "-n", "cpu-cluster") == created
    assert run("compute", "list", "--query", "[].name", "-o", "tsv").stdout == "cpu-cluster\n"
    run("compute", "delete", "-n", "cpu-cluster", "--yes")
    assert "there is no 'cpu-cluster'" in run("compute", "show", "-n", "cpu-cluster", code=1).stderr


def test_options_win_over_the_file(run_json, tmp_path):
    (tmp_path / "c.yml").write_text("name: a\ntype: amlcompute\nmax_instances: 2\nsize: small")
    created = run_json(
        "compute", "create", "-f", "c.yml", "--max-instances", "3", "--set", "tags.team=risk",
        "--idle-time-before-scale-down", "60", "--size", "large",
    )  # fmt: skip
    assert created == {
        "name": "a", "type": "amlcompute", "max_instances": 3, "size": "large",
        "tags": {"team": "risk"}, "idle_time_before_scale_down": 60,
    }  # fmt: skip


def test_datastore(run, run_json, tmp_path):
    (tmp_path / "d.yml").write_text("name: mine\ntype: azure_blob\ncontainer_name: c")
    assert run_json("datastore", "create", "--file", "d.yml")["container_name"] == "c"
    run("datastore", "create", "-n", "other", "--container", "d", "--prefix", "p")
    assert run_json("datastore", "show", "-n", "other")["prefix"] == "p"
    assert run_json("datastore", "list", "--query", "[].name") == ["mine", "other"]


def test_model_versions(run, run_json, service, tmp_path):
    (tmp_path / "models/m").mkdir(parents=True)
    (tmp_path / "models/m/MLmodel").write_text("x")
    (tmp_path / "models/m.yml").write_text("name: m\npath: ./m\ntype: mlflow_model")
    first = run_json("model", "create", "--file", "models/m.yml")
    assert first == {
        "name": "m", "path": f"{BASE}/u1/m", "type": "mlflow_model", "version": "1",
    }  # fmt: skip
    second = run_json(
        "model", "create", "--name", "m", "--version", "7", "--path", "models/m",
        "--type", "mlflow_model", "--tags", "a=1", "b=2",
    )  # fmt: skip
    assert (second["path"], second["version"]) == (f"{BASE}/u1/m", "7")
    assert second["tags"] == {"a": "1", "b": "2"}
    query = ("--query", "version", "-o", "tsv")
    assert run("model", "show", "-n", "m", *query).stdout == "7\n"
    assert run("model", "show", "-n", "m", "--label", "latest", *query).stdout == "7\n"
    assert run("model", "show", "-n", "m", "--version", "1", *query).stdout == "1\n"
    assert run_json("model", "list", "--query", "[].version") == ["7"]
    assert run_json("model", "list", "-n", "m", "--query", "[].version") == ["7", "1"]
    both = run("model", "show", "-n", "m", "--version", "1", "--label", "latest", code=1)
    assert "not both" in both.stderr
    run("model", "delete", "-n", "m", "--version", "7", "--yes")
    assert run("model", "show", "-n", "m", *query).stdout == "1\n"


@pytest.mark.parametrize(
    ("options", "path", "kind"),
    [
        (("--path", "data"), f"{BASE}/u1/data", "uri_folder"),
        (("--path", "data/a.csv"), f"{BASE}/u1/a.csv", "uri_file"),
        (("--path", "https://h/d", "--type", "uri_folder"), "https://h/d", "uri_folder"),
        (("--path", "azureml://datastores/d/paths/p"), "azureml://datastores/d/paths/p", None),
    ],
)
def test_data(run_json, tmp_path, options, path, kind):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.csv").write_text("1")
    created = run_json("data", "create", "--name", "taxi", *options)
    assert (created["path"], created.get("type")) == (path, kind)


def test_environment(run_json, run, tmp_path):
    (tmp_path / "env").mkdir()
    (tmp_path / "env/conda.yml").write_text("dependencies: [pip]")
    (tmp_path / "env/e.yml").write_text("name: e\nimage: i\nconda_file: conda.yml")
    conda = {"dependencies": ["pip"]}
    assert run_json("environment", "create", "-f", "env/e.yml")["conda_file"] == conda
    created = run_json(
        "environment", "create", "-n", "e", "--conda-file", "env/conda.yml", "--image", "j"
    )
    assert (created["conda_file"], created["image"], created["version"]) == (conda, "j", "2")
    (tmp_path / "text.yml").write_text("name: t\nconda_file: |\n  name: x\n  dependencies: []\n")
    text = run_json("environment", "create", "-f", "text.yml")["conda_file"]
    assert text == "name: x\ndependencies: []\n"


def test_what_is_wrong_is_said_before_anything_is_sent(run, service):
    assert "there is no name" in run("model", "create", "--path", "x", code=1).stderr
    missing = run("model", "create", "-n", "m", "--path", "nowhere", code=1)
    assert "nowhere'" in missing.stderr
    assert "Missing option" in run("model", "delete", "-n", "m", code=2).stderr
    assert service.requests == []
